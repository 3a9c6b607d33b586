"""Weights of every format version are read, and predict what they always did."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from nnctl.jobs.predict import predict
from nnctl.runs.weights import FORMAT_VERSION
from nnctl.system.npz import read_arrays

HERE = Path(__file__).parent
VERSIONS = range(1, FORMAT_VERSION + 1)


@pytest.mark.parametrize("version", VERSIONS)
def test_they_predict_the_same_numbers(version: int):
    folder = HERE / f"version-{version}"
    stated = json.loads(str(read_arrays(folder / "weights.npz")["metadata"]))
    assert stated["format_version"] == version
    written = "".join(predict(folder / "weights.npz", folder / "table.csv").chunks())
    header, *rows = csv.reader(io.StringIO(written))
    first, *expected = csv.reader(io.StringIO((folder / "predictions.csv").read_text()))
    assert expected
    assert (header, [row[0] for row in rows]) == (first, [row[0] for row in expected])
    numbers, before = (np.array([row[1:] for row in each], float) for each in (rows, expected))
    np.testing.assert_allclose(numbers, before, rtol=1e-5)  # other machines round otherwise

"""One thing wrong in a weights file's metadata: it is refused, or predicts what it did.

`python -m tests.formats 30000` tries nearly all that there is.
"""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.runs.weights import load_weights
from nnctl.system.npz import read_arrays, write_arrays
from tests.formats.models import KINDS, trained
from tests.formats.trial import FAULTS, REFUSED, SAME, TRACEBACK, outcomes, predictions

VERSION_1 = Path(__file__).parent / "version-1"
COUNT = 120  # mutations of each kind of model: more than a thousand in all


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {kind: trained(kind, folder / kind) for kind in KINDS}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_is_refused_or_changes_nothing(kind, models):
    found = list(outcomes(*models[kind], COUNT, seed=COUNT))
    faults = [(fate, *mutation[:2]) for fate, mutation in found if fate.startswith(FAULTS)]
    assert faults == []
    fates = Counter(fate for fate, _ in found)
    assert fates[REFUSED] > 0.8 * COUNT
    assert fates[REFUSED] + fates[SAME] > 0.9 * COUNT


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_so_it_is_without_a_checksum(kind, models):
    found = list(outcomes(*models[kind], 60, seed=1, seal=False))
    assert [(fate, *mutation[:2]) for fate, mutation in found if fate.startswith(FAULTS)] == []


@pytest.mark.slow
def test_files_of_the_first_version_end_in_no_traceback(tmp_path):
    """They say fewer things twice."""
    shutil.copy(VERSION_1 / "weights.npz", tmp_path)
    found = list(outcomes(tmp_path / "weights.npz", VERSION_1 / "table.csv", 200, seed=2))
    assert len(found) == 200
    assert [mutation[:2] for fate, mutation in found if fate.startswith(TRACEBACK)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_changed_since_the_checksum_is_refused(kind, models, tmp_path):
    """Whatever it is: here each text and number of the preparation in turn."""
    arrays = read_arrays(models[kind][0])
    stated = str(arrays.pop("metadata"))
    metadata = json.loads(stated)
    given = [*metadata["preprocessing"]["features"], metadata["nnctl"], metadata["config"]["name"]]
    for text in given:
        changed = stated.replace(json.dumps(text), json.dumps(f"{text}x"))
        assert changed != stated
        with (tmp_path / "w.npz").open("wb") as file:
            write_arrays(file, {**arrays, "metadata": np.array(changed)})
        with pytest.raises(NnctlError, match="its checksum differs"):
            load_weights(tmp_path / "w.npz")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_file_says_of_its_config_and_spare_units_may_be_left_out(kind, models, tmp_path):
    """The first files do not say it."""
    weights, rows = models[kind]
    arrays = read_arrays(weights)
    metadata = json.loads(str(arrays.pop("metadata")))
    for key in ("checksum", "config_values", "spare_units"):
        del metadata[key]
    with (tmp_path / "w.npz").open("wb") as file:
        write_arrays(file, {**arrays, "metadata": np.array(json.dumps(metadata))})
    assert predictions(tmp_path / "w.npz", rows) == predictions(weights, rows)

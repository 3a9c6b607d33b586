"""What follows the output, in ONNX: the same probabilities, answers, sets and ranges."""

import json

import numpy as np
import pytest

from nnctl.assembly.trained import load_trained
from tests.answers import KINDS, numbers, run_of, said, truth
from tests.export.running import exported, outputs, session_of


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_predict_says(kind, members, dtype, tmp_path):
    run = run_of(kind, tmp_path, ensemble=members, epochs=2, dtype=dtype).folder
    table = tmp_path / "new.csv"
    cells = said(run, table)
    session = session_of(exported(load_trained(run)).SerializeToString())
    x = np.stack([numbers(truth(table, name)) for name in "ab"], axis=1)
    (port,) = session.get_inputs()
    made = outputs(session, {port.name: x.astype(np.float32 if "float)" in port.type else float)})
    ends = {end: [name for name in cells if name.endswith(f"_{end}")] for end in ("low", "high")}
    named = [name for name in cells if name.startswith("probability")]
    if "predictions" in made:
        rest = [name for name in cells if name not in (*ends["low"], *ends["high"])]
        found = {"predictions": rest, **ends}
    else:
        found = {"probabilities": named}
        label = made["label"].reshape(len(x), -1).astype(str)
        answers = [cells[name] for name in cells if name not in (*named, "prediction_set")]
        assert (label == np.transpose(answers)).mean() > 0.99  # but for rounding at the cut
    for output, columns in found.items():
        expected = np.stack([numbers(cells[name]) for name in columns], axis=1)
        if columns == ["probability"]:
            expected = np.concatenate([1 - expected, expected], axis=1)
        scale = max(1, np.abs(expected).max())
        np.testing.assert_allclose(made[output], expected, rtol=0, atol=1e-5 * scale)
    if "prediction_set" in cells:
        labels = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
        sets = [
            "|".join(str(labels[k]) for k in np.flatnonzero(row)) for row in made["prediction_set"]
        ]
        assert np.mean(np.array(sets) == cells["prediction_set"]) > 0.99

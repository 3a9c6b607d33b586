"""An ensemble in ONNX: one graph that predicts what `predict` does."""

from itertools import product

import numpy as np
import onnx
import pytest
import yaml

from nnctl.assembly.trained import load_trained
from nnctl.jobs.export import export
from nnctl.jobs.train import train
from nnctl.runs.weights import load_weights
from tests.export.running import assert_same, cells_of, operators, printed, run

DRAWS = np.random.default_rng(1)
ROWS = 60
OUTPUTS = {
    "number": ({"type": "dense", "units": 1}, "mean_squared_error", "mae"),
    "label": (
        {"type": "dense", "units": 1},
        {"type": "binary_crossentropy", "from_logits": True},
        "accuracy",
    ),
    "kind": (
        {"type": "dense", "units": 3, "activation": "softmax"},
        "sparse_categorical_crossentropy",
        "accuracy",
    ),
}


@pytest.fixture
def weights(request, tmp_path):
    """Those of three members for the target and in the dtype that a test is given."""
    target, dtype = request.param
    numbers = DRAWS.normal(size=(ROWS, 3)).round(4)
    kinds = DRAWS.choice(["a", "b", "c"], ROWS)
    colours = DRAWS.choice(["red", "blue"], ROWS)
    rows = [
        f"{a},{b},{colour},{a - b + c},{int(a > b)},{kind}"
        for (a, b, c), kind, colour in zip(numbers, kinds, colours, strict=True)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,colour,number,label,kind", *rows]) + "\n")
    last, loss, metric = OUTPUTS[target]
    config = {
        "data": {
            "train": "t.csv", "target": target, "features": ["a", "b", "colour"],
            "scale": "standardize", "validation": 0.25,
            "target_scale": "standardize" if target == "number" else "none",
        },
        "layers": [{"type": "dense", "units": 8, "activation": "tanh"}, last],
        "loss": loss, "metrics": [metric], "ensemble": 3, "epochs": 4, "dtype": dtype,
        "optimizer": {"type": "adam", "learning_rate": 0.1},
    }  # fmt: skip
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    return train(tmp_path / "c.yaml", output=tmp_path / "run", processes=1).weights


@pytest.mark.slow
@pytest.mark.parametrize("weights", [*product(OUTPUTS, ("float32", "float64"))], indirect=True)
def test_one_graph_predicts_the_mean(weights, tmp_path):
    content = export(weights, tmp_path / "m.onnx").path.read_bytes()
    data = tmp_path / "t.csv"
    assert_same(run(content, cells_of(data)), printed(weights, data))
    made = onnx.load_from_string(content)
    assert operators(content).count("Sum") == 1
    arrays = load_weights(weights).arrays
    kept = {each.name: onnx.numpy_helper.to_array(each) for each in made.graph.initializer}
    for name, array in arrays.items():
        assert (kept[name] == array).all()
    assert len(load_trained(weights).members) == 3


@pytest.mark.parametrize("weights", [("number", "float32")], indirect=True)
def test_inputs_are_prepared_once(weights, tmp_path):
    content = export(weights, tmp_path / "m.onnx").path.read_bytes()
    assert operators(content).count("OneHotEncoder") == 1
    assert operators(content).count("Gemm") == 6

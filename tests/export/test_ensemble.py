"""An ensemble in ONNX: one graph that predicts what `predict` does."""

import csv
from datetime import datetime, timedelta
from itertools import product

import numpy as np
import onnx
import pytest
import yaml

from nnctl.assembly.trained import load_trained
from nnctl.jobs.export import export
from nnctl.jobs.train import train
from nnctl.runs.weights import load_weights
from nnctl.training.one_hot import form_of
from tests.export.running import (
    assert_same,
    cells_of,
    operators,
    outputs,
    printed,
    run,
    session_of,
)
from tests.export.test_inputs import model_of

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


KINDS = 1500  # of a column, so many that the inputs of those that train are never made


def every_kind_of_column(path):
    """A table of each kind of column, with gaps, and one of text of many kinds."""
    start = datetime(2019, 11, 3)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["price", "when", "shop", "size", "few", "ratio", "code", "y"])
        for row in range(KINDS + 300):
            date = start + timedelta(hours=int(DRAWS.integers(0, 30_000)))
            cells = [repr(float(DRAWS.lognormal(4, 1))), date.isoformat(" ")]
            cells += [f"s{DRAWS.geometric(0.15)}", f"{DRAWS.normal():.2f}", f"{row % 4}"]
            cells += [f"{DRAWS.standard_cauchy():.3f}", f"k{row % KINDS}"]
            gap = row % 17
            cells = ["" if k == gap else cell for k, cell in enumerate(cells)]
            writer.writerow([*cells, repr(float(np.sin(row)))])
    return path


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
def test_every_kind_of_column_side_by_side(dtype, tmp_path):
    path = every_kind_of_column(tmp_path / "t.csv")
    columns = {
        "price": {"scale": "log", "indicator": True, "bins": 7},
        "when": {"type": "date", "indicator": True, "scale": {"type": "robust", "clip": True}},
        "shop": {"min_count": 20},
        "size": {"scale": "quantile", "missing": "median"},
        "few": {"type": "category"},
        "ratio": {"scale": {"type": "robust", "clip": True}, "bins": 5},
    }
    data = {"target": "y", "missing": "mean", "scale": "standardize", "columns": columns}
    data |= {"validation": 0.25, "target_scale": "standardize"}
    weights, content = model_of(tmp_path, path, data, dtype=dtype, ensemble=2, epochs=1)
    given = load_trained(weights)
    assert form_of(given.preprocessing.inputs.no_rows()) is not None  # it chooses rows of kernels
    session = session_of(content)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    cells = {port.name: cells_given(rows, port.name, port.type) for port in session.get_inputs()}
    assert cells.keys() == columns.keys() | {"code"}
    assert_same(outputs(session, cells), printed(weights, path))


def cells_given(rows, name, kind):
    """What a caller gives for a column: text, or numbers, as which dates are seconds since 1970."""
    cells = [row[name] for row in rows]
    if kind == "tensor(string)":
        return np.array(cells, dtype=object)[:, None]
    if name == "when":
        began = datetime(1970, 1, 1)
        dates = [datetime.fromisoformat(cell) if cell else None for cell in cells]
        cells = [(date - began).total_seconds() if date else None for date in dates]
    numbers = [float("nan" if cell in ("", None) else cell) for cell in cells]
    return np.array(numbers, np.float64 if kind == "tensor(double)" else np.float32)[:, None]

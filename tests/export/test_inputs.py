"""Rows go in as the table has them: filled, scaled and encoded in the model, as `predict` does."""

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnctl.errors import NnctlError
from nnctl.jobs.export import export
from nnctl.jobs.train import train
from tests.export.running import (
    DATASETS,
    DTYPES,
    assert_same,
    cells_of,
    column,
    operators,
    outputs,
    printed,
    run,
    session_of,
)

HOUSES = DATASETS / "sacramento.csv"
NUMBERS = ["beds", "baths", "sqft", "latitude", "longitude"]
REGRESSION = {
    "layers": [{"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", "units": 1}],
    "loss": "mean_squared_error",
    "optimizer": "adam",
    "epochs": 2,
}
SCALES = ["none", "standardize", "minmax", {"type": "rescale", "by": 255}]


def model_of(folder: Path, table: Path, data: dict, **more) -> tuple[Path, bytes]:
    """The weights of a run on the table, and their export."""
    config = {**REGRESSION, "data": {"train": str(table), **data}, **more}
    (folder / "c.yaml").write_text(yaml.safe_dump(config))
    weights = train(folder / "c.yaml", output=folder / "run").weights
    return weights, export(weights, folder / "model.onnx").path.read_bytes()


def with_gaps(path: Path) -> Path:
    """The houses, with cells missing in every column but the price, in each way there is."""
    with HOUSES.open() as file:
        header, *rows = csv.reader(file)
    for number, row in enumerate(rows):
        place = number % 13
        if place < len(row) and header[place] != "price":
            row[place] = ("", "NA", "N/A", "nan", "NaN", "null")[number % 6]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("target_scale", ["none", "standardize"])
@pytest.mark.parametrize("features", [NUMBERS, None], ids=["numbers", "text too"])
@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_every_scaling_in_float32_and_float64(scale, features, target_scale, dtype, tmp_path):
    data = {"target": "price", "scale": scale, "target_scale": target_scale}
    data |= {"features": features} if features else {}
    weights, content = model_of(tmp_path, HOUSES, data, dtype=dtype)
    tolerance = {"float32": 1e-6, "float64": 1e-12}[dtype]
    assert_same(run(content, cells_of(HOUSES)), printed(weights, HOUSES), tolerance)
    assert ("Cast" in operators(content)) == (
        dtype == "float32" and scale in ("standardize", "minmax")
    ) or (dtype == "float64" and features is None)


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES, ids=str)
@pytest.mark.parametrize("features", [NUMBERS, ["type", "zip"], None], ids=str)
def test_missing_values_are_filled_as_training_did(scale, features, tmp_path):
    table = with_gaps(tmp_path / "gaps.csv")
    data = {"target": "price", "scale": scale, "missing": "mean", "target_scale": "standardize"}
    data |= {"features": features} if features else {}
    weights, content = model_of(tmp_path, table, data)
    assert_same(run(content, cells_of(table)), printed(weights, table), 1e-6)
    assert "LabelEncoder" in operators(content) or features == NUMBERS


def test_gaps_that_training_did_not_have_are_treated_as_predict_does(tmp_path):
    data = {"target": "price", "scale": "standardize", "missing": "mean"}
    weights, content = model_of(tmp_path, HOUSES, data)
    table = with_gaps(tmp_path / "gaps.csv")
    assert_same(run(content, cells_of(table)), printed(weights, table), 1e-6)


def test_a_category_never_seen_is_none_of_those_known(tmp_path):
    data = {"target": "price", "scale": "standardize"}
    weights, content = model_of(tmp_path, HOUSES, data)
    other = tmp_path / "other.csv"
    other.write_text(HOUSES.read_text().replace("SACRAMENTO", "ATLANTIS"))
    made, expected = run(content, cells_of(other)), printed(weights, other)
    assert_same(made, expected, 1e-6)
    before = run(content, cells_of(HOUSES))["predictions"]
    assert (before != made["predictions"]).sum() > 400


def test_numbers_that_training_took_for_text_are_text(tmp_path):
    table = tmp_path / "codes.csv"
    table.write_text(HOUSES.read_text().replace(",z95", ",95"))
    data = {"target": "price", "text": ["zip"], "features": ["zip", "sqft"], "scale": "minmax"}
    weights, content = model_of(tmp_path, table, data)
    cells = dict(cells_of(table))
    cells["zip"] = np.array([f"{code:.0f}" for code in cells["zip"]], dtype=object)
    assert_same(run(content, cells), printed(weights, table), 1e-6)


@pytest.mark.parametrize("text", [False, True])
def test_columns_take_the_shape_of_the_input(text, tmp_path):
    features = ["type", "beds", "baths", "sqft"] if text else ["beds", "baths", "sqft", "latitude"]
    shape = [3, 2] if text else [2, 2, 1]
    data = {"target": "price", "features": features, "scale": "standardize", "missing": "mean"}
    layers = [{"type": "flatten"}, *REGRESSION["layers"]]
    weights, content = model_of(tmp_path, HOUSES, data, input_shape=shape, layers=layers)
    assert_same(run(content, cells_of(HOUSES)), printed(weights, HOUSES), 1e-6)


def test_columns_may_be_called_as_anything_in_the_graph_is(tmp_path):
    names = ["features", "dense_1/kernel", "predictions", "inputs/Concat", "a b", "ä,\n"]
    table = tmp_path / "odd.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "kind", "y"])
        writer.writerows([*(k * n % 17 for n in range(6)), "pq"[k % 2], k] for k in range(40))
    weights, content = model_of(tmp_path, table, {"target": "y", "scale": "standardize"})
    cells = dict(cells_of(table))
    made = run(content, cells)
    assert list(made) == ["predictions_2"]
    assert_same({"predictions": made["predictions_2"]}, printed(weights, table))


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images (1000, 28, 28) of bytes, and their labels."""
    cells = cells_of(DATASETS / "mnist-test.csv.gz")
    pixels = np.column_stack([cell for name, cell in cells.items() if name != "label"])
    return pixels.reshape(-1, 28, 28).astype(np.uint8), cells["label"].astype(np.uint8)


IMAGES = {
    "layers": [
        {"type": "reshape", "target_shape": [28, 28, 1]},
        {"type": "conv2d", "filters": 2, "kernel_size": 5, "strides": 3},
        "flatten",
        {"type": "dense", "units": 10},
    ],
    "loss": {"type": "sparse_categorical_crossentropy", "from_logits": True},
    "epochs": 1,
}


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_arrays_keep_their_shape(scale, tmp_path):
    x, y = digits()
    np.savez(tmp_path / "digits.npz", x=x, y=y)
    data = {"target": "y", "scale": scale}
    weights, content = model_of(tmp_path, tmp_path / "digits.npz", data, **IMAGES)
    made = run_on_images(content, x)
    assert_same(made, printed(weights, tmp_path / "digits.npz"))


def test_idx_files_keep_their_shape(tmp_path):
    x, y = digits()
    files = {}
    for name, array in (("x.idx", x), ("y.idx", y)):
        sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
        (tmp_path / name).write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())
        files[name[0]] = str(tmp_path / name)
    config = {**REGRESSION, **IMAGES}
    config["data"] = {"train": {"features": files["x"], "target": files["y"]}, "scale": "minmax"}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    weights = train(tmp_path / "c.yaml", output=tmp_path / "run").weights
    content = export(weights, tmp_path / "model.onnx").path.read_bytes()
    assert_same(run_on_images(content, x), printed(weights, tmp_path / "x.idx"))


def run_on_images(content: bytes, x: np.ndarray) -> dict[str, np.ndarray]:
    session = session_of(content)
    (port,) = session.get_inputs()
    assert (port.name, port.shape) == ("features", ["rows", 28, 28])
    return outputs(session, {"features": x.astype(DTYPES[port.type])})


def test_float32_inputs_are_told_apart_where_float64_is_the_default(tmp_path):
    """Degrees of longitude differ in digits that float32 lacks."""
    data = {"target": "price", "features": NUMBERS, "scale": "standardize"}
    weights, content = model_of(tmp_path, HOUSES, data)
    single = export(
        weights, tmp_path / "model.onnx", input_dtype="float32", overwrite=True
    ).path.read_bytes()
    expected = printed(weights, HOUSES)["price"][:, None]
    best, rough = (
        np.abs(run(each, cells_of(HOUSES))["predictions"] - expected).max()
        for each in (content, single)
    )
    assert 10 * best < rough < 1e-3 * np.abs(expected).max()
    assert "Cast" not in operators(single)


@pytest.mark.parametrize(
    ("scale", "size"),
    [
        ("standardize", 1e120),
        ("minmax", 1e120),
        ({"type": "rescale", "by": 1e120}, 1e120),
        ("standardize", 1e-120),
        ({"type": "rescale", "by": 1e-120}, 1e-120),
    ],
)
@pytest.mark.parametrize("data", [{}, {"missing": "mean"}])
def test_what_float32_cannot_hold_is_kept_or_refused(scale, size, data, tmp_path):
    draws = np.random.default_rng(0).normal(size=(30, 3))
    rows = [f"{a * size!r},{b * size!r},{c!r}" for a, b, c in draws.tolist()]
    table = tmp_path / "t.csv"  # of two columns: ONNX Runtime takes a single tiny number for 0
    table.write_text("a,b,y\n" + "\n".join(rows) + "\n")
    weights, content = model_of(tmp_path, table, {"target": "y", "scale": scale, **data})
    found = run(content, cells_of(table))["predictions"]
    expected = printed(weights, table)["y"]
    assert len(set(expected.tolist())) > 20
    np.testing.assert_allclose(found[:, 0], expected, rtol=0, atol=1e-6)
    with pytest.raises(
        NnctlError, match="float32 cannot hold what these columns are scaled by: a, b"
    ):
        export(weights, tmp_path / "model.onnx", input_dtype="float32", overwrite=True)


def test_a_column_helper_reads_what_is_missing():
    assert np.isnan(column(["1", "NA"])).tolist() == [False, True]

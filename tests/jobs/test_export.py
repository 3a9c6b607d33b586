"""`export`: the same bytes each time, in every version of ONNX; and what it refuses."""

import os
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from nnctl.errors import ArgumentError, NnctlError
from nnctl.jobs import export as job
from nnctl.jobs.export import NEWEST, OLDEST, USUAL, Signature, export
from nnctl.jobs.train import train
from tests.export.running import assert_same, cells_of, printed, run

ROOT = Path(__file__).parents[2]
HOUSES = ROOT / "datasets/sacramento.csv"


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    """A run with text and number columns, and with an activation that was new in version 20."""
    folder = tmp_path_factory.mktemp("runs") / "houses"
    changes = ["layers.0.activation=gelu", "data.missing=mean"]
    return train(ROOT / "configs/house-prices.yaml", output=folder, epochs=2, overrides=changes)


def test_the_same_weights_give_the_same_bytes(houses, tmp_path):
    first = export(houses.folder, tmp_path / "a.onnx").path.read_bytes()
    second = export(houses.weights, tmp_path / "b.onnx").path.read_bytes()
    assert first == second
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.parametrize("opset", range(OLDEST, NEWEST + 1))
def test_every_version_predicts_the_same(opset, houses, tmp_path):
    file = export(houses.folder, tmp_path / "model.onnx", opset=opset).path
    content = file.read_bytes()
    versions = {each.domain: each.version for each in onnx.load_from_string(content).opset_import}
    assert versions[""] == opset
    assert_same(run(content, cells_of(HOUSES)), printed(houses.weights, HOUSES), 1e-6)


def test_it_tells_what_goes_in_and_what_comes_out(houses, tmp_path):
    result = export(houses.folder, tmp_path / "model.onnx", input_dtype="float32")
    assert result.inputs[:3] == (
        Signature("city", "string", ("rows", 1)),
        Signature("zip", "string", ("rows", 1)),
        Signature("beds", "float32", ("rows", 1)),
    )
    assert result.outputs == (Signature("predictions", "float32", ("rows", 1)),)
    assert (result.size, result.opset) == (os.path.getsize(result.path), USUAL)
    told = result.as_json()
    assert told["path"] == str(result.path)
    assert told["outputs"] == (
        {"name": "predictions", "dtype": "float32", "shape": ("rows", 1)},
    )  # fmt: skip


def test_a_file_that_exists_is_kept_unless_it_may_go(houses, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_text("mine")
    with pytest.raises(NnctlError, match=r"this file exists already\n.*--overwrite"):
        export(houses.folder, path)
    assert path.read_text() == "mine"
    export(houses.folder, path, overwrite=True)
    onnx.checker.check_model(str(path), full_check=True)
    with pytest.raises(NnctlError, match="this is a folder; a file is to be written"):
        export(houses.folder, tmp_path)
    export(houses.folder, Path(os.devnull))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"opset": OLDEST - 1}, "--opset is 17; it must be 18 to 22"),
        ({"opset": NEWEST + 1}, "--opset is 23; it must be 18 to 22"),
        ({"input_dtype": "float16"}, "--input-dtype is float16; allowed are: float32, float64"),
    ],
)
def test_options_out_of_range_are_refused(options, message, houses, tmp_path):
    with pytest.raises(ArgumentError, match=message):
        export(houses.folder, tmp_path / "model.onnx", **options)
    assert os.listdir(tmp_path) == []


def test_weights_that_are_none_are_refused(houses, tmp_path):
    np.savez(tmp_path / "arrays.npz", x=np.zeros(3))
    with pytest.raises(NnctlError, match='it has no "metadata"'):
        export(tmp_path / "arrays.npz", tmp_path / "model.onnx")
    with pytest.raises(NnctlError, match="this is a checkpoint"):
        export(houses.folder / "checkpoint.npz", tmp_path / "model.onnx")
    assert os.listdir(tmp_path) == ["arrays.npz"]


def test_weights_beyond_what_a_file_holds_are_refused(houses, tmp_path, monkeypatch):
    monkeypatch.setattr(job, "MOST_BYTES", 1000)
    with pytest.raises(NnctlError, match=r"weights take .* bytes; an ONNX file holds up to 1,000"):
        export(houses.folder, tmp_path / "model.onnx")


def test_the_missing_package_is_named_with_its_extra(houses, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(NnctlError, match=r"needs the package onnx.*\n.*nnctl\[onnx\]"):
        export(houses.folder, tmp_path / "model.onnx")

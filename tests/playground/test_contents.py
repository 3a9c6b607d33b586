"""What the page is given: rows and frames bit for bit, and words for what is not shown."""

import base64
import re
from contextlib import nullcontext

import numpy as np
import pytest

from nnctl.assembly.build import build
from nnctl.calibration.readout import AS_IT_IS
from nnctl.config import load
from nnctl.errors import NnctlError
from nnctl.jobs.playground import watched
from nnctl.playground import recording
from nnctl.playground.contents import contents_of, numbers, windows_of
from nnctl.playground.nodes import KNOWN
from nnctl.playground.page import script
from nnctl.playground.recording import Recording, check_showable, frames_to_keep
from nnctl.playground.wording import parameter_names

TABLE = "a,b,y\n" + "".join(f"{k},{k * k % 7},{k % 3}\n" for k in range(12))
CONFIG = """\
name: model
data: {train: table.csv, target: y}
layers: [{type: dense, units: 3}]
loss: {type: sparse_categorical_crossentropy, from_logits: true}
optimizer: sgd
epochs: 2
batch_size: 4
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "model.yaml").write_text(CONFIG)
    return tmp_path / "model.yaml"


def recording_of(config, *overrides):
    return watched(load(config, overrides=overrides), 1, nullcontext)[0]


def array_of(given) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(given["bytes"]), given["type"])
    return data.reshape(given["shape"])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_numbers_come_back_bit_for_bit(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)[:, ::-1] / (1 if dtype == "int32" else 7)
    found = array_of(numbers(array.astype(dtype)))
    assert found.dtype == dtype and np.array_equal(found, array.astype(dtype))


def test_contents_hold_the_rows_the_frames_and_the_history(config):
    recording = recording_of(config)
    found = contents_of(recording)
    built = recording.built
    assert np.array_equal(array_of(found["rows"]["x"]), built.train.x)
    assert np.array_equal(array_of(found["rows"]["y"])[:, 0], built.train.y)
    assert found["frames"]["steps"] == [0, 1, 2, 3, 4, 5, 6] and found["frames"]["batches"] == 3
    assert np.array_equal(array_of(found["frames"]["vectors"])[-1], built.model.vector)
    assert found["history"].keys() == {"loss", "accuracy", "learning_rate"}
    assert found["layers"][0]["arrays"]["bias"] == {"at": 6, "shape": [3]}
    assert found["targets"]["outputs"] == ["the likeliest class", "0", "1", "2"]
    assert found["notes"] == [] and "many directions" in found["said"]["bowl"]


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("data.scale=quantile", "The form leaves a, b as the row has it, for the page computes no"),
        ("layers=[{type: dropout, rate: 0.5}, {type: dense, units: 3}]", "In training dropout_1"),
        ("layers=[batch_normalization, {type: dense, units: 3}]", "averages that training has"),
        ("ensemble=2", "This is member 1 of the 2, and predict has the mean of all."),
    ],
)
def test_what_is_not_shown_is_said(config, override, words):
    (note,) = contents_of(recording_of(config, override))["notes"]
    assert words in note


def test_rows_and_frames_are_as_many_as_fit(config, monkeypatch):
    monkeypatch.setattr(recording, "BYTES_OF_ROWS", 5 * 2 * 4)
    monkeypatch.setattr(recording, "BYTES_OF_FRAMES", 4 * 9 * 4)
    found = recording_of(config)
    assert frames_to_keep(found.built.model) == 4 and len(found.frames) == 3
    contents = contents_of(found)
    assert contents["rows"]["places"] == [0, 2, 5, 8, 11]
    assert np.array_equal(array_of(contents["rows"]["x"]), found.built.train.x[[0, 2, 5, 8, 11]])
    assert [note.partition(",")[0] for note in contents["notes"]] == [
        "Of 12 rows that train the page holds 5",
        "The model is large",
    ]


def test_figures_that_are_not_defined_are_none(config):
    built = recording_of(config)
    strange = Recording(
        "strange",
        built.built,
        built.frames,
        {"loss": [1.0, float("nan")], "epoch": [1, 2]},
        3,
        AS_IT_IS,
        True,
    )
    assert contents_of(strange)["history"] == {"loss": [1.0, None]}


@pytest.mark.parametrize(
    ("layers", "shape", "wanted"),
    [
        ("[{type: dense, units: 3}]", None, ["w[0]"]),
        ("[{type: dense, units: 1}, {type: dense, units: 3}]", None, []),
    ],
)
def test_one_or_two_parameters_have_names(config, layers, shape, wanted):
    model = recording_of(config, f"layers={layers}").built.model
    assert parameter_names(model) == ([] if model.layout.trainable_size > 2 else wanted)


def test_windows_are_the_cells_that_layers_see(config):
    layers = "[{type: conv1d, filters: 1, kernel_size: 2, padding: same}, {type: max_pooling1d}, "
    layers += "global_average_pooling1d, {type: dense, units: 3}]"
    model = recording_of(config, f"layers={layers}", "input_shape=[2, 1]").built.model
    before = [model.input_shape, *model.shapes]
    tables = [windows_of(layer, shape) for layer, shape in zip(model.places, before, strict=False)]
    assert [table.tolist() for table in tables] == [[[0, 1], [1, -1]], [[0, 1]], [[0]], [[0]]]


@pytest.mark.parametrize(
    ("overrides", "words", "fix"),
    [
        (["layers=[{type: dense, units: 400000}, {type: dense, units: 3}]"], "more than", "up to"),
        (
            ["layers=[{type: dense, units: 3}, batch_normalization, {type: activation, "
             "activation: softmax}, layer_normalization]", "loss.from_logits=false",
             "data.calibration=0.5", "calibrate=true"],
            "no sigmoid or softmax", "calibrate=false",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_with_what_to_do(config, overrides, words, fix):
    with pytest.raises(NnctlError) as caught:
        check_showable(build(load(config, overrides=overrides)))
    (problem,) = caught.value.problems
    assert words in problem.message and fix in problem.fix


def test_a_layer_that_the_page_does_not_know_is_refused_in_its_place(config, monkeypatch):
    monkeypatch.setattr(recording, "KNOWN", frozenset({"flatten"}))
    with pytest.raises(NnctlError) as caught:
        recording_of(config)
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == ("layers.0", 3)
    assert "does not know the layer dense" in problem.message


def test_the_page_computes_each_layer_that_is_known():
    listed = re.search(r"^const LAYERS = \{(.*?)^\};", script(), re.DOTALL | re.MULTILINE)[1]
    assert set(re.findall(r"\w+", listed)) > KNOWN

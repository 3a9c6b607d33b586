"""What a weights file says twice it has to say alike."""

import json

import numpy as np
import pytest

from nnctl.assembly.trained import load_trained
from nnctl.errors import NnctlError
from nnctl.system.npz import read_arrays, write_arrays
from tests.formats.models import KINDS, trained
from tests.formats.mutations import sealed


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {kind: trained(kind, folder / kind)[0] for kind in KINDS}


# By kind: a place, and what stands there of itself but not beside the rest.
CASES = [
    ("binary", "preprocessing.dtype", "float64", "dtype is 'float64', config.dtype 'float32'"),
    ("binary", "preprocessing.missing", "drop", "missing is 'drop', config.data.missing 'error'"),
    ("binary", "config.data.scale", "minmax", "scaling.type is 'standardize', config.data.scale"),
    ("multi-label", "preprocessing.scaling.divisor", 2, "divisor is 2.0, config.data.scale.by 40"),
    ("regression", "config.data.target_scale", "none", "target_scaling.type is 'standardize'"),
    ("multiclass", "preprocessing.sample_weight", "age2", "sample_weight is 'age2', config.data"),
    ("binary", "preprocessing.delimiter", ";", "the form of text tables is "),
    ("binary", "preprocessing.header", False, "the form of text tables is "),
    ("images", "preprocessing.arrays", ["a", "y"], r"arrays is \('a', 'y'\), config.data.train"),
    ("images", "preprocessing.arrays", None, "arrays is None, config.data.train "),
    ("binary", "preprocessing.arrays", ["x", "y"], "config.data.train None"),
    ("binary", "preprocessing.features", ["age", "sizes"], "features is .*, config.data.features"),
    ("binary", "preprocessing.features", ["size", "age"], "features is .*, config.data.features"),
    ("binary", "preprocessing.targets", ["old"], "targets is .*, config.data.target"),
    ("binary", "config.data.text", ["age"], r"categories of text is \[\], config.data.text"),
    ("binary", "config.loss", "sparse_categorical_crossentropy", "task is 'binary', that of"),
    ("images", "preprocessing.classes", [0, 1, 2], r"classes is \(0, 1, 2\), the numbers of"),
    ("multiclass", "preprocessing.classes", ["ash", "elm"], "classes and spare units is 2, "),
    ("multiclass", "spare_units", 1, "classes and spare units is 4, that of outputs 3"),
    ("multiclass", "preprocessing.classes", list("abcd"), "classes and spare units is 4, "),
    ("binary", "input_shape", [1, 2], r"input_shape is \[1, 2\], that of config and data \[2\]"),
    ("images", "config.input_shape", [2, 8, 1], r"that of config and data \[2, 8, 1\]"),
    ("binary", "config.layers.0.activation", None, "config_values is .*, the count of values in"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "place", "value", "message"), CASES)
def test_a_contradiction_is_told(kind, place, value, message, models, tmp_path):
    arrays = read_arrays(models[kind])
    metadata = json.loads(str(arrays.pop("metadata")))
    holder = metadata
    *above, last = place.split(".")
    for key in above:
        holder = holder[int(key) if key.isdigit() else key]
    holder[last] = value
    with (tmp_path / "w.npz").open("wb") as file:
        write_arrays(file, {**arrays, "metadata": np.array(sealed(metadata))})
    with pytest.raises(NnctlError, match=f"its metadata contradicts itself: .*{message}"):
        load_trained(tmp_path / "w.npz")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_training_has_written_agrees(kind, models):
    assert load_trained(models[kind]).config.name == "config"

"""Augmentation against Keras 3, on what it drew: see `make_augmentation.py`."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnctl.graph import Graph, Program
from nnctl.network.layers import LAYERS

GOLDEN = json.loads(Path(__file__).with_name("augmentation.json").read_text())
IMAGES = np.array(GOLDEN["images"])
VALUES = 255
TOLERANCE = {np.float64: 1e-6, np.float32: 2e-5}  # of the range of values


def name_of(case):
    return " ".join(map(str, case["layer"].values()))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", GOLDEN["cases"], ids=name_of)
def test_images_are_changed_as_by_keras(case, dtype):
    options = dict(case["layer"])
    layer = LAYERS[options.pop("type")](**options)
    layer.build(IMAGES.shape[1:])
    graph = Graph(training=True)
    x = graph.leaf("x", IMAGES.shape)
    y = layer.forward(graph, x)
    program = Program(graph, [y], dtype, {x: IMAGES.astype(dtype)})
    for leaf, draws in zip(graph.held, case["draws"], strict=True):
        program[leaf][...] = np.reshape(draws, leaf.shape)
    program.run()
    apart = np.abs(program[y].reshape(-1) - case["images"]).max()
    assert apart <= TOLERANCE[dtype] * VALUES
    assert not np.array_equal(program[y], IMAGES)


def test_every_layer_that_changes_images_has_a_case():
    asked = {case["layer"]["type"] for case in GOLDEN["cases"]}
    assert asked == {name for name in LAYERS if name.startswith("random_")}

"""Augmentation: by chance, alike for any division of a batch, and in training alone."""

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.errors import ArgumentError
from nnctl.graph import Graph, Program
from nnctl.network.layers import LAYERS
from nnctl.training.draws import RowDraws

SHAPE = (6, 5, 2)
NAMES = sorted(name for name in LAYERS if name.startswith("random_"))


def made(name, **options):
    layer = LAYERS[name](**(options or LAYERS[name].example_arguments))
    layer.build(SHAPE)
    return layer


def images(rows):
    return np.random.default_rng(3).uniform(-1, 1, (rows, *SHAPE))


def trained(layer, x, generator):
    """The images as a training step sees them."""
    graph = Graph(training=True, generator=generator)
    leaf = graph.leaf("x", x.shape)
    y = layer.forward(graph, leaf)
    program = Program(graph, [y], np.float64, {leaf: x})
    program.run()
    return program[y].copy()


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_changed_in_training_alone(name):
    x = images(8)
    model = Sequential([made(name)], dtype="float64")
    model.build(SHAPE)
    np.testing.assert_array_equal(model.predict(x), x)
    seen = [trained(made(name), x, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], x)
    assert not np.array_equal(seen[0], seen[2])
    apart = np.abs(seen[0] - x).reshape(len(x), -1).max(1)
    assert len(set(apart)) > 1  # each image draws for itself


@pytest.mark.parametrize("name", NAMES)
def test_parts_of_a_batch_are_changed_as_the_whole_is(name):
    x = images(7)
    generator = np.random.default_rng(5)
    state = generator.bit_generator.state
    whole = trained(made(name), x, generator)
    for rows in (slice(0, 3), slice(3, 7)):
        draws = RowDraws(len(x))
        draws.begin(state, rows)
        part = trained(made(name), x[rows], draws)
        np.testing.assert_array_equal(part, whole[rows])


@pytest.mark.parametrize(
    ("mode", "flipped"),
    [
        ("horizontal", lambda x: x[:, ::-1]),
        ("vertical", lambda x: x[::-1]),
        ("horizontal_and_vertical", lambda x: x[::-1, ::-1]),
    ],
)
def test_a_flip_is_exact_and_half_of_the_images_are_flipped(mode, flipped):
    x = images(200)
    y = trained(made("random_flip", mode=mode), x, np.random.default_rng(0))
    alike = [np.array_equal(a, b) for a, b in zip(x, y, strict=True)]
    turned = [np.array_equal(flipped(a), b) for a, b in zip(x, y, strict=True)]
    assert [a or b for a, b in zip(alike, turned, strict=True)] == [True] * 200
    assert 70 < sum(turned) < 130


@pytest.mark.parametrize(
    ("name", "options", "change"),
    [
        ("random_translation", {"height_factor": [0.5, 0.5], "width_factor": 0.0}, "down"),
        ("random_translation", {"height_factor": 0.0, "width_factor": [0.4, 0.4]}, "right"),
        ("random_rotation", {"factor": [0.5, 0.5]}, "around"),
        ("random_zoom", {"height_factor": 0.0, "width_factor": 0.0}, "not"),
    ],
)
def test_what_a_factor_means(name, options, change):
    x = images(3)
    expected = {
        "down": np.concatenate([np.full_like(x[:, :3], 9), x[:, :3]], 1),
        "right": np.concatenate([np.full_like(x[:, :, :2], 9), x[:, :, :3]], 2),
        "around": x[:, ::-1, ::-1],
        "not": x,
    }[change]
    layer = made(name, **options, fill_mode="constant", fill_value=9, interpolation="nearest")
    y = trained(layer, x, np.random.default_rng(0))
    np.testing.assert_array_equal(y, expected)


def test_contrast_keeps_the_mean_and_cuts_to_the_range_of_values():
    x = images(4)
    y = trained(made("random_contrast", factor=[0.5, 0.5], value_range=[-9, 9]), x, Fixed(0.0))
    mean = x.mean((1, 2), keepdims=True)
    np.testing.assert_allclose(y, (x - mean) * 0.5 + mean, rtol=1e-12)
    y = trained(made("random_contrast", factor=1.0, value_range=[-0.5, 0.25]), x, Fixed(0.75))
    np.testing.assert_allclose(y, np.clip((x - mean) * 1.75 + mean, -0.5, 0.25), rtol=1e-12)


class Fixed:
    """Draws the same number every time."""

    def __init__(self, number):
        self.number = number

    def random(self, size, dtype, out, /):
        out.fill(self.number)
        return out


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(6,), (6, 5)])
def test_what_is_no_image_is_refused(name, shape):
    layer = LAYERS[name](**LAYERS[name].example_arguments)
    with pytest.raises(ArgumentError, match="needs an input of rank 3"):
        layer.build(shape)


def test_a_range_of_values_without_values_is_refused():
    layer = LAYERS["random_contrast"](0.5, (1, 1))
    with pytest.raises(ArgumentError, match="the first is below the second") as caught:
        layer.build(SHAPE)
    assert caught.value.problems[0].path == "value_range"

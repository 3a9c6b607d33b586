"""The first layer's weights, part by part, against the arrays of the weights file."""

import numpy as np
import pytest

from nnctl.report.collecting import collect


def kernel(run, name):
    with np.load(run / "weights.npz") as file:
        return file[f"{name}/kernel"]


def test_a_convolution_s_filters_are_pictures(runs):
    layer = collect(runs["pictures"], "x").first_layer
    weights = kernel(runs["pictures"], "conv2d_1")
    assert (layer.layer, layer.kind, layer.count) == ("conv2d_1", "pictures", 3)
    assert layer.largest == pytest.approx(np.abs(weights).max())
    for unit, (name, part) in enumerate(layer.parts):
        assert name == f"filter {unit + 1}"
        np.testing.assert_array_equal(part, weights[:, :, 0, unit])


def test_a_convolution_over_steps_is_a_series_for_each_channel(runs):
    layer = collect(runs["series"], "x").first_layer
    weights = kernel(runs["series"], "conv1d_1")
    names = [f"filter {unit}, channel {channel}" for unit in (1, 2) for channel in (1, 2)]
    assert (layer.kind, [name for name, _ in layer.parts]) == ("series", names)
    np.testing.assert_array_equal(layer.parts[1][1], weights[:, 1, 0])


def test_weights_of_columns_come_by_name_the_largest_first(runs):
    layer = collect(runs["houses"], "x").first_layer
    weights = kernel(runs["houses"], "dense_1")
    names = ["rooms", "city = north", "city = south <sea>"]
    order = np.argsort(-np.linalg.norm(weights, axis=1))
    assert (layer.kind, layer.count) == ("rows", 3)
    assert [name for name, _ in layer.parts] == [names[row] for row in order]
    np.testing.assert_array_equal(layer.parts[0][1], weights[order[0]])

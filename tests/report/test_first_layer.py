"""The first layer's weights, part by part, against the arrays of the weights file."""

import numpy as np
import pytest


def kernel(run, name):
    with np.load(run / "weights.npz") as file:
        return file[f"{name}/kernel"]


def test_a_convolution_s_filters_are_pictures(runs, reports):
    layer = reports["pictures"].first_layer
    weights = kernel(runs["pictures"], "conv2d_1")
    assert (layer.layer, layer.kind, layer.count) == ("conv2d_1", "pictures", 3)
    assert layer.largest == pytest.approx(np.abs(weights).max())
    for unit, (name, part) in enumerate(layer.parts):
        assert name == f"filter {unit + 1}"
        np.testing.assert_array_equal(part, weights[:, :, 0, unit])


def test_a_convolution_over_steps_is_a_series_for_each_channel(runs, reports):
    layer = reports["series"].first_layer
    weights = kernel(runs["series"], "conv1d_1")
    names = [f"filter {unit}, channel {channel}" for unit in (1, 2) for channel in (1, 2)]
    assert (layer.kind, [name for name, _ in layer.parts]) == ("series", names)
    np.testing.assert_array_equal(layer.parts[1][1], weights[:, 1, 0])


def test_weights_of_columns_are_not_shown_as_if_they_told_what_these_are_worth(reports):
    assert reports["houses"].first_layer is None

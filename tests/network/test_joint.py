"""The output of several models together, against their predictions averaged in long arithmetic."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from nnctl.network.activations import linear, sigmoid, softmax
from nnctl.network.joint import joint_output

LOGITS = [-700.0, -40.0, -3.0, -1e-6, 0.0, 0.5, 17.0, 36.0, 700.0]


def logit_of_mean(logits: list[float]) -> float:
    with localcontext() as context:
        context.prec = 400
        shares = [1 / (1 + Decimal(-z).exp()) for z in logits]
        p = sum(shares) / len(shares)
        return float((p / (1 - p)).ln())


@pytest.mark.parametrize("first", LOGITS)
@pytest.mark.parametrize("second", LOGITS)
def test_a_logit_is_that_of_the_mean_probability_in_both_tails(first, second):
    found = joint_output(sigmoid, np.array([[[first]], [[second]], [[first]]]))
    wanted = logit_of_mean([first, second, first])
    assert found.shape == (1, 1)
    assert found.item() == pytest.approx(wanted, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_of_the_output_is_the_mean_of_the_softmaxes(dtype):
    outputs = np.random.default_rng(0).normal(0, 30, (4, 50, 7)).astype(dtype)
    found = joint_output(softmax, outputs)
    assert found.dtype == dtype
    wanted = np.mean([softmax(each) for each in outputs.astype(np.float64)], axis=0)
    assert np.allclose(softmax(found.astype(np.float64)), wanted, rtol=0, atol=1e-6)
    if dtype == "float64":
        assert np.allclose(softmax(found), wanted, rtol=1e-12, atol=0)


def test_numbers_are_averaged_in_double_precision():
    outputs = np.array([[[1e8]], [[1.0]], [[-1e8]]], np.float32)
    assert joint_output(linear, outputs).item() == pytest.approx(1 / 3)


@pytest.mark.parametrize("activation", [linear, sigmoid, softmax])
def test_a_row_is_judged_by_those_that_count(activation):
    outputs = np.random.default_rng(1).normal(0, 3, (3, 4, 2))
    counted = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [0, 1, 0, 1]], bool)
    found = joint_output(activation, outputs, counted)
    for row in range(4):
        own = outputs[counted[:, row], row][:, None]
        assert np.allclose(found[row], joint_output(activation, own)[0], rtol=1e-14)


@pytest.mark.parametrize("activation", [linear, sigmoid, softmax])
@pytest.mark.parametrize("counted", [None, np.random.default_rng(6).random((40, 9)) < 0.6])
@pytest.mark.parametrize("width", [1, 2])
def test_a_row_does_not_depend_on_those_beside_it(width, counted, activation):
    outputs = np.random.default_rng(5).normal(0, 3, (40, 9, width))
    together = joint_output(activation, outputs, counted)
    for row in range(9):
        own = slice(row, row + 1)
        said = None if counted is None else counted[:, own]
        assert (joint_output(activation, outputs[:, own], said) == together[own]).all()


@pytest.mark.parametrize("activation", [linear, sigmoid, softmax])
def test_models_that_agree_are_one(activation):
    z = np.random.default_rng(2).normal(0, 5, (1, 6, 3))
    same = joint_output(activation, np.repeat(z, 5, axis=0))
    assert np.allclose(activation(same), activation(z[0]), rtol=1e-14)


def test_outputs_that_are_no_numbers_stay_so():
    found = joint_output(sigmoid, np.array([[[math.nan]], [[1.0]]]))
    assert np.isnan(found).all()

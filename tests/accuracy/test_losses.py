"""Losses from logits and their gradients in float32 and float64, over logits up to 10,000."""

import math
import warnings
from decimal import Decimal

import numpy as np
import pytest

from nnctl.losses import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from nnctl.network.losses import LOSSES
from tests.accuracy import reference
from tests.accuracy.bounds import (
    DTYPES,
    UNITS,
    computed,
    exact,
    excess,
    half_unit,
    half_units,
    logits,
)

SCALES = [1e-3, 1, 30, 300, 1e4]


def binary_loss(y: Decimal, z: Decimal) -> Decimal:
    return y * reference.softplus(-z) + (1 - y) * reference.softplus(z)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("label", [0.0, 0.25, 1.0])
def test_the_logistic_loss_keeps_its_digits(label, dtype):
    z, y = logits(dtype), exact(label)
    found, _ = computed(
        BinaryCrossentropy(from_logits=True), np.full((len(z), 1), label), z[:, None]
    )
    for v, number in zip(z, found, strict=True):
        right, h = binary_loss(y, exact(v)), half_unit(v)
        effect = max(abs(binary_loss(y, exact(v) + step) - right) for step in (h, -h))
        assert excess(number, right, effect, dtype) <= UNITS, v


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_the_slope_of_the_logistic_loss_keeps_its_digits(label, dtype):
    """`sigmoid(z) - y` would be 0 for a confident right answer."""
    z = logits(dtype)
    y = np.full((len(z), 1), label)
    _, found = computed(BinaryCrossentropy(from_logits=True), y, z[:, None])

    def slope(z):
        return -reference.sigmoid(-z) if label else reference.sigmoid(z)

    for v, number in zip(z, found[:, 0], strict=True):
        right, h = slope(exact(v)), half_unit(v)
        effect = max(abs(slope(exact(v) + step) - right) for step in (h, -h))
        assert excess(number, right, effect, dtype) <= UNITS, v


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_slope_of_smoothed_labels_keeps_the_digits_of_its_terms(dtype):
    z = logits(dtype)
    for label in (0.0, 1.0):
        smoothed = exact(label) * Decimal("0.9") + Decimal("0.05")
        right = [float(reference.sigmoid(exact(v)) - smoothed) for v in z]
        loss = BinaryCrossentropy(from_logits=True, label_smoothing=0.1)
        _, found = computed(loss, np.full((len(z), 1), label), z[:, None])
        np.testing.assert_allclose(found[:, 0], right, rtol=0, atol=3 * np.finfo(dtype).eps)


def rows(scale, dtype, count=30):
    """Logits of five classes, one row of them alike, and a class for each row."""
    generator = np.random.default_rng(5)
    z = generator.uniform(-scale, scale, (count, 5)).astype(dtype)
    z[0] = z[0, 0]
    z[1, 1:3] = z[1].max()
    labels = generator.integers(0, 5, count)
    labels[count // 2 :] = z[count // 2 :].argmax(1)  # half of the answers are right
    return z, labels


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("sparse", [True, False], ids=["sparse", "one-hot"])
def test_the_crossentropy_of_classes_keeps_its_digits(sparse, scale, dtype):
    z, labels = rows(scale, dtype)
    if sparse:
        found = computed(SparseCategoricalCrossentropy(from_logits=True), labels, z)
    else:
        found = computed(CategoricalCrossentropy(from_logits=True), np.eye(5)[labels], z)
    for row, label, loss, slopes in zip(z, labels, *found, strict=True):
        numbers = [exact(v) for v in row]
        y = [Decimal(int(k == label)) for k in range(5)]
        a, by_z = reference.softmax(numbers), reference.crossentropy_slope(y, numbers)
        half = half_units(row)
        effect = sum(map(abs, by_z)) * half
        assert excess(loss, reference.crossentropy(y, numbers), effect, dtype) <= UNITS
        for k, right in enumerate(by_z):
            effect = sum(a[k] * abs((j == k) - a[j]) for j in range(5)) * half
            assert excess(slopes[k], right, effect, dtype) <= UNITS


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_crossentropy_of_soft_labels_keeps_the_digits_of_its_terms(smoothing, dtype):
    z, _ = rows(3, dtype)
    y = np.random.default_rng(6).dirichlet(np.ones(5), len(z)).astype(dtype)
    y[0] *= dtype(0.5)  # weights that sum to less than 1
    loss = CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    found = computed(loss, y, z)
    for row, given, value, slopes in zip(z, y, *found, strict=True):
        share = exact(smoothing)
        labels = [exact(p) * (1 - share) + share / 5 for p in given]
        numbers = [exact(v) for v in row]
        right = float(reference.crossentropy(labels, numbers))
        epsilon = float(np.finfo(dtype).eps)
        assert value == pytest.approx(right, rel=8 * epsilon)
        by_z = [float(v) for v in reference.crossentropy_slope(labels, numbers)]
        np.testing.assert_allclose(slopes, by_z, rtol=0, atol=4 * epsilon)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("name", [name for name in LOSSES if "crossentropy" in name])
def test_crossentropies_are_finite_without_a_warning(name, from_logits, dtype):
    """From logits of any size, or from probabilities down to 0 and up to 1."""
    z = logits(dtype)
    z = np.stack([z, -z, np.roll(z, 7)], axis=1)
    if not from_logits:
        z = np.clip(np.abs(z) / np.abs(z).max(axis=1, keepdims=True, initial=1e-30), 0, 1)
        z[:3] = [[0, 0, 1], [1, 0, 0], [1e-30, 1, 1e-10]]
    labels = np.arange(len(z)) % 3
    sparse = name == "sparse_categorical_crossentropy"
    with warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("error")
        found = computed(
            LOSSES[name](from_logits=from_logits), labels if sparse else np.eye(3)[labels], z
        )
    assert all(np.isfinite(array).all() for array in found)


@pytest.mark.parametrize("dtype", DTYPES)
def test_probabilities_are_clipped_and_their_slope_ends_there(dtype):
    a = np.array([[0.0], [1e-9], [1e-7 * 1.01], [0.5], [1 - 1e-9], [1.0]], dtype)
    losses, slopes = computed(BinaryCrossentropy(), np.ones(a.shape), a)
    clip = [1e-7, 1 - float(dtype(1e-7))]
    right = [-math.log(min(max(float(v), clip[0]), clip[1])) for v in a[:, 0]]
    # The upper limit is rounded to the dtype, whose numbers are 6e-8 apart there in float32.
    np.testing.assert_allclose(losses, right, rtol=1e-6, atol=np.finfo(dtype).eps)
    assert (slopes != 0)[:, 0].tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize("dtype", DTYPES)
def test_categorical_probabilities_are_divided_by_their_sum_then_clipped(dtype):
    a = np.array([[0.0, 4.0], [1.0, 3.0], [5.0, 0.0]], dtype)
    losses, slopes = computed(SparseCategoricalCrossentropy(), np.array([0, 0, 0]), a)
    np.testing.assert_allclose(losses[:2], [-math.log(1e-7), math.log(4)], rtol=1e-6)
    assert 0 < losses[2] < 2e-7
    assert (slopes != 0).any(1).tolist() == [False, True, False]

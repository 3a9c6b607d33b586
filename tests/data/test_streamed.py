"""Tests of inputs that are read when a batch needs them."""

from typing import Any

import numpy as np
import pytest

from nnctl.data.gathered import Gathered
from nnctl.data.streamed import BLOCKS_AT_ONCE, ORDER, Streamed
from nnctl.training.shuffling import WindowedOrder

X = np.random.default_rng(0).normal(size=(97, 2, 3)).astype(np.float32)
MASK = np.random.default_rng(1).random(97) < 0.6
MASK[20:35] = False  # whole blocks are without a row
ROW = X[0].nbytes + ORDER


class Counting:
    """Rows in memory that count how often each is read."""

    def __init__(self) -> None:
        self.read = np.zeros(len(X), np.intp)

    def __len__(self) -> int:
        return len(X)

    def inputs(self, start: int, stop: int, chosen: Any) -> np.ndarray:
        self.read[start:stop][chosen] += 1
        return X[start:stop][chosen]


def streamed(block: int, at_once: int, mask: np.ndarray | None = None) -> Streamed:
    """Blocks of so many rows, of which so many are in a window."""
    made = Streamed(Counting(), (2, 3), "float32", block * BLOCKS_AT_ONCE * ROW, mask)
    assert made.block_rows == block
    made.at_once = at_once
    made._owners = np.full(at_once, -1)
    return made


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "some"])
@pytest.mark.parametrize(("block", "at_once"), [(1, 1), (5, 2), (7, 3), (5, 100), (200, 1)])
@pytest.mark.parametrize("size", [1, 8, 32])
def test_batches_are_those_of_the_array(
    mask: np.ndarray | None, block: int, at_once: int, size: int
) -> None:
    x, held = streamed(block, at_once, mask), X if mask is None else X[mask]
    assert (x.shape, x.dtype, len(x), x.ndim) == (held.shape, held.dtype, len(held), 3)
    for epoch in range(2):
        order = WindowedOrder(x.starts, at_once, np.array([epoch]))
        for start in range(0, len(x), size):
            rows = order[start : start + size]
            out = np.empty((len(rows), 2, 3), np.float32)
            x.take(rows, 0, out, "clip")
            np.testing.assert_array_equal(out, held[rows])
        if size == 1 or at_once * block >= len(X):
            # Unless a batch has rows of two windows, nothing is read twice.
            assert x._source.read.max() <= epoch + 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [1, 8])
def test_each_block_is_read_once_an_epoch(size: int) -> None:
    x = streamed(5, 4)
    order = WindowedOrder(x.starts, 4, np.array([3]))
    for start in range(0, len(x), size):
        rows = order[start : start + size]
        x.take(rows, 0, np.empty((len(rows), 2, 3), np.float32), "clip")
    assert (x._source.read == 1).all()  # type: ignore[attr-defined]


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "some"])
def test_rows_are_named_as_those_of_an_array(mask: np.ndarray | None) -> None:
    x, held = streamed(7, 2, mask), X if mask is None else X[mask]
    for rows in (
        slice(None),
        slice(3, 30),
        slice(5, 5),
        slice(None, None, 9),
        slice(-4, None),
        np.array([8, 3, 3, 44, 45]),
        np.array([3, 3, 5]),
        np.array([0, -1]),
        np.arange(len(held)) % 3 == 0,
        np.array([], np.intp),
        0,
        -1,
    ):
        np.testing.assert_array_equal(x[rows], held[rows])
    for beyond in (len(held), np.array([len(held)]), np.array([-len(held) - 1])):
        with pytest.raises(IndexError):
            x[beyond]


def test_another_shape_of_the_same_rows() -> None:
    x = streamed(7, 2)
    x.take(np.arange(3), 0, np.empty((3, 2, 3), np.float32), "clip")
    flat, other = x.reshape(97, -1), x.reshape(97, 3, 2)
    out = np.empty((4, 6), np.float32)
    flat.take(np.array([90, 1, 2, 3]), 0, out, "clip")
    np.testing.assert_array_equal(out, X.reshape(97, 6)[[90, 1, 2, 3]])
    np.testing.assert_array_equal(other[1:3], X.reshape(97, 3, 2)[1:3])
    with pytest.raises(ValueError, match="cannot reshape"):
        x.reshape(97, 5)


def test_a_window_with_its_order_takes_what_it_may() -> None:
    for memory in (1000, 12345, 10**6):
        x = Streamed(Counting(), (2, 3), "float32", memory)
        taken = x.nbytes + x.at_once * x.block_rows * ORDER
        assert taken <= memory and (taken > memory / 2 or memory < BLOCKS_AT_ONCE * ROW)
        assert x.size == X.size and x.itemsize == 4 and x.count == len(x.starts) - 1


@pytest.mark.parametrize(
    ("memory", "held"), [(None, True), (X.nbytes, True), (X.nbytes - 1, False)]
)
def test_parts_are_put_together(memory: int | None, held: bool) -> None:
    gathered = Gathered(memory)
    for start in range(0, 97, 10):
        gathered.append(X[start : start + 10])
    assert len(gathered) == 97
    whole = gathered.whole()
    assert isinstance(whole, np.ndarray) == held
    np.testing.assert_array_equal(whole[:], X)

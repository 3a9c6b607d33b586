"""Calls in pieces: what belongs to one, that no piece needs another, and when they are one call."""

from functools import partial

import numpy as np
import pytest

from nnctl.graph import numpy_calls
from nnctl.graph.numpy_calls import Pieces
from nnctl.system import machine
from nnctl.training import pieces
from nnctl.training.pieces import (
    BLOCK,
    LARGE,
    InTurn,
    gives_the_same_bytes,
    in_pieces,
    on_one_thread,
    undivided,
)


def adam(size, dtype="float32"):
    """An update as an optimizer has it: calls, and the vectors of its own that they change."""
    draws = np.random.default_rng(1)
    p, g, m, work = (draws.normal(size=size).astype(dtype) for _ in range(4))
    v = draws.uniform(1, 2, size).astype(dtype)
    some = np.array(0.9, dtype)
    calls = [
        partial(np.multiply, m, some, m),
        partial(np.add, m, g, m),
        partial(np.square, g, g),
        partial(np.add, v, g, v),
        partial(np.sqrt, v, work),
        partial(np.divide, m, work, work),
        partial(np.subtract, p, work, p),
    ]
    return calls, (p, g, m, v, work)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("size", "count"), [(LARGE, 2), (LARGE + 77, 2), (BLOCK * 9 + 5, 9)], ids=str
)
def test_pieces_in_any_order_do_what_the_calls_do(size, count, dtype):
    calls, expected = adam(size, dtype)
    for call in calls:
        call()
    calls, found = adam(size, dtype)
    (whole,) = in_pieces(calls)
    assert isinstance(whole, Pieces) and len(whole) == count
    for piece in reversed(whole):
        assert isinstance(piece, InTurn) and len(piece) == len(calls)
        piece()
    for a, b in zip(expected, found, strict=True):
        assert a.tobytes() == b.tobytes()


def test_one_thread_computes_a_large_product_at_once():
    a, b = np.ones((125, 512), np.float32), np.ones((512, 512), np.float32)
    out, other = np.zeros((125, 512), np.float32), lambda: None
    (product,) = numpy_calls.product(out, a, b)
    whole, same = undivided([product, other])
    assert isinstance(product, Pieces) and not isinstance(whole, Pieces) and same is other
    whole()
    assert (out == 512).all()
    (run,) = in_pieces(adam(LARGE)[0])
    assert undivided([run]) == [run]


# Rows, inner, columns, pieces. Kernels for what is left over of rows or columns may add up in
# another order, and which are used for whole ones may follow from their number.
SHAPES = [
    *((128, 784, 512, 2), (31, 512, 1024, 2), (32, 512, 1000, 2), (31, 257, 2056, 8)),
    *((100, 784, 516, 2), (5, 33, 512, 2)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True)], ids=str)
def test_a_product_at_once_is_told_from_pieces_with_other_digits(dtype, turned):
    draws = np.random.default_rng(3)
    with machine.thread_limit(1):
        for rows, inner, columns, count in SHAPES:
            a, b = (
                draws.normal(size=shape[::-1]).astype(dtype).T if turn else draws.normal(size=shape)
                for shape, turn in zip(((rows, inner), (inner, columns)), turned, strict=True)
            )
            a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
            by_pieces = np.concatenate([a @ own for own in np.split(b, count, 1)], 1)
            same = a.dot(b).tobytes() == by_pieces.tobytes()
            shape = rows, inner, columns, *turned, np.dtype(dtype), count
            assert gives_the_same_bytes(*shape) == same, shape


@pytest.mark.parametrize("same", [True, False])
def test_one_thread_computes_at_once_what_has_the_digits_of_its_pieces(same, monkeypatch):
    tried = []
    monkeypatch.setattr(pieces, "gives_the_same_bytes", lambda *all: tried.append(all) or same)
    a, b = np.ones((512, 125), np.float32).T, np.ones((512, 512), np.float32)
    (product,) = numpy_calls.product(np.zeros((125, 512), np.float32), a, b)
    assert on_one_thread(product) is (product.whole if same else product)
    assert tried == [(125, 512, 512, True, False, np.float32, len(product))]
    (run,) = in_pieces(adam(LARGE)[0])
    for other in (run, test_what_is_none_ends_a_run):
        assert on_one_thread(other) is other


@pytest.mark.parametrize("why", ["large", "of itself"])
def test_what_is_not_tried_stays_in_pieces(why, monkeypatch):
    """Much memory would be needed for it, or BLAS computes half of the product alone."""
    monkeypatch.setattr(pieces, "gives_the_same_bytes", lambda *all: True)
    a = np.ones((512, 512), np.float32)
    b = a.T if why == "of itself" else np.ones((512, 512), np.float32)
    monkeypatch.setattr(pieces, "MOST_TRIED", 3 * a.nbytes - (why == "large"))
    (product,) = numpy_calls.product(np.zeros((512, 512), np.float32), a, b)
    assert on_one_thread(product) is product


def test_what_is_small_or_short_stays_whole():
    calls, _ = adam(LARGE - 1)
    assert in_pieces(calls) == calls
    calls, _ = adam(LARGE)
    assert in_pieces(calls[:3]) == calls[:3]


def others(vectors):
    """Calls that belong to no run, each with why."""
    p, g, m, v, _ = vectors
    half = len(p) // 2
    matrix = p.reshape(2, -1)
    return {
        "another place in a vector may give other digits": partial(np.exp, p, p),
        "a sum has one number": partial(np.add.reduce, p, 0, None, np.empty((), p.dtype)),
        "a matrix": partial(np.add, matrix, matrix, matrix),
        "not side by side": partial(np.add, g[::2], g[::2], g[::2]),
        "others are twice as long": partial(np.add, p[:half], p[:half], p[:half]),
        "by keyword": partial(np.add, p, g, out=m),
        "no ufunc": partial(v.fill, 0),
        "no partial": lambda: None,
    }


@pytest.mark.parametrize("why", others(adam(4)[1]))
def test_what_is_none_ends_a_run(why):
    calls, vectors = adam(4 * LARGE)
    other = others(vectors)[why]
    first, between, second = in_pieces([*calls, other, *calls])
    assert between is other and isinstance(first, Pieces) and isinstance(second, Pieces)


def test_vectors_that_overlap_in_part_are_in_no_run():
    """One piece would overwrite what another has not read yet."""
    calls, (p, *_) = adam(LARGE)
    memory = np.zeros(LARGE + 100, np.float32)
    here, there = memory[:LARGE], memory[100:]
    first = partial(np.multiply, p, p, here)
    found = in_pieces([*calls, first, partial(np.add, p, p, there)])
    assert len(found) == 2 and isinstance(found[0], Pieces)
    assert all(len(piece) == len(calls) + 1 for piece in found[0])

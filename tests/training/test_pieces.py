"""Runs of elementwise calls in pieces: what belongs to one, and that no piece needs another."""

from functools import partial

import numpy as np
import pytest

from nnctl.graph import numpy_calls
from nnctl.graph.numpy_calls import Pieces
from nnctl.training.pieces import BLOCK, LARGE, InTurn, in_pieces, undivided


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

"""The order of rows that come in blocks: every row once, a window at a time, known by a seed."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from nnctl.training.blocks import Blocks
from nnctl.training.shuffling import WindowedOrder, come_in_windows, draw_order, in_order

SIZES = [3, 5, 0, 4, 4, 1, 6, 2]
STARTS = np.cumsum([0, *SIZES])
ROWS = int(STARTS[-1])


class Fake(Blocks):
    """Blocks of nothing but their bounds."""

    def __init__(self, starts, at_once):
        self.starts, self.at_once = starts, at_once
        self.shape, self.dtype = (int(starts[-1]), 2), np.dtype(np.float32)

    nbytes = 0

    def take(self, rows, axis, out, mode):
        raise AssertionError("nothing is taken")

    def __getitem__(self, rows):
        raise AssertionError("nothing is read")

    def reshape(self, *shape):
        return self


def whole(at_once, seed=7):
    return WindowedOrder(STARTS, at_once, np.array([seed]))[0:ROWS]


@pytest.mark.parametrize("at_once", [1, 2, 3, 8, 100])
def test_every_row_comes_once(at_once):
    assert sorted(whole(at_once).tolist()) == list(range(ROWS))
    assert whole(at_once).tolist() != list(range(ROWS))


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_window_has_whole_blocks_and_mixes_their_rows(at_once):
    order = whole(at_once).tolist()
    blocks = [int(np.searchsorted(STARTS, row, "right")) - 1 for row in order]
    seen = list(dict.fromkeys(blocks))
    assert Counter(blocks) == Counter({k: size for k, size in enumerate(SIZES) if size})
    turns = sum(one != other for one, other in pairwise(blocks))
    assert seen != sorted(seen)
    assert (turns == len(seen) - 1) == (at_once == 1)  # beyond one, blocks come mixed


@pytest.mark.parametrize("size", [1, 4, 7, ROWS])
def test_batches_are_cut_from_it_also_across_windows_and_from_the_middle_on(size):
    expected = whole(2)
    order = WindowedOrder(STARTS, 2, np.array([7]))
    for start in [*range(0, ROWS, size), 0, ROWS // 2]:
        np.testing.assert_array_equal(order[start : start + size], expected[start : start + size])


def test_another_seed_is_another_order_and_none_is_that_of_the_file():
    assert whole(2, 7).tolist() == whole(2, 7).tolist() != whole(2, 8).tolist()
    plain = WindowedOrder(STARTS, 2, np.empty(0, np.int64))
    assert plain[0:ROWS].tolist() == list(range(ROWS))


def test_an_epoch_is_known_by_its_seed_in_blocks_and_else_by_all_its_rows():
    generator = np.random.default_rng(0)
    blocks, held = Fake(STARTS, 2), np.zeros((ROWS, 2))
    seeds = [draw_order(blocks, True, generator) for _ in range(2)]
    assert [seed.shape for seed in seeds] == [(1,), (1,)] and seeds[0] != seeds[1]
    assert sorted(in_order(blocks, seeds[0])[0:ROWS].tolist()) == list(range(ROWS))
    assert draw_order(blocks, False, generator).shape == (0,)
    expected = np.random.default_rng(1).permutation(ROWS)
    np.testing.assert_array_equal(draw_order(held, True, np.random.default_rng(1)), expected)
    np.testing.assert_array_equal(draw_order(held, False, generator), np.arange(ROWS))


def test_blocks_that_are_all_at_hand_come_as_an_array_s_rows_do():
    blocks = Fake(STARTS, len(SIZES))
    known = draw_order(blocks, True, np.random.default_rng(1))
    np.testing.assert_array_equal(known, np.random.default_rng(1).permutation(ROWS))
    assert in_order(blocks, known) is known
    assert come_in_windows(Fake(STARTS, len(SIZES) - 1)) and not come_in_windows(blocks)

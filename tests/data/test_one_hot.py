"""Inputs that are held as the places of their ones are put together and selected as such."""

from typing import Any

import numpy as np
import pytest

from nnctl.data.gathered import Gathered
from nnctl.data.one_hot import TIMES, WORTH_SPARING, make_unless_wide, select_rows
from nnctl.data.streamed import Streamed
from nnctl.training.blocks import Blocks
from nnctl.training.one_hot import WIDE, OneHot
from nnctl.training.shuffling import draw_order, in_order
from tests.training.one_hot_rows import ROWS, WIDTH, both


def test_some_rows_are_held_as_all_are() -> None:
    x, made = both()
    rows = np.arange(ROWS) % 3 == 1
    some = select_rows(x, rows)
    assert isinstance(some, OneHot) and some[:].tobytes() == made[rows].tobytes()
    assert select_rows(made, rows).tobytes() == made[rows].tobytes()


def test_in_blocks_it_comes_in_the_order_of_what_is_streamed() -> None:
    class Source:
        def __len__(self) -> int:
            return ROWS

        def inputs(self, start: int, stop: int, rows: Any) -> np.ndarray:
            return both()[1][start:stop][rows]

    streamed = Streamed(Source(), (WIDTH,), "float32", 600)
    blocks = both()[0].in_blocks(streamed.starts, streamed.at_once)
    assert 1 < streamed.at_once < streamed.count
    known = [draw_order(each, True, np.random.default_rng(3)) for each in (streamed, blocks)]
    np.testing.assert_array_equal(*known)
    orders = [in_order(each, known[0])[0:ROWS] for each in (streamed, blocks)]
    np.testing.assert_array_equal(*orders)


def wide(rows: int, width: int) -> OneHot:
    """One column of text."""
    ones = np.zeros((rows, 1), np.int32)
    return OneHot(np.empty((rows, 0), np.float32), np.empty(0, np.intp), ones, (rows, width))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "width", "memory", "made"),
    [
        (WORTH_SPARING // 400, 100, None, True),  # few bytes: 4 a number
        (WORTH_SPARING // 400 + 1, 100, None, False),
        (WORTH_SPARING // 4, TIMES - 1, None, True),  # many, but not many more
        (WORTH_SPARING // 4, TIMES, None, False),
        (WORTH_SPARING // 400, 100, WORTH_SPARING, True),
        (WORTH_SPARING // 400, 100, WORTH_SPARING // 2, False),
    ],
)
def test_inputs_are_made_at_once_where_that_spares_little(
    rows: int, width: int, memory: int | None, made: bool
) -> None:
    x = wide(rows, width)
    assert isinstance(make_unless_wide(x, memory), np.ndarray) == made
    assert x.nbytes == rows * 4


@pytest.mark.parametrize("memory", [None, 0, 1 << 30])
@pytest.mark.parametrize(("width", "made"), [(WIDE - 1, True), (WIDE, False)])
def test_wide_columns_are_never_made_however_few_the_rows(
    width: int, made: bool, memory: int | None
) -> None:
    made = made and memory != 0
    assert isinstance(make_unless_wide(wide(3, width), memory), np.ndarray) == made


@pytest.mark.parametrize("memory", [None, ROWS * 20, ROWS * 20 - 1])
def test_parts_are_put_together(memory: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnctl.data.one_hot.WORTH_SPARING", 0)
    monkeypatch.setattr("nnctl.data.one_hot.TIMES", 1)
    monkeypatch.setattr("nnctl.training.blocks.BLOCK_BYTES", 5 * WIDTH * 4)
    x, made = both()
    gathered = Gathered(memory)
    for start in range(0, ROWS, 12):
        gathered.append(select_rows(x, slice(start, start + 12)))
    whole = gathered.whole()
    assert isinstance(whole, Blocks)
    assert isinstance(whole, Streamed) == (memory == ROWS * 20 - 1)  # by what is held of a row
    assert whole[:].tobytes() == made.tobytes()

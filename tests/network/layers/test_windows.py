"""Tables of windows by hand, and gathering by them."""

import numpy as np
import pytest

from nnctl.graph import Graph, Program
from nnctl.network.layers.windows import (
    OUTSIDE,
    Windows,
    gather,
    in_blocks,
    inverse,
    table_of,
    windows_by_cell,
)


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        (Windows(4, 2), [[0, 1], [1, 2], [2, 3]]),
        (Windows(5, 2, stride=2), [[0, 1], [2, 3]]),
        (Windows(5, 2, dilation=3), [[0, 3], [1, 4]]),
        (Windows(3, 2, padding="same"), [[0, 1], [1, 2], [2, -1]]),
        (Windows(3, 3, padding="same"), [[-1, 0, 1], [0, 1, 2], [1, 2, -1]]),
        (Windows(4, 3, stride=2, padding="same"), [[0, 1, 2], [2, 3, -1]]),
        (Windows(5, 3, stride=2, padding="same"), [[-1, 0, 1], [1, 2, 3], [3, 4, -1]]),
        (Windows(3, 2, dilation=2, padding="causal"), [[-1, 0], [-1, 1], [0, 2]]),
        (Windows(4, 1, stride=3, padding="same"), [[0], [3]]),
    ],
)
def test_windows_by_hand(windows, expected):
    assert windows.table().tolist() == expected
    assert windows.count == len(expected)


@pytest.mark.parametrize(("size", "kernel", "dilation"), [(2, 3, 1), (1, 9, 1), (4, 3, 2)])
def test_what_does_not_fit_has_no_windows(size, kernel, dilation):
    assert Windows(size, kernel, stride=2, dilation=dilation).count < 1


def test_cells_of_two_axes_are_numbered_row_by_row():
    table = table_of([Windows(2, 1), Windows(3, 2, padding="same")])
    assert table.tolist() == [[0, 1], [1, 2], [2, -1], [3, 4], [4, 5], [5, -1]]


def test_the_inverse_says_where_each_cell_stands():
    table = np.array([2, 0, OUTSIDE, 2, 3])
    assert inverse(table, 5).tolist() == [[1, -1, 0, 4, -1], [-1, -1, 3, -1, -1]]
    assert windows_by_cell(np.array([[OUTSIDE, 0], [0, 1]]), 3).tolist() == [
        [1, 0],
        [-1, 1],
        [-1, -1],
    ]


def test_the_examples_in_the_comments_are_right():
    image = table_of([Windows(3, 2), Windows(4, 2)])
    assert image[:2].tolist() == [[0, 1, 4, 5], [1, 2, 5, 6]]
    windows = np.array([[0, 1], [1, 2]])
    assert inverse(windows, 4).tolist() == [[0, 1, 3, -1], [-1, 2, -1, -1]]
    assert windows_by_cell(windows, 3).tolist() == [[0, -1], [1, 0], [-1, 1]]


@pytest.mark.parametrize(
    ("table", "cells", "expected"),
    [
        ([0, 1, 2, 3], 4, (4, [0])),
        ([2, 3, 0, 1], 4, (2, [1, 0])),
        ([1, 2, 3, 4], 6, (1, [1, 2, 3, 4])),
        ([0, 1, 2, 3], 5, (1, [0, 1, 2, 3])),
        ([0, 1, 3, 2], 4, (1, [0, 1, 3, 2])),
    ],
)
def test_cells_that_stand_together_are_taken_together(table, cells, expected):
    block, blocks = in_blocks(np.array(table), cells)
    assert (block, blocks.tolist()) == expected


@pytest.mark.parametrize("table", [[2, 0, 2], [2, 3, 0, 1], [0, OUTSIDE, 1]])
def test_a_view_is_gathered_anew_in_each_run(table):
    """No copy of it may be made once and kept."""
    graph = Graph()
    x = graph.leaf("x", (4, 2, 3))
    y = gather(x.transpose(1, 0, 2), np.array(table))
    program = Program(graph, [y], np.float64)
    for offset in (1.0, 10.0):
        program[x][...] = np.arange(24.0).reshape(4, 2, 3) + offset
        program.run()
        cells = np.append(program[x].transpose(1, 0, 2), np.zeros((2, 1, 3)), axis=1)
        np.testing.assert_array_equal(program[y], cells[:, table])

"""Confusion matrices: shaded among the confusions, and small enough to be seen."""

from dataclasses import replace

import numpy as np
import pytest

from nnctl.assembly.comparison import Confusion, Guesses
from nnctl.report import matrices, png
from nnctl.report.matrices import classes_a_cell, fullness_of, matrix_picture, matrix_rows, pooled
from tests.report.test_png import pixels


@pytest.fixture
def judged_of(reports):
    """What is judged of rows with those classes and guesses."""
    judged = reports["hostile"].judged

    def judged_with(truth, guess, classes):
        guesses = Guesses(np.array(truth), np.array(guess), np.ones(len(truth)))
        confusion = Confusion.of([*range(classes)], guesses)
        return replace(judged, classes=tuple(range(classes)), confusion=confusion)

    return judged_with


def test_hits_do_not_fade_confusions():
    found = fullness_of(np.array([[1000, 4, 0], [1, 500, 0], [0, 0, 7]]))
    np.testing.assert_allclose(found, [[0, 1, 0], [0.5, 0, 0], [0, 0, 0]])
    assert not fullness_of(np.diag([3, 4])).any()


def test_a_table_has_counts_with_what_is_right_marked(judged_of):
    rows = matrix_rows(judged_of([0, 0, 1, 1, 1], [0, 1, 1, 0, 0], 2))
    assert [(label, [cell.count for cell in cells]) for label, cells in rows] == [
        (0, [1, 1]),
        (1, [2, 1]),
    ]
    assert [[cell.right for cell in cells] for _, cells in rows] == [[True, False], [False, True]]
    assert [cell.fullness for _, cells in rows for cell in cells] == [0, 0.707, 1, 0]


def test_many_classes_share_cells_of_a_picture(judged_of, monkeypatch):
    monkeypatch.setattr(matrices, "MOST_CELLS", 15)
    judged = judged_of([*range(30), 29], [*range(29), 0, 0], 30)
    assert matrix_rows(judged) is None and classes_a_cell(judged) == 2
    shown = pixels(matrix_picture(judged))
    assert shown.shape == (15, 15, 4)
    assert shown[14, 0].tolist() == [*png.RAISES, 255]
    assert shown[3, 3].tolist() == [*png.LOWERS, round(255 * png.MARKED)]
    assert np.count_nonzero(shown[..., 3]) == 16


def test_a_block_has_its_greatest_value():
    values = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    np.testing.assert_array_equal(pooled(values, range(0, 3, 2)), [[5, 6], [8, 9]])

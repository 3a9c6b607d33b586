"""Stretches of a file put together as they come."""

import numpy as np
import pytest

from nnctl.reading import joining
from nnctl.reading.joining import GrowingRows, joined_tables
from nnctl.reading.table import ConsecutiveLines
from tests.reading.stretches import table


def test_stretches_join_with_their_labels_and_lines() -> None:
    whole = joined_tables([table(2, "x", "y"), table(9, "z", "x")], ["s", "b", "y"])
    for column in (whole.text["s"], whole.labels["y"]):
        assert [column.labels[code] for code in column.codes] == ["x", "y", "z", "x"]
    assert whole.number_names == ("b",) and whole.numbers.tolist() == [[1], [4], [1], [4]]
    assert whole.lines is not None and whole.lines.tolist() == [2, 3, 9, 10]
    assert len(whole) == 4


def test_a_column_that_begins_without_a_value_may_be_text() -> None:
    before, after = table(2, "x"), table(3, "y", "z")
    before.text, before.number_names, before.numbers = {}, ("s", "b"), np.array([[np.nan, 7]])
    whole = joined_tables([before, after], ["s", "b"])
    assert whole.number_names == ("b",) and whole.numbers.tolist() == [[7], [1], [4]]
    assert whole.text["s"].codes.tolist() == [-1, 0, 1] and whole.text["s"].labels == ("y", "z")


def test_lines_that_follow_each_other_are_not_held() -> None:
    whole = joined_tables([table(2, "x", "y"), table(4, "x"), table(5, "y")], ["a"])
    lines = whole.lines
    assert isinstance(lines, ConsecutiveLines) and len(lines) == 4 and lines[-1] == 5
    assert lines.tolist() == np.asarray(lines).tolist() == [2, 3, 4, 5]
    ends = np.array([True, False, False, True])
    assert lines[1:3].tolist() == [3, 4] and lines[ends].tolist() == [2, 5]
    assert whole.rows(np.array([False, True, False, True])).problem(1, "a", "odd").line == 5


def test_rows_grow_in_one_array() -> None:
    rows = GrowingRows(2)
    for k in range(50):
        rows.room(k)[...] = k
    assert len(rows) == 1225
    assert rows.whole()[:, 1].tolist() == [k for k in range(50) for _ in range(k)]


@pytest.mark.parametrize("most", [0, 100, 1 << 20])
def test_rows_that_grow_keep_what_was_filled_in(monkeypatch, most):
    monkeypatch.setattr(joining, "WORTH_RESERVING", 64)
    rows, expected = GrowingRows(2, np.float32, most), []
    for size in (3, 0, 1, 20, 7):
        rows.room(size)[...] = len(expected)
        expected += [[len(expected)] * 2] * size
    assert len(rows) == 31 and rows[0:31].tolist() == expected and rows.dtype == np.float32
    rows.shorten(5)
    rows.room(1)[...] = 9
    assert rows.whole().tolist() == [*expected[:5], [9, 9]] and len(rows.whole()) == len(rows) == 6


def test_what_cannot_be_reserved_grows_by_little(monkeypatch):
    monkeypatch.setattr(joining, "WORTH_RESERVING", 8)
    monkeypatch.setattr(joining, "LARGEST_RESERVE", 1 << 60)
    rows = GrowingRows(1, most=1 << 60)
    for number in range(100):
        rows.room(1)[...] = number
    assert rows.whole().ravel().tolist() == list(range(100))


def test_rows_that_somebody_has_stay_where_they_are():
    rows = GrowingRows(1, most=1 << 20)
    rows.room(1000)[...] = 7
    had = rows[0:1000]
    rows.shorten(10)
    assert np.shares_memory(rows.whole(), had) and len(rows.whole()) == 10
    assert had.tolist() == [[7.0]] * 1000
    del had
    assert rows.whole().base.nbytes == 80

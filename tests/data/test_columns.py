"""What a look at all rows of a table tells of its columns, whatever the blocks it is read in."""

import numpy as np
import pytest

from nnctl.data import codes
from nnctl.data import columns as module
from nnctl.data.columns import Column, look
from nnctl.errors import NnctlError
from nnctl.reading import bytestream
from nnctl.reading.files import DataFile


def looked(path, cells, target="t", **others) -> Column:
    """The column `a` of a table of such cells."""
    own = {"a": cells, **others, "t": [k % 2 for k in range(len(cells))]}
    lines = [",".join(own), *(",".join(map(str, row)) for row in zip(*own.values(), strict=True))]
    path.write_text("\n".join(lines))
    return {column.name: column for column in look(DataFile(path), target).columns}["a"]


@pytest.fixture(params=[(64, 8), (1 << 19, 1 << 21)], ids=["many blocks", "one"])
def path(request, monkeypatch, tmp_path):
    block, cells = request.param
    monkeypatch.setattr(bytestream, "BLOCK", block)
    monkeypatch.setattr(module, "CELLS_AT_ONCE", cells)
    return tmp_path / "d.csv"


def test_numbers(path):
    cells = [*range(40), "", "NA", "1e2", 0.5]
    column = looked(path, cells)
    assert (column.rows, column.known, column.missing) == (44, 42, 2)
    assert (column.low, column.high, column.whole) == (0, 100, 41)
    assert column.marks == {"NA": 1} and not column.is_text and not column.is_whole


@pytest.mark.parametrize(
    ("cells", "numbering"),
    [
        (list(range(60)), True),
        (list(range(1, 61)), True),
        (list(range(1000, 1060)), True),
        (np.random.default_rng(0).permutation(60).tolist(), True),
        ([5 * k for k in range(60)], False),
        ([*range(59), 58], False),
        ([0, *range(59)], False),
        ([*range(30), *range(30)], False),
        ([k + 0.5 for k in range(60)], False),
        (list(range(4, 9)), False),
    ],
)
def test_row_numbers(path, cells, numbering):
    assert looked(path, cells).is_numbering == numbering


def test_text_is_counted(path):
    column = looked(path, [f"x{k % 3}" if k % 10 else "" for k in range(60)])
    assert (column.is_text, column.is_mixed, column.missing) == (True, False, 6)
    assert column.labels == {"x0": 18, "x1": 18, "x2": 18}


def test_numbers_among_text_are_labels_as_text_is(path):
    column = looked(path, ["x", *[str(k % 4) for k in range(59)]])
    assert column.is_mixed and column.distinct == 5
    assert column.texts == {"x": 1} and column.numbers == 59


@pytest.mark.parametrize("before", [0, 1, 50])
def test_the_kinds_do_not_depend_on_where_the_first_text_stands(path, before):
    numbers = [str(k % 5) for k in range(59)]
    column = looked(path, [*numbers[:before], "x", *numbers[before:]])
    assert column.is_mixed and column.texts == {"x": 1} and column.numbers == 59
    assert (column.many, column.distinct, column.known) == (False, 6, 60)
    assert column.labels == {"x": 1, "0": 12, "1": 12, "2": 12, "3": 12, "4": 11}


def test_numbers_before_a_late_text_may_be_too_many(path, monkeypatch):
    monkeypatch.setattr(module, "MOST_LABELS", 20)
    monkeypatch.setattr(module, "ALL_LABELS", 20)
    column = looked(path, [*range(50), "x", *range(9)])
    assert column.is_mixed and column.many and column.texts == {"x": 1}


def test_many_labels_are_no_longer_told_apart(path, monkeypatch):
    monkeypatch.setattr(module, "MOST_LABELS", 10)
    monkeypatch.setattr(module, "ALL_LABELS", 10)
    column = looked(path, [f"x{k}" for k in range(60)])
    assert column.many and column.distinct == 11 and column.known == 60


@pytest.mark.parametrize(("others", "most"), [(0, 50), (2, 25), (30, 10)])
def test_columns_share_the_room_for_labels(path, monkeypatch, others, most):
    monkeypatch.setattr(module, "MOST_LABELS", 10)
    monkeypatch.setattr(module, "ALL_LABELS", 100)
    columns = {f"o{k}": range(120) for k in range(others)}
    told = looked(path, [f"x{k % most}" for k in range(120)], **columns)
    assert not told.many and told.distinct == most
    beyond = looked(path, [f"x{k % (most + 1)}" for k in range(120)], **columns)
    assert beyond.many and beyond.distinct == most + 1 and beyond.known == 120


def test_dates_are_counted_however_many(path, monkeypatch):
    monkeypatch.setattr(module, "MOST_LABELS", 10)
    cells = [f"2024-{1 + k // 28:02}-{1 + k % 28:02} 09:00" for k in range(60)]
    column = looked(path, [*cells, "", "NA"])
    assert column.dates == column.known == 60 and column.in_order
    assert not looked(path, cells[::-1]).in_order


@pytest.mark.parametrize("base", [2**53, 10**30])
def test_labels_of_the_target_are_told_apart_beyond_doubles(tmp_path, base):
    lines = ["a,t", *(f"{k % 7},{base + k % 3}" for k in range(30))]
    (tmp_path / "d.csv").write_text("\n".join(lines))
    target = look(DataFile(tmp_path / "d.csv"), "t").columns[1]
    assert target.classes == {base: 10, base + 1: 10, base + 2: 10}


def digits(kinds, first):
    """Five digits each of so many kinds, every other beginning with that one, the others with 9."""
    return [f"{first if k % kinds % 2 else '9'}{k % kinds:04}" for k in range(200)]


@pytest.mark.parametrize("order", [list, sorted, lambda cells: sorted(cells, reverse=True)])
@pytest.mark.parametrize("quoted", [False, True])
def test_codes_have_as_many_digits_and_some_begin_with_zeros(path, order, quoted, monkeypatch):
    monkeypatch.setattr(codes, "NUMBERS_AT_ONCE", 30)
    cells = order([*digits(40, "0"), "", "NA"])
    column = looked(path, [f'"{cell}"' if quoted and cell != "NA" else cell for cell in cells])
    assert column.are_codes and not column.are_numbers and not column.is_text
    assert column.code in digits(40, "0") and column.code.startswith("0")
    assert (column.codes, column.distinct, column.missing) == (40, 40, 2)


@pytest.mark.parametrize(
    "cells",
    [
        digits(40, "1"),
        [str(k % 40) for k in range(200)],  # a zero alone is a number
        [*digits(40, "0"), "100"],
        [*digits(40, "0"), "0000.5"],
        [*digits(40, "0"), "+0001"],
        [f"0.{k % 90 + 10}" for k in range(200)],
        [""] * 200,
    ],
)
def test_other_digits_are_quantities(path, cells):
    column = looked(path, cells)
    assert not column.are_codes and column.are_numbers and column.code == ""


def test_codes_beside_words_are_text(path):
    column = looked(path, [*digits(40, "0"), "none of them"])
    assert column.is_text and not column.are_codes


def test_rows_of_another_width_are_refused(tmp_path):
    (tmp_path / "d.csv").write_text("a,t\n1,2\n3\n")
    with pytest.raises(NnctlError, match="the row has 1 field"):
        look(DataFile(tmp_path / "d.csv"), "t")

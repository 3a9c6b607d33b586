"""Labels are read as they are written: never as the doubles nearest to them."""

from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.delimited import DelimitedReader
from nnctl.reading.joining import joined_tables
from nnctl.reading.labels import array_labels, distinct_values
from nnctl.reading.table import Label, LabelColumn

WIDE = 9_007_199_254_740_993  # 2**53 + 1, which no double is


def read(path: Path, rows: list[str]) -> LabelColumn:
    path.write_text("a,y\n" + "".join(f"1,{row}\n" for row in rows))
    with DelimitedReader(path) as reader:
        tables = list(reader.tables(["a", "y"], labels=["y"]))
    return joined_tables(tables, ["y"]).labels["y"]


def listed(column: LabelColumn) -> list[Label | None]:
    return [column.labels[code] if code >= 0 else None for code in column.codes.tolist()]


@pytest.mark.parametrize(
    ("written", "label"),
    [
        (str(WIDE), WIDE),
        (f"-{WIDE}", -WIDE),
        (f"+{WIDE}", WIDE),
        (f"  {WIDE}", WIDE),
        ("01", 1),
        ("000000000000000000001", 1),
        ("1" + "0" * 30, 10**30),
        ("1e30", 10**30),
        ("9" * 500, int("9" * 500)),
        ("1.000000000000000000e+00", 1),
        ("1.5", 1.5),
        ("1.000000000000000056e-01", 0.1),
        ("0.1000000000000000055511151231257827", 0.1),
        ("1e-400", 0.0),
        ("-0", 0),
        ("NA", None),
        ("", None),
    ],
)
def test_a_number_is_the_label_that_it_states(tmp_path, written, label):
    found = listed(read(tmp_path / "t.csv", ["7", written, "8"]))
    assert found == [7, label, 8] and type(found[1]) is type(label)


def test_text_stays_as_it_is(tmp_path):
    assert listed(read(tmp_path / "t.csv", ["b", "", "a", "b"])) == ["b", None, "a", "b"]


@pytest.mark.parametrize("base", [WIDE, 10**18, 2**63, 10**30])
def test_neighbours_beyond_doubles_are_classes_apart(tmp_path, base):
    column = read(tmp_path / "t.csv", [str(base + k % 3) for k in range(9)])
    assert sorted(column.labels) == [base, base + 1, base + 2]
    assert np.bincount(column.codes).tolist() == [3, 3, 3]


TWINS = [
    ("0.1", "0.10000000000000000001"),
    ("0.10000000000000000001", "0.1"),
    ("0.10000000000000000001", "0.10000000000000000002"),
    ("3", "3.00000000000000000000001"),
    ("0", "1e-400"),
    ("1e-400", "2e-400"),
]


@pytest.mark.parametrize(("first", "second"), TWINS)
@pytest.mark.parametrize("between", [0, 200_000])  # in one block, and in two
def test_labels_that_doubles_merge_are_refused(tmp_path, first, second, between):
    path = tmp_path / "t.csv"
    with pytest.raises(NnctlError) as caught:
        read(path, [first, *["0.7"] * between, second])
    (problem,) = caught.value.problems
    assert problem.line in (2, between + 3) and problem.path == "column y"
    assert "beyond those of a 64-bit number" in problem.message


def test_the_same_number_in_many_digits_is_one_label(tmp_path):
    column = read(tmp_path / "t.csv", ["0.10000000000000000001"] * 3 + ["0.2"])
    assert listed(column) == [0.1, 0.1, 0.1, 0.2]


def test_an_infinite_label_is_a_fault(tmp_path):
    with pytest.raises(NnctlError, match='"1e999" is not a finite number'):
        read(tmp_path / "t.csv", ["1", "1e999"])


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (np.array([WIDE, WIDE + 1, WIDE]), [WIDE, WIDE + 1, WIDE]),
        (np.array([2**64 - 1, 2**64 - 2], dtype=np.uint64), [2**64 - 1, 2**64 - 2]),
        (np.array([1.0, np.nan, 0.5]), [1, None, 0.5]),
        (np.array([True, False]), [1, 0]),
        (np.array(["b", "a"]), ["b", "a"]),
    ],
)
def test_labels_of_arrays_keep_their_type(values, labels):
    assert listed(array_labels(values)) == labels
    reader = ArrayReader("d.npz", ("x", np.zeros((len(values), 2))), ("y", values))
    (table,) = reader.tables((*reader.feature_names, "y"), labels=["y"])
    assert listed(table.labels["y"]) == labels


def test_an_infinite_label_of_an_array_is_a_fault():
    y = np.array([1.0, np.inf])
    reader = ArrayReader("d.npz", ("x", np.zeros((2, 2))), ("y", y))
    with pytest.raises(NnctlError, match="inf is not a finite number"):
        list(reader.tables((*reader.feature_names, "y"), labels=["y"]))


def test_distinct_values_are_those_of_numpy():
    values = np.random.default_rng(0).integers(0, 9, 100)
    distinct, codes = distinct_values(values)
    expected = np.unique(values, return_inverse=True)
    assert np.array_equal(distinct, expected[0]) and np.array_equal(codes, expected[1])

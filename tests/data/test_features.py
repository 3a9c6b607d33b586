"""Tests of features as they were read, in memory and on the disk."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnctl.data.features import Features
from nnctl.reading.storage import Scratch, StoredArray
from nnctl.reading.table import TextColumn

PARTS: list[tuple[tuple[str, ...], np.ndarray, dict[str, TextColumn]]] = [
    (
        ("a", "late", "b"),
        np.array([[1, np.nan, 2], [3, np.nan, 0.1]]),
        {"k": TextColumn(np.array([0, 1], np.int32), ("x", "y"))},
    ),
    (
        ("a", "b"),
        np.array([[5, 6]], np.float32),
        {
            "late": TextColumn(np.array([0], np.int32), ("now",)),
            "k": TextColumn(np.array([-1], np.int32), ()),
        },
    ),
    (
        ("a", "b"),
        np.array([[7, 8], [9, 10]], np.float32),
        {
            "late": TextColumn(np.array([-1, 0], np.int32), ("then",)),
            "k": TextColumn(np.array([0, 1], np.int32), ("y", "z")),
        },
    ),
]


def gathered(memory: int) -> Features:
    features = Features(("a", "late", "k", "b"), memory)
    for part in PARTS:
        features.add(*part)
    return features


def contents(features: Features, start: int, stop: int) -> tuple[Any, ...]:
    found = features.stretch(start, stop)
    labels = [[[*column.labels, None][code] for code in column.codes] for column in found.text]
    return found.numbers.tolist(), labels


@pytest.mark.parametrize("memory", [10**6, 100, 0])
def test_columns_are_of_text_if_they_are_so_anywhere(
    memory: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    features = gathered(memory)
    assert len(features) == 5 and features.numeric == ("a", "b")
    assert features.labels == {"late": ("now", "then"), "k": ("x", "y", "z")}
    assert list(features.bounds()) == [(0, 2), (2, 3), (3, 5)] and not features.are_exact
    numbers = [[1, 2], [3, 0.1], [5, 6], [7, 8], [9, 10]]
    labels = [[None, None, "now", None, "then"], ["x", "y", None, "y", "z"]]
    for start in range(5):
        for stop in range(start + 1, 6):
            expected = numbers[start:stop], [own[start:stop] for own in labels]
            assert contents(features, start, stop) == expected


def test_they_are_put_on_the_disk_only_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    class Counted(Scratch):
        def __init__(self) -> None:
            super().__init__()
            opened.append(self)

    monkeypatch.setattr("nnctl.data.features.Scratch", Counted)
    size = sum(part[1].nbytes + 4 * len(part[1]) * len(part[2]) for part in PARTS)
    gathered(size)
    assert opened == []
    gathered(size - 1)
    assert len(opened) == 1
    features = gathered(size)
    features.put_away()
    assert len(opened) == 2 and contents(features, 1, 3) == contents(gathered(size), 1, 3)
    features.put_away()
    Features.in_place(("a",), opened[0].append(np.zeros((3, 1)))).put_away()
    assert len(opened) == 2


def test_what_is_let_go_of_is_gone() -> None:
    features = gathered(10**6)
    assert [(start, len(found.numbers)) for start, found in features.let_go()] == [
        (0, 2),
        (2, 1),
        (3, 2),
    ]
    assert features.stretch(0, 5).numbers.size == 0


def test_numbers_are_read_in_place_in_stretches_and_in_double_precision() -> None:
    array = np.arange(12, dtype=">i4").reshape(6, 2)
    stored = Scratch().append(array)
    assert isinstance(stored, StoredArray)
    features = Features.in_place(("x_0", "x_1"), stored)
    found = features.stretch(1, 4).numbers
    assert found.dtype == np.float64 and found.tolist() == array[1:4].tolist()
    assert list(features.bounds()) == [(0, 6)]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    ("odd", "some_missing", "dtype"),
    [(7.0, False, np.float32), (0.1, False, np.float64), (np.nan, True, np.float32)],
)
def test_numbers_are_held_in_as_few_bytes_as_hold_them(odd, some_missing, dtype, order) -> None:
    names = [f"x{k}" for k in range(100)]
    features = Features(names, 10**8, "float32", some_missing)
    values = np.arange(300_000.0).reshape(3_000, 100).copy(order=order)
    values[2_999, 99] = odd
    features.add(tuple(names), values, {})
    made = features.stretch(0, 3_000).numbers
    assert made.dtype == dtype and made.flags.c_contiguous and not np.shares_memory(made, values)
    np.testing.assert_array_equal(made, values)


ROUND, ODD = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.1, 1.0]])


@pytest.mark.parametrize(
    ("parts", "memory", "is_whole"),
    [
        ([ROUND, ROUND], 10**6, True),
        ([ROUND, ROUND], 20, False),  # on the disk
        ([ROUND, ODD, ROUND], 10**6, False),
        ([ODD], 10**6, False),
    ],
)
def test_numbers_that_are_rounded_stand_in_one_array(
    parts: list[np.ndarray], memory: int, is_whole: bool
) -> None:
    features, expected = Features(("a", "b"), memory, "float32"), np.concatenate(parts)
    for part in parts:
        features.add(("a", "b"), part, {})
    assert features.stretch(0, len(expected)).numbers.tolist() == expected.tolist()
    whole = features.take_whole()
    assert (whole is not None) == is_whole
    if whole is not None:
        assert whole.whole().tolist() == expected.tolist() and whole.dtype == np.float32
        assert features.stretch(0, 2).numbers.size == 0 and len(features) == len(expected)
    else:
        assert features.stretch(0, len(expected)).numbers.tolist() == expected.tolist()


def test_numbers_beside_text_are_pieces() -> None:
    features = Features(("a", "k"), 10**6, "float32")
    for codes in ([0, 1], [1, 0]):
        features.add(("a",), ROUND[:, :1], {"k": TextColumn(np.array(codes, np.int32), ("x", "y"))})
    assert features.take_whole() is None and features.stretch(1, 3).numbers.tolist() == [[3], [1]]

"""Tests of class labels: which are found, how they are encoded, and what is refused."""

import numpy as np
import pytest

from nnctl.data.classes import Classes, Label, Task, find_classes, listed
from nnctl.errors import NnctlError, Setting
from nnctl.reading.table import Faults, LabelColumn, Table


def column(labels: list[Label]) -> Table:
    lines = np.arange(2, 2 + len(labels))
    known = list(dict.fromkeys(labels))
    codes = np.array([known.index(label) for label in labels], dtype=np.int32)
    own = {"t": LabelColumn(codes, tuple(known))}
    return Table("t.csv", (), np.empty((len(labels), 0)), lines=lines, labels=own)


@pytest.mark.parametrize(
    ("labels", "task", "units", "classes"),
    [
        ([2, 0, 1], "multiclass", 3, (0, 1, 2)),
        ([2, 0], "multiclass", 4, (0, 1, 2, 3)),
        ([3, 1, 2], "multiclass", 3, (1, 2, 3)),
        ([7, -1], "multiclass", 3, (-1, 7)),
        ([1.5, 0], "multiclass", 2, (0, 1.5)),
        (["b", "a", "b"], "multiclass", 3, ("a", "b")),
        ([1, 0, 1], "binary", 1, (0, 1)),
        ([1, 2], "binary", 1, (1, 2)),
        (["malignant", "benign"], "binary", 1, ("benign", "malignant")),
    ],
)
def test_classes_found(
    labels: list[Label], task: Task, units: int, classes: tuple[Label, ...]
) -> None:
    table = column(labels)
    found = find_classes(table, "t", task, units)
    assert found.labels == classes
    assert [type(label) for label in found.labels] == [type(label) for label in classes]
    faults = Faults("t.csv")
    codes = found.encode(table, "t", faults)
    faults.check()
    assert codes.dtype == np.int64
    assert [found.labels[code] for code in codes] == labels


ERRORS: list[tuple[list[Label], Task, int, str]] = [
    (
        list(range(10)),
        "multiclass",
        5,
        "it holds 10 classes (0, 1, 2, 3, 4, 5, 6, 7, 8, 9); the model has 5 outputs\n"
        "  fix: give the last layer 10 units",
    ),
    (
        ["a", "b", "c"],
        "binary",
        1,
        "it holds 3 classes (a, b, c); a binary loss tells two apart\n"
        "  fix: give the last layer 3 units, with sparse_categorical_crossentropy",
    ),
    *[
        (
            [label, label],
            task,
            units,
            f"every row has the label {written}; there is nothing to tell apart\n"
            "  fix: choose another target, or add rows of other classes",
        )
        for label, written in (("a", '"a"'), (1, "1"), (0, "0"), (2.5, "2.5"))
        for task, units in (("binary", 1), ("multiclass", 3))
    ],
    (
        [0.5, 1.5],
        "multiclass",
        1,
        "it holds 2 classes (0.5, 1.5); the model has 1 output\n"
        "  fix: for a target that is a quantity, choose a regression loss: mean_squared_error",
    ),
]


@pytest.mark.parametrize(("labels", "task", "units", "text"), ERRORS)
def test_classes_refused(labels: list[Label], task: Task, units: int, text: str) -> None:
    with pytest.raises(NnctlError) as caught:
        find_classes(column(labels), "t", task, units)
    assert str(caught.value) == f"t.csv  column t\n  {text}"


def test_unknown_labels_are_named_with_their_lines() -> None:
    faults = Faults("t.csv")
    Classes(("a", "b")).encode(column(["a", "z", "b"]), "t", faults)
    Classes((0, 1)).encode(column([0, 1, 7]), "t", faults)
    with pytest.raises(NnctlError) as caught:
        faults.check()
    assert str(caught.value) == (
        't.csv:3  column t\n  "z" is not a class that training knows; those are: a, b\n'
        "t.csv:4  column t\n  7 is not a class that training knows; those are: 0, 1"
    )


def test_long_lists_are_cut() -> None:
    assert listed(list(range(100))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, …, 99"


def test_a_label_that_nobody_knows_is_one_problem_however_many_rows_have_it() -> None:
    faults = Faults("t.csv")
    known = Classes(("a", "b"))
    known.encode(column(["a", "x", "y", "x", "b", "x"]), "t", faults)
    known.encode(column(["x", "a"]), "t", faults)
    with pytest.raises(NnctlError) as caught:
        faults.check()
    assert [(each.line, each.message) for each in caught.value.problems] == [
        (3, '"x" is not a class that training knows (3 rows); those are: a, b'),
        (4, '"y" is not a class that training knows; those are: a, b'),
    ]


def test_labels_of_which_nobody_knows_any_are_one_problem() -> None:
    faults = Faults("t.csv")
    found = Classes((0, 1)).encode(column([2.5, 3.5, 4.5]), "t", faults)
    assert found.tolist() == [-1, -1, -1]
    with pytest.raises(NnctlError) as caught:
        faults.check()
    (problem,) = caught.value.problems
    assert (problem.line, problem.setting) == (2, Setting("data.target"))
    assert problem.message == (
        "of 3 rows none has a class that training knows; those are: 0, 1; here it is 2.5"
    )

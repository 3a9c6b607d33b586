"""Rows that belong together stay together: in what validates, what calibrates, and in folds."""

import numpy as np
import pytest

from nnctl.data.folds import Fold, folds_of
from nnctl.data.grouping.dealing import (
    dealt_groups,
    groups_of_share,
    last_groups,
    stretches_of_groups,
)
from nnctl.data.pool import Dealt, Drawn
from nnctl.data.prepare import Wanted, prepare
from nnctl.data.rules import Treatment
from nnctl.errors import NnctlError
from nnctl.reading.files import DataFile

DRAWS = np.random.default_rng(4)
PATIENTS = 60
SIZES = DRAWS.integers(1, 12, PATIENTS)
OF_ROW = DRAWS.permutation(np.repeat(np.arange(PATIENTS), SIZES))  # visits in no order
SICK = (DRAWS.random(PATIENTS) < 0.3)[OF_ROW].astype(np.intp)  # a whole patient is sick
ROWS = len(OF_ROW)


def generator(seed=0):
    return np.random.default_rng(seed)


def are_whole(groups, parts) -> bool:
    """Whether every group lies in one part."""
    return all(len(set(parts[groups == group])) == 1 for group in np.unique(groups))


@pytest.mark.parametrize("shares", [(0.2, 0.8), (0.5, 0.5), (0.2,) * 5, (0.1, 0.3, 0.6)])
@pytest.mark.parametrize("classes", [None, SICK])
def test_parts_have_whole_groups_and_about_their_shares(shares, classes):
    parts = dealt_groups(OF_ROW, shares, generator(), classes, "test")
    assert are_whole(OF_ROW, parts)
    for part, share in enumerate(shares):
        assert np.mean(parts == part) == pytest.approx(share, abs=0.02)
        if classes is not None:
            assert SICK[parts == part].mean() == pytest.approx(SICK.mean(), abs=0.08)


def test_who_is_where_is_drawn():
    first, same, other = (
        dealt_groups(OF_ROW, (0.2, 0.8), generator(seed), None, "test") for seed in (0, 0, 1)
    )
    assert (first == same).all() and (first != other).any()


def test_no_part_is_empty_as_long_as_there_are_groups():
    large = np.repeat([0, 1, 2], [97, 1, 2])
    parts = dealt_groups(large, (1 / 3,) * 3, generator(), None, "test")
    assert set(parts) == {0, 1, 2}
    halves = dealt_groups(np.repeat([0, 1], 50), (0.2, 0.8), generator(), None, "test")
    assert set(halves) == {0, 1}  # though both would come nearer to their shares in the second
    with pytest.raises(NnctlError, match="2 groups, too few or too large for 3 parts"):
        dealt_groups(np.array([0, 1, 1]), (1 / 3,) * 3, generator(), None, "test")


def test_of_too_many_classes_and_groups_rows_alone_are_shared(monkeypatch):
    monkeypatch.setattr("nnctl.data.grouping.dealing.MOST_COUNTS", 10)
    limited = dealt_groups(OF_ROW, (0.2, 0.8), generator(), SICK, "test")
    assert (limited == dealt_groups(OF_ROW, (0.2, 0.8), generator(), None, "test")).all()


IN_TIME = np.sort(OF_ROW)  # a day after another


@pytest.mark.parametrize("behind", [0, 40])
def test_the_last_groups_are_taken_whole(behind):
    wanted = 60
    chosen = last_groups(IN_TIME, wanted, behind, "test")
    assert are_whole(IN_TIME, chosen)
    assert abs(chosen.sum() - wanted) <= SIZES.max()
    later = np.flatnonzero(chosen)[-1] + 1
    assert abs((ROWS - later) - behind) <= SIZES.max() and (behind == 0) == (later == ROWS)
    assert chosen[np.flatnonzero(chosen)[0] : later].all()


def test_groups_that_lie_among_others_count_by_their_end():
    chosen = last_groups(np.array([0, 1, 0, 2, 2, 1]), 2, 0, "test")
    assert chosen.tolist() == [False, True, False, False, False, True]


@pytest.mark.parametrize(("groups", "behind"), [([0, 0, 0], 0), ([0, 0, 1], 1), ([0, 1], 1)])
def test_the_last_groups_leave_one_to_train(groups, behind):
    with pytest.raises(NnctlError, match="too few or too large"):
        last_groups(np.array(groups), 1, behind, "test")


def test_the_time_may_be_another_than_the_order_of_the_file():
    groups, times = np.array([0, 0, 1, 2]), np.array([3, 0, 1, 2])
    assert last_groups(groups, 2, 0, "test", times=times).tolist() == [True, True, False, False]
    assert stretches_of_groups(groups, 1, times=times).tolist() == [1, 1, 0, 0]


def test_stretches_in_time_are_of_whole_groups():
    stretches = stretches_of_groups(IN_TIME, 4)
    assert are_whole(IN_TIME, stretches)
    assert (np.diff(stretches) >= 0).all() and set(stretches) == {*range(5)}
    assert max(np.bincount(stretches)) - min(np.bincount(stretches)) <= 2 * SIZES.max()
    with pytest.raises(NnctlError, match="too few or too large for 5 parts"):
        stretches_of_groups(np.repeat([0, 1, 2, 3], 9), 4)


@pytest.mark.parametrize("split", ["random", "last"])
def test_a_share_of_the_rows_is_drawn_in_groups(split):
    some = OF_ROW + 5  # codes of rows that are left need not begin at 0
    mask = groups_of_share(some, 0.25, generator(), SICK, split == "last")
    assert are_whole(some, mask) and mask.mean() == pytest.approx(0.25, abs=0.04)


def test_folds_hold_whole_groups_out():
    folds = folds_of(ROWS, 5, generator(), SICK, OF_ROW)
    assert are_whole(OF_ROW, folds)
    assert max(np.bincount(folds)) - min(np.bincount(folds)) <= SIZES.max()


# Of a table -------------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path):
    """Visits, some of which lack a number or the target; the patient is named, not numbered."""
    lines = [
        f"{k % 17},{'' if k % 23 == 0 else k},p{group},{'' if k % 29 == 0 else 'ny'[SICK[k]]}"
        for k, group in enumerate(OF_ROW)
    ]
    path = tmp_path / "visits.csv"
    path.write_text("\n".join(["a,b,patient,sick", *lines]) + "\n")
    return DataFile(path, targets=("sick",))


def prepared(table, split="random", fold=None, **changes):
    treatment = Treatment(group="patient", missing="drop")._replace(**changes)
    return prepare(
        table,
        Wanted("binary", 1),
        treatment,
        validation=Drawn(0.25, generator(1), split),
        calibration=Drawn(0.25, generator(2), split),
        held=None if fold is None else Dealt(fold, generator(3), split),
    )


@pytest.mark.parametrize("split", ["random", "last"])
@pytest.mark.parametrize("fold", [None, Fold(1, 3)])
@pytest.mark.parametrize("memory", [1, 1 << 20])
def test_no_patient_is_in_two_parts(split, fold, memory, table):
    parts = prepared(table, split, fold, memory=memory)
    assert parts.preprocessing.inputs.names == ("a", "b")
    found = [
        {int(OF_ROW[int(row)]) for row in np.asarray(part.x[:])[:, 1]}
        for part in (parts.train, parts.validation, parts.calibration, parts.held)
        if part is not None
    ]
    assert len(found) == (3 if fold is None else 4) and all(found)
    assert sum(map(len, found)) == len(set.union(*found))
    kept = [k for k in range(ROWS) if k % 23 and k % 29]
    if fold is None:
        assert set.union(*found) == {int(OF_ROW[k]) for k in kept}


def test_rows_drawn_anew_are_of_whole_groups_too(table):
    first = prepared(table)
    other = first.redrawn(generator(9))
    patients = [
        {int(OF_ROW[int(row)]) for row in np.asarray(part.x[:])[:, 1]}
        for part in (other.train, other.validation, first.calibration)
    ]
    assert sum(map(len, patients)) == len(set.union(*patients))
    assert (len(first.validation) and (len(other.validation) != len(first.validation))) or (
        np.asarray(first.validation.x[:]) != np.asarray(other.validation.x[:])
    ).any()


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ("nobody", 'there is no column "nobody"'),
        ("sick", "both a target and the group"),
        ("gap", "the row belongs to no group"),
    ],
)
def test_what_is_no_column_of_groups_is_refused(group, message, table):
    lines = table.path.read_text().splitlines()
    cells = ["gap", "x", "NA", *["y"] * ROWS]
    lines = [f"{line},{cell}" for line, cell in zip(lines, cells, strict=False)]
    table.path.write_text("\n".join(lines) + "\n")
    with pytest.raises(NnctlError, match=message):
        prepared(table, group=group)


def test_a_feature_is_no_group(table):
    named = DataFile(table.path, features=("a", "patient"), targets=("sick",))
    with pytest.raises(NnctlError, match="both a feature and the group"):
        prepared(named)


def test_arrays_have_no_groups(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((4, 2)), y=np.zeros(4))
    with pytest.raises(NnctlError, match="no column of groups") as error:
        prepared(DataFile(tmp_path / "a.npz"))
    assert error.value.problems[0].setting.key == "data.group"

"""`trials.csv`: a row a trial that is over."""

import csv
import json
from collections.abc import Sequence
from typing import Any

from nnctl.errors import NnctlError, Problem
from nnctl.runs.study_folder import TRIALS, StudyFolder
from nnctl.tuning.trial import TrialRow

AHEAD, BEHIND = 5, 2  # columns before and after those of the searched keys


def write_table(
    folder: StudyFolder, monitor: str, paths: Sequence[str], rows: Sequence[TrialRow]
) -> None:
    """Writes the trials of a study that searches `paths` for the best `monitor`."""
    head = ["trial", "state", monitor, "epochs", "seconds", *paths, "same_as", "reason"]
    folder.write_trials(
        head,
        (
            [row.number, row.state, row.value, row.epochs, round(row.seconds, 3)]
            + [row.values.get(path) for path in paths]
            + [row.same_as, row.reason]
            for row in rows
        ),
    )


def read_table(folder: StudyFolder, paths: Sequence[str]) -> list[TrialRow]:
    """The trials that were written last; none where none was over.

    The digests of weights are not in the table. Raises `NnctlError` for a file that is not what
    `nnctl tune` writes.
    """
    path = folder.path / TRIALS
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [row_of(cells, paths) for cells in list(csv.reader(file))[1:]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error):
        message = "this file is not what nnctl tune writes"
        raise NnctlError(Problem(message, "go on with the study: nnctl tune", str(path))) from None


def row_of(cells: Sequence[str], paths: Sequence[str]) -> TrialRow:
    """A line of the table. Raises `ValueError` for one that is none."""
    if len(cells) != AHEAD + len(paths) + BEHIND:
        raise ValueError(cells)
    (number, state, value, epochs, seconds) = cells[:AHEAD]
    (same_as, reason) = cells[-BEHIND:]
    return TrialRow(
        int(number),
        state,
        float(value) if value else None,
        int(epochs),
        float(seconds),
        {path: cell_value(cell) for path, cell in zip(paths, cells[AHEAD:], strict=False)},
        reason or None,
        same_as=int(same_as) if same_as else None,
    )


def cell_value(cell: str) -> Any:
    """The value of a searched key: nothing is null, and what is not JSON a text."""
    if not cell:
        return None
    try:
        return json.loads(cell)
    except ValueError:
        return cell

"""What may be wrong with the values of a table, and how it is told."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.data.table import Faults, Table
from nnctl.errors import Problem

_MISSING = "the value is missing"
_FILL = "fill it in, or remove the row"


def no_rows(file: str) -> Problem:
    """The problem of a file that has a header and nothing else."""
    return Problem("the file has no rows", "it needs at least one row of data", file)


def numeric_features(table: Table, names: Sequence[str], faults: Faults) -> NDArray[np.float64]:
    """The feature columns `names`, (rows, len(names)); faults for text and for missing values.

    Columns of text are left out.
    """
    numeric = [name for name in names if name not in table.text]
    if len(numeric) < len(names):
        for name in names:
            if name in table.text:
                faults.once(name, _text_problem(table, name))
    values = table.columns(numeric)
    if np.isnan(values).any():
        _note_cells(table, numeric, np.isnan(values), _MISSING, _FILL, faults)
    return values


def note_missing(table: Table, names: Sequence[str], faults: Faults) -> None:
    """Adds a fault for each missing value of the target columns `names`."""
    for name in names:
        if name in table.text:
            missing = table.text[name].codes < 0
        else:
            missing = np.isnan(table.columns([name])[:, 0])
        if missing.any():
            _note_cells(table, [name], missing[:, None], _MISSING, _FILL, faults)


def note_text_target(table: Table, name: str, faults: Faults) -> None:
    """Adds a fault where a target that must be numbers is text."""
    if name in table.text:
        label = table.text[name].labels[0]
        message = f'the target holds text, such as "{label}"; this loss needs numbers'
        fix = "for classes, choose binary_crossentropy or sparse_categorical_crossentropy"
        faults.once(name, Problem(message, fix, table.file, path=f"column {name}"))


def note_not_binary(
    table: Table, names: Sequence[str], values: NDArray[np.float64], faults: Faults
) -> None:
    """Adds a fault for each value of several yes-no targets that is neither 0 nor 1."""
    wrong = (values != 0) & (values != 1) & ~np.isnan(values)
    if wrong.any():
        message = "a yes-no target is 0 or 1 in each row; this one is not"
        _note_cells(table, names, wrong, message, None, faults)


def note_overflow(
    table: Table, names: Sequence[str], raw: NDArray[np.float64], made: NDArray[Any], faults: Faults
) -> None:
    """Adds a fault for each number that is not finite any more after scaling and rounding."""
    if np.isfinite(made).all():
        return
    wrong = ~np.isfinite(made) & np.isfinite(raw)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        message = f"{raw[row, column]:g} is beyond the range of {made.dtype}"
        _note_cells(table, names, wrong, message, "set dtype: float64, or scale it", faults)


def _text_problem(table: Table, name: str) -> Problem:
    column = table.text[name]
    row = int(np.argmax(column.codes >= 0))
    message = f'the column holds text, such as "{column.labels[0]}"; features must be numbers'
    fix = "leave it out of data.features, or give its categories numbers"
    return table.problem(row, name, message, fix)


def _note_cells(
    table: Table,
    names: Sequence[str],
    wrong: NDArray[np.bool_],
    message: str,
    fix: str | None,
    faults: Faults,
) -> None:
    cells = np.argwhere(wrong)
    shown = faults.room
    for row, column in cells[:shown].tolist():
        faults.add(table.problem(row, names[column], message, fix))
    faults.skip(len(cells[shown:]))

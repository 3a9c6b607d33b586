"""What may be wrong with the values of a table, and how it is told."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.table import Faults, Table

_MISSING = "the value is missing"
_FILL = "fill it in, or remove the row"
_FILL_BY_CONFIG = "fill it in, remove the row, or set data.missing"
_NO_MARK = "; if it is a value, see data.missing_values"
_SUM_TOLERANCE = 1e-6
HELD = {"number": "numbers", "category": "text", "date": "dates"}
WIDER_OR_SCALED = Setting(fix="set dtype: float64, or scale it")
WIDER = Setting(fix="set dtype: float64")
TOO_LARGE = "its numbers are too large, or too far apart, for a mean or a scale"


def no_rows(file: str) -> Problem:
    """The problem of a file that has a header and nothing else."""
    return Problem("the file has no rows", "it needs at least one row of data", file)


def note_kinds(table: Table, kinds: Mapping[str, str], faults: Faults) -> bool:
    """Whether the columns hold what they held in training: number, category or date.

    Adds a fault for each that does not. Columns without any value are of any kind.
    """
    fitting = True
    for name, kind in kinds.items():
        found = "category" if name in table.text else "date" if name in table.dates else "number"
        if found == kind:
            continue
        if found == "number":
            if np.isnan(table.columns([name])).all():
                continue
            message = f"the column holds numbers; where the model was trained, it held {HELD[kind]}"
            faults.once(name, table.problem(0, name, message))
        else:
            column = table.text[name]
            row = int(np.argmax(column.codes >= 0))
            message = (
                f'the column holds text, such as "{column.labels[0]}"; it must be {HELD[kind]}'
            )
            faults.once(name, table.problem(row, name, message))
        fitting = False
    return fitting


def note_missing(table: Table, names: Sequence[str], faults: Faults) -> None:
    """Adds a fault for each missing value of the columns `names`, which tells its mark."""
    coded = table.coded(names)
    numeric = [name for name in names if name not in coded]
    absent = np.isnan(table.as_read(numeric))
    if absent.any():
        _note_absent(table, numeric, absent, faults)
    for name, column in coded.items():
        if (missing := column.codes < 0).any():
            _note_absent(table, [name], missing[:, None], faults)


def _note_absent(
    table: Table, names: Sequence[str], absent: NDArray[np.bool_], faults: Faults
) -> None:
    cells = np.argwhere(absent)
    shown = cells[: faults.room].tolist()
    for row, column in shown:
        mark = table.marks.get(names[column], {}).get(row)
        told = _MISSING if mark is None else f'{_MISSING}: "{mark}" means that'
        setting = Setting(fix=_FILL_BY_CONFIG + ("" if mark is None else _NO_MARK))
        faults.add(table.problem(row, names[column], told, _FILL, setting))
    faults.skip(len(cells) - len(shown))


def note_text_target(table: Table, name: str, faults: Faults) -> None:
    """Adds a fault where a target that must be numbers is text."""
    if name in table.text:
        label = table.text[name].labels[0]
        message = f'the target holds text, such as "{label}"; this loss needs numbers'
        fix = "for classes, choose binary_crossentropy or sparse_categorical_crossentropy"
        setting = Setting("loss", fix=fix)
        place = f"column {name}"
        faults.once(name, Problem(message, None, table.file, path=place, setting=setting))


def note_not_binary(
    table: Table, names: Sequence[str], values: NDArray[np.float64], faults: Faults
) -> None:
    """Adds a fault for each value of several yes-no targets that is neither 0 nor 1."""
    wrong = (values != 0) & (values != 1) & ~np.isnan(values)
    if wrong.any():
        message = "a yes-no target is 0 or 1 in each row; this one is not"
        _note_cells(table, names, wrong, message, None, faults)


def note_no_distribution(
    table: Table, names: Sequence[str], values: NDArray[np.float64], faults: Faults
) -> None:
    """Adds a fault for each row whose class columns are no probabilities that sum to one."""
    total = values.sum(axis=1)
    wrong = (values < 0).any(axis=1) | (np.abs(total - 1) > _SUM_TOLERANCE)
    if wrong.any():
        message = "the columns of the classes must be at least 0, and sum to 1 in each row"
        _note_cells(table, names, wrong[:, None], message, None, faults)


def note_weights(table: Table, name: str, faults: Faults) -> None:
    """Adds a fault for each weight that is text or negative."""
    if name in table.text:
        message = f'the weights hold text, such as "{table.text[name].labels[0]}"'
        setting = Setting("data.sample_weight", fix="name a column of numbers")
        place = f"column {name}"
        faults.once(name, Problem(message, None, table.file, path=place, setting=setting))
    elif (negative := table.columns([name]) < 0).any():
        message = "a weight is negative; it must be at least 0"
        _note_cells(table, [name], negative, message, None, faults)


def note_overflow(
    table: Table,
    names: Sequence[str],
    raw: NDArray[np.float64],
    made: NDArray[Any],
    faults: Faults,
    setting: Setting = WIDER_OR_SCALED,
) -> None:
    """Adds a fault for each number that is not finite any more after scaling and rounding."""
    if np.isfinite(made).all():
        return
    wrong = ~np.isfinite(made) & np.isfinite(raw)
    if wrong.any():
        message = f"{{:g}} is beyond the range of {made.dtype}"
        _note_cells(table, names, wrong, message, "mend it", faults, setting, raw)


def _note_cells(
    table: Table,
    names: Sequence[str],
    wrong: NDArray[np.bool_],
    message: str,
    fix: str | None,
    faults: Faults,
    setting: Setting | None = None,
    values: NDArray[np.float64] | None = None,
) -> None:
    """Adds a fault for each cell that is wrong; `{}` in the message stands for its value."""
    cells = np.argwhere(wrong)
    shown = faults.room
    for row, column in cells[:shown].tolist():
        told = message if values is None else message.format(values[row, column])
        faults.add(table.problem(row, names[column], told, fix, setting))
    faults.skip(len(cells[shown:]))


def check_range(statistics: NDArray[np.float64], names: Sequence[str], file: str) -> None:
    """Raises `NnctlError` for columns whose statistics are beyond double precision."""
    if not (beyond := ~np.isfinite(statistics)).any():
        return
    fix = "mend them, or leave the column out of data.features"
    setting = Setting(fix=fix)
    name = names[int(np.argmax(beyond))]
    raise NnctlError(Problem(TOO_LARGE, "mend them", file, path=f"column {name}", setting=setting))

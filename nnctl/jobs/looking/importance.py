"""`nnctl importance`: which columns a model relies on, and how its prediction follows each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnctl.assembly.importance import Importance, are_images, importance_of
from nnctl.jobs.looking.rows import rows_to_look_at
from nnctl.system.atomic import atomic_file


@dataclass(frozen=True)
class ImportanceResult(Importance):
    """The columns, the most important first; `warnings` tell what to know of the rows.

    Where the rows `are_images`, parts of them stand in the place of columns.
    """

    warnings: tuple[Any, ...] = ()
    are_images: bool = False


def importance(
    run: Path,
    data: Path | None = None,
    *,
    features: Sequence[str] = (),
    target: Sequence[str] = (),
    table: str | None = None,
    output: Path | None = None,
) -> ImportanceResult:
    """Shuffles each column of some rows, and tells what that costs; `output` gets a row a column.

    The rows are those of `data`, or those that the run validated on, or else trained on; they are
    shuffled as the run's seed has it. Raises `NnctlError` for what cannot be read.
    """
    looked = rows_to_look_at(run, data, features, target, table)
    found = importance_of(looked.trained, looked.examples)
    shown = are_images(looked.trained)
    result = ImportanceResult(**vars(found), warnings=looked.warnings, are_images=shown)
    if output is not None:
        write_columns(result, output)
    return result


def write_columns(result: Importance, path: Path) -> None:
    """Writes a row a column, the most important first. Raises `NnctlError` where that fails."""
    from nnctl.errors.visible import visible_cells
    from nnctl.jobs.predict import csv_text

    head = ["name", "importance", "spread", "loss", "loss_spread"]
    names = visible_cells([column.name for column in result.columns])
    rows = [
        [name, *map(str, (*column.importance, *column.loss))]
        for name, column in zip(names, result.columns, strict=True)
    ]
    with atomic_file(path, "w") as file:
        file.write(csv_text([head, *rows]))

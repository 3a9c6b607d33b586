"""Gaps among the values of the worst examples: what the model was given there nobody measured."""

from collections.abc import Sequence
from dataclasses import replace

from nnctl.assembly.trained import Trained
from nnctl.data.gaps import gaps_in, seeming_gaps
from nnctl.data.inputs import MISSING_LABEL
from nnctl.graph import Array
from nnctl.reading.array_types import Indices
from nnctl.reading.files import DataFile
from nnctl.report.predictions import Judged
from nnctl.training.blocks import Blocks


def with_gaps(
    judged: Judged, trained: Trained, x: Array | Blocks, file: DataFile, rows: Indices | None
) -> Judged:
    """The same, with gaps as such among the cells of the worst examples.

    `x` are the inputs of all rows, which are those of `file`, or such of its rows as `rows` says.
    The file is read again where there may be gaps: the inputs do not tell for sure. Raises
    `NnctlError` where it cannot be read.
    """
    if judged.view.kind != "table":
        return judged
    inputs = trained.preprocessing.inputs
    places = [worst.row for worst in judged.worst]
    seeming = seeming_gaps(inputs, [x[place] for place in places])
    if not any(seeming):
        return judged
    in_file = places if rows is None else [int(rows[place]) for place in places]
    gaps = gaps_in(trained.preprocessing, file, in_file)
    shown = [
        replace(worst, cells=marked(judged.columns, worst.cells, own & seems))
        for worst, own, seems in zip(judged.worst, gaps, seeming, strict=True)
    ]
    return replace(judged, worst=tuple(shown))


def marked(columns: Sequence[str], cells: Sequence[str], gaps: set[str]) -> tuple[str, ...]:
    """The cells of some columns, with those that are gaps as such."""
    pairs = zip(columns, cells, strict=True)
    return tuple(MISSING_LABEL if column in gaps else cell for column, cell in pairs)

"""Which values of a table were missing, though something has stood in for them since."""

from collections.abc import Iterable, Sequence

import numpy as np

from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Preprocessing
from nnctl.encoding.words import FILLING
from nnctl.graph import Array
from nnctl.reading.array_types import Mask
from nnctl.reading.files import DataFile
from nnctl.reading.table import Faults, Table, TextColumn


def gap_inputs(inputs: Inputs) -> Array:
    """The inputs of a row without any value, as a vector."""
    nothing = TextColumn(np.full(1, -1, np.int32), ())
    numbers = np.full((1, len(inputs.numeric)), np.nan)
    table = Table("", (), np.empty((1, 0)))
    text = [nothing] * len(inputs.categories)
    made = inputs.encoded(table, inputs.numeric, numbers, text, Faults(""), Notices(""))
    return made[:].reshape(-1)


def filled_columns(inputs: Inputs) -> list[str]:
    """The columns in which something stands in for what is missing."""
    return [name for name in inputs.names if inputs.missing_of(name) in FILLING]


def seeming_gaps(inputs: Inputs, examples: Iterable[Array]) -> list[set[str]]:
    """For each of some examples the filled columns that are as those of a gap are.

    What stands in may have been measured as well.
    """
    gap, starts = gap_inputs(inputs), inputs.starts()
    widths = dict(zip(inputs.names, inputs.widths, strict=True))
    parts = {name: slice(starts[name], starts[name] + widths[name]) for name in widths}
    flat = [example.reshape(-1) for example in examples]
    return [
        {
            name
            for name in filled_columns(inputs)
            if np.array_equal(one[parts[name]], gap[parts[name]])
        }
        for one in flat
    ]


def gaps_in(preprocessing: Preprocessing, file: DataFile, rows: Sequence[int]) -> list[set[str]]:
    """For each of some rows of a file, counted as its examples are, the filled columns with a gap.

    Raises `NnctlError` where the file cannot be read.
    """
    inputs = preprocessing.inputs
    found: dict[int, set[str]] = {}
    with preprocessing.source_of(file) as source:
        columns = preprocessing.columns(source, file)
        called = dict(zip(inputs.names, columns.features, strict=True))
        first = 0
        for table in preprocessing.tables(source, columns, Notices(str(file.path))):
            own = [row for row in rows if first <= row < first + len(table)]
            for name in filled_columns(inputs) if own else ():
                missing: Mask = table.missing([called[name]])
                for row in own:
                    if missing[row - first]:
                        found.setdefault(row, set()).add(name)
            first += len(table)
            if first > max(rows):
                break
    return [found.get(row, set()) for row in rows]

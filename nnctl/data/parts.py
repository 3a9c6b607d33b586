"""The inputs of the rows that train, and of those that were kept aside."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.one_hot import OneHot, make_unless_wide, select_rows
from nnctl.data.raw import Raw, RawRows
from nnctl.data.streamed import Streamed, starts_of, window_of
from nnctl.reading.array_types import Mask
from nnctl.training.blocks import Blocks

Rows = NDArray[Any] | Blocks


class Parts(NamedTuple):
    """The inputs that train; `rest` gives those of other rows, which a mask (rows,) names."""

    training: Rows
    rest: Callable[[Mask], Rows]

    @classmethod
    def of(cls, raw: Raw, trains: Mask, inputs: Inputs, memory: int) -> "Parts":
        """Those of a file, of which the rows `trains` train: held if all take up to `memory` bytes.

        Otherwise they are made of what is held of their categories, or read, when they are needed.
        The order that they train in depends on what they would take. Raises `NnctlError` for
        numbers that the run's dtype does not hold.
        """
        dtype = np.dtype(inputs.dtype)
        row = int(np.prod(inputs.shape, dtype=object)) * dtype.itemsize
        fits, spared = (len(raw) * size <= memory for size in (row, inputs.held_row))
        if not (fits or spared):
            return cls._read(raw, trains, inputs, memory)
        # What drawn rows have that the others lack is no news: any unseen row may.
        x, others = raw.examples_of(trains, inputs, Notices(raw.targets.file))
        if fits:
            x, others = make_unless_wide(x, memory), make_unless_wide(others, memory)
        elif isinstance(x, OneHot):
            block_rows, at_once = window_of(row, memory)
            x = x.in_blocks(starts_of(len(raw), block_rows, trains), at_once)
        return cls(x, lambda rows: select_rows(others, rows[~trains]))

    @classmethod
    def _read(cls, raw: Raw, trains: Mask, inputs: Inputs, memory: int) -> "Parts":
        raw.features.put_away()
        raw.check(inputs)
        source = RawRows(raw, inputs)

        def of(rows: Mask) -> Streamed:
            return Streamed(source, inputs.shape, inputs.dtype, memory, rows)

        return cls(of(trains), of)

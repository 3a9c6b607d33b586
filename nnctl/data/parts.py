"""The inputs of the rows that train, and of those that were kept aside."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.one_hot import make_unless_wide, place, room_for, select_rows
from nnctl.data.raw import Raw, RawRows
from nnctl.data.streamed import Streamed, starts_of, window_of
from nnctl.reading.array_types import Array, Mask
from nnctl.training.blocks import Blocks
from nnctl.training.one_hot import OneHot

Rows = NDArray[Any] | Blocks


class Parts(NamedTuple):
    """The inputs that train; `rest` gives those of other rows, which a mask (rows,) names.

    `chosen` gives those of any rows, as if these had been the ones to train.
    """

    training: Rows
    rest: Callable[[Mask], Rows]
    chosen: Callable[[Mask], Rows]

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

        def hold(made: Array | OneHot, rows: Mask) -> Array | OneHot:
            if fits:
                return make_unless_wide(made, memory)
            if isinstance(made, OneHot):
                block_rows, at_once = window_of(row, memory)
                return made.in_blocks(starts_of(len(rows), block_rows, rows), at_once)
            return made

        left = make_unless_wide(others, memory) if fits else others
        return cls(
            hold(x, trains),
            lambda rows: select_rows(left, rows[~trains]),
            lambda rows: hold(merge_rows(x, others, trains, rows), rows),
        )

    @classmethod
    def _read(cls, raw: Raw, trains: Mask, inputs: Inputs, memory: int) -> "Parts":
        raw.features.put_away()
        raw.check(inputs)
        source = RawRows(raw, inputs)

        def of(rows: Mask) -> Streamed:
            return Streamed(source, inputs.shape, inputs.dtype, memory, rows)

        return cls(of(trains), of, of)


def merge_rows(x: Array | OneHot, others: Array | OneHot, trains: Mask, rows: Mask) -> Any:
    """The chosen `rows` of a file in its order, of which `x` has those that train, `others` the
    rest."""
    made = room_for(int(np.count_nonzero(rows)), x)
    own = trains[rows]
    for part, there, kept in ((x, own, trains), (others, ~own, ~trains)):
        place(made, there, select_rows(part, rows[kept]))
    return made

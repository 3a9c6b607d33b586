"""The inputs of the rows that train, and of those that were kept aside."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.raw import Raw, RawRows
from nnctl.data.reading.array_types import Mask
from nnctl.data.streamed import Streamed

Rows = NDArray[Any] | Streamed


class Parts(NamedTuple):
    """The inputs that train; `rest` gives those of other rows, which a mask (rows,) names."""

    training: Rows
    rest: Callable[[Mask], Rows]

    @classmethod
    def of(cls, raw: Raw, trains: Mask, inputs: Inputs, memory: int) -> "Parts":
        """Those of a file, of which the rows `trains` train: held if all take up to `memory` bytes.

        Otherwise they are read whenever they are needed. Raises `NnctlError` for numbers that the
        run's dtype does not hold.
        """
        dtype = np.dtype(inputs.dtype)
        if len(raw) * int(np.prod(inputs.shape, dtype=object)) * dtype.itemsize <= memory:
            # What drawn rows have that the others lack is no news: any unseen row may.
            x, others = raw.examples_of(trains, inputs, Notices(raw.targets.file))
            return cls(x, lambda rows: others[rows[~trains]])
        raw.features.put_away()
        raw.check(inputs)
        source = RawRows(raw, inputs)

        def of(rows: Mask) -> Streamed:
            return Streamed(source, inputs.shape, dtype, memory, rows)

        return cls(Streamed(source, inputs.shape, dtype, memory, trains), of)

"""Random numbers of some rows of a batch: those that a draw for all of its rows would give them.

So what is drawn does not depend on whether the batch is computed whole or part by part.
"""

from typing import Any

import numpy as np

from nnctl.graph import Array


class RowDraws:
    """The numbers of some rows of a batch of so many, of each draw of a step in turn.

    It begins where a generator stands when the batch begins, whose `state` that is, and ends where
    one that drew for all rows stands.
    """

    def __init__(self, batch: int) -> None:
        self.batch, self.rows = batch, slice(0, batch)
        self.generator = np.random.Generator(np.random.PCG64(0))

    def begin(self, state: Any, rows: slice) -> None:
        """Begins a step for these rows."""
        self.generator.bit_generator.state = state
        self.rows = rows

    def random(self, size: None, dtype: "np.dtype[np.floating]", out: Array, /) -> Array:
        """Fills `out` `(rows, …)`."""
        each = out.size // len(out)
        skip(self.generator, self.rows.start * each, dtype)
        self.generator.random(size, dtype, out)
        skip(self.generator, (self.batch - self.rows.stop) * each, dtype)
        return out


def skip(generator: np.random.Generator, count: int, dtype: "np.dtype[np.floating]") -> None:
    """Leaves out so many uniform numbers of that dtype, without drawing them."""
    bits = generator.bit_generator
    assert isinstance(bits, np.random.PCG64)
    if dtype.itemsize == 8:
        bits.advance(count)
        return
    # A draw of 64 bits is two numbers, of which the second waits. To advance forgets it.
    if count % 2:
        generator.random(dtype=np.float32)
        count -= 1
    if not count:
        return
    if bits.state["has_uint32"]:
        # w a1 b1 a2 b2 …, of which w waits: two numbers on, b1 does.
        bits.advance(count // 2 - 1)
        generator.random(dtype=np.float32)
    else:
        bits.advance(count // 2)

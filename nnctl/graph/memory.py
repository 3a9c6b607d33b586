"""Plans where a program's values live, so that memory is shared once nobody reads it again.

A `Storage` is one stretch of memory with its lifetime: from the call that first writes it to the
last call that reads it. Values join a storage in four ways: a view lies in its input's; an
elementwise result may take over an operand's; the parts of a `join` are computed right where they
end up; and a value assigned to a leaf is computed in the leaf's own memory where nobody reads the
old state any more. What is left is placed in one arena by lifetime.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from nnctl.graph.names import Name
from nnctl.graph.numpy_calls import ALIGNMENT, Array
from nnctl.graph.operations import Kind
from nnctl.graph.values import Value

FOREVER = 1 << 60


class Storage:
    """Memory for one or several values, alive from position `start` to `end` of the program.

    `within` is the storage (of a join) whose memory from byte `offset` on this one is part of, and
    `array` the memory itself where it was given from outside.
    """

    within: "Storage | None" = None
    offset = 0

    def __init__(self, nbytes: int, start: int, end: int, array: Array | None = None):
        self.nbytes, self.start, self.end, self.array = nbytes, start, end, array

    @property
    def free(self) -> bool:
        """Whether it may still move: not given from outside, not part of a join."""
        return self.array is None and self.within is None


class Plan:
    """The storage of every value in `order`, which lists the values that a program computes.

    `given` holds the arrays of leaves and constants; values in `hold` are read after the program
    has run; `assignments` maps leaves to the values they take on. Without `share` every value has
    memory of its own. `copies` lists the assignments left to be done by a copy at the end.
    """

    def __init__(
        self,
        order: Sequence[Value],
        given: Mapping[Value, Array],
        hold: Collection[Value],
        assignments: Mapping[Value, Value],
        dtypes: Mapping[Kind, np.dtype],
        share: bool,
    ):
        self.order, self.dtypes, self.share = order, dtypes, share
        self.position = {value: position for position, value in enumerate(order)}
        self.last_read = self._last_reads(hold, assignments)
        self.storage: dict[Value, Storage] = {
            value: Storage(array.nbytes, -1, FOREVER, array) for value, array in given.items()
        }
        self.targets = {value: leaf for leaf, value in assignments.items()}
        self.copies: list[tuple[Value, Value]] = []
        for value in order:
            self._settle(value)
        for leaf, value in assignments.items():
            if self.storage[value] is not self.storage[leaf]:
                self.copies.append((leaf, value))
        self.nbytes = place([s for s in dict.fromkeys(self.storage.values()) if s.free])

    def _last_reads(
        self, hold: Collection[Value], assignments: Mapping[Value, Value]
    ) -> dict[Value, int]:
        """For each value the position of the last call that reads it, directly or by a view."""
        last: dict[Value, int] = dict.fromkeys(hold, FOREVER)
        for value in assignments.values():
            last[value] = FOREVER
        # A view reads nothing when it is made; whoever reads it reads its input. Going backwards,
        # a view's last reader is known before its input is met.
        for value in reversed(self.order):
            here = last.get(value, -1) if value.is_view else self.position[value]
            for x in value.reads:
                last[x] = max(last.get(x, -1), here)
        return last

    def nbytes_of(self, value: Value) -> int:
        return value.size * self.dtypes[value.kind].itemsize

    def _settle(self, value: Value) -> None:
        """Gives a value its storage: its input's, an operand's, a leaf's or a new one."""
        if value.is_view:
            self.storage[value] = self._extended(self.storage[value.inputs[0]], value)
            return
        storage = self._of_leaf(value) or self._of_operand(value)
        if storage is None:
            start, end = (self.position[value],) * 2 if self.share else (-1, FOREVER)
            storage = Storage(self.nbytes_of(value), start, end)
        self.storage[value] = self._extended(storage, value)
        if value.operation is Name.JOIN and self.share and storage.array is None:
            self._adopt_parts(value, storage)

    def _extended(self, storage: Storage, value: Value) -> Storage:
        """The storage, kept alive until the last read of `value`."""
        storage.end = max(storage.end, self.last_read.get(value, -1))
        if storage.within is not None:
            self._extended(storage.within, value)
        return storage

    def _of_leaf(self, value: Value) -> Storage | None:
        """The memory of the leaf that `value` is assigned to, if its old state was read by now.

        The last reader may be `value`'s own elementwise operation on the leaf itself.
        """
        leaf = self.targets.get(value)
        if not self.share or leaf is None or leaf not in self.storage:
            return None
        assert value.op is not None
        last, position = self.last_read.get(leaf, -1), self.position[value]
        # `p - rate * g` can be written over p, each number being read before it is written; a
        # product `p @ a` cannot, which reads whole rows of p for each number.
        own = value.op.in_place and all(
            x is leaf or self.storage.get(x) is not self.storage[leaf] for x in value.inputs
        )
        return self.storage[leaf] if last < position or (last == position and own) else None

    def _of_operand(self, value: Value) -> Storage | None:
        """The memory of an operand that is not read again, for an elementwise result."""
        if not self.share or not value.in_place:
            return None
        for x in value.inputs:
            storage = self.storage[x]
            # Its last reader is this very value, and no view of it is read later.
            dies = storage.free and storage.end <= self.position[value]
            if dies and x.shape == value.shape and x.kind == value.kind and self._covers(x):
                return storage
        return None

    def _covers(self, value: Value) -> bool:
        # A slice does not cover its storage, in which its neighbours may still be read.
        return value.contiguous and self.nbytes_of(value) == self.storage[value].nbytes

    def _adopt_parts(self, join: Value, storage: Storage) -> None:
        """Lets the parts of a join be computed where the join wants them."""
        offset = 0
        for part in join.inputs:
            own = self.storage[part]
            if own.free and own is not storage and self._covers(part):
                own.within, own.offset = storage, offset
                # The join's memory is in use from the moment that its first part is computed.
                storage.start = min(storage.start, own.start)
                storage.end = max(storage.end, own.end)
            offset += self.nbytes_of(part)


def place(storages: Sequence[Storage]) -> int:
    """Gives each storage its byte offset in one arena; returns the arena's size in bytes.

    Greedy by size: the largest first, each at the lowest offset where no storage alive at the same
    time lies (Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020,
    algorithm 3).
    """
    # Those placed so far, by offset. In a deep network each lives beside thousands of others, which
    # NumPy looks through at once.
    placed = np.empty((4, len(storages)), np.int64)
    # Alive at calls 0 to 2: 128 bytes, at 0. Alive at 1 to 3: 64 bytes, behind them at 128. Alive
    # at 3 to 4: 64 bytes at 0, since what lay there has ended by then.
    for count, storage in enumerate(sorted(storages, key=lambda storage: -storage.nbytes)):
        starts, ends, offsets, stops = placed[:, :count]
        beside = (starts <= storage.end) & (storage.start <= ends)
        # Gap k lies between what the first k of them take and the next; behind all is one more.
        gaps = np.zeros(np.count_nonzero(beside) + 1, np.int64)
        np.maximum.accumulate(stops[beside], out=gaps[1:])
        wide = (offsets[beside] - gaps[:-1] >= storage.nbytes).nonzero()[0]
        storage.offset = int(gaps[wide[0] if len(wide) else -1])
        stop = storage.offset + whole_lines(storage.nbytes)
        k = int(offsets.searchsorted(storage.offset))
        placed[:, k + 1 : count + 1] = placed[:, k:count]
        placed[:, k] = storage.start, storage.end, storage.offset, stop
    return int(placed[3].max(initial=0))


def whole_lines(nbytes: int) -> int:
    return -(-nbytes // ALIGNMENT) * ALIGNMENT

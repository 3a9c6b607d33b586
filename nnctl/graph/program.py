"""A graph lowered to a program: the shortest list of NumPy calls, with their arrays bound.

What costs in small networks is not arithmetic but look-ups, slicing and keyword arguments. All of
that happens once, here; running a program replays calls that take no arguments.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from nnctl.graph.memory import Plan
from nnctl.graph.names import Name
from nnctl.graph.numpy_calls import Array, Call, aligned_zeros
from nnctl.graph.operations import Kind
from nnctl.graph.values import Graph, Value


class NamedCall(NamedTuple):
    """One call of a program and the value that it computes (or a part of)."""

    value: Value
    call: Call


class Program:
    """Computes the `wanted` values of a graph, and its assignments, in one dtype.

    `given` binds leaves, and what is computed elsewhere, to arrays (in the kind's dtype); the other
    leaves get arrays of the program's own, to be filled as `program[leaf]`. `run()` computes;
    `program[value]` is then the array of a wanted value, overwritten by the next run. Without
    `share` every value has memory of its own, and `program[value]` reads any of them.

    Calls that depend on constants alone are made once, here. Assignments count as wanted only
    where `assign` is true.
    """

    def __init__(
        self,
        graph: Graph,
        wanted: Sequence[Value],
        dtype: np.typing.DTypeLike,
        given: Mapping[Value, Array] = {},
        *,
        assign: bool = True,
        share: bool = True,
    ):
        self.dtypes: dict[Kind, np.dtype] = {
            "real": np.dtype(dtype),
            "integer": np.dtype(np.intp),
            "bool": np.dtype(bool),
        }
        assignments = graph.assignments if assign else {}
        needed = dependencies_of([*wanted, *assignments.values(), *assignments], given)
        self.arrays: dict[Value, Array] = {}
        for value in needed:
            if value.op is None or value in given:
                self.arrays[value] = self._bound(value, graph, given)
        order = self._without_fixed([v for v in needed if v not in self.arrays], graph.constants)
        self.plan = Plan(order, self.arrays, set(wanted), assignments, self.dtypes, share)
        self._arena = aligned_zeros((self.plan.nbytes,), np.uint8)
        self.lowered = {value: self.lower(value, self.arrays) for value in order}
        self.calls = [NamedCall(v, call) for v, calls in self.lowered.items() for call in calls]
        for leaf, value in self.plan.copies:
            copy = partial(np.copyto, self.arrays[leaf], self.arrays[value])
            self.calls.append(NamedCall(value, copy))
        # The bare calls: a run is to look up nothing at all.
        self.replay = [named.call for named in self.calls]

    def run(self) -> None:
        """Makes all calls once."""
        for call in self.replay:
            call()

    def __contains__(self, value: Value) -> bool:
        """Whether the program has anything to do with that value."""
        return value in self.arrays

    def __getitem__(self, value: Value) -> Array:
        return self.arrays[value]

    @property
    def nbytes(self) -> int:
        """The memory of all computed values together, in bytes."""
        return self.plan.nbytes

    @property
    def products(self) -> list[int]:
        """The multiply-adds of each matrix product."""
        made = dict.fromkeys(named.value for named in self.calls)  # one may take several calls
        return [value.multiply_adds for value in made if value.operation is Name.MATMUL]

    def _bound(self, leaf: Value, graph: Graph, given: Mapping[Value, Array]) -> Array:
        """The array of a leaf or constant, in the program's dtype."""
        dtype = self.dtypes[leaf.kind]
        if leaf in graph.constants:
            with np.errstate(over="ignore"):  # what is beyond the dtype is infinite there
                array = graph.constants[leaf].astype(dtype)
            array.flags.writeable = False
            return array
        if leaf not in given:
            return aligned_zeros(leaf.shape, dtype)
        array = given[leaf]
        if array.shape != leaf.shape or array.dtype != dtype:
            raise ValueError(f"{leaf!r} was given {array.dtype} {array.shape}")
        return array

    def _without_fixed(self, order: Sequence[Value], constants: Collection[Value]) -> list[Value]:
        """Computes what depends on constants alone, once; returns the values left for each run."""
        fixed, varying = set(constants), []
        for value in order:
            # What reads nothing is drawn anew in each run.
            if not value.reads or not fixed.issuperset(value.reads):
                varying.append(value)
                continue
            fixed.add(value)
            if not value.is_view:
                self.arrays[value] = np.empty(value.shape, self.dtypes[value.kind])
            for call in self.lower(value, self.arrays):
                call()
        return varying

    def lower(self, value: Value, arrays: dict[Value, Array]) -> Sequence[Call]:
        """Gives `value` its array, if it has none, and returns the calls that fill it."""
        assert value.op is not None
        inputs = [arrays[x] for x in value.reads]
        if value.op.calls is None:
            arrays[value] = value.op.view(inputs[0])
            assert not value.size or np.shares_memory(arrays[value], inputs[0])
            return ()
        if value not in arrays:
            arrays[value] = self._array_of(value)
        return value.op.calls(arrays[value], *inputs)

    def _array_of(self, value: Value) -> Array:
        """The array of a computed value; in place, the very object of the operand or leaf.

        Another view of the same memory would cost NumPy a check for overlap at each call.
        """
        storage = self.plan.storage[value]
        if storage.array is not None:
            return storage.array
        for x in value.inputs:
            same = self.plan.storage[x] is storage
            if same and x.shape == value.shape and x.contiguous:
                return self.arrays[x]
        offset = storage.offset
        while storage.within is not None:
            storage = storage.within
            offset += storage.offset
        nbytes = self.plan.nbytes_of(value)
        memory = self._arena[offset : offset + nbytes]
        return memory.view(self.dtypes[value.kind]).reshape(value.shape)


def dependencies_of(wanted: Sequence[Value], given: Collection[Value] = ()) -> list[Value]:
    """The wanted values and all that they and no `given` ones depend on, as recorded."""
    needed: set[Value] = set()
    pending = list(wanted)
    while pending:
        value = pending.pop()
        if value not in needed:
            needed.add(value)
            pending.extend(() if value in given else value.reads)
    return sorted(needed, key=lambda value: value.index)

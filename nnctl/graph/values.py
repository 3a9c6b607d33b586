"""Symbolic values: NumPy expressions over them are recorded as a graph.

A formula such as `x @ kernel + bias`, run once on `Value`s instead of arrays, leaves behind the
list of operations it consists of. Values are immutable and never overwritten; the only thing that
changes memory is an assignment, which takes effect after the step.
"""

import math
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

import numpy as np

from nnctl.graph import operations
from nnctl.graph.names import Name
from nnctl.graph.numpy_calls import Array
from nnctl.graph.operations import UFUNCS, Axes, Kind, Operation, Shape
from nnctl.graph.parts import BatchPart


def operator_of(ufunc: np.ufunc, reflected: bool = False) -> Callable[["Value", Any], "Value"]:
    """A binary operator of `Value`."""

    def operator(self: "Value", other: Any) -> "Value":
        operands = (other, self) if reflected else (self, other)
        return self.graph.ufunc(ufunc, *operands)

    return operator


class Value:
    """An array that a program will compute: its shape and kind, its operation and inputs.

    NumPy's operators and the ufuncs in `UFUNCS` record; anything else raises and says what exists.
    Equality is identity, so that values can be keys. A value without operation is a leaf or a
    constant. `contiguous`: it lies in memory row by row; `scope` names the layer it belongs to.
    `is_view` says that its memory is that of its first input, which is then all that it `reads`.
    """

    __slots__ = (
        *("contiguous", "graph", "index", "inputs", "is_view", "kind", "name", "op", "reads"),
        *("scope", "shape", "size"),
    )

    def __init__(
        self,
        graph: "Graph",
        name: str,
        shape: Shape,
        kind: Kind = "real",
        op: Operation | None = None,
        inputs: tuple["Value", ...] = (),
        contiguous: bool = True,
    ):
        self.graph, self.name, self.shape, self.kind = graph, name, shape, kind
        self.op, self.inputs, self.contiguous = op, inputs, contiguous
        # Asked for many times while a program is made.
        self.size, self.is_view = math.prod(shape), op is not None and op.calls is None
        self.reads = inputs[:1] if self.is_view else inputs
        # What a value depends on was recorded before it, so its index is smaller: derivation and
        # programs need no other order.
        self.index, self.scope = len(graph.values), graph.scope
        graph.values.append(self)

    def __repr__(self) -> str:
        inputs = ", ".join(f"%{value.index}" for value in self.inputs)
        return f"%{self.index} = {self.scope} {self.name}({inputs}) {self.shape}"

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def operation(self) -> Name | None:
        """What computes it; None of a leaf or constant, which may be called anything."""
        return None if self.op is None else self.op.name

    @property
    def in_place(self) -> bool:
        """Whether it may be computed over an operand."""
        return self.op is not None and self.op.in_place

    @property
    def is_broadcast(self) -> bool:
        return self.operation is Name.BROADCAST

    @property
    def multiply_adds(self) -> int:
        """Those of a matrix product; of anything else 0."""
        return self.size * self.inputs[0].shape[1] if self.operation is Name.MATMUL else 0

    __add__, __radd__ = operator_of(np.add), operator_of(np.add, reflected=True)
    __sub__, __rsub__ = operator_of(np.subtract), operator_of(np.subtract, reflected=True)
    __mul__, __rmul__ = operator_of(np.multiply), operator_of(np.multiply, reflected=True)
    __truediv__, __rtruediv__ = operator_of(np.divide), operator_of(np.divide, reflected=True)
    __gt__, __lt__ = operator_of(np.greater), operator_of(np.less)
    __ge__, __le__ = operator_of(np.greater_equal), operator_of(np.less_equal)

    def __neg__(self) -> "Value":
        return self.graph.ufunc(np.negative, self)

    def __matmul__(self, other: Any) -> "Value":
        return operations.matmul(self, self.graph.lift(other))

    def __getitem__(self, rows: slice) -> "Value":
        start, stop, step = rows.indices(self.shape[0])
        if step != 1:
            raise TypeError("a value is sliced along its first axis, with step 1")
        return operations.rows(self, start, stop)

    def reshape(self, *to: int) -> "Value":
        return operations.reshape(self, to)

    def transpose(self, *axes: int) -> "Value":
        return operations.transpose(self, axes or tuple(reversed(range(self.ndim))))

    def sum(self, axis: Axes = None, keepdims: bool = False) -> "Value":
        return operations.reduce(Name.SUM, self, axis, keepdims)

    def max(self, axis: Axes = None, keepdims: bool = False) -> "Value":
        return operations.reduce(Name.MAX, self, axis, keepdims)

    def mean(self, axis: Axes = None, keepdims: bool = False) -> "Value":
        total = self.sum(axis, keepdims)
        # Of (2, 3) along the last axis there are 2 means of 6 numbers: each sum times 2 / 6.
        return total * (total.size / self.size)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            raise TypeError(f"np.{ufunc.__name__} is recorded without method or keywords only")
        return self.graph.ufunc(ufunc, *inputs)

    def __array_function__(self, function: Any, *_: Any) -> Any:
        raise TypeError(
            f"np.{function.__name__} is not recorded; values have + - * / @ [], reshape, "
            "transpose, sum, mean, max and NumPy's ufuncs"
        )

    def __bool__(self) -> bool:
        raise TypeError("a value has no truth while it is traced: compare and multiply instead")

    __iter__ = None  # or Python would try slicing by numbers


class Uniform(Protocol):
    """What draws uniform numbers in [0, 1) into an array, such as a generator of NumPy's."""

    def random(self, size: None, dtype: Any, out: Array, /) -> Array: ...


class Graph:
    """Records values. `training` tells the layers which of their two formulas is meant.

    `parameters` maps what a formula may name besides values (declared parameters) to their values,
    and `updates` some of them to what they are after the step; `assignments` holds, for each leaf
    that a step changes, its value after it. `generator` makes the random numbers of `draw`. `part`
    says which rows of a batch the graph is for, where it does not compute all of them. `sums_rows`
    says that something recorded is a sum over all rows of the batch.
    """

    def __init__(
        self,
        training: bool = False,
        generator: Uniform | None = None,
        part: BatchPart | None = None,
    ):
        self.training, self.generator, self.part = training, generator, part
        self.values: list[Value] = []
        self.constants: dict[Value, Array] = {}
        self.parameters: dict[Any, Value] = {}
        self.updates: dict[Any, Value] = {}
        self.held: list[Value] = []
        self.assignments: dict[Value, Value] = {}
        self.scope = ""
        self.sums_rows = False
        self._recorded: dict[Any, Value] = {}

    def leaf(self, name: str, shape: Shape, kind: Kind = "real") -> Value:
        """A value that is given from outside at each step: a batch, the parameters, the rate."""
        return Value(self, name, shape, kind)

    def draw(self, shape: Shape) -> Value:
        """Uniform numbers in [0, 1), new ones in each run; a leaf in `held` without a generator.

        Of a batch in parts, the numbers of all rows are drawn, and those of the part taken.
        """
        if self.generator is None:
            self.held.append(self.leaf(Name.DRAW.value, shape))
            return self.held[-1]
        fill, own = self.generator.random, (len(self.values),)  # no two draws are one value
        op = Operation(Name.DRAW, own, calls=lambda out: [partial(fill, None, out.dtype, out)])
        # Every part draws all of them from the same state of the generator: the masks are the same,
        # whatever number of parts the batch is divided into.
        if self.part is None:
            return self.record(op, (), shape)
        return self.record(op, (), (self.part.batch, *shape[1:]))[self.part.rows]

    def constant(self, number: Any) -> Value:
        """A value that never changes; equal plain numbers share one."""
        array = np.asarray(number, dtype=np.float64)
        # By bytes: 0.0 and -0.0 are equal as numbers, and NaN is not equal to itself.
        key = ("constant", array.shape, array.tobytes())
        if key not in self._recorded:
            self._recorded[key] = value = Value(self, "constant", array.shape)
            self.constants[value] = array
        return self._recorded[key]

    def lift(self, operand: Any) -> Value:
        """The value that an operand of an expression stands for: a number is a constant.

        Raises `ValueError` for a value of another graph, `TypeError` for a parameter (or anything
        else that is no number) that this graph does not declare.
        """
        if isinstance(operand, Hashable) and operand in self.parameters:
            return self.parameters[operand]
        if isinstance(operand, Value):
            if operand.graph is not self:
                raise ValueError(f"{operand!r} belongs to another graph")
            return operand
        if np.asarray(operand).dtype.kind not in "biuf":
            raise TypeError(
                f"{operand!r} is neither a number nor declared in this graph; a layer that was "
                "built again since, on its own or in another model, has new parameters"
            )
        return self.constant(operand)

    def record(
        self,
        op: Operation,
        inputs: tuple[Value, ...],
        shape: Shape,
        kind: Kind = "real",
        contiguous: bool = True,
    ) -> Value:
        """The value of `op` on the inputs; the same operation on the same values is one value."""
        # A formula may say `np.exp(z)` twice, or a derivative what the formula said: computed once.
        key = (op.identity, inputs)
        if key not in self._recorded:
            self._recorded[key] = Value(self, op.name.value, shape, kind, op, inputs, contiguous)
        return self._recorded[key]

    def ufunc(self, ufunc: np.ufunc, *operands: Any) -> Value:
        """The value of a NumPy ufunc on the operands; `TypeError` names those that are recorded."""
        inputs = [self.lift(operand) for operand in operands]
        if ufunc is np.matmul:
            return operations.matmul(*inputs)
        if ufunc not in UFUNCS:
            known = ", ".join(sorted(f"np.{known.__name__}" for known in UFUNCS))
            raise TypeError(f"np.{ufunc.__name__} is not recorded; recorded are: {known}")
        return operations.apply(ufunc, *inputs)

    def assign(self, target: Value, value: Value) -> None:
        """Says that the leaf `target` holds `value` after the step."""
        if target.op is not None or target in self.constants:
            raise ValueError(f"{target!r} is not a leaf, so nothing can be assigned to it")
        if target.shape != value.shape or target in self.assignments:
            raise ValueError(f"{target!r} cannot be assigned {value!r}, or was assigned before")
        self.assignments[target] = value

    @contextmanager
    def named(self, scope: str) -> Iterator[None]:
        """Values recorded inside carry that scope (a layer's name)."""
        before, self.scope = self.scope, scope
        yield
        # Not in a `finally`: a graph that could not be recorded is never gone on with.
        self.scope = before

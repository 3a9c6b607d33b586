"""The operations a graph is made of: their NumPy calls and their derivative rules.

An operation is either a *view* of its input's memory, or a few NumPy calls that fill an array
handed to them. A rule takes `d`, the derivative of the loss by the operation's result `y`, and
gives the derivative by one input; it is itself an expression over values, so derivatives are
recorded in the same graph (Griewank and Walther, Evaluating Derivatives, 2008, chapter 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnctl.graph import numpy_calls
from nnctl.graph.names import Name
from nnctl.graph.numpy_calls import Array, Call

Shape = tuple[int, ...]
Kind = Literal["real", "integer", "bool"]
Axes = int | tuple[int, ...] | None

if TYPE_CHECKING:
    from nnctl.graph.values import Value

    Rule = Callable[..., Value | None]


class Operation:
    """What is done, without saying to which values.

    `calls(out, *arrays)` gives the calls that fill `out`; an operation without them is a view, and
    `view(array)` gives its array. `rules` has one derivative rule an input, called with `d`, `y`
    and the inputs; None where the derivative is zero. Without any rule it cannot be derived.
    `in_place`: the result may be written over an operand of the same shape. Operations of the same
    `identity`, their name and attributes, are recorded once for the same inputs. `times(b)`
    records the result's product with a matrix `b`, where that is less work without the result.
    """

    def __init__(
        self,
        name: Name,
        attributes: tuple[Any, ...] = (),
        rules: Sequence[Rule | None] = (),
        calls: Callable[..., Sequence[Call]] | None = None,
        view: Callable[[Array], Array] = np.asarray,
        in_place: bool = False,
        times: Callable[[Value], Value] | None = None,
    ):
        self.name, self.identity = name, (name, *attributes)
        self.rules, self.calls, self.view, self.in_place = rules, calls, view, in_place
        self.times = times

    def derivatives(
        self, d: Value, y: Value, inputs: Sequence[Value], wanted: Sequence[bool]
    ) -> list[Value | None]:
        """The derivative by each wanted input; None for the others and where it is zero."""
        if not self.rules:
            raise TypeError(f"{self.name} has no derivative rule: give one by with_derivative")
        rules = zip(self.rules, wanted, strict=True)
        return [rule(d, y, *inputs) if rule and asked else None for rule, asked in rules]


def ufunc_operation(ufunc: np.ufunc, *rules: Rule | None) -> Operation:
    """The operation of a ufunc, with one rule an operand."""

    return Operation(
        Name(ufunc.__name__), (), rules, partial(numpy_calls.elementwise, ufunc), in_place=True
    )


def sign_calls(out: Array, z: Array) -> list[Call]:
    """The sign; of a complex number that of its real part, so that its complex step is zero."""
    if not np.iscomplexobj(out):
        return [partial(np.sign, z, out)]
    return [partial(np.sign, z.real, out.real), partial(out.imag.fill, 0)]


COMPARISONS = (np.greater, np.greater_equal, np.less, np.less_equal)
UFUNCS: dict[np.ufunc, Operation] = {
    np.add: ufunc_operation(np.add, lambda d, y, a, b: d, lambda d, y, a, b: d),
    np.subtract: ufunc_operation(np.subtract, lambda d, y, a, b: d, lambda d, y, a, b: -d),
    np.multiply: ufunc_operation(np.multiply, lambda d, y, a, b: d * b, lambda d, y, a, b: d * a),
    np.divide: ufunc_operation(np.divide, lambda d, y, a, b: d / b, lambda d, y, a, b: -d * y / b),
    np.negative: ufunc_operation(np.negative, lambda d, y, a: -d),
    np.exp: ufunc_operation(np.exp, lambda d, y, a: d * y),
    np.expm1: ufunc_operation(np.expm1, lambda d, y, a: d * (y + 1)),
    np.log: ufunc_operation(np.log, lambda d, y, a: d / a),
    np.log1p: ufunc_operation(np.log1p, lambda d, y, a: d / (a + 1)),
    np.tanh: ufunc_operation(np.tanh, lambda d, y, a: d * (1 - np.square(y))),
    np.sin: ufunc_operation(np.sin, lambda d, y, a: d * np.cos(a)),
    np.cos: ufunc_operation(np.cos, lambda d, y, a: -d * np.sin(a)),
    np.sqrt: ufunc_operation(np.sqrt, lambda d, y, a: d * 0.5 / y),
    np.square: ufunc_operation(np.square, lambda d, y, a: d * 2 * a),
    # Of equal operands the second counts as the greater: the slope of max(0, z) at 0 is 0.
    np.maximum: ufunc_operation(
        np.maximum, lambda d, y, a, b: d * (a > b), lambda d, y, a, b: d * (b >= a)
    ),
    np.minimum: ufunc_operation(
        np.minimum, lambda d, y, a, b: d * (a < b), lambda d, y, a, b: d * (b <= a)
    ),
    np.sign: Operation(Name.SIGN, (), (None,), sign_calls),
    **{ufunc: ufunc_operation(ufunc, None, None) for ufunc in COMPARISONS},
}


def apply(ufunc: np.ufunc, *inputs: Value) -> Value:
    """A recorded ufunc of the inputs, broadcast as NumPy does."""
    shape = broadcast_shape(inputs)
    # NumPy reads a number faster than a broadcast view of it.
    # Unless both were repeated: two numbers, each as (3,), would add up to one number.
    plain = tuple(value.inputs[0] if value.is_broadcast else value for value in inputs)
    if plain != inputs and broadcast_shape(plain) == shape:
        inputs = plain
    kind: Kind = "bool" if ufunc in COMPARISONS else "real"
    return inputs[0].graph.record(UFUNCS[ufunc], inputs, shape, kind)


def broadcast_shape(values: Sequence[Value]) -> Shape:
    """The shape that NumPy broadcasts the values to; most have it, which is quick to see."""
    shapes = {value.shape for value in values}
    return shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)


def matmul(a: Value, b: Value) -> Value:
    """`a @ b` over the last axis of `a`, of any rank, and the first axis of the matrix `b`."""
    if b.ndim != 2 or a.ndim < 2 or a.shape[-1] != b.shape[0]:
        raise ValueError(f"shapes {a.shape} and {b.shape} cannot be multiplied")
    if a.ndim > 2:
        # (n, steps, in) @ (in, units) is one product of n * steps rows, and no n small ones.
        rows = a.reshape(-1, a.shape[-1])
        return matmul(rows, b).reshape(*a.shape[:-1], b.shape[1])
    if a.op is not None and a.op.times is not None:
        return a.op.times(b)
    op = Operation(
        Name.MATMUL,
        # y_ij = sum_k a_ik b_kj, so a_ik has a part in the whole row i of y: dJ/da = d b^T.
        rules=(lambda d, y, a, b: d @ b.transpose(), lambda d, y, a, b: a.transpose() @ d),
        calls=numpy_calls.product,
    )
    return a.graph.record(op, (a, b), (a.shape[0], b.shape[1]))


def reduce(name: Literal[Name.SUM, Name.MAX], x: Value, axis: Axes, keepdims: bool) -> Value:
    """The sum or the greatest over one axis, several, or (None) all."""
    chosen = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = tuple(sorted(a % x.ndim for a in chosen))
    # Of (2, 3, 4) along the axes 0 and 2: `kept` is (1, 3, 1), without these axes it is (3,).
    kept = tuple(1 if a in axes else n for a, n in enumerate(x.shape))
    shape = kept if keepdims else tuple(n for a, n in enumerate(x.shape) if a not in axes)

    if name is Name.SUM:
        rule: Rule = lambda d, y, x: broadcast(d.reshape(*kept), x.shape)  # noqa: E731
        op = Operation(name, (axes, keepdims), (rule,), partial(numpy_calls.total, axes))
    else:
        op = Operation(name, (axes, keepdims), (), partial(numpy_calls.greatest, axes))
    return x.graph.record(op, (x,), shape)


def reshape(x: Value, to: Shape) -> Value:
    """The same elements in row-major order; one -1 stands for what is left."""
    if -1 in to:
        left = x.size // max(1, math.prod(n for n in to if n != -1))
        to = tuple(left if n == -1 else n for n in to)
    if math.prod(to) != x.size:
        raise ValueError(f"{x.shape} cannot be reshaped to {to}")
    if to == x.shape:
        return x
    # One number repeated is the same repeated to another shape, where nothing has to be copied.
    if x.is_broadcast and x.inputs[0].size == 1:
        return broadcast(x.inputs[0].reshape(), to)
    rule: Rule = lambda d, y, x: d.reshape(*x.shape)  # noqa: E731
    # Of a transposed array NumPy's reshape makes a copy, of which the planner would not know.
    op = Operation(Name.RESHAPE, to, (rule,), view=lambda array: array.reshape(to))
    return x.graph.record(op, (x if x.contiguous else copy(x),), to)


def transpose(x: Value, axes: Shape) -> Value:
    """The axes in another order."""
    # What takes each axis back: (2, 0, 1) is undone by (1, 2, 0), the order that sorts it.
    inverse = [int(axis) for axis in np.argsort(axes)]
    rule: Rule = lambda d, y, x: d.transpose(*inverse)  # noqa: E731
    op = Operation(Name.TRANSPOSE, axes, (rule,), view=lambda array: array.transpose(axes))
    shape = tuple(x.shape[axis] for axis in axes)
    return x.graph.record(op, (x,), shape, contiguous=False)


def rows(x: Value, start: int, stop: int) -> Value:
    """The elements from `start` to `stop` along the first axis."""
    op = Operation(Name.SLICE, (start, stop), view=lambda array: array[start:stop])
    return x.graph.record(op, (x,), (stop - start, *x.shape[1:]), contiguous=x.contiguous)


def broadcast(x: Value, to: Shape) -> Value:
    """The input repeated to a larger shape, as NumPy broadcasts."""
    if x.shape == to:
        return x
    rule: Rule = lambda d, y, x: d  # noqa: E731  (`gradients` sums it to the input's shape)
    op = Operation(Name.BROADCAST, to, (rule,), view=lambda array: np.broadcast_to(array, to))
    return x.graph.record(op, (x,), to, contiguous=False)


def copy(x: Value) -> Value:
    """The same elements in memory of their own, row by row."""
    rule: Rule = lambda d, y, x: d  # noqa: E731
    op = Operation(Name.COPY, (), (rule,), lambda out, array: [partial(np.copyto, out, array)])
    return x.graph.record(op, (x,), x.shape, x.kind)


def join(parts: Sequence[Value]) -> Value:
    """Vectors, one after another in a single one; the program computes them in place there."""
    # Parts of 2, 3 and 1 numbers end at 2, 5 and 6, and so lie at 0:2, 2:5 and 5:6.
    ends = np.cumsum([part.size for part in parts]).tolist()
    spans = [slice(end - part.size, end) for part, end in zip(parts, ends, strict=True)]

    def calls(out: Array, *arrays: Array) -> list[Call]:
        # Most parts were computed where they belong, and have that address already.
        places = zip([out[span] for span in spans], arrays, strict=True)
        return [partial(np.copyto, to, x) for to, x in places if to.ctypes.data != x.ctypes.data]

    return parts[0].graph.record(Operation(Name.JOIN, (), (), calls), tuple(parts), (ends[-1],))

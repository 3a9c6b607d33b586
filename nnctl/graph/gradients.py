"""Reverse-mode derivation: walks a graph right to left and records the derivatives in it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from nnctl.graph.names import Name
from nnctl.graph.numpy_calls import Array
from nnctl.graph.operations import Operation, Shape, broadcast
from nnctl.graph.values import Value

Formula = TypeVar("Formula", Value, Array)
GivenRule = Callable[[Value], Value | tuple[Value | None, ...]]


def with_derivative(
    y: Formula,
    inputs: Sequence[Any],
    rule: GivenRule,
    *,
    name: str,
    rising: Callable[[Value], Value] | None = None,
) -> Formula:
    """`y`, whose derivative by `inputs` is what `rule(d)` returns instead of the derived one.

    For a rule that is shorter, faster or more accurate than the one derivation would find. `rule`
    gives one value an input (alone or as a tuple), None for an input that has no derivative here
    (labels). Whatever `y` depends on must be among the inputs, or its gradient would be lost:
    raises `ValueError` where something else is met. Plain arrays pass through.
    `name` is what the function is called that `y` is of the inputs, such as `sigmoid`;
    `rising` is that function, if it never falls (see `nnctl.graph.rewrites`).
    """
    if not isinstance(y, Value):
        return y
    graph = y.graph
    lifted: list[Value] = [graph.lift(x) for x in inputs]
    # From y back along all ways: each must end at an input or a constant, never at another leaf.
    seen, pending = set(lifted), [y]
    while pending:
        value = pending.pop()
        if value in seen or value in graph.constants:
            continue
        if value.op is None:
            raise ValueError(f"{y!r} depends on {value!r}, which with_derivative was not given")
        seen.add(value)
        pending.extend(value.inputs)
    op = GivenDerivative(Name.WITH_DERIVATIVE, name, rule, rising)
    return graph.record(op, (y, *lifted), y.shape, y.kind, y.contiguous)


class GivenDerivative(Operation):
    """The identity on its first input, a `function` of the others, by which `rule` derives."""

    def __init__(
        self, name: Name, function: str, rule: GivenRule, rising: Callable[[Value], Value] | None
    ):
        super().__init__(name, (function, rule, rising))
        self.function, self.rule, self.rising = function, rule, rising

    def derivatives(
        self, d: Value, y: Value, inputs: Sequence[Value], wanted: Sequence[bool]
    ) -> list[Value | None]:
        given = self.rule(d)
        return [None, *(given if isinstance(given, tuple) else (given,))]


def sum_to(d: Value, shape: Shape) -> Value:
    """`d` summed over the axes along which its value was broadcast from `shape`."""
    if d.shape == shape:
        return d
    # From (5, 4, 3) back to (4, 1): axis 0 was put ahead, and axis 2 was of length 1; both go.
    ahead = d.ndim - len(shape)
    axes = [axis for axis, n in enumerate(d.shape) if axis < ahead or shape[axis - ahead] != n]
    return d.sum(tuple(axes)).reshape(*shape) if axes else d


def gradients(loss: Value, wanted: Sequence[Value]) -> list[Value]:
    """The derivatives of the scalar `loss` by each wanted value, in the wanted value's shape.

    Backpropagation: every value on the way from a wanted one to the loss is visited once, from the
    loss backwards, so that all derivatives together cost a few times the loss itself.
    """
    graph = loss.graph
    # What no wanted value leads to needs no derivative, such as the data's own columns.
    depends = set(wanted)
    recorded = graph.values[: loss.index + 1]
    for value in recorded:
        if not depends.isdisjoint(value.inputs):
            depends.add(value)
    derivative = {loss: graph.constant(1.0)}
    # Whoever reads a value was recorded after it, so by its turn all their parts have come back.
    for value in reversed(recorded):
        by_input = [x in depends for x in value.inputs]
        if value.op is None or value not in derivative or not any(by_input):
            continue
        with graph.named(value.scope):
            found = value.op.derivatives(derivative[value], value, value.inputs, by_input)
            for x, d in zip(value.inputs, found, strict=True):
                if d is not None and x in depends:
                    d = sum_to(d, x.shape)
                    # Of several readers the parts add up: the chain rule in several variables.
                    derivative[x] = derivative[x] + d if x in derivative else d
    zero = graph.constant(0.0)
    return [broadcast(derivative.get(value, zero), value.shape) for value in wanted]

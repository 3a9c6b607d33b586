"""The formula of a node in plain notation: `w·x`, `c + b`, `relu(z)`, `½·d²`."""

from collections.abc import Sequence

import numpy as np

from nnctl.derivatives.explain.drawing import (
    Drawing,
    factor_of,
    number_of,
    operands,
    repeated_input,
    scaled_input,
)
from nnctl.graph import Name, Shape, Value
from nnctl.graph.gradients import GivenDerivative

COMPARISON, SUM, PRODUCT, ATOM = range(4)  # how strongly a text holds together
INFIX = {
    Name.ADD: (" + ", SUM, SUM, SUM),
    Name.SUBTRACT: (" − ", SUM, SUM, PRODUCT),
    Name.MULTIPLY: ("·", PRODUCT, PRODUCT, PRODUCT),
    Name.DIVIDE: (" / ", PRODUCT, PRODUCT, ATOM),
    Name.GREATER: (" > ", COMPARISON, SUM, SUM),
    Name.GREATER_EQUAL: (" ≥ ", COMPARISON, SUM, SUM),
    Name.LESS: (" < ", COMPARISON, SUM, SUM),
    Name.LESS_EQUAL: (" ≤ ", COMPARISON, SUM, SUM),
}
LETTERS = {"kernel": "w", "bias": "b"}
Index = int | None  # of a tensor, in row-major order; None for all of it


class Formulas:
    """Writes the formulas of a drawing, of whole tensors or of single entries.

    Nodes and parameters of the same layer go by their letters, those of others by their names.
    """

    def __init__(self, drawing: Drawing):
        self.drawing = drawing

    def of(self, node: Value, entry: Index = None) -> str:
        """The right-hand side of a node's equation."""
        return self._text(node, entry, node.scope)[0]

    def _text(self, value: Value, entry: Index, scope: str) -> tuple[str, int]:
        """What computes a value, and how strongly that text holds together."""
        x = scaled_input(value)
        if x is not None:
            return self._multiple(value, x, entry, scope)
        if value.operation is Name.MATMUL:
            return self._product(value, entry, scope)
        arguments = list(zip(operands(value), self._entries(value, entry), strict=True))
        if value.operation in INFIX:
            sign, own, *least = INFIX[value.operation]
            texts = [
                self._operand(*argument, scope, strength)
                for argument, strength in zip(arguments, least, strict=True)
            ]
            return sign.join(texts), own
        if value.operation is Name.NEGATIVE:
            return "−" + self._operand(*arguments[0], scope, PRODUCT), SUM
        if value.operation is Name.SQUARE:
            return self._operand(*arguments[0], scope, ATOM) + "²", ATOM
        inside = ", ".join(self._operand(*argument, scope, COMPARISON) for argument in arguments)
        of_all = entry is not None and not is_elementwise(value)
        return self.drawing.function_of(value) + f"({inside})" + of_all * suffix(
            value.shape, entry
        ), ATOM

    def _multiple(self, value: Value, x: Value, entry: Index, scope: str) -> tuple[str, int]:
        """A factor and what it scales; the sum of n numbers over n is their mean."""
        factor = factor_of(value)
        assert factor is not None
        (at,) = self._entries_of([x], value.shape, entry)
        if self.drawing.is_mean(value):
            summed = self.drawing.behind(x).inputs[0]
            return f"mean({self._operand(summed, None, scope, COMPARISON)})", ATOM
        return f"{number(factor)}·{self._operand(x, at, scope, PRODUCT)}", PRODUCT

    def _product(self, value: Value, entry: Index, scope: str) -> tuple[str, int]:
        """`x @ w` of whole matrices, `w·x` of a row and a column."""
        a, b = value.inputs
        if entry is None:
            texts = [self._operand(x, None, scope, ATOM) for x in (a, b)]
            return " @ ".join(texts), PRODUCT
        row, column = np.unravel_index(entry, value.shape)
        left = self._slice(a, (int(row), None), scope)
        right = self._slice(b, (None, int(column)), scope)
        return f"{right}·{left}", PRODUCT

    def _slice(self, matrix: Value, index: tuple[Index, ...], scope: str) -> str:
        """A row or column; of what lies behind a view, all."""
        whole = self._operand(matrix, None, scope, ATOM)
        if self.drawing.behind(matrix) is not matrix:
            return whole
        return whole + subscript(matrix.shape, index)

    def _operand(self, x: Value, entry: Index, scope: str, least: int) -> str:
        """An operand by its name, or else by its formula, in brackets if that is weaker."""
        core, at = self._behind(x, entry)
        name = self._reference(core, at, scope)
        if name is not None:
            return name
        text, strength = self._text(core, at, scope)
        return text if strength >= least else f"({text})"

    def _reference(self, value: Value, entry: Index, scope: str) -> str | None:
        """How a formula in `scope` names a node, a parameter, a number or what is given."""
        drawing = self.drawing
        if value in drawing.labels:
            near = value.scope == scope
            name = drawing.labels[value] if near else drawing.names[value]
        elif value in drawing.parameters:
            layer, _, own = drawing.parameters[value].partition("/")
            name = LETTERS.get(own, own) if layer == scope else drawing.parameters[value]
        elif (constant := number_of(value)) is not None:
            return number(constant) if constant >= 0 else f"({number(constant)})"
        elif value.op is None:
            name = "y" if value is drawing.traced.y_true else value.name
        else:
            return None
        return name + suffix(value.shape, entry)

    def _behind(self, x: Value, entry: Index) -> tuple[Value, Index]:
        """The value whose numbers `x` repeats, and which of its entries that one is."""
        while x not in self.drawing.parameters:
            repeated = repeated_input(x)
            if repeated is None:
                break
            if entry is not None and x.is_view:
                assert x.op is not None
                places = np.arange(repeated.size).reshape(repeated.shape)
                entry = int(x.op.view(places).reshape(-1)[entry])
            x = repeated
        return x, entry

    def _entries(self, value: Value, entry: Index) -> Sequence[Index]:
        """Which entry of each operand an entry of the value comes from; None for all of them."""
        given = operands(value)
        if not is_elementwise(value):
            return [None] * len(given)
        return self._entries_of(given, value.shape, entry)

    def _entries_of(self, given: Sequence[Value], shape: Shape, entry: Index) -> list[Index]:
        """The entry of each operand that is broadcast to that of the result."""
        if entry is None:
            return [None] * len(given)
        places = [np.arange(x.size).reshape(x.shape) for x in given]
        return [int(np.broadcast_to(place, shape).reshape(-1)[entry]) for place in places]


def is_elementwise(value: Value) -> bool:
    """Whether each entry is a function of one entry of each operand."""
    if not isinstance(value.op, GivenDerivative):
        return value.in_place
    seen, pending = set(operands(value)), [value.inputs[0]]
    while pending:
        inner = pending.pop()
        if inner in seen or inner.op is None:
            continue
        seen.add(inner)
        if not (inner.in_place or inner.is_broadcast or isinstance(inner.op, GivenDerivative)):
            return False
        pending += inner.inputs[:1] if inner.is_view else inner.inputs
    return True


def suffix(shape: Shape, entry: Index) -> str:
    """Which entry of a tensor is meant, along its axes longer than one: `[2]`."""
    if entry is None:
        return ""
    return subscript(shape, [int(k) for k in np.unravel_index(entry, shape)])


def subscript(shape: Shape, index: Sequence[Index]) -> str:
    """The index along axes longer than one, None standing for a whole axis: `[:,2]`."""
    places = [k for n, k in zip(shape, index, strict=True) if n > 1]
    if all(k is None for k in places):
        return ""
    return f"[{','.join(':' if k is None else str(k) for k in places)}]"


def number(value: float) -> str:
    return "½" if value == 0.5 else f"{value:.10g}".replace("-", "−")

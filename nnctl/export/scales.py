"""Scalings and pieces of numbers, in ONNX's operators; computed in the dtype of what comes in."""

from collections.abc import Sequence

import numpy as np

from nnctl.encoding.normal import CENTRE, CENTRE_SQUARED, MIDDLE, TAIL, TAIL_START
from nnctl.encoding.scaling import LARGEST, Scaling
from nnctl.encoding.to_normal import END_SHARE, ENDS
from nnctl.export.writing import Writer
from nnctl.graph import Array, Shape


def write_scaling(writer: Writer, x: str, scaling: Scaling, shape: Shape, dtype: str) -> str:
    """Numbers (rows, *shape) scaled."""
    if scaling.quantiles is not None:
        return write_quantiles(writer, x, scaling.quantiles, shape, dtype)

    def of(name: str, number: Array) -> str:
        return writer.exact_constant(name, np.asarray(number, dtype))

    if scaling.type == "log":
        size = writer.node("Log", writer.node("Add", writer.node("Abs", x), of("one", np.ones(()))))
        x = writer.node("Mul", writer.node("Sign", x), size)
    for operator, name, neutral in (("Sub", "shift", 0), ("Div", "divisor", 1)):
        statistic = getattr(scaling, name)
        if np.any(statistic != neutral):
            own = statistic if statistic.size == 1 else statistic.reshape(shape)
            x = writer.node(operator, x, of(name, own))
    if scaling.clip:
        part = writer.node("Div", x, of("largest", np.array(LARGEST)))
        square = writer.node("Add", writer.node("Mul", part, part), of("one", np.ones(())))
        x = writer.node("Div", x, writer.node("Sqrt", square))
    return x


def write_pieces(writer: Writer, x: str, low: Array, high: Array, dtype: str) -> str:
    """How far numbers (rows, pieces) have passed from `low` to `high` (pieces,), from 0 to 1."""
    passed = writer.node("Sub", x, writer.exact_constant("low", low.astype(dtype)))
    width = writer.exact_constant("width", (high - low).astype(dtype))
    return clipped(writer, writer.node("Div", passed, width), 0, 1, dtype)


def clipped(writer: Writer, x: str, low: float, high: float, dtype: str) -> str:
    """The numbers kept within two others."""
    ends = (writer.exact_constant("end", np.array(end, dtype)) for end in (low, high))
    return writer.node("Clip", x, *ends)


def write_quantiles(writer: Writer, x: str, quantiles: Array, shape: Shape, dtype: str) -> str:
    """The normal numbers of the shares at which `x` lies among the quantiles of its column.

    Of equal quantiles a number has passed all but half of those that are equal to itself.
    """
    columns = quantiles.shape[1]
    x = writer.reshape(x if dtype == "float64" else writer.cast(x, "float64"), (columns, 1))

    def of(name: str, numbers: Array | float) -> str:
        return writer.exact_constant(name, np.asarray(numbers, np.float64))

    edges = quantiles.T
    share = writer.node("Mul", x, of("zero", 0.0))
    if len(quantiles) > 1:
        low, width = edges[:, :-1], np.diff(edges, axis=1)
        flat = width == 0
        passed = writer.node("Sub", x, of("low", low))
        part = writer.node("Div", passed, of("width", np.where(flat, 1.0, width)))
        part = clipped(writer, part, 0, 1, "float64")
        if flat.any():
            ahead = [writer.cast(writer.node(op, x, of("low", low)), "float64") for op in ABOVE]
            half = writer.node("Mul", writer.node("Add", *ahead), of("half", 0.5))
            part = writer.node("Where", writer.exact_constant("flat", flat), half, part)
        step = np.full((len(quantiles) - 1, 1), 1 / (len(quantiles) - 1))
        share = writer.node("MatMul", part, of("step", step))
    beyond = writer.node("Add", x, of("end", END_SHARE))
    above = writer.node("Greater", beyond, of("last", edges[:, -1:]))
    share = writer.node("Where", above, of("one", 1.0), share)
    before = writer.node("Sub", x, of("end", END_SHARE))
    below = writer.node("Less", before, of("first", edges[:, :1]))
    share = writer.node("Where", below, of("none", 0.0), share)
    share = clipped(writer, share, END_SHARE / 10, 1 - END_SHARE / 10, "float64")
    made = clipped(writer, write_normal_quantile(writer, share), ENDS[0], ENDS[1], "float64")
    made = writer.reshape(made, shape)
    return made if dtype == "float64" else writer.cast(made, dtype)


ABOVE = ("Greater", "GreaterOrEqual")


def write_normal_quantile(writer: Writer, p: str) -> str:
    """The number below which the share `p` of a standard normal lies, float64."""

    def of(number: float) -> str:
        return writer.exact_constant("number", np.array(number))

    q = writer.node("Sub", p, of(0.5))
    r = writer.node("Sub", of(CENTRE_SQUARED), writer.node("Mul", q, q))
    middle = writer.node("Mul", q, write_ratio(writer, MIDDLE, r))
    least = writer.node("Min", p, writer.node("Sub", of(1.0), p))
    root = writer.node("Sqrt", writer.node("Neg", writer.node("Log", least)))
    tail = write_ratio(writer, TAIL, writer.node("Sub", root, of(TAIL_START)))
    tail = writer.node("Mul", writer.node("Sign", q), tail)
    is_middle = writer.node("LessOrEqual", writer.node("Abs", q), of(CENTRE))
    return writer.node("Where", is_middle, middle, tail)


def write_ratio(writer: Writer, polynomials: Sequence[Sequence[float]], x: str) -> str:
    """One polynomial over another, their constant coefficients first, by Horner's rule."""
    found = []
    for coefficients in polynomials:
        constants = [writer.exact_constant("number", np.array(each)) for each in coefficients]
        value = constants.pop()
        while constants:
            value = writer.node("Add", writer.node("Mul", value, x), constants.pop())
        found.append(value)
    return writer.node("Div", *found)

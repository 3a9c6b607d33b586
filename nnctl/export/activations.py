"""Activations in ONNX: its own operator where ONNX Runtime has that, else nnctl's formula."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from nnctl.errors import NnctlError, Problem
from nnctl.export.writing import Tensor, Writer
from nnctl.graph import Graph, Name, Value
from nnctl.network.activations import (
    elu,
    gelu,
    leaky_relu,
    linear,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)

GELU_SINCE = 20  # the version of ONNX's operators that has Gelu
SAME_IN_BOTH = {relu: "Relu", sigmoid: "Sigmoid", tanh: "Tanh"}
# ONNX Runtime computes these in float32 alone.
SINGLE_PRECISION = {softplus: "Softplus", leaky_relu: "LeakyRelu", elu: "Elu", gelu: "Gelu"}
OPERATORS = {
    Name.ADD: "Add",
    Name.DIVIDE: "Div",
    Name.EXP: "Exp",
    Name.LOG: "Log",
    Name.MAXIMUM: "Max",
    Name.MINIMUM: "Min",
    Name.MULTIPLY: "Mul",
    Name.NEGATIVE: "Neg",
    Name.SIGN: "Sign",
    Name.SQRT: "Sqrt",
    Name.SUBTRACT: "Sub",
    Name.TANH: "Tanh",
}
COMPARISONS = {
    Name.GREATER: "Greater",
    Name.GREATER_EQUAL: "GreaterOrEqual",
    Name.LESS: "Less",
    Name.LESS_EQUAL: "LessOrEqual",
}


def write_activation(writer: Writer, activation: Callable[..., Any], z: Tensor) -> Tensor:
    """The activation of `z`, as a layer or loss names it: a function, perhaps with arguments."""
    function: Any = activation.func if isinstance(activation, partial) else activation
    arguments = activation.keywords if isinstance(activation, partial) else {}
    if function is linear:
        return z
    if function is softmax:
        axis = 1 if z.channels_first else -1
        name = writer.node("Softmax", z.name, axis=axis)
    elif function is silu:
        name = writer.node("Mul", z.name, writer.node("Sigmoid", z.name))
    elif function in SAME_IN_BOTH:
        name = writer.node(SAME_IN_BOTH[function], z.name)
    elif is_operator(function, writer):
        name = writer.node(SINGLE_PRECISION[function], z.name, **attributes(function, arguments))
    else:
        name = formula(writer, activation, z.name)
    return replace(z, name=name)


def is_operator(function: Callable[..., Any], writer: Writer) -> bool:
    """Whether ONNX Runtime has the activation for this dtype and version."""
    if function not in SINGLE_PRECISION or writer.dtype != np.float32:
        return False
    return function is not gelu or writer.opset >= GELU_SINCE


def attributes(function: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """ONNX's attributes for the arguments of an activation, whose defaults are others."""
    if function is leaky_relu:
        return {"alpha": float(arguments.get("negative_slope", 0.2))}
    if function is elu:
        return {"alpha": float(arguments.get("alpha", 1.0))}
    if function is gelu and arguments.get("approximate"):
        return {"approximate": "tanh"}
    return {}


def formula(writer: Writer, activation: Callable[..., Any], z: str) -> str:
    """The activation's own formula, traced once and written operation by operation."""
    graph = Graph()
    leaf = graph.leaf("z", ())
    a = activation(leaf)
    names = {leaf: z}
    for value in values_behind(a):
        if value in graph.constants:
            names[value] = writer.number(float(graph.constants[value]))
        elif value is not leaf:
            names[value] = operation(writer, value, [names[each] for each in value.reads])
    return names[a]


def values_behind(a: Value) -> list[Value]:
    """The values that `a` is computed from, and itself, in the order of their recording."""
    seen, pending = {a}, [a]
    while pending:
        new = [value for value in pending.pop().reads if value not in seen]
        seen.update(new)
        pending += new
    return sorted(seen, key=lambda value: value.index)


def operation(writer: Writer, value: Value, inputs: list[str]) -> str:
    """One operation of a formula. Raises `NnctlError` for one that ONNX has no operator for."""
    if value.operation in OPERATORS:
        return writer.node(OPERATORS[value.operation], *inputs)
    if value.operation in COMPARISONS:
        return writer.cast(writer.node(COMPARISONS[value.operation], *inputs), writer.dtype.name)
    if value.operation is Name.WITH_DERIVATIVE:
        return inputs[0]
    if value.operation is Name.SQUARE:
        return writer.node("Mul", inputs[0], inputs[0])
    if value.operation is Name.EXPM1:
        return writer.node("Sub", writer.node("Exp", *inputs), writer.number(1))
    if value.operation is Name.LOG1P:
        return writer.node("Log", writer.node("Add", *inputs, writer.number(1)))
    message = f"ONNX export does not know the operation {value.name}, which an activation uses"
    raise NnctlError(Problem(message, "choose another activation"))

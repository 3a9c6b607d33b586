"""An ONNX graph in the making: nodes, constants, and a name of its own for each of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from nnctl.graph import Array, Shape

ROWS = "rows"  # the axis of the batch, whose size is free
Weights = Mapping[str, Array]  # of a layer, by their own names
ML = "ai.onnx.ml"  # ONNX's own operators on tables: text to numbers
ELEMENTS = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int64": TensorProto.INT64,
    "string": TensorProto.STRING,
}


@dataclass(frozen=True)
class Tensor:
    """A value of the graph for a batch of examples.

    `shape` is that of one example as nnctl has it, with the channels last; where `channels_first`,
    the value has them directly after the batch axis.
    """

    name: str
    shape: Shape
    channels_first: bool = False


@dataclass(frozen=True)
class Port:
    """An input or output of the graph: what a caller is to give or gets. `shape` lacks the rows."""

    name: str
    dtype: str
    shape: Shape
    describes: str

    @property
    def full_shape(self) -> tuple[str | int, ...]:
        """The shape with the axis of the rows."""
        return (ROWS, *self.shape)

    @property
    def type_text(self) -> str:
        """Dtype and shape, as in `float32 (rows, 4)`."""
        return f"{self.dtype} ({', '.join(map(str, self.full_shape))})"

    def as_proto(self) -> ValueInfoProto:
        """The declaration of the port, with its description."""
        element = ELEMENTS[self.dtype]
        return helper.make_tensor_value_info(self.name, element, self.full_shape, self.describes)


class Writer:
    """Collects a graph whose numbers are of `dtype`, for the operators of version `opset`.

    Nodes and constants are named after the `scope` they are written in, usually a layer.
    """

    def __init__(self, dtype: np.dtype[Any], opset: int):
        self.dtype = dtype
        self.opset = opset
        self.inputs: list[Port] = []
        self.outputs: list[Port] = []
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self.scope = ""
        self._taken: set[str] = set()
        self._numbers: dict[tuple[str, float], str] = {}

    @contextmanager
    def named(self, scope: str) -> Iterator[None]:
        """What is written inside is named after that scope."""
        before = self.scope
        self.scope = scope
        yield
        self.scope = before

    def reserve(self, name: str) -> str:
        """The name, with a number behind it where it is taken."""
        free = name
        count = 1
        while free in self._taken:
            count += 1
            free = f"{name}_{count}"
        self._taken.add(free)
        return free

    def input(self, name: str, dtype: str, shape: Shape, describes: str) -> str:
        """Declares an input of the graph."""
        port = Port(self.reserve(name), dtype, shape, describes)
        self.inputs.append(port)
        return port.name

    def output(self, value: str, port: Port) -> None:
        """Declares an output: the value, which goes by the port's name from here on."""
        self.outputs.append(port)
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [port.name if name == value else name for name in names]

    def node(
        self, operator: str, *inputs: str, domain: str = "", **attributes: Any
    ) -> str:  # the name of its only output
        """Writes a node, and gives the name of its value."""
        name = self.reserve(f"{self.scope}/{operator}")
        node = helper.make_node(operator, inputs, [name], name, domain=domain, **attributes)
        self.nodes.append(node)
        return name

    def constant(self, name: str, array: Any) -> str:
        """Writes an array that never changes; numbers with a fraction are of the graph's dtype."""
        array = np.asarray(array)
        given = array.astype(self.dtype) if array.dtype.kind == "f" else array
        return self.exact_constant(name, given)

    def exact_constant(self, name: str, array: Array) -> str:
        """Writes an array that never changes, in its own dtype."""
        full = self.reserve(f"{self.scope}/{name}")
        if array.dtype.kind == "U":
            texts = [text.encode() for text in array.reshape(-1).tolist()]
            tensor = helper.make_tensor(full, TensorProto.STRING, array.shape, texts)
        else:
            tensor = numpy_helper.from_array(np.ascontiguousarray(array), full)
        self.constants[full] = tensor
        return full

    def number(self, value: float) -> str:
        """A single number of the graph's dtype; equal ones are written once."""
        key = (self.scope, value)
        if key not in self._numbers:
            self._numbers[key] = self.constant(f"{value:.6g}", float(value))
        return self._numbers[key]

    def channels_first(self, x: Tensor) -> Tensor:
        """The value with its channels directly after the batch axis, as ONNX's operators on images
        and series take it."""
        if x.channels_first or len(x.shape) < 2:
            return x
        axes = range(len(x.shape) + 1)
        name = self.node("Transpose", x.name, perm=[0, axes[-1], *axes[1:-1]])
        return replace(x, name=name, channels_first=True)

    def channels_last(self, x: Tensor) -> Tensor:
        """The value with its axes as nnctl has them."""
        if not x.channels_first:
            return x
        axes = range(len(x.shape) + 1)
        name = self.node("Transpose", x.name, perm=[0, *axes[2:], 1])
        return replace(x, name=name, channels_first=False)

    def cast(self, value: str, dtype: str) -> str:
        return self.node("Cast", value, to=ELEMENTS[dtype])

    def reshape(self, value: str, shape: Sequence[int]) -> str:
        """The value with another shape of one example, the same elements in the same order."""
        return self.node("Reshape", value, self.constant("shape", np.array([0, *shape], np.int64)))

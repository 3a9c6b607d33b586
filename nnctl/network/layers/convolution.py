"""Convolutions."""

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from nnctl.errors import ArgumentError
from nnctl.graph import Graph, Shape, Value, with_derivative
from nnctl.network.activations import AnyActivation
from nnctl.network.annotations import PositiveInt
from nnctl.network.initializers import Initializer
from nnctl.network.layers import channels
from nnctl.network.layers.base import WeightedLayer
from nnctl.network.layers.spatial import HEIGHT_WIDTH, STEPS, One, Spatial, Two
from nnctl.network.layers.windows import gather, table_of, windows_by_cell
from nnctl.network.regularizers import Regularizer


@dataclass(eq=False, repr=False, init=False)
class Convolution(WeightedLayer, Spatial):
    """`a = g(window @ kernel + bias)`, for the window at each place of the input.

    `x` `(n, *sizes, in)` -> `(n, *places, filters)`, with `kernel` `(*kernel_size, in, filters)`
    and `bias` `(filters,)`. As in all frameworks the kernel is not turned around, so that in
    mathematics this would be a correlation.
    """

    filters: PositiveInt
    kernel_size: Any
    strides: Any = 1
    padding: Any = "valid"
    dilation_rate: Any = 1
    activation: AnyActivation = "linear"
    use_bias: bool = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        strides, dilation = self.along_axes(self.strides), self.along_axes(self.dilation_rate)
        if max(strides) > 1 and max(dilation) > 1:
            raise ArgumentError(
                f"strides {self.strides} and dilation_rate {self.dilation_rate} exclude each other",
                "let one of them be 1",
                path="dilation_rate",
            )

    def build(self, shape: Shape) -> Shape:
        windows = self.windows(
            shape, self.kernel_size, self.strides, self.padding, self.dilation_rate
        )
        self.table, self.places = table_of(windows), tuple(axis.count for axis in windows)
        kernel = (*(axis.kernel for axis in windows), shape[-1], self.filters)
        self.kernel = self.parameter("kernel", kernel, self.kernel_initializer)
        if self.use_bias:
            self.bias = self.parameter("bias", (self.filters,), self.bias_initializer)
        self.require_known_weights()
        return (*self.places, self.filters)

    def forward(self, graph: Graph, x: Value) -> Value:
        z = self.correlation(x, graph.lift(self.kernel))
        if self.use_bias:
            z = channels.plus(z, graph.lift(self.bias))
        return self.activation(z)  # type: ignore[no-any-return]

    def correlation(self, x: Value, kernel: Value) -> Value:
        """Each window's cells times the kernel, in one matrix product for all places."""
        n, (places, taps) = x.shape[0], self.table.shape
        inputs, filters = kernel.shape[-2:]
        cells, weights = x.reshape(n, -1, inputs), kernel.reshape(taps * inputs, filters)
        # A row of `columns` is all that one place sees: of windows of 3 x 3 cells with 2 channels,
        # 18 numbers, cell by cell, as a column of `weights` has them. Each number stands there up
        # to 9 times, which takes memory, and lets one large product do what loops would.
        columns = gather(cells, self.table).reshape(n * places, taps * inputs)
        z = columns @ weights
        # With larger strides a cell is in few windows, so that most of what this rule gathers would
        # be zeros; the derived one then sums only the terms that there are.
        if math.prod(self.along_axes(self.strides)) <= 2:
            rule = self.rule(cells, columns, weights)
            z = with_derivative(z, (cells, weights), rule, name="convolution")
        return z.reshape(n, *self.places, filters)

    def rule(self, cells: Value, columns: Value, weights: Value) -> Any:
        """The derivatives where windows begin at almost every cell: that by the input is a
        correlation again, of each cell with all the windows that it is in."""
        n, count, inputs = cells.shape
        (places, taps), filters = self.table.shape, weights.shape[-1]
        around = windows_by_cell(self.table, count)

        def derivatives(d: Value) -> tuple[Value, Value]:
            # Cell c takes part in window w if it is one of its taps t, and then with weights[t]. So
            # its derivative is the sum over t of d[w] @ weights[t].T, with w = around[c, t].
            seen = gather(d.reshape(n, places, filters), around)
            turned = weights.reshape(taps, inputs, filters).transpose(0, 2, 1)
            by_cells = seen.reshape(n * count, -1) @ turned.reshape(taps * filters, inputs)
            return by_cells.reshape(n, count, inputs), columns.transpose() @ d

        return derivatives


@dataclass(eq=False, repr=False)
class Conv1D(Convolution):
    """A convolution over steps: `(n, steps, in)` -> `(n, places, filters)`.

    With `padding: causal` no place sees a later step.
    """

    axes: ClassVar[tuple[str, ...]] = STEPS
    example_shape: ClassVar[Shape] = (6, 2)
    kernel_size: One
    strides: One = 1
    padding: Literal["valid", "same", "causal"] = "valid"
    dilation_rate: One = 1


@dataclass(eq=False, repr=False)
class Conv2D(Convolution):
    """A convolution over an image: `(n, height, width, in)` -> `(n, rows, columns, filters)`."""

    axes: ClassVar[tuple[str, ...]] = HEIGHT_WIDTH
    example_shape: ClassVar[Shape] = (4, 5, 2)
    kernel_size: Two
    strides: Two = 1
    padding: Literal["valid", "same"] = "valid"
    dilation_rate: Two = 1

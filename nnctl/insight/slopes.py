"""Of a model's outputs one number a row, and its derivative by every input.

The graph is the one that trains, in double precision, derived by the inputs in place of the
parameters.
"""

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nnctl.graph import Array, Graph, Program, Shape, Value, gradients
from nnctl.graph.gradients import GivenDerivative
from nnctl.network.activations import linear
from nnctl.network.layers import Dense, Dropout, Layer
from nnctl.network.losses import Loss
from nnctl.training.blocks import slices_of
from nnctl.training.sequential import Sequential

BLOCK_NUMBERS = 1 << 19  # of all layers together
FEWEST_ROWS, MOST_ROWS = 8, 512
TO_PROBABILITIES = ("sigmoid", "softmax")


def before_probabilities(y_pred: Value, loss: Loss) -> Value:
    """The logits behind an output of probabilities; any other output as it is."""
    op = y_pred.op
    if loss.task == "regression" or loss.output_activation is not linear:
        return y_pred
    if isinstance(op, GivenDerivative) and op.function in TO_PROBABILITIES:
        return y_pred.inputs[1]  # the first is what they become
    return y_pred


class Slopes:
    """The weighted sum of a model's outputs, and its derivative by the inputs, row by row.

    Outputs are logits where the model's are logits or probabilities. Of several `models` it is the
    mean of theirs.
    """

    def __init__(self, models: Sequence[Sequential]) -> None:
        self._models = models

    @cached_property
    def _programs(self) -> "list[OneModel]":
        return [OneModel(model) for model in self._models]

    @cached_property
    def parts(self) -> "list[OneModel]":
        """The models, each behind its first dense layer, up to the activation."""
        return [
            BehindDense(model) if begins_dense(model) else OneModel(model) for model in self._models
        ]

    def outputs(self, x: Array) -> Array:
        """The outputs for `x` (rows, inputs), (rows, outputs)."""
        return self._mean([program.outputs(x) for program in self._programs])

    def __call__(self, x: Array, weights: Array) -> tuple[Array, Array]:
        """For `x` (rows, inputs) the sums with `weights` (rows, outputs), and their derivatives."""
        found = [program(x, weights) for program in self._programs]
        return self._mean([sums for sums, _ in found]), self._mean([slopes for _, slopes in found])

    def _mean(self, arrays: Sequence[Array]) -> Array:
        return arrays[0] if len(arrays) == 1 else np.mean(arrays, axis=0)


class OneModel:
    """The same of a single model, by a program for blocks of rows."""

    is_straight = False

    def __init__(self, model: Sequential) -> None:
        shape = self.shape_of(model)
        numbers = math.prod(shape) + sum(map(math.prod, model.shapes))
        self._rows = max(FEWEST_ROWS, min(MOST_ROWS, BLOCK_NUMBERS // numbers))
        graph = Graph(training=False)
        leaves = model.layout.declare(graph)
        given = model.layout.given(leaves, model.vector.astype(np.float64))
        self._x = graph.leaf("x", (self._rows, *shape))
        outputs = before_probabilities(self.forward(model, graph, self._x), model.loss)
        self._weights = graph.leaf("weights", outputs.shape)
        self._sums = (outputs * self._weights).sum(axis=-1)
        (self._slopes,) = gradients(self._sums.sum(), [self._x])
        self._outputs = outputs
        wanted = [self._x, self._weights, self._outputs, self._sums, self._slopes]
        self._program = Program(graph, wanted, np.float64, given, assign=False)

    def shape_of(self, model: Sequential) -> Shape:
        """The shape of what the program takes of a row."""
        return model.input_shape

    def forward(self, model: Sequential, graph: Graph, x: Value) -> Value:
        """The formula for that."""
        return model.forward(graph, x)

    def enter(self, x: Array) -> Array:
        """What the program takes of inputs (rows, inputs), (rows, width)."""
        return x

    def leave(self, slopes: Array) -> Array:
        """The derivatives by the inputs, of those by what the program takes."""
        return slopes

    def kinks(self, start: Array, stop: Array) -> tuple[NDArray[np.intp], Array]:
        """Rows, and places between `start` and `stop`, where there is known to be a kink: none."""
        return np.empty(0, np.intp), np.empty(0)

    def _run(self, x: Array, weights: Array | None, wanted: Sequence[Value]) -> list[Array]:
        """The wanted values for all rows, (rows, …) each."""
        found = [np.empty((len(x), *value.shape[1:])) for value in wanted]
        into, weigh = self._program[self._x], self._program[self._weights]
        for rows in slices_of(len(x), self._rows):
            count = rows.stop - rows.start
            into[:count] = x[rows].reshape(count, *into.shape[1:])
            weigh[:count] = 0.0 if weights is None else weights[rows]
            with np.errstate(all="ignore"):
                self._program.run()
            for array, value in zip(found, wanted, strict=True):
                array[rows] = self._program[value][:count]
        return found

    def outputs(self, x: Array) -> Array:
        """The outputs for `x` (rows, inputs), (rows, outputs)."""
        return self._run(x, None, [self._outputs])[0]

    def __call__(self, x: Array, weights: Array) -> tuple[Array, Array]:
        """The sums (rows,), and their derivatives (rows, inputs)."""
        sums, slopes = self._run(x, weights, [self._sums, self._slopes])
        return sums, slopes.reshape(x.shape)


def begins_dense(model: Sequential) -> bool:
    """Whether a model of one vector a row begins with a dense layer."""
    return len(model.input_shape) == 1 and isinstance(model.places[0], Dense)


class BehindDense(OneModel):
    """What is behind the products of the first layer, a dense one, which is given once a way.

    That layer is often the largest, as it has all inputs, and where it is followed by straight
    lines with a kink at 0, as relu is, it is known where on a way the kinks are.
    """

    def __init__(self, model: Sequential) -> None:
        super().__init__(model)
        first = model.places[0]
        assert isinstance(first, Dense)
        views = {
            parameter: model.vector[model.layout.slices[name]].reshape(parameter.shape)
            for name, parameter in model.layout.parameters.items()
        }
        self._kernel = views[first.kernel].astype(np.float64)
        self._bias = views[first.bias].astype(np.float64) if first.use_bias else 0.0
        self._has_kinks = has_kink_at_zero(first.activation)
        self.is_straight = self._has_kinks and all(map(is_straight, model.places[1:]))

    def shape_of(self, model: Sequential) -> Shape:
        return model.shapes[0]

    def forward(self, model: Sequential, graph: Graph, x: Value) -> Value:
        first = model.places[0]
        assert isinstance(first, Dense)
        with graph.named(model.layer_names[0]):
            x = first.activation(x)
        for name, place in zip(model.layer_names[1:], model.places[1:], strict=True):
            with graph.named(name):
                x = place.forward(graph, x)
        return x

    def enter(self, x: Array) -> Array:
        made: Array = x @ self._kernel + self._bias
        return made

    def leave(self, slopes: Array) -> Array:
        by_inputs: Array = slopes @ self._kernel.T
        return by_inputs

    def kinks(self, start: Array, stop: Array) -> tuple[NDArray[np.intp], Array]:
        if not self._has_kinks:
            return super().kinks(start, stop)
        rows, units = np.nonzero((start < 0) != (stop < 0))
        own = start[rows, units]
        return rows, own / (own - stop[rows, units])


def is_straight(layer: Layer) -> bool:
    """Whether a layer, where it does not train, makes straight lines of straight lines."""
    if isinstance(layer, Dense):
        return layer.activation is linear or has_kink_at_zero(layer.activation)
    return isinstance(layer, Dropout)


def has_kink_at_zero(activation: Callable[[Array], Array]) -> bool:
    """Whether an activation consists of two straight lines that meet at 0."""
    lower, low, high, higher = np.array([activation(np.array([z])) for z in (-2.0, -1.0, 1.0, 2.0)])
    return bool(lower == 2 * low and higher == 2 * high and -low != high)

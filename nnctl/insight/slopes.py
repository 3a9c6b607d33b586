"""Of a model's outputs one number a row, and its derivative by every input.

The graph is the one that trains, in double precision, derived by the inputs in place of the
parameters.
"""

import math
from collections.abc import Sequence

import numpy as np

from nnctl.graph import Array, Graph, Program, Value, gradients
from nnctl.graph.gradients import GivenDerivative
from nnctl.network.activations import linear
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
        self._programs = [OneModel(model) for model in models]

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

    def __init__(self, model: Sequential) -> None:
        numbers = math.prod(model.input_shape) + sum(map(math.prod, model.shapes))
        self._rows = max(FEWEST_ROWS, min(MOST_ROWS, BLOCK_NUMBERS // numbers))
        graph = Graph(training=False)
        leaves = model.layout.declare(graph)
        given = model.layout.given(leaves, model.vector.astype(np.float64))
        self._x = graph.leaf("x", (self._rows, *model.input_shape))
        outputs = before_probabilities(model.forward(graph, self._x), model.loss)
        self._weights = graph.leaf("weights", outputs.shape)
        self._sums = (outputs * self._weights).sum(axis=-1)
        (self._slopes,) = gradients(self._sums.sum(), [self._x])
        self._outputs = outputs
        wanted = [self._x, self._weights, self._outputs, self._sums, self._slopes]
        self._program = Program(graph, wanted, np.float64, given, assign=False)

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

"""`Ensemble`: models that differ by their random numbers alone, and predict together."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from nnctl.graph import Array, Shape
from nnctl.network.activations import linear
from nnctl.network.joint import joint_output
from nnctl.network.losses import Loss
from nnctl.network.metrics import Metric
from nnctl.network.optimizers import Optimizer
from nnctl.training.blocks import Inputs, rows_by_bytes, slices_of
from nnctl.training.evaluation import Evaluator
from nnctl.training.sequential import Sequential
from nnctl.training.step import Examples

WIDENED = 40  # bytes, about, that a member's number takes while it is joined with the others'
FEWEST_TOGETHER = 16  # rows


class Ensemble:
    """Built and compiled models whose predictions are averaged: probabilities, or numbers.

    To those who ask for outputs, predictions and figures it is a model. Its output is that of a
    model with the mean prediction (see `nnctl.network.joint`), so the same loss and metrics judge
    it; what regularizers cost is a mean as well.
    """

    def __init__(self, members: Sequence[Sequential], said: Array | None = None):
        self.members = tuple(members)
        self.said = said
        self._judge()

    def _judge(self) -> None:
        scorer, names = self._first.scorer, tuple(self.metrics)
        self.evaluator = Evaluator(self.outputs, scorer, names, self._penalty)

    def judged_by(self, said: Array) -> "Ensemble":
        """The same members, of which some alone have a say in each row.

        `said` `(members, rows)` marks them, at least one in each row of the only inputs that it is
        for.
        """
        return Ensemble(self.members, said)

    @property
    def _first(self) -> Sequential:
        return self.members[0]

    @property
    def loss(self) -> Loss:
        """The loss that all members have."""
        return self._first.loss

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that all members have."""
        return self._first.optimizer

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics that it is judged by."""
        return self._first.metrics

    @property
    def input_shape(self) -> Shape:
        """The shape of one example."""
        return self._first.input_shape

    @property
    def output_shape(self) -> Shape:
        """The shape of the output for one example."""
        return self._first.output_shape

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The dtype of parameters and outputs."""
        return self._first.dtype

    def compile(self, optimizer: Any, loss: Any, metrics: Mapping[str, Metric]) -> None:
        """Chooses optimizer, loss and metrics, for all members."""
        for member in self.members:
            member.compile(optimizer, loss, metrics)
        self._judge()

    def examples(self, x: Any, y: Any, sample_weight: Any = None) -> Examples:
        """Inputs, targets and weights as the members' programs take them, checked."""
        return self._first.examples(x, y, sample_weight)

    def outputs_of_each(self, x: Inputs) -> Iterator[tuple[slice, Array]]:
        """The rows of each block of `x`, in order, with all members' outputs `(members, n, …)`."""
        for blocks in zip(*(member.outputs(x) for member in self.members), strict=True):
            rows, outputs = blocks[0][0], np.stack([output for _, output in blocks])
            del blocks  # before the next are made, as are these
            yield rows, outputs
            del outputs

    def answers(self, outputs: Array, said: Array | None) -> tuple[Array, Array]:
        """The mean prediction `(n, …)`, and each member's, of what `outputs_of_each` gives.

        `said` `(members, n)` marks the members that have a say in a row, if not all of them have.
        """
        each = np.asarray(self.loss.output_activation(outputs))
        return joint_output(linear, each, said), each

    def said_of(self, rows: "slice | Array") -> Array | None:
        """Which members have a say in some rows, if not all of them have."""
        return None if self.said is None else self.said[:, rows]

    def outputs(self, x: Inputs) -> Iterator[tuple[slice, Array]]:
        """The rows of each block of `x`, in order, with the output `(n, …)` for them."""
        activation = self.loss.output_activation
        for rows, outputs in self.outputs_of_each(x):
            said = self.said_of(rows)
            joint = np.empty(outputs.shape[1:], outputs.dtype)
            for part in slices_of(outputs.shape[1], self.rows_together(outputs)):
                own = None if said is None else said[:, part]
                joint[part] = joint_output(activation, outputs[:, part], own)
            del outputs  # before the next are made
            yield rows, joint

    @staticmethod
    def rows_together(outputs: Array) -> int:
        """The rows of `outputs` (members, n, …) that are joined at once, in double precision."""
        return rows_by_bytes(outputs[:, :1].size * WIDENED, FEWEST_TOGETHER)

    def predict(self, x: Inputs) -> Array:
        """The output for `x` `(rows, *input_shape)`: an array of the caller's own."""
        found = np.empty((len(x), *self.output_shape), self.dtype)
        for rows, output in self.outputs(x):
            found[rows] = output
        return found

    def rows_by_bytes(self, like: Inputs | None = None) -> int:
        """How many rows may be in memory at once, with what the members make of them."""
        return self._first.rows_by_bytes(like)

    def _penalty(self) -> float:
        return fmean(member.evaluator.penalty() for member in self.members)


Predicting = Sequential | Ensemble

"""The figures of an epoch: the loss and the metrics, added up from blocks of outputs."""

from collections.abc import Sequence

import numpy as np

from nnctl.graph import Array, Graph, Program, Shape
from nnctl.network.losses import Loss, kind_of
from nnctl.network.metrics import Metric, State
from nnctl.training.blocks import slices_of

MOST_ROWS_SCORED = 1 << 16  # at once, of a batch that may have any number
MOST_TIMES = 2  # the rows that are scored, in the program that scores them


class Scorer:
    """Adds blocks of outputs to the totals of an epoch: the loss and the metrics."""

    def __init__(self, loss: Loss, metrics: Sequence[Metric], output: Shape):
        self.loss = loss
        self.metrics = metrics
        self.output = output
        # By their numbers of rows: few, as batches and blocks are alike but for the last.
        self._programs: dict[int, tuple[Program, list[Array]]] = {}

    def _program(self, y: Array, dtype: np.dtype) -> tuple[Program, list[Array]]:
        """A program for so many rows or more; its targets, outputs, losses and predictions."""
        rows = len(y)
        if rows not in self._programs:
            # To make one takes as long as many runs: one of a few rows more does as well.
            larger = [size for size in self._programs if rows < size <= MOST_TIMES * rows]
            if larger:
                return self._programs[min(larger)]
            graph = Graph()
            y_true = graph.leaf("y_true", y.shape, kind_of(y))
            y_pred = graph.leaf("y_pred", (rows, *self.output))
            losses = self.loss.forward(y_true, y_pred)
            # Which metrics alone ask for.
            prediction = self.loss.output_activation(y_pred) if self.metrics else y_pred
            values = [y_true, y_pred, losses, prediction]
            program = Program(graph, values, dtype)
            self._programs[rows] = (program, [program[value] for value in values])
        return self._programs[rows]

    def add(
        self, totals: "Totals", y_true: Array, y_pred: Array, weight: Array | None = None
    ) -> None:
        """Adds outputs `(rows, *output)`, however many, with their targets and weights."""
        for rows in slices_of(len(y_pred), MOST_ROWS_SCORED):
            some = None if weight is None else weight[rows]
            self.add_block(totals, y_true[rows], y_pred[rows], some)

    def add_block(
        self, totals: "Totals", y_true: Array, y_pred: Array, weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Adds outputs `(rows, *output)` at once, with their targets and weights.

        Gives each row's loss, and the predictions that metrics judge, until others are added.
        """
        losses, prediction = self._scored(y_true, y_pred)
        totals.loss += weighted_sum(losses, weight)
        totals.rows += len(y_pred)
        prediction = self.loss.judged(prediction)
        for metric, state in zip(self.metrics, totals.states, strict=True):
            metric.add(state, y_true, prediction, self.loss.task)
        return losses, prediction

    def losses(self, y_true: Array, y_pred: Array, weight: Array | None = None) -> float:
        """The sum of the losses of outputs `(rows, *output)`, without what regularizers cost."""
        total = 0.0
        for rows in slices_of(len(y_pred), MOST_ROWS_SCORED):
            losses, _ = self._scored(y_true[rows], y_pred[rows])
            total += weighted_sum(losses, None if weight is None else weight[rows])
        return total

    def losses_by_row(self, y_true: Array, y_pred: Array, weight: Array | None = None) -> Array:
        """The losses of outputs `(rows, *output)`, `(rows,)` in float64, times their weights."""
        losses = self._scored(y_true, y_pred)[0].astype(np.float64)
        return losses if weight is None else losses * weight

    def _scored(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """Each row's loss and prediction, which hold until others are scored."""
        program, (targets, outputs, losses, prediction) = self._program(y_true, y_pred.dtype)
        rows = slice(len(y_true))  # what is behind them is left from others
        np.copyto(targets[rows], y_true)
        np.copyto(outputs[rows], y_pred)
        program.run()
        return losses[rows], prediction[rows]


def weighted_sum(losses: Array, weight: Array | None) -> float:
    """The sum of losses, times their weights where there are some; all are `(rows,)`."""
    # In float64: a sum of so many float32 numbers would lose digits as it grows.
    weighted = losses if weight is None else losses * weight
    return float(weighted.sum(dtype=np.float64))


class Totals:
    """What has been gathered of an epoch: the sum of losses, the rows, each metric's state."""

    def __init__(self, loss: float, rows: int, states: list[State]) -> None:
        self.loss, self.rows, self.states = loss, rows, states

    @classmethod
    def start(cls, metrics: Sequence[Metric]) -> "Totals":
        return cls(0.0, 0, [metric.start() for metric in metrics])

    def figures(self, names: Sequence[str], metrics: Sequence[Metric]) -> dict[str, float]:
        """The loss and the metrics by name, means over the rows so far."""
        # The loss is a mean over rows even where they are weighted, as in Keras.
        figures = {"loss": self.loss / self.rows if self.rows else float("nan")}
        for name, metric, state in zip(names, metrics, self.states, strict=True):
            figures[name] = metric.result(state)
        return figures

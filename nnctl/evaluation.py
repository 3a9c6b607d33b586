"""Predicting and evaluating in blocks, so that memory does not grow with the rows."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from nnctl import blas
from nnctl.graph import Array
from nnctl.step import Examples, Forward, Model, Penalty, Scorer, Totals

MOST_ROWS, FEWEST_ROWS = 512, 32  # products gain up to the first, convolutions from the second
BLOCK_NUMBERS = 1 << 21


class Predictor:
    """The model's output for any number of rows, by one program for blocks of a fixed size.

    The size never changes, so that a row's output does not depend on how many others come with it.
    """

    def __init__(self, model: Model):
        self.model = model
        self._forward: Forward | None = None

    def rows_at_once(self) -> int:
        """The rows of a block: fewer for models whose layers have much to hold."""
        numbers = sum(math.prod(shape) for shape in (self.model.input_shape, *self.model.shapes))
        fitting = 1 << int(math.log2(max(1, BLOCK_NUMBERS // numbers)))
        return max(FEWEST_ROWS, min(MOST_ROWS, fitting))

    def threads(self) -> int:
        """The threads that suit the matrix products of a block."""
        return blas.threads_for(max(self._program().program.products, default=0))

    def _program(self) -> Forward:
        if self._forward is None:
            self._forward = Forward(self.model, self.rows_at_once())
        return self._forward

    def blocks(self, x: Array) -> Iterator[tuple[slice, Array]]:
        """The rows of each block and the output for them, overwritten by the next block."""
        forward = self._program()
        size = len(forward.x)
        for start in range(0, len(x), size):
            rows = slice(start, min(start + size, len(x)))
            yield rows, forward(x[rows])

    def __call__(self, x: Array) -> Array:
        """The output for `x` `(rows, *input_shape)`, in the model's dtype."""
        outputs = np.empty((len(x), *self.model.output_shape), self.model.vector.dtype)
        with np.errstate(all="ignore"):
            for rows, y_pred in self.blocks(x):
                outputs[rows] = y_pred
        return outputs


class Evaluator:
    """The loss and the metrics of a model over all rows of some examples."""

    def __init__(self, predictor: Predictor, scorer: Scorer, names: Sequence[str]):
        self._predictor, self._scorer, self._names = predictor, scorer, names
        self._penalty = Penalty(predictor.model)

    def figures(self, data: Examples) -> dict[str, float]:
        """The loss, regularization included, and each metric by name."""
        *_, totals = self.growing(data)
        return totals.figures(self._names, self._scorer.metrics)

    def growing(self, data: Examples) -> Iterator[Totals]:
        """The totals after each block of rows: one object, complete after the last."""
        totals = Totals.start(self._scorer.metrics)
        with np.errstate(all="ignore"):
            totals.loss = self._penalty() * len(data)
        blocks = self._predictor.blocks(data.x)
        while True:
            with np.errstate(all="ignore"):
                block = next(blocks, None)
                if block is None:
                    return
                rows, y_pred = block
                weight = None if data.weight is None else data.weight[rows]
                self._scorer.add(totals, data.y[rows], y_pred, weight)
            yield totals

"""Predicting and evaluating in blocks, so that memory does not grow with the rows."""

from collections.abc import Iterator, Sequence

import numpy as np

from nnctl.graph import Array
from nnctl.step import Examples, Forward, Model, Scorer, Totals

ROWS_AT_ONCE = 512


class Predictor:
    """The model's output for any number of rows, with programs that are lowered once."""

    def __init__(self, model: Model):
        self.model = model
        self._forwards: dict[int, Forward] = {}

    def blocks(self, x: Array) -> Iterator[tuple[slice, Array]]:
        """The rows of each block and the output for them, overwritten by the next block."""
        for start in range(0, len(x), ROWS_AT_ONCE):
            rows = slice(start, min(start + ROWS_AT_ONCE, len(x)))
            count = rows.stop - rows.start
            if count not in self._forwards:
                self._forwards[count] = Forward(self.model, count)
            yield rows, self._forwards[count](x[rows])

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

    def figures(self, data: Examples) -> dict[str, float]:
        """The loss and each metric by name."""
        metrics = self._scorer.metrics
        totals = Totals.start(metrics)
        with np.errstate(all="ignore"):
            for rows, y_pred in self._predictor.blocks(data.x):
                weight = None if data.weight is None else data.weight[rows]
                self._scorer.add(totals, data.y[rows], y_pred, weight)
        return totals.figures(self._names, metrics)

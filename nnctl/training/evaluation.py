"""Predicting and evaluating in blocks, so that memory does not grow with the rows."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack

import numpy as np

from nnctl.graph import Array
from nnctl.system import machine
from nnctl.training.blocks import BLOCK_BYTES, Inputs, rows_by_bytes, slices_of
from nnctl.training.one_hot import Form, form_of, pick_rows
from nnctl.training.ranks import Ranks
from nnctl.training.scoring import Scorer, Totals
from nnctl.training.step import Examples, Forward, Model, numbers_read

MOST_ROWS, FEWEST_ROWS = 512, 32  # products gain up to the first, convolutions from the second
BLOCK_NUMBERS = 1 << 21
Watch = Callable[[slice, Array, Array], object]
BLOCKS_A_WORKER = 4  # before all wait for each other
MULTIPLY_ADDS_WORTH_A_WORKER = 20_000_000  # in a block: handing it over costs 100 µs


class Predictor:
    """The model's output for any number of rows, by a program for blocks of a fixed size.

    The size never changes, and each block runs on one BLAS thread, so that a row's output does not
    depend on how many others come with it. Where a block is much work, several run at once; where
    there are `ranks`, each of them runs some, and all have the whole output.
    """

    def __init__(self, model: Model, ranks: Ranks | None = None):
        self.model = model
        self.ranks = ranks
        self._programs: dict[Form, list[Forward]] = {}

    def rows_at_once(self, like: Inputs | None = None) -> int:
        """The rows of a block: fewer for models whose layers have much to hold.

        The inputs are held as those of `like`, or in an array.
        """
        numbers = numbers_read(self.model, like)
        numbers += sum(math.prod(shape) for shape in self.model.shapes)
        fitting = 1 << int(math.log2(max(1, BLOCK_NUMBERS // numbers)))
        return max(FEWEST_ROWS, min(MOST_ROWS, fitting))

    def rows_by_bytes(self, like: Inputs | None = None) -> int:
        """The rows of as many blocks as may be in memory at once, with inputs and outputs."""
        numbers = numbers_read(self.model, like) + 2 * math.prod(self.model.output_shape)
        return rows_by_bytes(numbers * self.model.vector.itemsize, self.rows_at_once(like))

    def _program(self, x: Inputs, worker: int = 0) -> Forward:
        """The worker's own program for inputs held as those of `x`; all are alike."""
        programs = self._programs.setdefault(form_of(x), [])
        while len(programs) <= worker:
            programs.append(Forward(self.model, self.rows_at_once(x), x))
        return programs[worker]

    def _workers(self, x: Inputs, blocks: int) -> int:
        work = sum(self._program(x).program.products)
        return (
            min(blocks, machine.available_threads()) if work >= MULTIPLY_ADDS_WORTH_A_WORKER else 1
        )

    def blocks(self, x: Inputs) -> Iterator[tuple[slice, Array]]:
        """The rows of each block, in order, and the output for them, which may be overwritten."""
        size = self._program(x).rows
        blocks = list(slices_of(len(x), size))
        return self._by_threads(x, blocks) if self.ranks is None else self._by_ranks(x, blocks)

    def _by_ranks(self, x: Inputs, blocks: Sequence[slice]) -> Iterator[tuple[slice, Array]]:
        """The output of each block, which one of the ranks computes for all."""
        assert self.ranks is not None
        rank, size = self.ranks.rank, self.ranks.size
        program = self._program(x)
        for first in range(0, len(blocks), size):
            together = blocks[first : first + size]
            if rank < len(together):
                with np.errstate(all="ignore"), machine.thread_limit(1):
                    program(pick_rows(x, together[rank]))
            outputs = self.ranks.gather(program.y_pred)  # all of them call, with or without a block
            for rows, output in zip(together, outputs, strict=False):
                yield rows, output[: rows.stop - rows.start]

    def _by_threads(self, x: Inputs, blocks: Sequence[slice]) -> Iterator[tuple[slice, Array]]:
        """The output of each block, some of them computed at once."""
        workers = self._workers(x, len(blocks))
        free = [self._program(x, worker) for worker in range(workers)]

        def output(rows: slice) -> Array:
            program = free.pop()  # there is one for each thread
            with np.errstate(all="ignore"):  # which holds for one thread
                y_pred = program(pick_rows(x, rows)).copy()
            free.append(program)
            return y_pred

        run: Callable[..., Iterator[Array]] = map
        with ExitStack() as stack:
            at_once = 1
            if workers > 1:
                from concurrent.futures import ThreadPoolExecutor  # rarely needed, slow to import

                run = stack.enter_context(ThreadPoolExecutor(workers)).map
                most = BLOCK_BYTES // self._program(x).y_pred.nbytes  # of outputs that wait
                at_once = max(workers, min(workers * BLOCKS_A_WORKER, most))
            for first in range(0, len(blocks), at_once):
                together = blocks[first : first + at_once]
                with machine.thread_limit(1):
                    outputs = list(run(output, together))
                yield from zip(together, outputs, strict=True)
                del outputs  # before the next are made

    def __call__(self, x: Inputs) -> Array:
        """The output for `x` `(rows, *input_shape)`, in the model's dtype."""
        outputs = np.empty((len(x), *self.model.output_shape), self.model.vector.dtype)
        for rows, y_pred in self.blocks(x):
            outputs[rows] = y_pred
        return outputs


class Evaluator:
    """The loss and the metrics of a model over all rows of some examples.

    `outputs` gives the model's output block by block, `penalty` what its regularizers cost.
    """

    def __init__(
        self,
        outputs: Callable[[Inputs], Iterator[tuple[slice, Array]]],
        scorer: Scorer,
        names: Sequence[str],
        penalty: Callable[[], float],
    ):
        self._outputs = outputs
        self._scorer = scorer
        self._names = names
        self._penalty = penalty

    def figures(self, data: Examples, watch: Watch | None = None) -> dict[str, float]:
        """The loss, regularization included, and each metric by name.

        `watch` is told of the rows of each block, their losses, weighted, and the predictions that
        metrics judge, which hold until it returns.
        """
        *_, totals = self.growing(data, watch)
        return totals.figures(self._names, self._scorer.metrics)

    def figures_of_all(self, several: Iterable[Examples]) -> dict[str, float]:
        """The same of all rows of several examples, which may be made one after another."""
        totals = Totals.start(self._scorer.metrics)
        for data in several:
            for _ in self.growing(data, totals=totals):
                pass
        return totals.figures(self._names, self._scorer.metrics)

    def losses_by_row(self, data: Examples) -> Array:
        """The loss of each row, `(rows,)` in float64, without what regularizers cost."""
        losses = np.empty(len(data))
        for rows, y_pred in self._outputs(data.x):
            weight = None if data.weight is None else data.weight[rows]
            with np.errstate(all="ignore"):
                losses[rows] = self._scorer.losses_by_row(data.y[rows], y_pred, weight)
        return losses

    def penalty(self) -> float:
        """What the regularizers cost with the parameters of the moment."""
        return self._penalty()

    def growing(
        self, data: Examples, watch: Watch | None = None, totals: Totals | None = None
    ) -> Iterator[Totals]:
        """The totals after each block of rows: one object, complete after the last.

        The rows are added to `totals`, where some are given.
        """
        totals = Totals.start(self._scorer.metrics) if totals is None else totals
        with np.errstate(all="ignore"):
            totals.loss += self._penalty() * len(data)
        for rows, y_pred in self._outputs(data.x):
            weight = None if data.weight is None else data.weight[rows]
            with np.errstate(all="ignore"):
                losses, predictions = self._scorer.add_block(totals, data.y[rows], y_pred, weight)
                if watch is not None:
                    watch(rows, losses if weight is None else losses * weight, predictions)
            yield totals

"""A step whose batch is computed part by part, for batches of many rows.

The gradient of a batch is a sum over its rows, and so over its parts (see `nnctl.training.shares`).
Parts one after another need the memory of one of them; and where they fit into the processor's
cache, the second product with the same rows finds them there.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from nnctl.graph import Array, Graph, Name, Program, Value, gradients
from nnctl.graph.numpy_calls import Call, aligned_zeros
from nnctl.graph.program import NamedCall
from nnctl.network.losses import Loss
from nnctl.network.optimizers import Optimizer
from nnctl.training.draws import RowDraws
from nnctl.training.ranks import Ranks
from nnctl.training.shares import Part, bounds
from nnctl.training.step import Examples, Model, Step, TrainingStep, numbers_read, trace
from nnctl.training.update import as_vector, divided_part, rates_of, record_update, summed

WORTH_PARTS = 12 << 20  # bytes of a step: below, all of it is near enough to the processor
BYTES_A_CALL = 22_500  # to be worth it: a call takes a tenth of the time that it computes with them
PARAMETERS_WORTH = 8  # times their bytes, or adding up gradients takes its share of the time
FEWEST_IN_A_PART = 32  # of a part: products gain up to there
ROUGHLY = 4  # times the values of all layers is the most that their calls work in


def parts_worth(model: Model, loss: Loss, data: Examples, rows: int) -> int:
    """In how many parts a batch of `rows` examples like `data` is computed; 1 where it is whole.

    It follows from what a step of few rows consists of, its calls and bytes, so that the parts are
    the same anywhere.
    """
    itemsize = model.vector.itemsize
    numbers = numbers_read(model, data.x, training=True)
    numbers += 2 * sum(math.prod(shape) for shape in model.shapes)  # values, and their derivatives
    if rows < 2 * FEWEST_IN_A_PART or ROUGHLY * numbers * itemsize * rows < WORTH_PARTS:
        return 1
    total = aligned_zeros((model.layout.trainable_size,), model.vector.dtype)
    few = RowDraws(np.random.Generator(np.random.PCG64()), rows, slice(0, FEWEST_IN_A_PART))
    made = PartProgram(model, loss, data, few, FEWEST_IN_A_PART, total)
    row_bytes = (made.nbytes - total.nbytes) // FEWEST_IN_A_PART
    # Where a row's values depend on other rows, such as by a batch's mean, no part stands alone.
    if made.sums_rows or row_bytes * rows < WORTH_PARTS:
        return 1
    worth = max(BYTES_A_CALL * len(made.program.calls), PARAMETERS_WORTH * total.nbytes)
    size = max(FEWEST_IN_A_PART, worth // row_bytes)
    return math.ceil(rows / size) if rows >= 2 * size else 1


def make_step(
    model: Model,
    loss: Loss,
    optimizer: Optimizer,
    slots: dict[str, Array],
    data: Examples,
    rows: int,
    generator: np.random.Generator,
    ranks: Ranks | None = None,
) -> Step:
    """The step on a batch of `rows` examples like `data`: in parts where it has two or more."""
    own = rows if ranks is None else len(Part.of(rows, ranks))
    count = parts_worth(model, loss, data, own)
    given = model, loss, optimizer, slots, data, rows, generator, ranks
    return TrainingStep(*given) if count == 1 else StepInParts(*given, count=count)


class PartProgram:
    """Adds the derivatives of the loss of `rows` examples, of a batch of `batch`, to `total`.

    The loss is without what regularizers cost. `weight` is 1, or 0 for rows that do not count.
    `held` are arrays of the batch, where it need not be gathered.
    """

    def __init__(
        self,
        model: Model,
        loss: Loss,
        data: Examples,
        draws: RowDraws,
        rows: int,
        total: Array,
        held: Sequence[Array] = (),
        weight: float = 1.0,
    ) -> None:
        traced = trace(model, loss, data, rows, draws, penalized=False)
        graph, layout = traced.graph, model.layout
        self.sums_rows = graph.sums_rows
        parameters = [graph.lift(layout.parameters[name]) for name in layout.trainable]
        # The loss is a mean over these rows, and to be their share of that over the batch.
        found = gradients(traced.loss * (weight * rows / draws.batch), parameters)
        before = graph.leaf("total", total.shape)
        with graph.named("gradient"):
            graph.assign(before, before + as_vector(found))
        given = model.layout.given(traced.model_leaves(), model.vector) | {before: total}
        self.leaves = traced.batch_leaves()
        given |= dict(zip(self.leaves, held, strict=True)) if held else {}
        wanted = [*self.leaves, traced.y_pred]
        self.program = Program(graph, wanted, model.vector.dtype, given)
        self.y_pred = self.program[traced.y_pred]
        self.batch = [self.program[leaf] for leaf in self.leaves]
        self.draws = any(value.operation is Name.DRAW for value in graph.values)

    @property
    def nbytes(self) -> int:
        """The memory of the rows and of all that is computed of them."""
        return self.program.nbytes + sum(array.nbytes for array in self.batch)


class Update:
    """What follows the last part: penalties, the sum over all ranks, the optimizer's update."""

    def __init__(
        self,
        model: Model,
        optimizer: Optimizer,
        slots: Mapping[str, Array],
        total: Array,
        part: Part | None,
    ) -> None:
        graph = Graph(training=True, part=part)
        leaves = model.layout.declare(graph)
        given = model.layout.given(leaves, model.vector)
        whole = leaves[0]
        divided = divided_part(part, given[whole])
        self.united = list(slots.values()) if divided else []
        rates = [graph.leaf("rate", ()) for _ in rates_of(optimizer, 0.0, 0)]
        vector = graph.leaf("gradient", total.shape)
        given[vector] = total
        penalty = model.penalty(graph)
        with graph.named("optimizer"):
            g = vector
            if penalty is not None:
                names = model.layout.trainable
                parameters = [graph.lift(model.layout.parameters[name]) for name in names]
                share = 1.0 if part is None else part.share
                g = vector + as_vector(gradients(penalty * share, parameters))
            g = summed(g, model.layout, optimizer, divided is not None)
            given |= record_update(whole, given[whole], g, optimizer, slots, rates, divided)
        penalties = [] if penalty is None else [penalty]
        self.program = Program(graph, [*rates, *penalties], model.vector.dtype, given)
        self.rates = [self.program[rate] for rate in rates]
        self.penalties = [self.program[penalty] for penalty in penalties]


class Turn(NamedTuple):
    """A part: its `rows` of those that the process computes, and its calls."""

    rows: slice
    program: PartProgram
    calls: list[NamedCall]
    replay: list[Call]

    @classmethod
    def of(cls, rows: slice, made: PartProgram, held: Sequence[Array]) -> "Turn":
        """The part that reads the arrays `held`, or what is gathered for it."""
        given = dict(zip(made.leaves, held, strict=True)) if held else {}
        calls = made.program.rebound(given)
        return cls(rows, made, calls, [named.call for named in calls])


class StepInParts:
    """A `Step` on batches of `rows` examples like `data`, in `count` parts one after another.

    Memory is that of the largest part. Rows that are held in arrays are read where they lie if the
    batch is all of them; others are gathered part by part, so not all of them need be in memory.
    """

    def __init__(
        self,
        model: Model,
        loss: Loss,
        optimizer: Optimizer,
        slots: dict[str, Array],
        data: Examples,
        rows: int,
        generator: np.random.Generator,
        ranks: Ranks | None = None,
        *,
        count: int,
    ) -> None:
        self.batch, self.part = rows, None if ranks is None else Part.of(rows, ranks)
        self._own = slice(0, rows) if self.part is None else self.part.rows
        self.rows = self._own.stop - self._own.start
        self.numbers = self.rows * math.prod(model.output_shape)
        self._output_shape, self._dtype = model.output_shape, model.vector.dtype
        self._total = aligned_zeros((model.layout.trainable_size,), self._dtype)
        self._draws = RowDraws(generator, rows, self._own)
        weight = 1.0 if self.part is None or self.part.share else 0.0
        spans = [slice(*ends) for ends in pairwise(bounds(self.rows, count))]
        self.whole = rows == len(data) and isinstance(data.x, np.ndarray)
        self._programs: dict[int, PartProgram] = {}
        self._turns: list[Turn] = []
        for own in spans:
            size = own.stop - own.start
            held = self._held(data, own)
            if size not in self._programs:
                made = PartProgram(model, loss, data, self._draws, size, self._total, held, weight)
                self._programs[size] = made
            self._turns.append(Turn.of(own, self._programs[size], held))
        self._update = Update(model, optimizer, slots, self._total, self.part)
        self.calls = [call for turn in self._turns for call in turn.calls]
        self.calls += self._update.program.calls
        self.products = [n for turn in self._turns for n in turn.program.program.products]
        self.products += self._update.program.products

    def _held(self, data: Examples, own: slice) -> Sequence[Array]:
        """The arrays of a part of the data, where the batch is all of them."""
        if not self.whole:
            return ()
        start = self._own.start
        return data.rows(slice(start + own.start, start + own.stop)).held()

    @property
    def nbytes(self) -> int:
        """The memory of the largest part, or of two of different sizes, and of their gradient."""
        own = sum(made.nbytes for made in self._programs.values())
        return own + self._total.nbytes + self._update.program.nbytes

    def _each_part(self, data: Examples, rows: Array, rates: tuple[float, ...]) -> Iterator[Turn]:
        """Makes each part ready in turn; whoever iterates computes it. `rows` are the process's."""
        for array, number in zip(self._update.rates, rates, strict=True):
            array[()] = number
        self._total.fill(0)
        draws = self._turns[0].program.draws
        if draws:
            self._draws.begin()
        takes = [] if self.whole else data.takes()
        for turn in self._turns:
            for take, out in zip(takes, turn.program.batch, strict=not self.whole):
                take(rows[turn.rows], 0, out, "clip")
            if draws:
                first = self._own.start
                self._draws.again(slice(first + turn.rows.start, first + turn.rows.stop))
            yield turn

    def walk(
        self, data: Examples, rows: Array, rates: tuple[float, ...]
    ) -> Iterator[tuple[Value, Array, Array]]:
        """One step, call by call, as `Step.walk` says."""
        own = rows[self._own]
        for turn in self._each_part(data, own, rates):
            for named in turn.calls:
                named.call()
                yield named.value, turn.program.program[named.value], own[turn.rows]
        for named in self._update.program.calls:
            named.call()
            yield named.value, self._update.program[named.value], own[:0]

    def run(
        self, data: Examples, batches: Array, rates: Sequence[tuple[float, ...]]
    ) -> tuple[Array, float]:
        """The steps, as `Step.run` says."""
        outputs = np.empty((len(batches), self.rows, *self._output_shape), self._dtype)
        penalty = 0.0
        for rows, numbers, output in zip(batches[:, self._own], rates, outputs, strict=True):
            for turn in self._each_part(data, rows, numbers):
                for call in turn.replay:
                    call()
                np.copyto(output[turn.rows], turn.program.y_pred)
            for call in self._update.program.replay:
                call()
            for array in self._update.penalties:
                penalty += float(array)
        if self.part is None:
            return outputs, penalty
        for slot in self._update.united:
            self.part.unite(slot)
        return self.part.gathered(outputs), penalty

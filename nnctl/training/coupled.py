"""A step whose parts wait for each other, as a row's values depend on all rows of the batch.

Batch normalization needs the mean over all rows before it goes on with any. So the program of a
part is cut wherever it wants a sum over all rows: every part comes there, the sums are added up in
the order of the parts, and all go on. Threads share the parts of each stretch. What is computed of
all rows is in memory together, as of a batch that is computed whole.
"""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from nnctl.graph import Array, Name, Program, Value, gradients
from nnctl.graph.program import NamedCall
from nnctl.training.blocks import Blocks
from nnctl.training.draws import RowDraws
from nnctl.training.in_parts import Update
from nnctl.training.pieces import InTurn, undivided
from nnctl.training.shares import Part, bounds
from nnctl.training.step import Examples, Setup, trace
from nnctl.training.team import Team, Work
from nnctl.training.update import as_vector


class CoupledPart(NamedTuple):
    """What a graph knows of the `batch` rows of its part (see `nnctl.graph.parts.BatchPart`).

    Numbers are drawn for these rows alone. The sums are left to the step: there, and only there,
    the part's program is cut.
    """

    batch: int
    share: float

    @property
    def rows(self) -> slice:
        return slice(self.batch)

    def own(self, size: int) -> slice:
        return slice(size)

    def sum(self, array: Array) -> None:
        """Leaves this part's share of a sum where the step finds it."""

    def sum_own(self, vector: Array, out: Array) -> None:
        np.copyto(out, vector)

    def unite(self, vector: Array) -> None:
        """Has nothing to fill in: no vector is divided among these parts."""


class Stretch(NamedTuple):
    """Calls of a part, and the `value` that they end with: its share of a sum, in `array`.

    What the last stretch of a program ends with is no sum.
    """

    calls: list[NamedCall]
    value: Value | None = None
    array: Array | None = None


class CoupledProgram:
    """Computes the `gradient` of a part's share of the loss, stretch by stretch.

    The loss is without what regularizers cost. The part is that of the `rows` of a process's share
    of the batch; `held` are arrays of them, where they need not be gathered. The statistics that a
    model keeps move with the first part's program alone.
    """

    def __init__(self, setup: Setup, rows: slice, held: Sequence[Array], is_first: bool) -> None:
        model, count = setup.model, rows.stop - rows.start
        self.rows, self.draws = rows, RowDraws(setup.rows)
        part = CoupledPart(count, count / setup.rows)
        like = setup.data.rows(np.empty(0, np.intp))  # a model that keeps it keeps no data
        traced = trace(model, setup.loss, like, count, self.draws, part, penalized=False)
        layout = model.layout
        parameters = [traced.graph.lift(layout.parameters[name]) for name in layout.trainable]
        with traced.graph.named("gradient"):
            gradient = as_vector(gradients(traced.loss * part.share, parameters))
        leaves = traced.batch_leaves()
        given = layout.given(traced.model_leaves(), model.vector)
        given |= dict(zip(leaves, held, strict=True)) if held else {}
        wanted = [*leaves, traced.y_pred, gradient]
        made = Program(traced.graph, wanted, model.vector.dtype, given, assign=is_first)
        self.program, self.stretches = made, stretches_of(made.calls, part)
        self.y_pred, self.gradient = made[traced.y_pred], made[gradient]
        self.batch = [made[leaf] for leaf in leaves]
        self.has_draws = any(value.operation is Name.DRAW for value in made.lowered)

    @property
    def nbytes(self) -> int:
        """The memory of the rows and of all that is computed of them."""
        return self.program.nbytes + sum(array.nbytes for array in self.batch)


class SharedStretch(NamedTuple):
    """The work of each thread on a stretch of all parts, and what is added up behind it."""

    works: list[Work]
    sums: list[Array]


def stretches_of(calls: Sequence[NamedCall], part: CoupledPart) -> list[Stretch]:
    """The calls of a part's program, cut behind each sum over all parts."""
    stretches, since = [], 0
    for place, (value, call) in enumerate(calls):
        if isinstance(call, partial) and call.func == part.sum:
            stretches.append(Stretch(list(calls[since:place]), value, call.args[0]))
            since = place + 1
    return [*stretches, Stretch(list(calls[since:]))]


def add_up(arrays: Sequence[Array], part: Part | None) -> None:
    """Makes each of the arrays their sum, in their order, and over all ranks."""
    first, *others = arrays
    for other in others:
        np.add(first, other, first)
    if part is not None:
        part.sum(first)
    for other in others:
        np.copyto(other, first)


class CoupledStep:
    """A `Step` whose rows are computed in `count` parts that wait for each other at every sum.

    Threads decide who computes a part, and nothing else. Rows that are held in arrays are read
    where they lie if the batch is all of them; others are gathered at each step.
    """

    def __init__(self, setup: Setup, count: int) -> None:
        data, self.batch, self.part = setup.data, setup.rows, setup.part
        self.parts = self.most_threads = count
        self._own = slice(0, self.batch) if self.part is None else self.part.rows
        self.rows = self._own.stop - self._own.start
        self.numbers = self.rows * math.prod(setup.model.output_shape)
        self.whole = self.batch == len(data) and isinstance(data.x, np.ndarray)
        self._programs, before = list[CoupledProgram](), self._own.start
        for start, stop in pairwise(bounds(self.rows, count)):
            lying = slice(before + start, before + stop)
            held = data.rows(lying).held() if self.whole else ()
            own = slice(start, stop)
            self._programs.append(CoupledProgram(setup, own, held, is_first=start == 0))
        gradients_of_parts = [own.gradient for own in self._programs]
        trained = setup.model, setup.optimizer, setup.slots
        self._update = Update(*trained, gradients_of_parts, self.part)
        self._generator = setup.generator
        self._shared: dict[int, list[SharedStretch]] = {}

    @property
    def calls(self) -> list[NamedCall]:
        """All calls of a step, part by part."""
        calls = [call for own in self._programs for call in own.program.calls]
        return calls + self._update.program.calls

    @property
    def products(self) -> list[int]:
        """The multiply-adds of each matrix product."""
        found = [n for own in self._programs for n in own.program.products]
        return found + self._update.program.products

    @property
    def nbytes(self) -> int:
        """The memory of what each step is given, and of all that it computes."""
        return sum(own.nbytes for own in self._programs) + self._update.program.nbytes

    def _begin(self, data: Examples, rows: Array, team: Team, threads: int) -> None:
        """Makes each part ready for its rows of those that are the process's."""
        if self._programs[0].has_draws:
            state, first = self._generator.bit_generator.state, self._own.start
            for own in self._programs:
                own.draws.begin(state, slice(first + own.rows.start, first + own.rows.stop))
        if self.whole:
            return
        takes = data.takes()

        def gather(programs: Sequence[CoupledProgram]) -> None:
            for own in programs:
                for take, out in zip(takes, own.batch, strict=True):
                    take(rows[own.rows], 0, out, "clip")

        if isinstance(data.x, Blocks):  # which are read by one thread at a time, in their order
            gather(self._programs)
        else:
            team.run([partial(gather, self._programs[k::threads]) for k in range(threads)])

    def _end(self) -> None:
        """Goes on with the generator from where that of the last part ended."""
        last = self._programs[-1]
        if last.has_draws:
            self._generator.bit_generator.state = last.draws.generator.bit_generator.state

    def _shared_by(self, threads: int) -> list[SharedStretch]:
        """All stretches of a step, shared by so many threads."""
        if threads in self._shared:
            return self._shared[threads]
        self._shared[threads] = made = []
        for stretches in zip(*(own.stretches for own in self._programs), strict=True):
            calls = [undivided([named.call for named in each.calls]) for each in stretches]
            works: list[Work] = [
                InTurn(call for own in calls[k::threads] for call in own) for k in range(threads)
            ]
            sums = [each.array for each in stretches if each.array is not None]
            made.append(SharedStretch(works, sums))
        return made

    def walk(
        self, data: Examples, rows: Array, rates: tuple[float, ...]
    ) -> Iterator[tuple[Value, Array, Array]]:
        """One step, call by call, as `Step.walk` says."""
        own = rows[self._own]
        self._update.begin(rates)
        self._begin(data, own, Team(1), 1)
        for stretches in zip(*(each.stretches for each in self._programs), strict=True):
            for each, stretch in zip(self._programs, stretches, strict=True):
                for named in stretch.calls:
                    named.call()
                    yield named.value, each.program[named.value], own[each.rows]
            sums = [stretch.array for stretch in stretches if stretch.array is not None]
            if sums:
                add_up(sums, self.part)
                assert stretches[0].value is not None
                yield stretches[0].value, sums[0], own[:0]
        self._end()
        for named in self._update.program.calls:
            named.call()
            yield named.value, self._update.program[named.value], own[:0]

    def run(
        self,
        data: Examples,
        batches: Array,
        rates: Sequence[tuple[float, ...]],
        team: Team | None = None,
    ) -> tuple[Array, float]:
        """The steps, as `Step.run` says."""
        y_pred = self._programs[0].y_pred
        outputs = np.empty((len(batches), self.rows, *y_pred.shape[1:]), y_pred.dtype)
        team = team or Team(1)
        threads = min(team.size, self.parts)
        shared, update = self._shared_by(threads), self._update.shared_by(team)
        penalty = 0.0
        for rows, numbers, output in zip(batches[:, self._own], rates, outputs, strict=True):
            self._update.begin(numbers)
            self._begin(data, rows, team, threads)
            for works, sums in shared:
                team.run(works)
                if sums:
                    add_up(sums, self.part)
            for own in self._programs:
                np.copyto(output[own.rows], own.y_pred)
            self._end()
            penalty += update()
        return self._update.all_of(outputs), penalty

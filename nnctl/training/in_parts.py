"""A step whose batch is computed part by part, for batches of many rows.

The gradient of a batch is a sum over its rows, and so over its parts (see `nnctl.training.shares`).
Parts one after another need the memory of one of them; and where they fit into the processor's
cache, the second product with the same rows finds them there.
"""

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from nnctl.graph import Array, Graph, Program, Value, gradients
from nnctl.graph.numpy_calls import Call, aligned_zeros
from nnctl.graph.program import NamedCall
from nnctl.network.optimizers import Optimizer
from nnctl.training.blocks import Blocks
from nnctl.training.draws import RowDraws
from nnctl.training.parts import MOST_LANES, PartProgram
from nnctl.training.pieces import in_pieces, undivided
from nnctl.training.shares import Part, bounds
from nnctl.training.shuffling import come_in_windows
from nnctl.training.step import Examples, Model, Setup
from nnctl.training.team import Team
from nnctl.training.update import as_vector, divided_part, rates_of, record_update, summed

Held = Callable[[slice], Sequence[Array]]
Maker = Callable[[int, RowDraws, Array, Sequence[Array]], PartProgram]


class Update:
    """What follows the last part: all sums, over lanes and ranks, penalties, the optimizer's part.

    `totals` are the gradients of the lanes, which are summed in this order.
    """

    def __init__(
        self,
        model: Model,
        optimizer: Optimizer,
        slots: Mapping[str, Array],
        totals: Sequence[Array],
        part: Part | None,
    ) -> None:
        graph = Graph(training=True, part=part)
        leaves = model.layout.declare(graph)
        given = model.layout.given(leaves, model.vector)
        whole = leaves[0]
        divided = divided_part(part, given[whole])
        self._united = list(slots.values()) if divided else []
        rates = [graph.leaf("rate", ()) for _ in rates_of(optimizer, 0.0, 0)]
        lanes = [graph.leaf("gradient", total.shape) for total in totals]
        given |= dict(zip(lanes, totals, strict=True))
        penalty = model.penalty(graph)
        with graph.named("optimizer"):
            g = sum(lanes[1:], lanes[0])
            if penalty is not None:
                names = model.layout.trainable
                parameters = [graph.lift(model.layout.parameters[name]) for name in names]
                share = 1.0 if part is None else part.share
                g = g + as_vector(gradients(penalty * share, parameters))
            g = summed(g, model.layout, optimizer, divided is not None)
            given |= record_update(whole, given[whole], g, optimizer, slots, rates, divided)
        penalties = [] if penalty is None else [penalty]
        self.program = Program(graph, [*rates, *penalties], model.vector.dtype, given)
        self.part, self._replay = part, in_pieces(self.program.replay)
        self._rates = [self.program[rate] for rate in rates]
        self._penalties = [self.program[penalty] for penalty in penalties]

    def begin(self, rates: tuple[float, ...]) -> None:
        """Sets the rates of a step."""
        for array, number in zip(self._rates, rates, strict=True):
            array[()] = number

    def shared_by(self, team: Team) -> Callable[[], float]:
        """What updates once, by all threads, and returns what regularizers cost."""
        calls = [team.shared(call) for call in self._replay]

        def update() -> float:
            for call in calls:
                call()
            return sum(float(array) for array in self._penalties)

        return update

    def all_of(self, outputs: Array) -> Array:
        """The outputs of whole batches, of all ranks, which then all have the whole slots."""
        if self.part is None:
            return outputs
        for slot in self._united:
            self.part.unite(slot)
        return self.part.gathered(outputs)


class Turn(NamedTuple):
    """A part: its `rows` of those that the process computes, its program, and the calls of it."""

    rows: slice
    program: PartProgram
    replay: list[Call]


class Worker:
    """What one thread needs: programs of its own, and the lanes that it computes.

    `make(size, draws, total, held)` makes a program for so many rows; `held(rows)` are the arrays
    that it reads some rows from.
    """

    def __init__(self, draws: RowDraws, total: Array, make: Maker, held: Held) -> None:
        self.draws, self.total = draws, total
        self.programs: dict[int, PartProgram] = {}
        self.lanes: dict[int, list[Turn]] = {}
        self._make, self._held = make, held

    def program(self, rows: slice) -> PartProgram:
        """The program for as many rows as these."""
        size = rows.stop - rows.start
        if size not in self.programs:
            self.programs[size] = self._make(size, self.draws, self.total, self._held(rows))
        return self.programs[size]

    def calls(self, rows: slice) -> list[NamedCall]:
        """The calls for these rows."""
        return self.program(rows).calls(self._held(rows))

    def lane(self, number: int, parts: Sequence[slice]) -> list[Turn]:
        """The parts of a lane, ready to be computed."""
        if number not in self.lanes:
            self.lanes[number] = [
                Turn(rows, self.program(rows), undivided([own.call for own in self.calls(rows)]))
                for rows in parts
            ]
        return self.lanes[number]

    @property
    def nbytes(self) -> int:
        """The memory of its programs, and of its sum."""
        return self.total.nbytes + sum(program.nbytes for program in self.programs.values())


class StepInParts:
    """A `Step` whose rows are computed in `count` parts one after another.

    Memory is that of the largest part, for each thread. Rows that are held in arrays are read where
    they lie if the batch is all of them; others are gathered part by part, so not all of them need
    be in memory.

    Parts that follow one another are a lane; threads take whole lanes. So numbers are added up in
    the same order, whatever the number of threads.
    """

    def __init__(self, setup: Setup, count: int) -> None:
        model, loss, optimizer, slots, data, rows, generator, _ = setup
        self.batch, self.part = rows, setup.part
        self.parts = count
        self._own = slice(0, rows) if self.part is None else self.part.rows
        self.rows = self._own.stop - self._own.start
        self.numbers = self.rows * math.prod(model.output_shape)
        self.whole = rows == len(data) and isinstance(data.x, np.ndarray)
        self._output_shape, self._dtype = model.output_shape, model.vector.dtype
        self._generator, self._data = generator, data if self.whole else None
        spans = [slice(*ends) for ends in pairwise(bounds(self.rows, count))]
        ends = bounds(count, min(count, MOST_LANES))
        self._lanes = [spans[first:last] for first, last in pairwise(ends)]
        size = model.layout.trainable_size
        self._totals = [aligned_zeros((size,), self._dtype) for _ in self._lanes]
        weight = 1.0 if self.part is None or self.part.share else 0.0

        like = data.rows(np.empty(0, np.intp))  # a model keeps its steps, but no data for them

        def make(rows: int, draws: RowDraws, total: Array, held: Sequence[Array]) -> PartProgram:
            return PartProgram(model, loss, like, draws, rows, total, held, weight)

        def new_worker() -> Worker:
            return Worker(RowDraws(rows), aligned_zeros((size,), self._dtype), make, self._held)

        self._new_worker, self._workers = new_worker, [new_worker()]
        self._update = Update(model, optimizer, slots, self._totals, self.part)
        self._reading = threading.Lock()  # blocks are read by one thread at a time
        # Rows of windows are read in order; several threads would drive out each other's.
        self.most_threads = 1 if come_in_windows(data.x) else len(self._lanes)

    def _prepare(self, threads: int) -> None:
        """Gives each of so many threads what it needs for its lanes."""
        self._workers += [self._new_worker() for _ in range(threads - len(self._workers))]
        for number, parts in enumerate(self._lanes):
            self._workers[number % threads].lane(number, parts)

    def _held(self, own: slice) -> Sequence[Array]:
        """The arrays of a part of the data, where the batch is all of them."""
        if self._data is None:
            return ()
        start = self._own.start
        return self._data.rows(slice(start + own.start, start + own.stop)).held()

    @property
    def calls(self) -> list[NamedCall]:
        """All calls of a step, in their order."""
        parts = [rows for lane in self._lanes for rows in lane]
        calls = [call for rows in parts for call in self._workers[0].calls(rows)]
        return calls + self._update.program.calls

    @property
    def products(self) -> list[int]:
        """The multiply-adds of each matrix product."""
        programs = [self._workers[0].program(rows) for lane in self._lanes for rows in lane]
        found = [n for made in programs for n in made.program.products]
        return found + self._update.program.products

    @property
    def nbytes(self) -> int:
        """The memory of what each step is given, and of all that it computes."""
        own = sum(worker.nbytes for worker in self._workers)
        return own + sum(total.nbytes for total in self._totals) + self._update.program.nbytes

    def _ready(
        self, threads: int, thread: int, data: Examples, rows: Array, state: Any
    ) -> Iterator[Turn]:
        """Makes each part that is a thread's ready in turn; whoever iterates computes it.

        `rows` are those of the process, and `state` that of the generator at the step's begin.
        """
        worker, first = self._workers[thread], self._own.start
        takes = [] if self.whole else data.takes()
        for lane in range(thread, len(self._lanes), threads):
            worker.total.fill(0)
            for turn in worker.lane(lane, self._lanes[lane]):
                if takes:
                    with self._reading if isinstance(data.x, Blocks) else nullcontext():
                        for take, out in zip(takes, turn.program.batch, strict=True):
                            take(rows[turn.rows], 0, out, "clip")
                if turn.program.draws:
                    own = slice(first + turn.rows.start, first + turn.rows.stop)
                    worker.draws.begin(state, own)
                yield turn
            np.copyto(self._totals[lane], worker.total)

    def _compute(
        self, threads: int, thread: int, data: Examples, rows: Array, state: Any, output: Array
    ) -> None:
        """Computes the lanes of a thread, and puts the outputs of its rows where they belong."""
        for turn in self._ready(threads, thread, data, rows, state):
            for call in turn.replay:
                call()
            np.copyto(output[turn.rows], turn.program.y_pred)

    def _end(self) -> None:
        """Goes on with the generator from where any part's ended."""
        worker = self._workers[0]
        if any(program.draws for program in worker.programs.values()):
            self._generator.bit_generator.state = worker.draws.generator.bit_generator.state

    def walk(
        self, data: Examples, rows: Array, rates: tuple[float, ...]
    ) -> Iterator[tuple[Value, Array, Array]]:
        """One step, call by call, as `Step.walk` says."""
        own = rows[self._own]
        self._update.begin(rates)
        state = self._generator.bit_generator.state
        for turn in self._ready(1, 0, data, own, state):
            for named in self._workers[0].calls(turn.rows):
                named.call()
                yield named.value, turn.program.program[named.value], own[turn.rows]
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
        outputs = np.empty((len(batches), self.rows, *self._output_shape), self._dtype)
        penalty = 0.0
        team = team or Team(1)
        threads = min(team.size, self.most_threads)
        update = self._update.shared_by(team)
        self._prepare(threads)
        for rows, numbers, output in zip(batches[:, self._own], rates, outputs, strict=True):
            self._update.begin(numbers)
            given = data, rows, self._generator.bit_generator.state, output
            team.run([partial(self._compute, threads, k, *given) for k in range(threads)])
            self._end()
            penalty += update()
        return self._update.all_of(outputs), penalty

"""The programs a model runs as: a training step, a block of predictions, what regularizers cost.

`trace` records the one graph that all of them come from; `gradcheck` lowers the same graph.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from nnctl.graph import Array, Graph, Program, Shape, Value, gradients
from nnctl.graph.layout import Layout
from nnctl.graph.numpy_calls import Pieces
from nnctl.graph.parts import BatchPart
from nnctl.graph.program import NamedCall, dependencies_of
from nnctl.graph.rebinding import rebound
from nnctl.graph.values import Uniform
from nnctl.network.losses import Loss, kind_of
from nnctl.network.optimizers import Optimizer, clip_gradients
from nnctl.training.blocks import Inputs
from nnctl.training.one_hot import Take, declare_inputs, held_of, pick_rows, takes_of, wide_form
from nnctl.training.pieces import in_pieces, undivided
from nnctl.training.ranks import Ranks
from nnctl.training.shares import Part
from nnctl.training.update import as_vector, divided_part, rates_of, record_update, summed

if TYPE_CHECKING:
    from nnctl.training.team import Team

BYTES_WORTH_REBINDING = 1 << 18  # copying so many takes as long as making a few calls anew


class Model(Protocol):
    """What the programs need of a model."""

    layout: Layout
    vector: Array
    input_shape: Shape
    output_shape: Shape
    shapes: list[Shape]

    def forward(self, graph: Graph, x: Value) -> Value: ...
    def penalty(self, graph: Graph) -> Value | None: ...


class Examples:
    """Inputs `(rows, *input_shape)`, targets as the loss takes them, and weights `(rows,)`.

    The inputs may come in blocks; the others are arrays.
    """

    def __init__(self, x: Inputs, y: Array, weight: Array | None = None) -> None:
        self.x, self.y, self.weight = x, y, weight

    def __len__(self) -> int:
        return len(self.x)

    def arrays(self) -> list[Inputs]:
        """The inputs, the targets and, where there are some, the weights."""
        return [array for array in (self.x, self.y, self.weight) if array is not None]

    def held(self) -> list[Array]:
        """The arrays, all of them in memory, that fill the leaves of a batch of all rows."""
        return [*held_of(self.x), *(array[:] for array in self.arrays()[1:])]

    def takes(self) -> list[Take]:
        """For each leaf of a batch what puts some of the rows into its array."""
        return [*takes_of(self.x), *(array.take for array in self.arrays()[1:])]

    def rows(self, chosen: "slice | Array") -> "Examples":
        """The examples of some rows."""
        weight = None if self.weight is None else self.weight[chosen]
        return Examples(pick_rows(self.x, chosen), self.y[chosen], weight)


class Trace(NamedTuple):
    """A recorded step: its leaves, and the values of interest.

    `inputs` are the leaves that the inputs `x` are made of: x itself, if they are an array.
    """

    graph: Graph
    parameters: Value
    statistics: Value
    inputs: tuple[Value, ...]
    x: Value
    y_true: Value
    weight: Value | None
    y_pred: Value
    penalty: Value | None
    loss: Value

    def model_leaves(self) -> tuple[Value, Value]:
        """The leaves that the model's vector fills."""
        return self.parameters, self.statistics

    def batch_leaves(self) -> list[Value]:
        """The leaves that a batch fills, in the order of `Examples.held`."""
        return [leaf for leaf in (*self.inputs, self.y_true, self.weight) if leaf is not None]


def trace(
    model: Model,
    loss: Loss,
    like: Examples,
    rows: int,
    generator: Uniform | None = None,
    part: BatchPart | None = None,
    penalized: bool = True,
) -> Trace:
    """Records the loss of a batch of `rows` examples that are held as those of `like`.

    `generator` draws what layers draw (dropout); without it, their draws are leaves, to be held.
    `part` says which rows of a larger batch they are. What regularizers cost is added to the loss
    where it is `penalized`.
    """
    graph = Graph(training=True, generator=generator, part=part)
    parameters, statistics = model.layout.declare(graph)
    inputs, x = declare_inputs(graph, like.x, rows, model.input_shape)
    y_true = graph.leaf("y_true", (rows, *like.y.shape[1:]), kind_of(like.y))
    weight = None if like.weight is None else graph.leaf("sample_weight", (rows,))
    y_pred = model.forward(graph, x)
    model.layout.assign_updates(graph, statistics)
    with graph.named("loss"):
        value = loss.mean(y_true, y_pred, weight)
        penalty = model.penalty(graph) if penalized else None
        if penalty is not None:
            value = value + penalty
    return Trace(graph, parameters, statistics, inputs, x, y_true, weight, y_pred, penalty, value)


def gradient_vector(
    traced: Trace, layout: Layout, optimizer: Optimizer, divided: bool = False
) -> Value:
    """The derivatives by all trainable parameters, as the optimizer wants them clipped.

    In the layout's order: `(trainable,)`. Of a batch in parts, each part derives its share of the
    loss, and the one vector is summed; where the update is `divided`, the part's stretch of it.
    """
    parameters = [traced.graph.lift(layout.parameters[name]) for name in layout.trainable]
    part = traced.graph.part
    if part is None:
        found = gradients(traced.loss, parameters)
        return as_vector(clip_gradients(optimizer, found))
    # Each part's loss is a mean over its own rows. Of 10 rows, parts of 3, 3 and 4 weigh 0.3, 0.3
    # and 0.4, and the sum of their derivatives is that of the mean over all ten.
    found = gradients(traced.loss * part.share, parameters)
    return summed(as_vector(found), layout, optimizer, divided)


class Setup(NamedTuple):
    """What a step is made for: a model, how it is trained, and batches of `rows` like `data`.

    The `slots` are the optimizer's, the `generator` draws for dropout. Where several `ranks` share
    a batch, `rows` counts all of it.
    """

    model: Model
    loss: Loss
    optimizer: Optimizer
    slots: dict[str, Array]
    data: Examples
    rows: int
    generator: np.random.Generator
    ranks: Ranks | None = None

    @property
    def part(self) -> Part | None:
        """The part of each batch that this rank takes, None where it takes all of it."""
        return None if self.ranks is None else Part.of(self.rows, self.ranks)


class Step(Protocol):
    """One step of an optimizer on batches of `batch` rows, ready to be replayed.

    This process computes `rows` of them, whose outputs have so many `numbers`, on no more than
    `most_threads` of Python's. `whole` batches are all of the data, read where they lie.
    `parts` says in how many parts the rows are computed.
    """

    batch: int
    parts: int
    whole: bool
    rows: int
    numbers: int
    most_threads: int

    @property
    def calls(self) -> Sequence[NamedCall]:
        """All calls of a step, in their order."""
        ...

    @property
    def products(self) -> Sequence[int]:
        """The multiply-adds of each matrix product."""
        ...

    @property
    def nbytes(self) -> int:
        """The memory of what each step is given, and of all that it computes."""
        ...

    def walk(
        self, data: Examples, rows: Array, rates: tuple[float, ...]
    ) -> Iterator[tuple[Value, Array, Array]]:
        """One step, call by call: each value with its array, as soon as it is computed.

        With them come the rows of `data` that the program is for.
        """
        ...

    def run(
        self,
        data: Examples,
        batches: Array,
        rates: Sequence[tuple[float, ...]],
        team: "Team | None" = None,
    ) -> tuple[Array, float]:
        """One step a batch of row indices `(batches, batch)`, at those rates.

        Returns the outputs `(batches, batch, *output_shape)` of all steps, each from before its
        update, and the sum of what regularizers cost. The `team` changes no byte of it.
        """
        ...


class TrainingStep:
    """A `Step` whose rows are computed all at once.

    The model's vector and the slots change in place. `y_pred` is the model's output of the last
    step `(rows, *output_shape)`, from before the update. A batch of all rows is bound once, here;
    others are gathered from the data at each step.

    Where several ranks share the batch, `batch` counts all of it, and the program is for the `part`
    that this rank takes. It updates all parameters or, where the ranks divide them, its part of
    them.
    """

    def __init__(self, setup: Setup):
        model, loss, optimizer, slots, data, rows, generator, _ = setup
        self.batch, self.part = rows, setup.part
        taken = rows if self.part is None else len(self.part)
        traced = trace(model, loss, data, taken, generator, self.part)
        given = model.layout.given(traced.model_leaves(), model.vector)
        # Rates change from step to step: leaves of one number, written before each replay. Which
        # numbers they are does not matter here, only how many.
        rates = [traced.graph.leaf("rate", ()) for _ in rates_of(optimizer, 0.0, 0)]
        divided = divided_part(self.part, given[traced.parameters])
        self._in_parts = list(slots.values()) if divided else []
        with traced.graph.named("optimizer"):
            g = gradient_vector(traced, model.layout, optimizer, divided is not None)
            own = traced.parameters, given[traced.parameters]
            given |= record_update(*own, g, optimizer, slots, rates, divided)
        leaves = traced.batch_leaves()
        self.whole = rows == len(data)
        if self.whole:  # nothing to gather: the program reads the data where they lie
            data = data if self.part is None else data.rows(self.part.rows)
            given.update(zip(leaves, data.held(), strict=True))
        penalties = [] if traced.penalty is None else [traced.penalty]
        wanted = [*leaves, *rates, traced.y_pred, *penalties]
        self.program = Program(traced.graph, wanted, model.vector.dtype, given)
        self.y_pred = self.program[traced.y_pred]
        self._batch = [self.program[leaf] for leaf in leaves]
        self._rates = [self.program[rate] for rate in rates]
        self._penalties = [self.program[penalty] for penalty in penalties]
        self.rows, self.numbers = len(self.y_pred), self.y_pred.size
        self.parts = 1
        self._replay = in_pieces(self.program.replay)
        shared = [call for call in self._replay if isinstance(call, Pieces)]
        self.most_threads = max(map(len, shared), default=1)
        self.calls, self.products = self.program.calls, self.program.products

    @property
    def nbytes(self) -> int:
        """The memory of the batch that each step is given, and of all that it computes."""
        return self.program.nbytes + sum(array.nbytes for array in self._batch)

    def walk(
        self, data: Examples, rows: Array, rates: tuple[float, ...]
    ) -> Iterator[tuple[Value, Array, Array]]:
        """One step, call by call, as `Step.walk` says."""
        if not self.whole:
            for take, out in zip(data.takes(), self._batch, strict=True):
                take(rows, 0, out, "clip")
        for array, number in zip(self._rates, rates, strict=True):
            array[()] = number
        for named in self.program.calls:
            named.call()
            yield named.value, self.program[named.value], rows

    def run(
        self,
        data: Examples,
        batches: Array,
        rates: Sequence[tuple[float, ...]],
        team: "Team | None" = None,
    ) -> tuple[Array, float]:
        """The steps, as `Step.run` says: the loop all training time is spent in."""
        own = batches if self.part is None else batches[:, self.part.rows]
        outputs = np.empty((len(batches), *self.y_pred.shape), self.y_pred.dtype)
        penalty = 0.0
        gather = [] if self.whole else list(zip(data.takes(), self._batch, strict=True))
        replay, y_pred = self._replay, self.y_pred
        if self.most_threads > 1 and team is not None:
            replay = [team.shared(call) for call in replay]
        for rows, numbers, output in zip(own, rates, outputs, strict=True):
            for take, out in gather:
                take(rows, 0, out, "clip")
            for array, number in zip(self._rates, numbers, strict=True):
                array[()] = number
            for call in replay:
                call()
            np.copyto(output, y_pred)
            for array in self._penalties:
                penalty += float(array)
        if self.part is None:
            return outputs, penalty
        for slot in self._in_parts:
            self.part.unite(slot)
        return self.part.gathered(outputs), penalty


class Forward:
    """The model's output for blocks of up to `rows` examples, in evaluation.

    The inputs of all blocks are held as those of `like`; None stands for arrays.
    """

    def __init__(self, model: Model, rows: int, like: Inputs | None = None):
        graph = Graph(training=False)
        given = model.layout.given(model.layout.declare(graph), model.vector)
        self._leaves, x = declare_inputs(graph, like, rows, model.input_shape)
        y_pred = model.forward(graph, x)
        self.program = Program(graph, [y_pred, *self._leaves], model.vector.dtype, given)
        self._replay = undivided(self.program.replay)  # threads share blocks, and no products
        self.rows, self.y_pred = rows, self.program[y_pred]
        self._inputs = [self.program[leaf] for leaf in self._leaves]

    def __call__(self, x: Inputs) -> Array:
        """The output for the rows of `x`, overwritten by the next call.

        A whole block that is large is read where it lies.
        """
        held = held_of(x)
        first, own = held[0], self._inputs[0]
        alike = (first.shape, first.dtype) == (own.shape, own.dtype) and first.flags.c_contiguous
        if len(held) == 1 and alike and first.nbytes >= BYTES_WORTH_REBINDING:
            calls = rebound(self.program, {self._leaves[0]: first})
            replay = undivided([named.call for named in calls])
        else:
            for array, given in zip(self._inputs, held, strict=True):
                np.copyto(array[: len(x)], given)
            replay = self._replay
        for call in replay:
            call()
        return self.y_pred[: len(x)]


def numbers_read(model: Model, like: Inputs | None = None, training: bool = False) -> int:
    """How many numbers a program has of an example whose inputs are held as those of `like`.

    An array's are all read; those of wide columns are made where more than a product needs them.
    """
    made: int = math.prod(model.input_shape)
    wide = None if like is None else wide_form(like)
    if wide is None:
        return made
    graph = Graph(training)
    model.layout.declare(graph)
    _, x = declare_inputs(graph, wide, 1, model.input_shape)
    is_made = x in dependencies_of([model.forward(graph, x)])
    held: int = len(wide.places) + wide.ones.shape[1]
    return held + made if is_made else held


class Penalty:
    """What the model's regularizers cost with its parameters of the moment."""

    def __init__(self, model: Model):
        graph = Graph()
        given = model.layout.given(model.layout.declare(graph), model.vector)
        penalty = model.penalty(graph)
        wanted = [] if penalty is None else [penalty]
        self.program = Program(graph, wanted, model.vector.dtype, given)
        self._arrays = [self.program[value] for value in wanted]

    def __call__(self) -> float:
        # Parameters beyond the root of the largest number: inf. A factor beyond it, and zeros: nan.
        with np.errstate(over="ignore", invalid="ignore"):
            self.program.run()
        return sum(float(array) for array in self._arrays)

"""Parts of a batch: the program of one, and how many of them are worth it."""

import math
from collections.abc import Sequence

from nnctl.graph import Array, Graph, Name, Program, gradients
from nnctl.graph.numpy_calls import aligned_zeros
from nnctl.graph.program import NamedCall
from nnctl.graph.rebinding import rebound
from nnctl.network.losses import Loss
from nnctl.training.draws import RowDraws
from nnctl.training.step import (
    Examples,
    Model,
    Setup,
    Step,
    TrainingStep,
    numbers_read,
    trace,
)
from nnctl.training.update import as_vector

WORTH_PARTS = 12 << 20  # bytes of a step: below, all of it is near enough to the processor
BYTES_A_CALL = 22_500  # to be worth it: a call takes a tenth of the time that it computes with them
PARAMETERS_WORTH = 8  # times their bytes, or adding up gradients takes its share of the time
FEWEST_IN_A_PRODUCT = 32  # rows: products gain up to there
FEWEST_IN_A_PART = 2
FEW = 16  # parts, of which one more or less matters to the threads that share them
MOST_LANES = 8  # threads that can share a batch; each adds up a gradient
BYTES_A_COUPLED_CALL = 120_000  # where parts wait for each other, and no cache holds one of them
ROUGHLY = 4  # times the values of all layers is the most that their calls work in


def make_step(setup: Setup) -> Step:
    """The step that is set up, in parts where it has two or more."""
    own = setup.rows if setup.part is None else len(setup.part)
    count = parts_worth(setup.model, setup.loss, setup.data, own)
    if count == 1:
        return TrainingStep(setup)
    # Few batches are large enough to need what is imported here.
    if rows_are_coupled(setup.model):
        from nnctl.training.coupled import CoupledStep

        return CoupledStep(setup, count)
    from nnctl.training.in_parts import StepInParts

    return StepInParts(setup, count)


def rows_are_coupled(model: Model) -> bool:
    """Whether a row's values depend on other rows in training, such as by a batch's mean."""
    graph = Graph(training=True)
    model.layout.declare(graph)
    model.forward(graph, graph.leaf("x", (1, *model.input_shape)))
    return graph.sums_rows


def parts_worth(model: Model, loss: Loss, data: Examples, rows: int) -> int:
    """In how many parts a batch of `rows` examples like `data` is computed; 1 where it is whole.

    It follows from what a step of few rows consists of, its calls and bytes, so that the parts are
    the same anywhere.
    """
    itemsize = model.vector.itemsize
    numbers = numbers_read(model, data.x, training=True)
    numbers += 2 * sum(math.prod(shape) for shape in model.shapes)  # values, and their derivatives
    fewest = fewest_in_a_part(model)
    if rows < 2 * fewest or ROUGHLY * numbers * itemsize * rows < WORTH_PARTS:
        return 1
    total = aligned_zeros((model.layout.trainable_size,), model.vector.dtype)
    made = PartProgram(model, loss, data, RowDraws(rows), fewest, total)
    row_bytes = (made.nbytes - total.nbytes) // fewest
    if row_bytes * rows < WORTH_PARTS:
        return 1
    a_call = BYTES_A_COUPLED_CALL if made.sums_rows else BYTES_A_CALL
    worth = max(a_call * len(made.program.calls), PARAMETERS_WORTH * total.nbytes)
    size = max(fewest, worth // row_bytes)
    if made.sums_rows:  # of which each has memory of its own: no more than threads can share
        return 1 << max(1, min(MOST_LANES, rows // size)).bit_length() - 1
    return equal_parts(rows, size, fewest) if rows >= 2 * size else 1


def fewest_in_a_part(model: Model) -> int:
    """How many rows a part has at least; of images few, as each position is a row of a product."""
    positions = max(math.prod(shape[:-1]) for shape in model.shapes)
    return max(FEWEST_IN_A_PART, math.ceil(FEWEST_IN_A_PRODUCT / positions))


def equal_parts(rows: int, size: int, fewest_rows: int = FEWEST_IN_A_PRODUCT) -> int:
    """In how many parts of up to `size` so many rows are computed, `fewest_rows` or more in each.

    Some more than need be where that serves: of few parts 2, 4, 8 or 16, as threads share these
    evenly; of many so many that all are equal, and can do with one program. 5,000 rows, no more
    than 224 in a part, are 25 times 200.
    """
    fewest = math.ceil(rows / size)
    if fewest <= FEW:
        return 1 << (fewest - 1).bit_length()
    most = min(fewest * 5 // 4, rows // fewest_rows)
    equal = (count for count in range(fewest, most + 1) if rows % count == 0)
    return next(equal, fewest)


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

    def calls(self, held: Sequence[Array]) -> list[NamedCall]:
        """The calls that read the arrays `held`, or, where there are none, what is gathered."""
        if not held:
            return self.program.calls
        return rebound(self.program, dict(zip(self.leaves, held, strict=True)))

    @property
    def nbytes(self) -> int:
        """The memory of the rows and of all that is computed of them."""
        return self.program.nbytes + sum(array.nbytes for array in self.batch)

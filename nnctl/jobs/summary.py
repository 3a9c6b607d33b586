"""`nnctl summary`: what a model is made of, and what it costs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nnctl.assembly.build import Built, build
from nnctl.assembly.trained import load_trained
from nnctl.config import load
from nnctl.data.inputs import Inputs
from nnctl.data.overview import ColumnInputs, column_inputs
from nnctl.data.streamed import Streamed
from nnctl.graph import Name, Shape, Value
from nnctl.jobs.finding import find_model
from nnctl.jobs.job import training_of
from nnctl.jobs.profile import (
    EPOCHS,
    calls_shared,
    parts_at_once,
    product_seconds,
    seconds_of_training,
)
from nnctl.system import machine
from nnctl.training.blocks import Blocks
from nnctl.training.blocks import Inputs as ModelInputs
from nnctl.training.loop import Training
from nnctl.training.sequential import Sequential
from nnctl.training.step import Forward

# Operations without arithmetic.
MOVING = {Name.BROADCAST, Name.COPY, Name.GATHER, Name.JOIN, Name.WITH_ONES, Name.ZERO_CELL}


@dataclass(frozen=True)
class LayerSummary:
    """A layer: its name and type, the shape of one output example, its parameters, its work.

    `flops` are the floating-point operations for one example, forward.
    """

    name: str
    type: str
    output_shape: Shape
    parameters: int
    flops: int


@dataclass(frozen=True)
class Speed:
    """What a training step of `rows` examples was measured to take, on so many threads.

    The rows are computed in so many `parts`, one or more; threads share them, or else products.
    `product_seconds` are those of its matrix products alone, which no other work can beat.
    """

    rows: int
    parts: int
    threads: int
    step_seconds: float
    product_seconds: float

    @property
    def product_share(self) -> float:
        """The share of the matrix-product limit that is reached."""
        return self.product_seconds / self.step_seconds


@dataclass(frozen=True)
class Summary:
    """A model's layers, and in bytes the memory of its parameters, of one training step, of data.

    The step holds everything but the data: parameters, optimizer slots, the batch, all values
    between; of a batch in parts those of one part for each thread, or of all parts where they wait
    for each other. `data_bytes` are those of the examples that are held while training: of inputs
    in blocks, of which there are `blocks`, a window. `peak_bytes` are what reading the data and a
    few steps took, Python included. All these, `speed` and `cores` are None for a weights file,
    which is not trained. `columns` are those of a table, where some become other inputs than one
    number each. Of an ensemble all of it is of one of its `members`, which are alike.
    """

    layers: tuple[LayerSummary, ...]
    trainable: int
    parameters: int
    parameter_bytes: int
    step_bytes: int | None
    data_bytes: int | None = None
    blocks: int | None = None
    peak_bytes: int | None = None
    speed: Speed | None = None
    cores: machine.Cores | None = None
    members: int = 1
    columns: tuple[ColumnInputs, ...] = ()


def summary(path: Path, *, overrides: Sequence[str] = ()) -> Summary:
    """The summary of a config, for its data, or of a weights file or run folder.

    Raises `NnctlError` for what cannot be read or built.
    """
    path = find_model(path)
    if path.is_dir() or path.suffix == ".npz":
        trained = load_trained(path)
        inputs = trained.preprocessing.inputs
        whole = summary_of(trained.members[0], None, inputs.no_rows())
        columns = columns_with_inputs(inputs)
        return replace(whole, members=len(trained.members), columns=columns)
    built = build(load(path, overrides=overrides, named={"epochs": EPOCHS}))
    training = training_of(built)
    x = built.train.x
    blocks = x.count if isinstance(x, Streamed) else None
    speed = speed_of(training)
    slots = sum(slot.nbytes for slot in built.model.state().slots.values())
    # Now that all threads have what they need.
    whole = summary_of(built.model, training.step.nbytes + slots, x)
    return replace(
        whole,
        data_bytes=held_bytes(built),
        blocks=blocks,
        peak_bytes=machine.peak_memory(),
        speed=speed,
        cores=machine.usable_cores(),
        members=built.config.members,
        columns=columns_with_inputs(built.prepared.preprocessing.inputs),
    )


def columns_with_inputs(inputs: Inputs) -> tuple[ColumnInputs, ...]:
    """The columns and their inputs; none where each is one number."""
    return tuple(column_inputs(inputs)) if inputs.categories or inputs.columns else ()


def held_bytes(built: Built) -> int:
    """The bytes of the examples, and of their order, that are in memory while training."""
    x = built.train.x
    others = (built.validation, built.test)
    ordered = x.at_once * np.diff(x.starts).max() if isinstance(x, Blocks) else len(x)
    arrays = [x, *built.train.arrays()[1:]]
    for part in others:  # of whose blocks no more is held than is predicted at once
        arrays += [a for a in part.arrays() if not isinstance(a, Streamed)] if part else []
    return sum(array.nbytes for array in arrays) + int(ordered) * np.dtype(np.intp).itemsize


def speed_of(training: Training) -> Speed:
    """Trains for a moment, and measures."""
    with training.on_threads() as team, np.errstate(all="ignore"):
        seconds = seconds_of_training(training)
        step = training.step
        limit = product_seconds(calls_shared(step, team)) / parts_at_once(step, team)
        return Speed(training.batch_size, step.parts, team.size, seconds, limit)


def summary_of(
    model: Sequential, working_bytes: int | None, like: ModelInputs | None = None
) -> Summary:
    """The summary of a built model whose training step needs so many bytes besides it.

    Its inputs are held as those of `like`, or in an array.
    """
    work = flops_by_layer(model, like)
    rows = zip(model.layer_names, model.layers, model.shapes, model.parameter_counts(), strict=True)
    # A layer that stands in the model twice has all its work in the first of its rows.
    layers = tuple(
        LayerSummary(name, type(layer).__name__, shape, count, work.pop(name, 0))
        for name, layer, shape, count in rows
    )
    nbytes = model.vector.nbytes
    step = None if working_bytes is None else working_bytes + nbytes
    return Summary(layers, model.layout.trainable_size, model.layout.size, nbytes, step)


def flops_by_layer(model: Sequential, like: ModelInputs | None = None) -> Counter[str]:
    """Operations for one example: two a multiply-add of a product, one an element elsewhere.

    The inputs are held as those of `like`, or in an array.
    """
    rows = 2  # of one row alone, NumPy could take other ways
    counts: Counter[str] = Counter()
    calls = Forward(model, rows, like).program.calls
    for value in dict.fromkeys(call.value for call in calls):  # one may take several calls
        if value.operation not in MOVING:
            counts[value.scope] += flops_of(value)
    return Counter({name: count // rows for name, count in counts.items()})


def flops_of(value: Value) -> int:
    """The operations that compute a value."""
    if value.operation is Name.CHOOSE_ROWS:  # a product with the numbers, and a sum of rows
        numbers, ones, _ = value.inputs
        return value.size * (2 * numbers.shape[1] + ones.shape[1])
    return 2 * value.multiply_adds or value.size

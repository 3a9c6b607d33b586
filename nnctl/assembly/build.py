"""From a config to what is trained: its data, read and prepared, and its model, built for them."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnctl.assembly.examples import as_examples, nbytes, prepared_data, weight_examples
from nnctl.config import Config, make
from nnctl.data.axes import transpose_call, transposition
from nnctl.data.prepare import Prepared
from nnctl.data.targets import Targets
from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.graph import Shape
from nnctl.network.layers import Dense
from nnctl.network.metrics import InOwnUnit, Metric, OfClasses
from nnctl.runs.checkpoint import STATE as CHECKPOINT_KEY
from nnctl.runs.weights import (
    Weights,
    arrays_of_member,
    count_members,
    load_weights,
    strange_arrays,
)
from nnctl.training.blocks import Blocks
from nnctl.training.parts import parts_worth, rows_are_coupled
from nnctl.training.ranks import Ranks
from nnctl.training.seeds import generator
from nnctl.training.sequential import Sequential
from nnctl.training.step import Examples, numbers_read

if TYPE_CHECKING:
    from nnctl.data.folds import Fold
    from nnctl.training.ensemble import Predicting


class Built(NamedTuple):
    """A config's model, compiled, and its examples in the model's shape and dtype.

    `held` are the rows that a fold of a crossvalidation holds out, `calibration` those that neither
    train nor validate.
    """

    config: Config
    model: Sequential
    prepared: Prepared
    train: Examples
    validation: Examples | None
    test: Examples | None
    held: Examples | None = None
    calibration: Examples | None = None

    def examples(self, part: str) -> Examples:
        """The examples of a part of the data that there is: train, validation or test."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        found = parts[part]
        assert found is not None
        return found


def build(
    config: Config,
    *,
    dtype: str | None = None,
    init_weights: Path | None = None,
    ranks: Ranks | None = None,
    fold: "Fold | None" = None,
    prepared: Prepared | None = None,
    member: int = 1,
    survey: bool = False,
) -> Built:
    """Reads the data of a config and builds its model, in its dtype or another that is given.

    The parameters are those of `init_weights` (a weights file, plain arrays, or a run folder) where
    that is given; `ranks` are the processes that train it together; a `fold` is held out.
    `prepared` are the data where a config of the same `preparation_of` has read them already; with
    `survey` they tell what columns hold. Of an ensemble it is the model of that `member`, with the
    rows that it validates on. Raises `NnctlError` with the problems of the data, or else of the
    shapes, each in its place.
    """
    if not 1 <= member <= config.members:
        known = "trains one model" if config.members == 1 else f"has members 1 to {config.members}"
        raise ArgumentError(f"--member is {member}; the config {known}")
    dtype = dtype or config.dtype
    model = compile_model(config, dtype, ranks, member)
    if prepared is None:
        prepared = prepared_data(config, model, output_units(model), dtype, fold, survey)
    if member > 1 and config.draws_apart:
        prepared = prepared.redrawn(generator(config.seed, "split", member))
    build_for_data(config, model, prepared.train.x.shape[1:])
    parts = [None if part is None else as_examples(config, model, part) for part in prepared.parts]
    train, validation, test, held, calibration = parts
    assert train is not None
    targets = prepared.preprocessing.targets
    train = weight_examples(config, train, targets)
    check_batch(config, model, train)
    model.compile(model.optimizer, model.loss, metrics_for(model, model.metrics, targets))
    built = Built(config, model, prepared, train, validation, test, held, calibration)
    if config.asks_of_answers or model.loss.outputs_a_target > 1:
        from nnctl.assembly.answering import check_asked  # few configs ask

        check_asked(built)
    if init_weights is not None:
        given = load_weights(init_weights, plain=True)
        start_from(given, model, member, config.members)
    return built


def check_batch(config: Config, model: Sequential, train: Examples) -> None:
    """Raises `NnctlError` for batches of more bytes than inputs may take in memory.

    Of a batch that is computed in parts, one part at a time is there, unless they are coupled.
    """
    if not isinstance(train.x, Blocks):
        return
    rows = len(train) if config.batch_size == "full" else min(config.batch_size, len(train))
    row, memory = numbers_read(model, train.x, training=True) * train.x.itemsize, config.data.memory
    if rows * row > nbytes(memory):
        apart = not rows_are_coupled(model) and parts_worth(model, model.loss, train, rows)
        together = math.ceil(rows / (apart or 1))
        if together * row > nbytes(memory):
            message = f"a batch of {rows:,} rows takes {rows * row:,} bytes, more than data.memory"
            raise NnctlError(
                config.problem("batch_size", message, "lower it, or raise data.memory")
            )


def preparation_of(config: Config) -> tuple[object, ...]:
    """All of a config that its prepared data depend on: where it is equal, so are they.

    Raises `NnctlError` as `build` does for what does not go together.
    """
    model = compile_model(config)
    return config.data, config.seed, config.dtype, output_units(model), config.loss


class Builder:
    """Builds configs one after another, and reads data only where they are other than before."""

    def __init__(self, known: Built | None = None):
        self._prepared: Prepared | None = None
        self._key: tuple[object, ...] | None = None
        if known is not None:
            self._prepared, self._key = known.prepared, preparation_of(known.config)

    def build(self, config: Config) -> Built:
        """The model and data of a config. Raises `NnctlError` as `build` does."""
        key = preparation_of(config)
        built = build(config, prepared=self._prepared if self._key == key else None)
        self._prepared, self._key = built.prepared, key
        return built


def compile_model(
    config: Config, dtype: str | None = None, ranks: Ranks | None = None, member: int = 1
) -> Sequential:
    """The config's model with its loss, optimizer and metrics, not yet built.

    Raises `NnctlError` for what does not go together, in the config's places.
    """
    layers = [make(entry) for entry in config.layers]
    try:
        model = Sequential(
            layers, seed=config.seed, dtype=dtype or config.dtype, member=member, ranks=ranks
        )
        metrics = {entry.type: make(entry) for entry in config.metrics}
        model.compile(make(config.optimizer), make(config.loss), metrics)
    except ArgumentError as error:
        raise config.placed(error) from None
    return model


def compiled_for(
    config: Config, targets: Targets, input_shape: Sequence[int], member: int = 1
) -> Sequential:
    """The config's model, built for examples of a shape, with metrics that speak of the targets."""
    model = compile_model(config, member=member)
    model.build(input_shape)
    model.compile(model.optimizer, model.loss, metrics_for(model, model.metrics, targets))
    return model


def output_units(model: Sequential) -> int:
    """The units of the model's output, which its last dense layer decides."""
    units = [layer.units for layer in model.layers if isinstance(layer, Dense)]
    if not units:
        raise ArgumentError("a model needs a dense layer for its output", path="layers")
    return units[-1]


def build_for_data(config: Config, model: Sequential, data_shape: Shape) -> None:
    """Builds the model for `input_shape`, or else for examples as the data has them.

    Raises `NnctlError` where the shapes do not fit, in the config's places.
    """
    shape = config.input_shape or data_shape
    if np.prod(shape) != np.prod(data_shape):
        raise NnctlError(
            config.problem(
                "input_shape",
                f"an example of the data has {np.prod(data_shape)} values (shape {data_shape}), "
                f"but input_shape {tuple(shape)} has {np.prod(shape)}",
                f"leave input_shape out, or give {np.prod(data_shape)} values another shape",
            )
        )
    check_axes(config, data_shape)
    try:
        model.build(shape)
    except ArgumentError as error:
        if config.input_shape not in (None, data_shape) and fits(config, data_shape):
            own = f"an example of the data has shape {data_shape}, which fits"
            message = f"{error.problems[0].message}; {own}"
            raise NnctlError(config.problem("input_shape", message, "leave it out")) from None
        raise config.placed(error) from None


def fits(config: Config, shape: Shape) -> bool:
    """Whether the config's layers take examples of a shape."""
    try:
        compile_model(config).build(shape)
    except ArgumentError:
        return False
    return True


def check_axes(config: Config, data_shape: Shape) -> None:
    """Raises `NnctlError` where axes of the data would have to move, and numbers would mix."""
    first = config.layers[0]
    wanted = {"input_shape": config.input_shape}
    if first.type == "reshape" and config.input_shape in (None, data_shape):
        wanted["layers.0.target_shape"] = first.arguments().get("target_shape")
    for path, shape in wanted.items():
        order = None if shape is None else transposition(data_shape, shape)
        if order is not None and shape is not None:
            message = f"an example of the data has shape {data_shape}; as {tuple(shape)} its "
            message += "numbers would stand in other axes than their own"
            fix = f"move the axes of the array: {transpose_call(order)}"
            raise NnctlError(config.problem(path, message, fix))


def metrics_for(
    model: "Predicting", metrics: Mapping[str, Metric], targets: Targets
) -> dict[str, Metric]:
    """The metrics, speaking of the targets as they are in the file: their unit, their classes."""
    scaling = targets.scaling
    if targets.task == "multiclass" and targets.classes is not None:
        count = len(targets.classes.labels)
        if count < model.output_shape[-1]:
            return {name: OfClasses(metric, count) for name, metric in metrics.items()}
    if scaling.type == "none":
        return dict(metrics)
    return {
        name: InOwnUnit(metric, scaling.shift, scaling.divisor) for name, metric in metrics.items()
    }


def start_from(given: Weights, model: Sequential, member: int, members: int) -> None:
    """Sets the parameters of a member to its own arrays of an ensemble, or else to those for all.

    Raises `NnctlError` for an ensemble of another size, and for arrays that are not the member's.
    """
    refuse_checkpoint(given)
    count = count_members(given.arrays)
    if count is None:
        load_parameters(model, given.arrays, given.file)
        return
    if count != members:
        message = f"it holds {count} members, and the config has ensemble: {members}"
        fix = f"--set ensemble={count}, or start from the weights of a single model"
        raise NnctlError(Problem(message, fix, given.file))
    load_member(model, given, member, members)


def refuse_checkpoint(weights: Weights) -> None:
    """Raises `NnctlError` for what holds the state of a training in place of weights."""
    if CHECKPOINT_KEY in weights.metadata:
        message = "this is a checkpoint, of a run that may go on"
        fix = "name the weights.npz of a run that has ended"
        raise NnctlError(Problem(message, fix, weights.file))


def load_member(model: Sequential, weights: Weights, member: int, members: int) -> None:
    """Sets the parameters of a member from an ensemble's file; problems name the member.

    Raises `NnctlError` for arrays that are not those of the model, or of none of so many members.
    """
    if strange := sorted(strange_arrays(weights.arrays, members)):
        message = f'"{strange[0]}" is the array of none of its {members} members'
        raise NnctlError(Problem(message, "train the model again", weights.file))
    try:
        load_parameters(model, arrays_of_member(weights.arrays, member), weights.file)
    except NnctlError as error:
        raise error.with_problems(
            problem._replace(message=f"member {member}: {problem.message}")
            for problem in error.problems
        ) from None


def load_parameters(model: Sequential, arrays: Mapping[str, Any], file: str) -> None:
    """Sets the model's parameters from the arrays of a file, which problems then name."""
    try:
        model.load_arrays(arrays)
    except NnctlError as error:
        raise NnctlError(problem.located(file=file) for problem in error.problems) from None
    if not np.isfinite(model.vector).all():
        views = model.layout.views(model.vector)
        name = next(name for name, view in views.items() if not np.isfinite(view).all())
        raise NnctlError(Problem(f'"{name}" holds numbers that are not finite', None, file))

"""From a config to what is trained: its data, read and prepared, and its model, built for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.config import Config, make
from nnctl.data.prepare import Prepared, prepare
from nnctl.errors import ArgumentError, NnctlError
from nnctl.graph import Shape
from nnctl.layers import Dense
from nnctl.model import Sequential
from nnctl.randomness import generator
from nnctl.runs.weights import load_weights
from nnctl.step import Examples


@dataclass(frozen=True)
class Built:
    """A config's model, compiled, and its examples in the model's shape and dtype."""

    config: Config
    model: Sequential
    prepared: Prepared
    train: Examples
    validation: Examples | None
    test: Examples | None


def build(config: Config, *, dtype: str | None = None, init_weights: Path | None = None) -> Built:
    """Reads the data of a config and builds its model, in its dtype or another that is given.

    The parameters are those of `init_weights` (a weights file, plain arrays, or a run folder) where
    that is given. Raises `NnctlError` with the problems of the data, or else of the shapes, each in
    its place.
    """
    dtype = dtype or config.dtype
    model = compiled(config, dtype)
    prepared = prepared_data(config, model, dtype)
    built_for(config, model, prepared.train.x.shape[1:])
    parts = [
        None if part is None else as_examples(config, model, part.x, part.y)
        for part in (prepared.train, prepared.validation, prepared.test)
    ]
    train, validation, test = parts
    assert train is not None
    if init_weights is not None:
        given = load_weights(init_weights, plain=True)
        load_parameters(model, given.arrays, given.file)
    return Built(config, model, prepared, train, validation, test)


def compiled(config: Config, dtype: str | None = None) -> Sequential:
    """The config's model with its loss, optimizer and metrics, not yet built.

    Raises `NnctlError` for what does not go together, in the config's places.
    """
    layers = [make(entry) for entry in config.layers]
    try:
        model = Sequential(layers, seed=config.seed, dtype=dtype or config.dtype)
        metrics = {entry.type: make(entry) for entry in config.metrics}
        model.compile(make(config.optimizer), make(config.loss), metrics)
    except ArgumentError as error:
        raise placed(config, error) from None
    return model


def prepared_data(config: Config, model: Sequential, dtype: str) -> Prepared:
    """The files that the config names, read and prepared for the model."""
    data = config.data
    validation: Any = data.validation
    if isinstance(validation, str):
        validation = config.resolve(validation)
    return prepare(
        config.resolve(data.train),
        task=model.loss.task,
        units=output_units(model),
        generator=generator(config.seed, "split"),
        target=data.target,
        features=data.features,
        validation=validation,
        test=None if data.test is None else config.resolve(data.test),
        scaling=data.scale.type,
        by=data.scale.arguments().get("by"),
        dtype=dtype,
    )


def output_units(model: Sequential) -> int:
    """The units of the model's output, which its last dense layer decides."""
    units = [layer.units for layer in model.layers if isinstance(layer, Dense)]
    if not units:
        raise ArgumentError("a model needs a dense layer for its output", path="layers")
    return units[-1]


def built_for(config: Config, model: Sequential, data_shape: Shape) -> None:
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
    try:
        model.build(shape)
    except ArgumentError as error:
        raise placed(config, error) from None


def placed(config: Config, error: NnctlError) -> NnctlError:
    """The same problems, with the file and line of their paths in the config."""
    return NnctlError(config.problem(p.path, p.message, p.fix) for p in error.problems)


def as_examples(config: Config, model: Sequential, x: Any, y: Any) -> Examples:
    """Prepared rows in the model's input shape, checked against the loss."""
    if len(model.output_shape) > 1:
        size = np.prod(model.input_shape)
        message = f"the output for one example has shape {model.output_shape}; it must be a vector"
        fix = f"let input_shape be [{size}]: dense layers act on the last axis alone"
        raise NnctlError(config.problem("layers", message, fix))
    try:
        return model.examples(x.reshape(len(x), *model.input_shape), y)
    except ArgumentError as error:
        raise placed(config, error) from None


def load_parameters(model: Sequential, arrays: Mapping[str, Any], file: str) -> None:
    """Sets the model's parameters from the arrays of a file, which problems then name."""
    try:
        model.load_arrays(arrays)
    except NnctlError as error:
        raise NnctlError(problem.located(file=file) for problem in error.problems) from None

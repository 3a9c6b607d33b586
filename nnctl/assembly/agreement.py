"""What a weights file says twice: of its data's preparation, its config and its model."""

from collections.abc import Iterator, Mapping
from typing import Any

from nnctl.assembly.build import output_units
from nnctl.assembly.examples import data_file, treatment
from nnctl.config import Config
from nnctl.data.preprocessing import Preprocessing
from nnctl.errors import NnctlError, Problem
from nnctl.reading.arrays import FEATURES, TARGET
from nnctl.reading.files import DataFile
from nnctl.reading.source import array_pair
from nnctl.runs.weights import CONFIG_VALUES, SPARE_UNITS
from nnctl.system import stated
from nnctl.training.sequential import Sequential

Saying = tuple[str, object, str, object]  # a place and what it says, and another of the same


def check_agreement(
    metadata: Mapping[str, Any],
    config: Config,
    model: Sequential,
    preprocessing: Preprocessing,
    file: str,
) -> None:
    """Raises `NnctlError` with all that two places of a file's metadata say differently.

    `model` is that of the config, not yet built.
    """
    sayings = [
        *of_config(metadata),
        *of_treatment(config, preprocessing),
        *of_columns(config, preprocessing),
        *of_model(metadata, model, preprocessing),
        *of_shape(metadata["input_shape"], config, preprocessing),
    ]
    problems = [
        Problem(
            f"its metadata contradicts itself: {place} is {stated.shorten(one)}, "
            f"{other} {stated.shorten(two)}",
            "train the model again",
            file,
        )
        for place, one, other, two in sayings
        if one != two
    ]
    if problems:
        raise NnctlError(problems)


def of_config(metadata: Mapping[str, Any]) -> Iterator[Saying]:
    """How much the config says: what it does not say would be taken for a default."""
    if CONFIG_VALUES in metadata:  # not so in the first files
        found = stated.count_values(metadata["config"])
        yield CONFIG_VALUES, metadata[CONFIG_VALUES], "the count of values in config", found


def of_treatment(config: Config, preprocessing: Preprocessing) -> Iterator[Saying]:
    """What becomes of the columns."""
    inputs, targets = preprocessing.inputs, preprocessing.targets
    wanted, scaling = treatment(config), inputs.scaling
    scale = wanted.scaling if inputs.numeric else "none"
    yield "dtype", inputs.dtype, "config.dtype", config.dtype
    yield "missing", inputs.missing, "config.data.missing", wanted.missing
    yield "scaling.type", scaling.type, "config.data.scale", scale
    if scaling.type == "rescale":
        yield "scaling.divisor", float(scaling.divisor), "config.data.scale.by", wanted.by
    target_scale = wanted.target_scaling
    yield "target_scaling.type", targets.scaling.type, "config.data.target_scale", target_scale
    yield "sample_weight", preprocessing.weight, "config.data.sample_weight", wanted.sample_weight
    text_format = preprocessing.text_format
    yield "the form of text tables", text_format, "that of config.data", wanted.text_format


def of_columns(config: Config, preprocessing: Preprocessing) -> Iterator[Saying]:
    """What the columns or arrays are called, where the config names them."""
    data, inputs = config.data, preprocessing.inputs
    train = data_file(config, data.train, data.features, data.target)
    assert train is not None
    arrays = arrays_of(train)
    yield "arrays", preprocessing.arrays, "config.data.train", arrays
    if arrays is None:
        features = train.features or inputs.names
        yield "features", inputs.names, "config.data.features", features
        yield "targets", preprocessing.targets.names, "config.data.target", train.targets
        text = [name for name in data.text or () if name in inputs.names]
        found = [name for name in text if name in inputs.categories]
        yield "categories of text", found, "config.data.text", text


def arrays_of(train: DataFile) -> tuple[str, str] | None:
    """What the arrays of a training file are called; None for a table."""
    if train.is_npz:
        return array_pair(train)
    return None if train.target_path is None else (FEATURES, TARGET)


def of_model(
    metadata: Mapping[str, Any], model: Sequential, preprocessing: Preprocessing
) -> Iterator[Saying]:
    """What the model predicts."""
    targets, units = preprocessing.targets, output_units(model)
    yield "task", targets.task, "that of config.loss", model.loss.task
    if targets.classes is None or targets.task == "binary" or targets.are_one_hot:
        yield "the count of targets", len(targets.names), "that of the model's outputs", units
        return
    labels = targets.classes.labels
    if all(isinstance(label, int) and 0 <= label < units for label in labels):
        yield "classes", labels, "the numbers of the model's outputs", tuple(range(units))
    spare = metadata.get(SPARE_UNITS, max(0, units - len(labels)))  # the first files do not tell
    yield "the count of classes and spare units", len(labels) + spare, "that of outputs", units


def of_shape(
    input_shape: list[int], config: Config, preprocessing: Preprocessing
) -> Iterator[Saying]:
    """What one example's shape is."""
    shape = list(config.input_shape or preprocessing.inputs.shape)
    yield "input_shape", input_shape, "that of config and data", shape

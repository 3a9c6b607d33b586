"""What a weights file says twice: of its data's preparation, its config and its model."""

from collections.abc import Iterator, Mapping
from typing import Any

from nnctl.assembly.build import output_units
from nnctl.assembly.examples import data_file, treatment
from nnctl.config import Config
from nnctl.data.inputs import OTHER_LABEL, Inputs
from nnctl.data.preprocessing import Preprocessing
from nnctl.data.rules import Treatment
from nnctl.errors import NnctlError, Problem
from nnctl.reading.arrays import FEATURES, TARGET
from nnctl.reading.files import DataFile
from nnctl.reading.source import array_pair
from nnctl.runs.weights import CONFIG_VALUES, READOUT, SPARE_UNITS
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
        *of_answers(metadata, config),
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
    wanted = treatment(config)
    yield "dtype", inputs.dtype, "config.dtype", config.dtype
    yield "missing", inputs.missing, "config.data.missing", wanted.missing
    yield from of_scales(inputs, wanted)
    for name in inputs.names:
        yield from of_column(name, inputs, wanted)
    target_scale = wanted.target_scaling
    yield "target_scaling.type", targets.scaling.type, "config.data.target_scale", target_scale
    yield "sample_weight", preprocessing.weight, "config.data.sample_weight", wanted.sample_weight
    text_format = preprocessing.text_format
    yield "the form of text tables", text_format, "that of config.data", wanted.text_format


def of_scales(inputs: Inputs, wanted: Treatment) -> Iterator[Saying]:
    """How the numbers are scaled, of the first column that is not scaled as it should be."""
    pairs = zip(inputs.scaled, inputs.scaling.wanted(len(inputs.scaled)), strict=True)
    for name, found in pairs:
        scale = wanted.scale_of(name)
        if found != scale:
            own = wanted.rule(name).scale is not None
            place = f"config.data.columns.{name}.scale" if own else "config.data.scale"
            yield "scaling.type", found.type, place, scale.type
            yield "scaling.divisor", found.by, f"{place}.by", scale.by
            yield "scaling.clip", found.clip, f"{place}.clip", scale.clip
            return


def of_column(name: str, inputs: Inputs, wanted: Treatment) -> Iterator[Saying]:
    """What is special of a column."""
    if name not in inputs.columns and not (wanted.bins or name in wanted.columns):
        return
    rule, special, kind = wanted.rule(name), inputs.special(name), inputs.kind(name)
    place, other = f"columns.{name}", f"config.data.columns.{name}"
    yield f"{place}.missing", inputs.missing_of(name), f"{other}.missing", wanted.missing_of(name)
    yield f"{place}.indicator", special.indicator, f"{other}.indicator", rule.indicator
    kind_told = "date" if kind == "date" else rule.type or kind
    yield f"the kind of {place}", kind, f"{other}.type", kind_told
    bins = wanted.bins_of(name) if kind == "number" else None
    pieces = None if special.edges is None else special.pieces
    allowed = pieces if bins is not None and pieces in range(bins + 1) else bins  # or fewer
    yield f"the count of {place}.edges", pieces, f"that of {other}.bins", allowed
    shares = rule.min_count > 1 and OTHER_LABEL in inputs.categories.get(name, ())
    yield f"{place}.other", special.other, f"{other}.min_count", shares
    if special.dates is not None:
        from nnctl.encoding.dates import USUAL  # few tables have dates

        yield f"{place}.dates", rule.type, f"{other}.type", "date"
        yield f"{place}.dates.format", special.dates.written.pattern, f"{other}.format", rule.format
        usual = tuple(part for part in USUAL if part in special.dates.parts)
        yield f"{place}.dates.parts", special.dates.parts, f"{other}.parts", rule.parts or usual


def of_columns(config: Config, preprocessing: Preprocessing) -> Iterator[Saying]:
    """What the columns or arrays are called, where the config names them."""
    data, inputs = config.data, preprocessing.inputs
    train = data_file(config, data.train, data.features, data.target)
    assert train is not None
    arrays = arrays_of(train)
    yield "arrays", preprocessing.arrays, "config.data.train", arrays
    ignored = [name for name in treatment(config).of_type("ignore") if name in inputs.names]
    yield "features that are ignored", ignored, "config.data.columns", []
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
    by_position = train.target_path is not None or train.holds_images
    return (FEATURES, TARGET) if by_position else None


def of_model(
    metadata: Mapping[str, Any], model: Sequential, preprocessing: Preprocessing
) -> Iterator[Saying]:
    """What the model predicts."""
    targets, units = preprocessing.targets, output_units(model)
    yield "task", targets.task, "that of config.loss", model.loss.task
    if targets.classes is None or targets.task == "binary" or targets.are_one_hot:
        wanted = len(targets.names) * model.loss.outputs_a_target
        yield "the count of targets", wanted, "that of the model's outputs", units
        return
    labels = targets.classes.labels
    if all(isinstance(label, int) and 0 <= label < units for label in labels):
        yield "classes", labels, "the numbers of the model's outputs", tuple(range(units))
    spare = metadata.get(SPARE_UNITS, max(0, units - len(labels)))  # the first files do not tell
    yield "the count of classes and spare units", len(labels) + spare, "that of outputs", units


def of_answers(metadata: Mapping[str, Any], config: Config) -> Iterator[Saying]:
    """What follows the model's output; what that is made of is another's to judge."""
    steps = metadata.get(READOUT, {})
    if not isinstance(steps, Mapping):
        return
    asked = {
        "temperature": config.calibrate,
        "cuts": config.threshold is not None,
        "intervals": config.intervals is not None,
    }
    for step, wanted in asked.items():
        yield f"whether there are {READOUT}.{step}", step in steps, "whether config asks", wanted
    if isinstance(config.threshold, float) and "cuts" in steps:
        found = steps["cuts"]
        wanted_cuts = [config.threshold] * len(found) if isinstance(found, list) else None
        yield f"{READOUT}.cuts", found, "config.threshold", wanted_cuts
    intervals = steps.get("intervals")
    if isinstance(intervals, Mapping):
        yield (
            f"{READOUT}.intervals.level",
            intervals.get("level"),
            "config.intervals",
            (config.intervals),
        )


def of_shape(
    input_shape: list[int], config: Config, preprocessing: Preprocessing
) -> Iterator[Saying]:
    """What one example's shape is."""
    shape = list(config.input_shape or preprocessing.inputs.shape)
    yield "input_shape", input_shape, "that of config and data", shape

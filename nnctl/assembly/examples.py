"""From a config's `data` to the examples that its model trains on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.config import Config, resolved
from nnctl.config.data_files import named_files
from nnctl.config.labels import index_of
from nnctl.config.schema import MarksConfig
from nnctl.data import preprocessing
from nnctl.data.classes import listed
from nnctl.data.pool import Dealt, Drawn
from nnctl.data.prepare import Prepared, Wanted, prepare
from nnctl.data.rules import Rule, Treatment
from nnctl.data.targets import Targets
from nnctl.encoding.scaling import Scale
from nnctl.errors import ArgumentError, NnctlError, Problem, did_you_mean
from nnctl.network.losses import CategoricalCrossentropy
from nnctl.reading.digests import digest_of, digest_of_listed
from nnctl.reading.files import DataFile, TextFormat
from nnctl.reading.notation import Notation
from nnctl.reading.numbers import MISSING
from nnctl.reading.source import file_of
from nnctl.training.seeds import Purpose, generator
from nnctl.training.sequential import Sequential
from nnctl.training.step import Examples

if TYPE_CHECKING:
    from nnctl.config.columns import ColumnConfig
    from nnctl.data.folds import Fold
    from nnctl.training.ensemble import Predicting

Names = str | Sequence[str] | None
UNITS = {"kB": 10**3, "MB": 10**6, "GB": 10**9}


def prepared_data(
    config: Config,
    model: Sequential,
    units: int,
    dtype: str,
    fold: "Fold | None" = None,
    survey: bool = False,
) -> Prepared:
    """The files that the config names, read and prepared for a model of so many outputs.

    A `fold` of the training rows is held out; with `survey` it is told what columns hold. Raises
    `NnctlError` with the problems of the data, in the config where that has to change.
    """
    data = config.data
    one_hot = isinstance(model.loss, CategoricalCrossentropy)
    train = data_file(config, data.train, data.features, data.target)
    assert train is not None
    try:
        return prepare(
            train,
            Wanted(model.loss.task, units, dtype, one_hot, model.loss.outputs_a_target),
            treatment(config),
            validation=rows_aside(config, data.validation, "split"),
            calibration=rows_aside(config, data.calibration, "calibration"),
            test=data_file(config, data.test),
            held=None if fold is None else Dealt(fold, generator(config.seed, "folds"), data.split),
            survey=survey,
        )
    except NnctlError as error:
        raise config.placed_data(error) from None


def rows_aside(config: Config, written: Any, purpose: Purpose) -> Drawn | DataFile | None:
    """Rows that do not train: a share of those of the training file, or a file of their own."""
    if isinstance(written, float):
        return Drawn(written, generator(config.seed, purpose), config.data.split)
    return data_file(config, written)


def treatment(config: Config) -> Treatment:
    """What becomes of the columns, as the config has it."""
    data = config.data
    return Treatment(
        text_format=text_format(config),
        text=data.text or (),
        missing=data.missing,
        scaling=data.scale.type,
        by=data.scale.arguments().get("by"),
        clip=data.scale.arguments().get("clip", False),
        bins=data.bins,
        columns={name: rule_of(column) for name, column in data.column_rules().items()},
        target_scaling=data.target_scale.type,
        sample_weight=data.sample_weight,
        group=data.group,
        memory=nbytes(data.memory),
        seed=config.seed,
    )


def rule_of(column: "ColumnConfig") -> Rule:
    """What the config says of a column."""
    scale = column.scale
    arguments = {} if scale is None else scale.arguments()
    return Rule(
        column.type,
        None if scale is None else Scale(scale.type, **arguments),
        column.missing,
        column.indicator,
        column.bins,
        column.min_count,
        column.format,
        column.parts,
    )


def text_format(config: Config) -> TextFormat:
    """How the text tables are written, as the config has it."""
    data = config.data
    missing: Any = data.missing_values  # a list, or a section
    if missing is None:
        marks = MISSING
    else:
        marks = (
            frozenset(missing.only) if isinstance(missing, MarksConfig) else MISSING.union(missing)
        )
    notation = Notation(marks | {""}, data.decimal, data.thousands, data.signs or ())
    return TextFormat(data.delimiter, data.header, data.encoding, notation)


def nbytes(size: int | str) -> int:
    """The bytes that a size in a config means, such as `512MB`."""
    if isinstance(size, int):
        return size
    number, unit = size[:-2], size[-2:]
    return int(float(number) * UNITS[unit])


def data_file(
    config: Config, written: Any, features: Names = None, targets: Names = None
) -> DataFile | None:
    """The data file that a config's value stands for, None for none.

    `features` and `targets` are the names of its columns or arrays where it gives none itself.
    """
    if written is None:
        return None
    if config.data.image is not None:
        return image_file(config, written, features, targets)
    if isinstance(written, str):
        return DataFile(config.resolve(written), names_of(features), names_of(targets))
    if written.file is None:
        images, labels = config.resolve(written.features), config.resolve(written.target)
        return DataFile(images, target_path=labels)
    own = names_of(written.features), names_of(written.target)
    return DataFile(
        config.resolve(written.file),
        own[0] or names_of(features),
        own[1] or names_of(targets),
        table=written.table or written.sheet,
        query=written.query,
    )


def image_file(config: Config, written: Any, features: Names, targets: Names) -> DataFile:
    """A folder of images that a config's value stands for, or a table of their paths."""
    train = config.data.train
    name, column = written, None if isinstance(train, str) else train.images
    table = query = None
    if not isinstance(written, str):
        name, column = written.file, written.images or column
        features, targets = written.features or features, written.target or targets
        table, query = written.table or written.sheet, written.query
    own = names_of(features), names_of(targets) or names_of(config.data.target)
    image = config.data.image.format
    return DataFile(config.resolve(name), *own, None, table, query, image, column)


def digests_of_parts(config: Config, digest: Callable[[str], str] = digest_of) -> dict[str, str]:
    """The SHA-256 of each data file of a config, by its path below `data`; as `digest_of_part`."""
    files = named_files(resolved(config, absolute_paths=True)["data"])
    return {part: digest_of_part(config, part, file, digest) for part, file in files.items()}


def digest_of_part(
    config: Config, part: str, file: str, digest: Callable[[str], str] = digest_of
) -> str:
    """The SHA-256 of a `file` that a config names at a part of its data, such as `train.file`.

    Of a table of images it is that of what they show, too; `digest` gives that of a file alone.
    Raises `NnctlError` where it cannot be read.
    """
    if config.data.image is None:
        return digest(file)
    from nnctl.reading.images.listing import is_image_folder  # few data are images

    if is_image_folder(Path(file)):
        from nnctl.reading.images.decoded import digest_of_folder

        return digest_of_folder(Path(file), config.data.image.format)
    found = digest(file)
    named = data_file(config, getattr(config.data, part.partition(".")[0]))
    if named is None or not named.lists_images:
        return found
    return digest_of_listed(named, found, text_format(config))


def given_file(
    config: Config,
    path: Path,
    features: Sequence[str] = (),
    target: Sequence[str] = (),
    table: str | None = None,
) -> DataFile:
    """The data file that a command is given for a trained config, as `file_of` says.

    `path` may be a folder of images where that was trained from such, or a table with a column
    `features` of their paths. Raises `NnctlError` for images where it was trained on a table.
    """
    from nnctl.reading.images.listing import images_in_words, is_image  # where data are given

    found, what = file_of(path, tuple(features), tuple(target), table), images_in_words(path)
    if config.data.image is None:
        if what is not None:
            message = f"this is {what}; the model was trained on a table, or on arrays"
            fix = "name a file of what it takes, or a model that was trained on images"
            raise NnctlError(Problem(message, fix, str(path)))
        return found
    usual = image_file(config, config.data.train, None, ())
    found.image, found.image_column = usual.image, usual.image_column
    if found.holds_images and not path.is_dir():
        found.targets = found.targets or usual.targets
        if found.features is not None and len(found.features) == 1 and not is_image(path):
            (found.image_column,), found.features = found.features, None
    return found


def names_of(given: Names) -> tuple[str, ...] | None:
    """One name or several, as several."""
    return (given,) if isinstance(given, str) else None if given is None else tuple(given)


def as_examples(config: Config, model: Sequential, prepared: preprocessing.Examples) -> Examples:
    """Prepared rows in the model's input shape, checked against the loss."""
    if len(model.output_shape) > 1:
        from nnctl.network.layers.spatial import Spatial  # which few models need

        message = f"the output for one example has shape {model.output_shape}; it must be a vector"
        why = "dense layers act on the last axis alone"
        fix = f"let input_shape be [{np.prod(model.input_shape)}]: {why}"
        if any(isinstance(layer, Spatial) for layer in model.layers):
            last = max(k for k, layer in enumerate(config.layers) if layer.type == "dense")
            fix = f"put flatten before layers.{last}: {why}"
        raise NnctlError(config.problem("layers", message, fix))
    try:
        return examples_for(model, prepared)
    except ArgumentError as error:
        raise config.placed(error) from None


def examples_for(model: "Predicting", prepared: preprocessing.Examples) -> Examples:
    """Prepared rows as the model's programs take them.

    Class indices become one-hot where the loss needs a column a class. Raises `ArgumentError`
    where the shapes do not fit.
    """
    x, y = prepared.x, prepared.y
    if isinstance(model.loss, CategoricalCrossentropy) and y.ndim == 1:
        columns = np.zeros((len(y), model.output_shape[-1]), model.dtype)
        columns[np.arange(len(y)), y] = 1
        y = columns
    return model.examples(x.reshape(len(x), *model.input_shape), y, prepared.weight)


def weight_examples(config: Config, examples: Examples, targets: Targets) -> Examples:
    """The training rows with the config's class weights, if it has any.

    Raises `NnctlError` as `class_weights` does.
    """
    weights = class_weights(config, examples, targets)
    if weights is None:
        return examples
    from nnctl.training.class_weights import weigh_classes  # few weigh them

    weighed = weigh_classes(examples, weights, targets.task == "multiclass")
    if weighed.weight is not None and not weighed.weight.any():
        message = "with these weights of classes that of every row that trains is 0"
        fix = "give a class of rows that count a weight above 0"
        raise NnctlError(config.problem("class_weight", message, fix))
    return weighed


def class_weights(config: Config, examples: Examples, targets: Targets) -> dict[int, float] | None:
    """The config's weight for each class by its index, None without any; one left out has 1.

    `examples` are the rows that train. Raises `NnctlError` for labels that the data do not have,
    and for several labels an example.
    """
    given = config.class_weight
    if given is None:
        return None
    if targets.classes is None:
        message = "class_weight is for one class an example; here there are several targets"
        raise NnctlError(config.problem("class_weight", message, "remove it"))
    if given == "balanced":
        from nnctl.training.class_weights import balanced_weights  # few weigh them

        return balanced_weights(examples, targets.task == "multiclass")
    labels = targets.classes.labels
    indices = {label: index_of(label, labels) for label in given}
    if unknown := [label for label, index in indices.items() if index is None]:
        known = listed(labels)
        raise NnctlError(
            config.problem(
                f"class_weight.{label}",
                f'"{label}" is not a class of the data; those are: {known}',
                did_you_mean(label, [str(each) for each in labels]),
            )
            for label in unknown
        )
    return {index: given[label] for label, index in indices.items() if index is not None}

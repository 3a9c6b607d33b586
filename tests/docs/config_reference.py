"""The reference of a config's keys and types: read from the schema and the registries."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic.fields import FieldInfo

from nnctl.config.columns import ColumnConfig
from nnctl.config.descriptions import DEFAULTS, KEYS, argument_description
from nnctl.config.images import ImageConfig
from nnctl.config.scaling import SCALINGS
from nnctl.config.schema import (
    Config,
    DataConfig,
    EnsembleConfig,
    FileConfig,
    MarksConfig,
)
from nnctl.config.threshold import CostConfig, ThresholdConfig
from nnctl.config.tuning import PRUNERS, SAMPLERS, SearchRange, TuneConfig
from nnctl.config.types import Section, arguments_model, model_of
from nnctl.config.wording import description
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.annotations import OneOf, read_annotation
from nnctl.network.initializers import INITIALIZERS
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.network.metrics import METRICS
from nnctl.network.optimizers import OPTIMIZERS
from nnctl.network.regularizers import REGULARIZERS
from nnctl.network.schedules import SCHEDULES
from nnctl.training.monitors import EarlyStopping, ReduceLROnPlateau
from tests.docs.markdown import GENERATED, code, table

Registry = Mapping[str, Callable[..., Any]]
HEAD = ["key", "is", "default", "means"]
KINDS: dict[str, tuple[str, Registry]] = {
    "layer": ("Layers", LAYERS),
    "activation": ("Activations", ACTIVATIONS),
    "loss": ("Losses", LOSSES),
    "optimizer": ("Optimizers", OPTIMIZERS),
    "schedule": ("Schedules", SCHEDULES),
    "metric": ("Metrics", METRICS),
    "initializer": ("Initializers", INITIALIZERS),
    "regularizer": ("Regularizers", REGULARIZERS),
    "scaling": ("Scalings", SCALINGS),
    "sampler": ("Samplers", SAMPLERS),
    "pruner": ("Pruners", PRUNERS),
}
INTRODUCTION = """\
# Config reference

Every key of a config, and every type that it may name. Unknown keys, values of another type and
numbers out of range are errors; `nnctl validate CONFIG` finds them all, and `nnctl validate
--resolved CONFIG` prints a config with every default filled in.

- A type is a name, `optimizer: adam`, or a mapping with its arguments,
  `optimizer: {type: adam, learning_rate: 0.01}`.
- Names, defaults and mathematics are those of Keras 3, in snake case.
- YAML is read by its version 1.2: `1e-3` is a number, `no` and `on` are text, `012` is twelve.
- A key whose value is `null` counts as not given.
- Paths are relative to the config.
"""
FORMS = """\
A file is its name alone, or `{file, features, target}`, where its columns or arrays have names of
their own. IDX and `.npy` data are two files, `{features: FILE, target: FILE}`; a table in several
files is the pattern of their names, `part-*.csv.gz`.
"""
MARKS = """\
`missing_values` is a list of further marks, or `{only: [...]}`:
"""
COLUMNS = """\
What single columns are, `{shop: category, price: {scale: log}}`; a bare type stands for
`{type: TYPE}`. [A page](columns.md) tells what becomes of them. In `--set` a name that holds dots
stands in quotes: `--set 'data.columns."Pool.QC".missing=mean'`.
"""
IMAGES = """\
What becomes of images, where `train` is a folder of them, or a table of their paths; the names and
the mathematics are those of Keras's `image_dataset_from_directory`. [A page](images.md) tells more.
"""
CUTS = """\
Where `calibrate`, `threshold` and `intervals` come from and what they promise is told in
[How sure is it?](how-sure.md). `threshold` is a number, or one of these aims:
"""
COSTS = """\
`cost` has two keys, in any unit:
"""
SEARCHED = """\
`search` names keys. A list has values of any kind, `layers.0.units: [16, 32, 64]`; a range has
numbers, `optimizer.learning_rate: {low: 1e-4, high: 1e-1, log: true}`, whole ones where the key
takes no others. See [Tuning](tune.md).
"""
BEFORE = {
    "activation": "In `activation` of a layer, or as a layer of its own. `z` is the sum that the "
    "layer has computed.",
    "loss": "`a` is the model's output, `y` the target. The loss of a batch is the mean over its "
    "rows. `binary_crossentropy` is for two classes, or several labels of 0 and 1; the categorical "
    "ones are for classes, as labels or (`categorical_crossentropy`) a column a class; the others "
    "are for numbers. With `from_logits: true` the last layer is linear, and "
    "[more digits are kept](proofs.md#digits-that-a-probability-loses).",
    "schedule": "In place of a number as `learning_rate`. Steps are batches, counted from 0.",
    "metric": "Metrics judge probabilities, also where the loss takes logits.",
    "initializer": "Fans are a unit's inputs and outputs.",
    "regularizer": "Added to the loss, in training and in evaluation.",
    "sampler": "In `tune.sampler`; the names and arguments are Optuna's.",
    "pruner": "In `tune.pruner`; the names and arguments are Optuna's, and its steps are epochs.",
    "scaling": "In `data.scale`, and `none` and `standardize` in `data.target_scale`.",
}


def config_page() -> str:
    """The whole page."""
    parts = [GENERATED, INTRODUCTION, *key_parts(), *(part for kind in KINDS for part in of(kind))]
    return "\n".join(parts)


def key_parts() -> Iterator[str]:
    """The keys, section by section."""
    yield f"## Keys\n\n{keys(Config, '')}"
    yield f"## data\n\n{keys(DataConfig, 'data.')}"
    yield f"{FORMS}\n{keys(FileConfig, 'file.')}"
    yield f"{MARKS}\n{keys(MarksConfig, 'marks.')}"
    yield f"## data.image\n\n{IMAGES}\n{keys(ImageConfig, 'image.')}"
    yield f"## data.columns\n\n{COLUMNS}\n{keys(ColumnConfig, 'column.')}"
    for name, made in (
        ("early_stopping", EarlyStopping),
        ("reduce_lr_on_plateau", ReduceLROnPlateau),
    ):
        rows = arguments(arguments_model(made, name), name)
        yield f"## {name}\n\n{documentation(made)}\n\n{table(HEAD, rows)}"
    yield f"## ensemble\n\n{keys(EnsembleConfig, 'ensemble.')}"
    yield f"## threshold\n\n{CUTS}\n{keys(ThresholdConfig, 'threshold.')}"
    yield f"{COSTS}\n{keys(CostConfig, 'cost.')}"
    yield f"## tune\n\n{keys(TuneConfig, 'tune.')}"
    yield f"{SEARCHED}\n{keys(SearchRange, 'range.')}"


FROM_HEADING = ("file.", "marks.", "range.", "column.", "cost.", "image.")  # that say so already


def keys(section: type[Section], ahead: str) -> str:
    """The table of a section's keys; `ahead` is put before their names to describe them."""
    rows = []
    for name, field in section.model_fields.items():
        path = ahead + name
        shown = name if ahead in FROM_HEADING else path
        rows.append([code(shown), type_of(field), default_of(field, path), KEYS[path]])
    return table(HEAD, rows)


def of(kind: str) -> Iterator[str]:
    """The types of one kind, with what they have in common first."""
    heading, registry = KINDS[kind]
    one_of = OneOf(kind, registry)
    models = {name: model_of(one_of, name) for name in registry}
    common = in_common(list(models.values()))
    yield f"## {heading}\n" + (f"\n{BEFORE[kind]}\n" if kind in BEFORE else "")
    if common:
        rows = [row for row in arguments(next(iter(models.values())), kind) if row[0] in common]
        yield f"Each {kind} takes:\n\n{table(HEAD, rows)}"
    for names in same(registry):
        yield of_type(names, models[names[0]], common)


def in_common(models: list[type[Section]]) -> set[str]:
    """The keys, as tables show them, that all types have with the same type and default."""
    rows = [
        {(key, type_of(field), default_of(field, key)) for key, field in model.model_fields.items()}
        for model in models
    ]
    return {code(name) for name, _, _ in set.intersection(*rows)} - {code("type")}


def same(registry: Registry) -> Iterator[list[str]]:
    """The names of each type; a type may have two."""
    for name, made in registry.items():
        names = [other for other in registry if registry[other] is made]
        if name == names[-1]:
            yield names[::-1]


def of_type(names: list[str], model: type[Section], common: set[str]) -> str:
    """One type: its names, its formula, its own arguments."""
    rows = [row for row in arguments(model, names[0]) if row[0] not in common]
    heading = f"### {names[0]}" + "".join(f", also called {name}" for name in names[1:])
    text = documentation(model.made)
    return f"{heading}\n\n{text}\n" + (f"\n{table(HEAD, rows)}" if rows else "")


def arguments(model: type[Section], kind: str) -> list[list[str]]:
    """A row for each argument; required ones first, the layer's name last."""
    fields = {name: field for name, field in model.model_fields.items() if name != "type"}
    order = sorted(fields, key=lambda name: (not fields[name].is_required(), name == "name"))
    return [
        [
            code(name),
            type_of(fields[name]),
            default_of(fields[name], argument_path(kind, name)),
            argument_description(kind, name),
        ]
        for name in order
    ]


def argument_path(kind: str, name: str) -> str:
    """Where `DEFAULTS` has the default of an argument, if it does."""
    if name == "strides" and "pooling" in kind:
        return "strides (pooling)"
    return "name (layer)" if name == "name" else f"{kind}.{name}"


def type_of(field: FieldInfo) -> str:
    """What a key may be, in the words of the errors, with links to the types."""
    text = description(read_annotation(field.annotation, field.metadata))
    if text == "a value" or text.startswith("a mapping with"):
        return "a mapping"
    text = text.replace("a scaling of targets", "a scaling")
    text = re.sub(r'"([^"\s]+)"', r"`\1`", text)
    for kind, (heading, _) in KINDS.items():
        plural = heading.lower()
        text = re.sub(rf"\b(an? {kind}|{plural})\b", rf"[\1](#{plural})", text)
    return re.sub(r"\{[^}]*\}", lambda found: code(found[0]), text)


def default_of(field: FieldInfo, path: str) -> str:
    """The default as YAML has it, or in words."""
    if path in DEFAULTS:
        return DEFAULTS[path]
    if field.is_required():
        return "required"
    if field.default is None:
        return "none"
    value = field.default
    return code(value if isinstance(value, str) else json.dumps(value))


def documentation(made: Any) -> str:
    """What a type says of itself."""
    return inspect.cleandoc(made.__doc__)

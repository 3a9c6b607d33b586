"""Defaults that depend on other keys, filled into a config's plain values before its schema.

Values of the wrong kind are left alone: the schema reports them.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnctl.config.constraints import Limits
from nnctl.config.wording import excerpt, number_of, rewriting
from nnctl.config.yaml_lines import path_below
from nnctl.errors import did_you_mean
from nnctl.network.annotations import Number
from nnctl.network.losses import LOSSES
from nnctl.network.metrics import METRICS
from nnctl.system.unicode import normal_form

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
RESERVED = "metadata"  # the entry of weights.npz that is no layer's
ARRAYS = ".npz"
ARRAY = ".npy"
TASKS = ("binary", "multiclass", "regression")

FRACTION = Limits(0, 1, low_open=True, high_open=True)

Finding = tuple[str, str, str | None]


def fill(values: Mapping[Any, Any], file: str) -> dict[Any, Any]:
    """The values with `name`, the layers' names, `metrics`, and data keys of `.npz` files."""
    result = dict(values)
    if result.get("name") is None:
        result["name"] = run_name(file)
    if isinstance(result.get("layers"), list):
        result["layers"] = name_layers(result["layers"])
    if result.get("metrics") is None:
        result["metrics"] = default_metrics(result.get("loss"))
    if isinstance(result.get("data"), dict):
        result["data"] = fill_data(result["data"])
    return result


def run_name(file: str) -> str:
    """The file's stem, with what a name may not hold replaced by "-"."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", Path(file).stem).lstrip(".-").rstrip("-")
    return name if name and name != RESERVED else "run"


def name_layers(layers: list[Any]) -> list[Any]:
    """The layers as mappings; those without a name are TYPE_K, the K-th of their type."""
    counts: Counter[str] = Counter()
    named = []
    for layer in layers:
        entry = {"type": layer} if isinstance(layer, str) else layer
        if isinstance(entry, dict) and isinstance(entry.get("type"), str):
            counts[entry["type"]] += 1
            if entry.get("name") is None:
                entry = {**entry, "name": f"{entry['type']}_{counts[entry['type']]}"}
        named.append(layer if isinstance(layer, str) and layer == entry else entry)
    return named


def default_metrics(loss: Any) -> list[str]:
    """`[accuracy]` for classification, `[mae]` for regression; none for an unknown loss."""
    task = task_of(loss)
    if task is None:
        return []
    return ["mae"] if task == "regression" else ["accuracy"]


def task_of(loss: Any) -> str | None:
    """The task of a loss as the config writes it, or None where there is no such loss."""
    name = loss.get("type") if isinstance(loss, Mapping) else loss
    return LOSSES[name].task if isinstance(name, str) and name in LOSSES else None


def fill_data(data: Mapping[Any, Any]) -> dict[Any, Any]:
    """The array names of `.npz` files, and single feature columns as lists of one."""
    result = dict(data)
    train = result.get("train")
    if is_arrays(train):
        for key, array in (("features", "x"), ("target", "y")):
            if result.get(key) is None:
                result[key] = array
    elif not isinstance(train, Mapping) and is_name(result.get("features")):
        result["features"] = [result["features"]]
    if is_name(result.get("text")):
        result["text"] = [result["text"]]
    return result


def is_name(value: Any) -> bool:
    """Whether a value may be the name of a column."""
    return isinstance(value, str) or type(value) is int


def is_arrays(train: Any) -> bool:
    """Whether a data file holds named arrays rather than columns."""
    return isinstance(train, str) and train.lower().endswith(ARRAYS)


def findings(values: Mapping[Any, Any]) -> Iterator[Finding]:
    """What is wrong between keys: path, message and fix of each, beside the schema's own.

    `values` are filled already.
    """
    name = values.get("name")
    if isinstance(name, str) and name and not_a_name(name):
        yield "name", not_a_name(name), None
    if isinstance(values.get("layers"), list):
        yield from layer_name_findings(values["layers"])
    if isinstance(values.get("metrics"), list):
        yield from metric_findings(values["metrics"], task_of(values.get("loss")))
    data = values.get("data")
    task = task_of(values.get("loss"))
    if isinstance(data, dict):
        yield from column_findings(data)
        yield from share_findings(data)
        yield from scale_findings(data, task)
    if values.get("class_weight") is not None and task == "regression":
        yield "class_weight", "class_weight is for classes; this loss is for numbers", "remove it"
    yield from monitor_findings(values)
    yield from ensemble_findings(values)
    if any(values.get(key) for key in ("calibrate", "threshold", "intervals")):
        from nnctl.config.answering import answer_findings  # few configs ask for more than numbers

        yield from answer_findings(values, task)


def not_a_name(name: str) -> str:
    """Why a run or layer cannot have this name; empty where it can."""
    if name == RESERVED:
        return f'the name "{RESERVED}" is kept for the weights file\'s own entry'
    if NAME.fullmatch(name):
        return ""
    return (
        f"the name is {excerpt(name)}; it must be of letters, digits, _ . and -, "
        "and not start with . or -"
    )


def layer_name_findings(layers: list[Any]) -> Iterator[Finding]:
    """Layers whose names are no names, or not unlike the others'."""
    owners: dict[str, int] = {}
    for index, layer in enumerate(layers):
        name = layer.get("name") if isinstance(layer, dict) else None
        if not isinstance(name, str) or not name:
            continue
        if not_a_name(name):
            yield f"layers.{index}.name", not_a_name(name), None
        elif name in owners:
            message = f'the name "{name}" is that of layers.{owners[name]} too'
            yield f"layers.{index}.name", message, "give each layer a name of its own"
        owners.setdefault(name, index)


def metric_findings(metrics: list[Any], task: str | None) -> Iterator[Finding]:
    """Metrics listed twice, and those that the loss's task has no use for."""
    names = [metric.get("type") if isinstance(metric, dict) else metric for metric in metrics]
    for index, name in enumerate(names):
        if not isinstance(name, str) or name not in METRICS:
            continue
        if name in names[:index]:
            yield f"metrics.{index}", f'the metric "{name}" is listed twice', "remove one of them"
        elif task is not None and task not in tasks_of(name):
            fitting = ", ".join(sorted(m for m in METRICS if task in tasks_of(m)))
            message = f"{name} does not go with a {task} loss; metrics that do: {fitting}"
            yield f"metrics.{index}", message, None


def tasks_of(metric: str) -> tuple[str, ...]:
    """The tasks that a metric makes sense for."""
    tasks: tuple[str, ...] = getattr(METRICS[metric], "tasks", TASKS)
    return tasks


def column_findings(data: Mapping[Any, Any]) -> Iterator[Finding]:
    """A missing target, and columns named twice."""
    train = data.get("train")
    if isinstance(train, str) and train.lower().endswith(ARRAY):
        message = "a .npy file holds one array, the features; the targets' file is missing"
        yield "data.train", message, f"write {{features: {train}, target: FILE}}"
        return
    own = isinstance(train, Mapping) and (
        train.get("target") is not None or is_arrays(train.get("file"))
    )
    # A folder of images has its classes in its names; what has no suffix may be one.
    own = own or (isinstance(train, str) and not Path(train).suffix)
    if isinstance(train, str | Mapping) and not own and data.get("target") is None:
        message = "target is missing; a table needs the column, or the list of columns, to predict"
        yield "data.target", message, 'add "target: COLUMN"'
    given = data.get("columns")
    names = [normal_form(str(key)) for key in given] if isinstance(given, Mapping) else []
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        message = f'the column "{name}" is there twice: the two names look the same'
        yield path_below("data.columns", name), message, "remove one of them"
    for key in ("target", "features"):
        columns = data.get(key)
        if isinstance(columns, list):
            for index, column in enumerate(columns):
                if isinstance(column, str) and column in columns[:index]:
                    message = f'the column "{column}" is listed twice'
                    yield f"data.{key}.{index}", message, "remove one of them"


def share_findings(data: Mapping[Any, Any]) -> Iterator[Finding]:
    """A share of the rows, written as the text that would be the name of a file."""
    for key in ("validation", "calibration"):
        given = data.get(key)
        if isinstance(given, str):
            fix = rewriting(given, Number(whole=False, bounds=FRACTION))
            if fix is not None or (given.endswith("%") and number_of(given) is not None):
                rule = f"a share of the rows is a number {FRACTION}"
                yield f"data.{key}", f"{key} is {excerpt(given)}, which is text; {rule}", fix


def scale_findings(data: Mapping[Any, Any], task: str | None) -> Iterator[Finding]:
    """Scaled targets where the loss is not for numbers."""
    scale = data.get("target_scale")
    name = scale.get("type") if isinstance(scale, Mapping) else scale
    if name not in (None, "none") and task in ("binary", "multiclass"):
        message = "target_scale is for regression; this loss is for classes"
        yield "data.target_scale", message, "remove it"


def monitor_findings(values: Mapping[Any, Any]) -> Iterator[Finding]:
    """Monitored figures that the run does not compute, and a plateau under a schedule."""
    computed = computed_figures(values)
    for key in ("early_stopping", "reduce_lr_on_plateau", "tune"):
        section = values.get(key)
        if not isinstance(section, Mapping):
            continue
        from nnctl.training.monitors import Monitor  # few configs watch a figure

        monitor = section.get("monitor")
        monitor = Monitor.monitor if monitor is None else monitor
        if isinstance(monitor, str) and monitor and monitor not in computed:
            message = f'monitor is "{monitor}"; this run computes: {", ".join(computed)}'
            fix = did_you_mean(monitor, computed)
            if monitor.startswith("val_") and monitor.removeprefix("val_") in computed:
                fix = "add data.validation, or monitor a figure of the training rows"
            yield f"{key}.monitor", message, fix
    optimizer = values.get("optimizer")
    rate = optimizer.get("learning_rate") if isinstance(optimizer, Mapping) else None
    if values.get("reduce_lr_on_plateau") is not None and isinstance(rate, str | Mapping):
        message = "a schedule gives the learning rate, so nothing else can change it"
        fix = "give the optimizer a number as learning_rate, or remove reduce_lr_on_plateau"
        yield "reduce_lr_on_plateau", message, fix


def computed_figures(values: Mapping[Any, Any]) -> list[str]:
    """The figures of an epoch: the loss, the metrics, and both for validation rows."""
    metrics = values.get("metrics")
    named = metrics if isinstance(metrics, list) else []
    names = [metric.get("type") if isinstance(metric, dict) else metric for metric in named]
    figures = ["loss", *(name for name in names if isinstance(name, str))]
    data = values.get("data")
    validated = isinstance(data, Mapping) and data.get("validation") is not None
    return figures + ([f"val_{name}" for name in figures] if validated else [])


def ensemble_findings(values: Mapping[Any, Any]) -> Iterator[Finding]:
    """Members that are to draw rows of their own where none are drawn."""
    ensemble, data = values.get("ensemble"), values.get("data")
    if not isinstance(ensemble, Mapping) or ensemble.get("split") != "own":
        return
    found = data if isinstance(data, Mapping) else {}
    if not isinstance(found.get("validation"), float):
        why = "data.validation is no fraction of the rows that could be drawn"
    elif found.get("split") == "last":
        why = "under data.split: last all members validate on the last rows"
    else:
        return
    yield "ensemble.split", f"each member is to draw validation rows of its own, but {why}", None

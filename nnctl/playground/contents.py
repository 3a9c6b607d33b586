"""What the page is given of a model: plain data, arrays as the bytes of their numbers."""

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnctl.assembly.build import Built
from nnctl.assembly.predicted import predicted_columns
from nnctl.assembly.trained import Trained
from nnctl.calibration.readout import Readout
from nnctl.config import resolved
from nnctl.errors import NnctlError
from nnctl.errors.visible import visible
from nnctl.graph import Array, Shape
from nnctl.network.layers import LAYERS, Dense
from nnctl.network.layers.pooling import GlobalAveragePooling, Pooling
from nnctl.network.layers.windows import table_of
from nnctl.playground.columns import columns_of
from nnctl.playground.nodes import nodes_of
from nnctl.report.example_views import view_of
from nnctl.training.frames import Frame
from nnctl.training.sequential import Sequential

MOST_FRAMES = 200
MOST_ROWS = 500
BYTES_OF_FRAMES = 2_000_000
BYTES_OF_ROWS = 400_000
AXES = 2  # of what can be drawn
LETTERS = {"kernel": "w", "bias": "b"}  # the course's
MOST_PARAMETERS = 1_000_000
# What a layer does to a prediction, where the page computes it otherwise than by its name.
KNOWN = frozenset(LAYERS)
PASSING = {"dropout": "leaves out some of its inputs, drawn anew at each step"}
NORMALIZING = {"batch_normalization": "takes mean and variance of its batch"}


@dataclass(frozen=True)
class Recording:
    """A trained model, what the page shows of its past, and what follows its output.

    `frames` are in the order of their steps, at least one; `history` has a list an epoch by figure;
    `batches` are the steps of an epoch. `trained` says whether the frames are those of a training.
    """

    built: Built
    frames: Sequence[Frame]
    history: Mapping[str, Sequence[float]]
    batches: int
    readout: Readout
    trained: bool
    told: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """What the config calls it."""
        name: str = self.built.config.name
        return name


def frames_to_keep(model: Sequential) -> int:
    """How many frames of a model fit into the page."""
    return min(MOST_FRAMES, BYTES_OF_FRAMES // max(1, model.vector.nbytes))


def check_showable(built: Built) -> None:
    """Raises `NnctlError` for a model that the page cannot compute, with what to do instead."""
    config, model = built.config, built.model
    problems = []
    for index, entry in enumerate(config.layers):
        if entry.type not in KNOWN:
            message = f"the playground does not know a layer {entry.type}"
            fix = "look at a model without it; nnctl explain draws this one"
            problems.append(config.problem(f"layers.{index}", message, fix))
    if len(model.output_shape) != 1:
        message = f"the output has the shape {model.output_shape}, and the playground takes a list"
        problems.append(config.problem("layers", message, "add a flatten layer"))
    if model.layout.size > MOST_PARAMETERS:
        message = (
            f"{model.layout.size:,} parameters are more than a page holds: {MOST_PARAMETERS:,}"
        )
        fix = "look at a smaller model; nnctl report and nnctl explain take this one"
        problems.append(config.problem("layers", message, fix))
    if problems:
        raise NnctlError(problems)


def contents_of(recording: Recording) -> dict[str, Any]:
    """All that the page knows of a model. Raises `NnctlError` where it cannot be shown."""
    built = recording.built
    check_showable(built)
    config, model = built.config, built.model
    values = resolved(config)
    preprocessing = built.prepared.preprocessing
    trained = Trained("", config, model, preprocessing)
    view = view_of(trained, built.train.x[:MOST_ROWS])
    columns = columns_of(preprocessing.inputs)
    loss = values["loss"]
    layers = [layer_facts(model, k, values["layers"][k]) for k in range(len(model.layers))]
    return {
        "name": visible(recording.name),
        "about": about(recording),
        "layers": layers,
        "nodes": nodes_of(model, layers),
        "arrays": {
            name: {"at": model.layout.slices[name].start, "shape": list(parameter.shape)}
            for name, parameter in model.layout.parameters.items()
        },
        "trainable": model.layout.trainable_size,
        "parameters": parameter_names(model),
        "loss": loss if isinstance(loss, dict) else {"type": loss},
        "inputs": {
            "shape": list(model.input_shape),
            "view": view.kind,
            "view_shape": list(view.shape),
            "columns": columns,
            "names": [visible(name) for name in preprocessing.inputs.input_names()],
        },
        "targets": target_facts(recording),
        "rows": row_facts(built),
        "frames": {
            "steps": [frame.step for frame in recording.frames],
            "vectors": numbers(np.stack([frame.vector for frame in recording.frames])),
            "batches": recording.batches,
        },
        "history": {
            name: [value if math.isfinite(value) else None for value in column]
            for name, column in recording.history.items()
            if name not in ("epoch", "seconds")
        },
        "said": said_of(model, columns, view.kind),
        "notes": [*recording.told, *notes(recording, columns, view.kind)],
    }


def parameter_names(model: Sequential) -> list[str]:
    """What one or two parameters are called, numbers of an array counted; none of more."""
    if model.layout.trainable_size > AXES:
        return []
    found = list[str]()
    for name in model.layout.trainable:
        layer, _, own = name.partition("/")
        letter = LETTERS.get(own, own) + (f" of {layer}" if len(model.layers) > 1 else "")
        size = math.prod(model.layout.parameters[name].shape)
        found += [letter] if size == 1 else [f"{letter}[{k}]" for k in range(size)]
    return found


def said_of(model: Sequential, columns: Sequence[Mapping[str, Any]], view: str) -> dict[str, str]:
    """What panels say where they have less to show than others."""
    numeric = [column for column in columns if column["kind"] == "number"]
    data = trying = bowl = ""
    if view != "table":
        data = (
            f"An example has {math.prod(model.input_shape):,} inputs, of which two alone say "
            "little: so rows stand here, to choose from."
        )
    elif not numeric:
        data = "No column of numbers can be an axis; the form takes all columns."
    elif len(columns) > AXES:
        data = "All columns but those of the axes are held as the row has them."
    if view == "series":
        trying = "A series is taken as the row has it; choose another row."
    if model.layout.trainable_size > AXES:
        bowl = (
            f"The model has {model.layout.trainable_size:,} parameters: J is a landscape over as "
            "many directions, and can be drawn over one or two."
        )
    return {"data": data, "trying": trying, "bowl": bowl}


def about(recording: Recording) -> str:
    """A line that says what the page is of."""
    config, model = recording.built.config, recording.built.model
    units = "-".join(str(shape[-1]) for shape in (model.input_shape, *model.shapes))
    state = "as it learns" if recording.trained else "as it was left"
    return (
        f"{units}, {model.layout.size:,} parameters, {state}: {config.optimizer.type} lowers "
        f"{config.loss.type} over {len(recording.built.train):,} rows."
    )


def layer_facts(model: Sequential, place: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """A layer at its place in the model: its arguments, shapes, and which cells its windows see."""
    before = model.shapes[place - 1] if place else model.input_shape
    table = windows_of(model.places[place], before)
    return {
        **{key: value for key, value in values.items() if key not in ("weights", "name")},
        "name": model.layer_names[place],
        "first": model.firsts[place] == place,
        "input": list(before),
        "output": list(model.shapes[place]),
        "table": None if table is None else numbers(table.astype(np.int32)),
    }


def windows_of(layer: Any, before: Shape) -> Array | None:
    """The cells that each window of a layer sees, (windows, cells), -1 outside; None without any.

    A dense layer sees one cell at a time, with all its channels.
    """
    cells = np.arange(math.prod(before[:-1]))
    if isinstance(layer, Dense):
        return cells[:, None]
    if isinstance(layer, GlobalAveragePooling):
        return cells[None]
    if isinstance(layer, Pooling):
        return table_of(layer.along)
    return getattr(layer, "table", None)


def target_facts(recording: Recording) -> dict[str, Any]:
    """The targets, and how the model's output becomes what is predicted of them.

    `outputs` are what the page can show of an answer, the first of several classes the likeliest,
    `shown` the one to begin with, and `levels` where the answer changes.
    """
    built, readout = recording.built, recording.readout
    targets = built.prepared.preprocessing.targets
    trained = Trained("", built.config, built.model, built.prepared.preprocessing)
    cuts = trained._replace(readout=readout).cuts
    names = [*targets.names]
    labels = [str(label) for label in targets.classes.labels] if targets.classes else []
    outputs, levels = labels or names, [*cuts]
    if targets.task == "regression":
        outputs = names = predicted_columns(targets, built.model.loss)
    elif targets.task == "multiclass":
        outputs, levels = ["the likeliest class", *labels], [0.5] * (len(labels) + 1)
    elif labels:
        levels = [1 - cuts[0], cuts[0]]
    shift, divisor = targets.scaling.by_column(len(targets.names))
    return {
        "task": targets.task,
        "names": [visible(name) for name in names],
        "classes": [visible(label) for label in labels] or None,
        "outputs": [visible(name) for name in outputs],
        "shown": 1 if targets.task == "binary" and labels else 0,
        "winners": int(targets.task == "multiclass"),
        "levels": levels,
        "cuts": list(cuts),
        "shift": shift.tolist(),
        "divisor": divisor.tolist(),
        "temperature": readout.temperature and readout.temperature.to_json(),
    }


def row_facts(built: Built) -> dict[str, Any]:
    """Some rows that train, as the model takes them, evenly spread over all."""
    total = len(built.train)
    width = math.prod(built.model.input_shape) * built.model.dtype.itemsize
    count = min(total, MOST_ROWS, max(1, BYTES_OF_ROWS // width))
    places = np.unique(np.linspace(0, total - 1, count).astype(np.intp))
    chosen = built.train.rows(places)
    weight = chosen.weight
    return {
        "total": total,
        "places": places.tolist(),
        "x": numbers(np.asarray(chosen.x[:]).reshape(len(places), -1)),
        "y": numbers(chosen.y.reshape(len(places), -1).astype(np.float64)),
        "weight": None if weight is None else numbers(weight.astype(np.float64)),
    }


def numbers(array: Array) -> dict[str, Any]:
    """An array of float32 or float64 as text: its bytes, least first, in base 64."""
    kind = array.dtype.name
    data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    return {"type": kind, "shape": list(array.shape), "bytes": base64.b64encode(data).decode()}


def notes(recording: Recording, columns: Sequence[Mapping[str, Any]], view: str) -> list[str]:
    """What the page does not show, and why."""
    built, found = recording.built, list[str]()
    rows = row_facts_told(built)
    if rows:
        found.append(rows)
    for name, entry in zip(built.model.layer_names, built.config.layers, strict=True):
        if entry.type in PASSING:
            found.append(
                f"In training {name} {PASSING[entry.type]}; here, as in predict, it lets all pass."
            )
        if entry.type in NORMALIZING:
            found.append(
                f"In training {name} {NORMALIZING[entry.type]}; here, as in predict, it takes the "
                "averages that training has kept."
            )
    kept = len(recording.frames)
    if recording.trained and frames_to_keep(built.model) < MOST_FRAMES:
        found.append(f"The model is large, so that the page holds {kept} of its steps.")
    fixed = [str(column["name"]) for column in columns if column["kind"] == "fixed"]
    if fixed and view == "table":
        named = ", ".join(fixed[:5]) + (", …" if len(fixed) > 5 else "")
        found.append(
            f"The form cannot change {named}: {columns_told(columns)}. They stay as the chosen row "
            "has them."
        )
    if recording.readout.intervals is not None:
        found.append("The ranges or sets of intervals are not shown; nnctl predict prints them.")
    if built.config.members > 1:
        found.append("This is one member of the ensemble, not their mean.")
    return found


def columns_told(columns: Sequence[Mapping[str, Any]]) -> str:
    """Why some columns are fixed, each reason once."""
    reasons = dict.fromkeys(str(c["why"]) for c in columns if c["kind"] == "fixed")
    return "; ".join(reasons)


def row_facts_told(built: Built) -> str:
    """That not all rows are shown, where it is so."""
    total = len(built.train)
    width = math.prod(built.model.input_shape) * built.model.dtype.itemsize
    count = min(total, MOST_ROWS, max(1, BYTES_OF_ROWS // width))
    if count == total:
        return ""
    return f"Of {total:,} rows that train the page holds {count:,}, evenly spread."

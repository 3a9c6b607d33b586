"""What the page is given of a model: plain data, arrays as the bytes of their numbers."""

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nnctl.assembly.build import Built
from nnctl.assembly.example_views import View, view_of
from nnctl.assembly.predicted import predicted_columns
from nnctl.assembly.trained import Trained
from nnctl.config import resolved
from nnctl.errors.visible import visible
from nnctl.graph import Array, Shape
from nnctl.network.layers import Dense
from nnctl.network.layers.pooling import GlobalAveragePooling, Pooling
from nnctl.network.layers.windows import table_of
from nnctl.playground.columns import fields_of
from nnctl.playground.nodes import PASSING, nodes_of
from nnctl.playground.recording import MOST_ROWS, Recording, check_showable, rows_to_show
from nnctl.playground.wording import about, notes, parameter_names, said_of
from nnctl.training.sequential import Sequential

UNSHOWN = ("epoch", "seconds")  # figures of a history
UNUSED = ("weights", "name")  # arguments of a layer


def contents_of(recording: Recording) -> dict[str, Any]:
    """All that the page knows of a model. Raises `NnctlError` where it cannot be shown."""
    built = recording.built
    check_showable(built)
    model, values = built.model, resolved(built.config)
    inputs = built.prepared.preprocessing.inputs
    trained = Trained("", built.config, model, built.prepared.preprocessing)
    view, fields = view_of(trained, built.train.x[:MOST_ROWS]), fields_of(inputs)
    loss = as_mapping(values["loss"])
    layers = [layer_facts(model, k, values["layers"][k]) for k in range(len(model.layers))]
    return {
        "name": visible(recording.name),
        "about": about(recording),
        "layers": layers,
        "nodes": nodes_of(model, layers, loss),
        "columns": columns_of(model, layers, view),
        "parameters": parameter_names(model),
        "loss": loss,
        "inputs": {
            "shape": list(model.input_shape),
            "view": view.kind,
            "view_shape": list(view.shape),
            "columns": fields,
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
            if name not in UNSHOWN
        },
        "said": said_of(model, fields, view.kind),
        "notes": list(notes(recording, fields, view.kind)),
    }


def layer_facts(model: Sequential, place: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """A layer at its place in the model: its arguments, its shapes, where its arrays lie in the
    vector, what its regularizers cost, and which cells its windows see."""
    before = model.shapes[place - 1] if place else model.input_shape
    name, table = model.layer_names[place], windows_of(model.places[place], before)
    found = {key: value for key, value in values.items() if key not in UNUSED}
    if "activation" in found:
        found["activation"] = as_mapping(found["activation"])
    own = {
        parameter.rpartition("/")[2]: (model.layout.slices[parameter].start, declared.shape)
        for parameter, declared in model.layout.parameters.items()
        if parameter.startswith(f"{name}/")
    }
    return {
        **found,
        "name": name,
        "first": model.firsts[place] == place,
        "input": list(before),
        "output": list(model.shapes[place]),
        "arrays": {key: {"at": at, "shape": list(shape)} for key, (at, shape) in own.items()},
        "penalties": penalties_of(values, own),
        "table": None if table is None else numbers(table.astype(np.int32)),
    }


def as_mapping(value: Any) -> dict[str, Any]:
    """What a config writes as a type's name, or with its arguments."""
    return {"type": value} if isinstance(value, str) else dict(value)


def penalties_of(values: Mapping[str, Any], arrays: Iterable[str]) -> dict[str, list[float]]:
    """For each array with a regularizer the weights of its absolute values and of its squares."""
    given = {name: values.get(f"{name}_regularizer") for name in arrays}
    made = {name: as_mapping(value) for name, value in given.items() if value is not None}
    return {name: [by.get("l1", 0.0), by.get("l2", 0.0)] for name, by in made.items()}


def columns_of(model: Sequential, layers: Sequence[Any], view: View) -> list[dict[str, Any]]:
    """The columns of units that are drawn: the input, and each layer that computes.

    `at` is the layer's place, -1 for the input; of a picture or a series that is one unit.
    """
    table = view.kind == "table"
    shape = list(model.input_shape if table else view.shape)
    found = [{"name": "x", "at": -1, "shape": shape, "count": shape[-1] if table else 1}]
    for at, layer in enumerate(layers):
        if layer["type"] not in PASSING:
            shape = layer["output"]
            found.append({"name": layer["name"], "at": at, "shape": shape, "count": shape[-1]})
    return found


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
    """The rows that are shown, as the model takes them."""
    places = rows_to_show(built)
    chosen = built.train.rows(places)
    weight = chosen.weight
    return {
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

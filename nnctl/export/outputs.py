"""From the last layer to predictions: probabilities and labels, or numbers in the target's unit."""

from collections.abc import Sequence

import numpy as np
from onnx import helper

from nnctl.assembly.predicted import predicted_columns
from nnctl.assembly.trained import Trained
from nnctl.data.classes import Label
from nnctl.data.targets import Targets
from nnctl.export.readout import deviation, ends_of, set_of
from nnctl.export.writing import Port, Tensor, Writer
from nnctl.graph import Array


def write_outputs(
    writer: Writer, y: Tensor, trained: Trained, members: Sequence[Tensor] = ()
) -> None:
    """Declares the outputs for predictions `y`: probabilities, or numbers as the loss has them.

    `members` are those of an ensemble's members, by whose deviation ranges may be as wide.
    """
    targets = trained.preprocessing.targets
    if targets.task == "regression":
        return write_predictions(writer, y, trained, members)
    if targets.classes is None:
        return write_labels(writer, y, targets, trained.cuts)
    labels = targets.classes.labels
    if targets.task == "binary":
        rest = writer.node("Sub", writer.number(1), y.name)
        both = writer.node("Concat", rest, y.name, axis=1)
    else:
        both = first_columns(writer, y, len(labels))
    if targets.task == "binary" and trained.readout.cuts is not None:
        second = writer.node("Greater", y.name, writer.constant("cut", np.array(trained.cuts)))
        chosen = writer.cast(writer.reshape(second, ()), "int64")
    else:
        chosen = writer.node("ArgMax", both, axis=1, keepdims=0)
    intervals = trained.readout.intervals
    within = None if intervals is None else set_of(writer, intervals, both, len(labels))
    write_classes(writer, both, chosen, labels)
    if within is not None:
        text = f"1 for each class in the set, of {', '.join(map(str, labels))}"
        name = writer.reserve("prediction_set")
        writer.output(within, Port(name, "int64", (len(labels),), text))
    return None


def write_predictions(
    writer: Writer, y: Tensor, trained: Trained, members: Sequence[Tensor]
) -> None:
    """Numbers in the targets' own unit: (rows, targets), or of quantiles (rows, outputs)."""
    targets, intervals = trained.preprocessing.targets, trained.readout.intervals
    each = trained.model.loss.outputs_a_target
    divisor, shift = targets.scaling.divisor, targets.scaling.shift
    value, spread = y.name, None
    if intervals is not None and intervals.kind == "spread":
        spread = deviation(writer, members, y).name
    if each > 1:
        value = in_order(writer, writer.reshape(value, (-1, each)), each)
        divisor, shift = (np.reshape(numbers, (-1, 1)) for numbers in (divisor, shift))
    if targets.scaling.type != "none":
        scale = writer.constant("divisor", divisor)
        value = writer.node("Mul", value, scale)
        value = writer.node("Add", value, writer.constant("shift", shift))
        spread = None if spread is None else writer.node("Mul", spread, scale)
    ends = () if intervals is None else ends_of(writer, intervals, value, spread)
    if each > 1:
        value = writer.reshape(value, y.shape)
    columns = predicted_columns(targets, trained.model.loss)
    text = f"in the target's own unit: {', '.join(columns)}"
    name = writer.reserve("predictions")
    writer.output(value, Port(name, writer.dtype.name, (len(columns),), text))
    for end, place in zip(ends, ("low", "high"), strict=False):
        text = f"the {place} ends of the ranges of {', '.join(targets.names)}"
        port = Port(writer.reserve(place), writer.dtype.name, (len(targets.names),), text)
        writer.output(end, port)


def in_order(writer: Writer, numbers: str, count: int) -> str:
    """The numbers of the last axis, the least first."""
    name = writer.reserve(f"{writer.scope}/TopK")
    size = writer.constant("count", np.array([count], np.int64))
    names = [name, writer.reserve(f"{name}_places")]
    made = helper.make_node("TopK", [numbers, size], names, name, axis=-1, largest=0, sorted=1)
    writer.nodes.append(made)
    return name


def write_labels(writer: Writer, y: Tensor, targets: Targets, cuts: Sequence[float]) -> None:
    """For each of several labels 0 or 1, and its probability."""
    cut = writer.number(cuts[0]) if len(set(cuts)) == 1 else writer.constant("cuts", np.array(cuts))
    above = writer.node("Greater", y.name, cut)
    shape = y.shape
    names = ", ".join(targets.names)
    label = writer.cast(above, "int64")
    writer.output(label, Port(writer.reserve("label"), "int64", shape, f"0 or 1 for {names}"))
    text = f"the probabilities of {names}"
    port = Port(writer.reserve("probabilities"), writer.dtype.name, shape, text)
    writer.output(y.name, port)


def first_columns(writer: Writer, y: Tensor, count: int) -> str:
    """The first so many columns: units beyond the classes stand for nothing."""
    if count == y.shape[-1]:
        return y.name
    numbers = {"starts": 0, "ends": count, "axes": 1}
    bounds = (writer.constant(name, np.array([n], np.int64)) for name, n in numbers.items())
    return writer.node("Slice", y.name, *bounds)


def write_classes(writer: Writer, y: str, chosen: str, labels: tuple[Label, ...]) -> None:
    """The label of the class that is `chosen`, (rows,), and the probability of each."""
    table = as_array(labels)
    dtype = "string" if table.dtype.kind == "U" else table.dtype.name
    if labels != tuple(range(len(labels))):
        chosen = writer.node("Gather", writer.exact_constant("classes", table), chosen)
    text = "the most probable class"
    writer.output(chosen, Port(writer.reserve("label"), dtype, (), text))
    text = f"the probabilities of {', '.join(map(str, labels))}"
    port = Port(writer.reserve("probabilities"), writer.dtype.name, (len(labels),), text)
    writer.output(y, port)


def as_array(labels: tuple[Label, ...]) -> Array:
    """Labels as ONNX has them: int64, float64 or text, which holds numbers of any size."""
    if all(isinstance(label, int) and abs(label) < 1 << 63 for label in labels):
        return np.array(labels, np.int64)
    texts = [str(label) for label in labels]
    try:
        are_exact = [float(label) for label in labels] == list(labels)
    except (ValueError, OverflowError):
        are_exact = False
    return np.array(labels, np.float64) if are_exact else np.array(texts)

"""From the last layer to predictions: probabilities and labels, or numbers in the target's unit."""

import numpy as np

from nnctl.data.classes import Label
from nnctl.data.targets import Targets
from nnctl.export.writing import Port, Tensor, Writer
from nnctl.graph import Array

THRESHOLD = 0.5


def write_outputs(writer: Writer, y: Tensor, targets: Targets) -> None:
    """Declares the outputs for predictions `y`: probabilities, or numbers as the loss has them."""
    if targets.task == "regression":
        return write_predictions(writer, y, targets)
    if targets.classes is None:
        return write_labels(writer, y, targets)
    labels = targets.classes.labels
    if targets.task == "binary":
        rest = writer.node("Sub", writer.number(1), y.name)
        both = writer.node("Concat", rest, y.name, axis=1)
    else:
        both = first_columns(writer, y, len(labels))
    return write_classes(writer, both, labels)


def write_predictions(writer: Writer, y: Tensor, targets: Targets) -> None:
    """Numbers, (rows, targets), in the targets' own unit."""
    value = y.name
    scaling = targets.scaling
    if scaling.type != "none":
        value = writer.node("Mul", value, writer.constant("divisor", scaling.divisor))
        value = writer.node("Add", value, writer.constant("shift", scaling.shift))
    text = f"in the target's own unit: {', '.join(targets.names)}"
    name = writer.reserve("predictions")
    writer.output(value, Port(name, writer.dtype.name, (len(targets.names),), text))


def write_labels(writer: Writer, y: Tensor, targets: Targets) -> None:
    """For each of several labels 0 or 1, and its probability."""
    above = writer.node("Greater", y.name, writer.number(THRESHOLD))
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


def write_classes(writer: Writer, y: str, labels: tuple[Label, ...]) -> None:
    """The label of the most probable class, and the probability of each."""
    chosen = writer.node("ArgMax", y, axis=1, keepdims=0)
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

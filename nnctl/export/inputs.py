"""From a row as the table has it to what the first layer is given: filled, scaled, encoded."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from nnctl.data.inputs import MISSING_LABEL, Inputs
from nnctl.data.scaling import Scaling
from nnctl.errors import NnctlError, Problem
from nnctl.export.writing import ML, Tensor, Writer
from nnctl.graph import Array, Shape
from nnctl.reading.numbers import MISSING

FEATURES = "features"


def exact_dtype(inputs: Inputs) -> str:
    """The dtype of number inputs that lets a model see what `predict` does.

    Where a scaling subtracts, digits that float32 lacks may be all that is left: then it is
    float64, as where float32 cannot hold what columns are scaled by, else the model's.
    """
    own = inputs.dtype
    return "float64" if np.any(inputs.scaling.shift) or beyond(inputs, own) else own


def beyond(inputs: Inputs, dtype: str) -> list[str]:
    """The numeric columns whose means or scaling `dtype` cannot hold, or only as 0."""
    scaling, count = inputs.scaling, len(inputs.numeric)
    means = np.zeros(count) if inputs.means is None else inputs.means
    wrong = np.zeros(count, np.bool_)
    for statistic in (means, scaling.shift, scaling.divisor):
        with np.errstate(over="ignore", under="ignore"):
            held = statistic.astype(dtype)
        wrong |= ~np.isfinite(held) | ((held == 0) & (statistic != 0))
    return [name for name, is_wrong in zip(inputs.numeric, wrong, strict=True) if is_wrong]


def write_inputs(writer: Writer, inputs: Inputs, shape: Shape, dtype: str) -> Tensor:
    """Declares the inputs, numbers in `dtype`, and prepares them as the first layer's.

    Numbers alone are one input in the model's input shape; with text columns each column is an
    input of its own, `(rows, 1)`. Raises `NnctlError` where `dtype` cannot hold how they are
    prepared.
    """
    if names := beyond(inputs, dtype):
        message = f"{dtype} cannot hold what these columns are scaled by: {first_names(names)}"
        raise NnctlError(Problem(message, "leave out --input-dtype", path="--input-dtype"))
    with writer.named("inputs"):
        if inputs.categories:
            return write_columns(writer, inputs, shape, dtype)
        every = np.arange(len(inputs.names))
        text = f"numbers as the table has them: {first_names(inputs.names)}"
        x = writer.input(FEATURES, dtype, shape, text)
        return Tensor(fill_and_scale(writer, x, inputs, every, shape, dtype), shape)


def write_columns(writer: Writer, inputs: Inputs, shape: Shape, dtype: str) -> Tensor:
    """All columns, in the model's order: stretches of numbers together, text one by one."""
    given = {name: column(writer, inputs, name, dtype) for name in inputs.names}
    parts = []
    for names in stretches(inputs):
        if names[0] in inputs.categories:
            parts.append(one_hot(writer, given[names[0]], inputs, names[0]))
            continue
        x = join(writer, [given[name] for name in names])
        places = np.array([inputs.numeric.index(name) for name in names])
        parts.append(fill_and_scale(writer, x, inputs, places, (len(names),), dtype))
    x = join(writer, parts)
    size = sum(inputs.widths)
    return Tensor(x if shape == (size,) else writer.reshape(x, shape), shape)


def column(writer: Writer, inputs: Inputs, name: str, dtype: str) -> str:
    """The input that is a column of the table."""
    if name in inputs.categories:
        text = f"text, such as {first_names(inputs.categories[name])}"
        return writer.input(name, "string", (1,), text)
    return writer.input(name, dtype, (1,), "numbers as the table has them")


def stretches(inputs: Inputs) -> Iterator[list[str]]:
    """The columns in order, neighbouring number columns together."""
    for is_text, neighbours in groupby(inputs.names, lambda name: name in inputs.categories):
        names = list(neighbours)
        yield from ([name] for name in names) if is_text else [names]


def join(writer: Writer, parts: list[str]) -> str:
    return writer.node("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]


def fill_and_scale(
    writer: Writer, x: str, inputs: Inputs, places: Array, shape: Shape, dtype: str
) -> str:
    """Numbers of those places among the numeric columns: filled, scaled, in the model's dtype."""
    if inputs.means is not None:
        means = writer.exact_constant("means", inputs.means[places].reshape(shape).astype(dtype))
        x = writer.node("Where", writer.node("IsNaN", x), means, x)
    scaling: Scaling = inputs.scaling
    for operator, name, neutral in (("Sub", "shift", 0), ("Div", "divisor", 1)):
        statistic = getattr(scaling, name)
        if np.any(statistic != neutral):
            if statistic.size > 1:
                statistic = statistic.reshape(-1)[places].reshape(shape)
            x = writer.node(operator, x, writer.exact_constant(name, statistic.astype(dtype)))
    return x if dtype == inputs.dtype else writer.cast(x, inputs.dtype)


def one_hot(writer: Writer, x: str, inputs: Inputs, name: str) -> str:
    """A one where a row's label has its place, (rows, labels); a label never seen has none."""
    labels = inputs.categories[name]
    known: dict[str, list[str] | list[int]] = {"cats_strings": list(labels)}
    if MISSING_LABEL in labels and inputs.missing == "mean":
        numbers = {label: place for place, label in enumerate(labels)}
        numbers |= dict.fromkeys(sorted(MISSING), numbers[MISSING_LABEL])
        x = writer.node(
            "LabelEncoder",
            x,
            domain=ML,
            keys_strings=list(numbers),
            values_int64s=list(numbers.values()),
            default_int64=-1,
        )
        known = {"cats_int64s": list(range(len(labels)))}
    marks = writer.node("OneHotEncoder", x, domain=ML, zeros=1, **known)
    flat = writer.node("Flatten", marks, axis=1)
    return flat if inputs.dtype == "float32" else writer.cast(flat, inputs.dtype)


def first_names(names: Sequence[str]) -> str:
    """The first few names."""
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")

"""What follows a model's output, in ONNX: corrected probabilities, sets of labels, ranges."""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

import numpy as np

from nnctl.assembly.trained import Trained
from nnctl.calibration.intervals import Intervals
from nnctl.calibration.temperature import Temperature
from nnctl.export.activations import write_activation
from nnctl.export.writing import Tensor, Writer
from nnctl.network.activations import linear, softmax
from nnctl.network.layers import Layer
from nnctl.network.losses import SMALLEST_PROBABILITY
from nnctl.training.logits import Logits
from nnctl.training.sequential import Sequential


def layers_to_logits(model: Sequential) -> list[Layer]:
    """The layers of a model, the last without the activation that logits come before."""
    places = list(model.places)
    if Logits(model).taken == "input":
        places[-1] = copy(places[-1])
        places[-1].activation = linear  # type: ignore[attr-defined]
    return places


def write_corrected(
    writer: Writer, trained: Trained, temperature: Temperature, found: Sequence[Tensor]
) -> Tensor:
    """The probabilities of corrected logits; `found` is what the members' layers end with."""
    squash, taken = Logits(trained.members[0]).squash, Logits(trained.members[0]).taken
    logits = [log_of(writer, y, squash is softmax) if taken == "log" else y for y in found]
    z = logits[0] if len(logits) == 1 else joint(writer, logits, squash is softmax)
    prior, temperatures, shifts = (np.array(each) for each in temperature)
    name = z.name
    if prior.any():
        name = writer.node("Sub", name, writer.constant("prior", prior))
    name = writer.node("Div", name, writer.constant("temperature", temperatures))
    if shifts.any():
        name = writer.node("Add", name, writer.constant("shift", shifts))
    return write_activation(writer, squash, replace(z, name=name))


def log_of(writer: Writer, y: Tensor, classes: bool) -> Tensor:
    """The logits of probabilities, which are clipped as the loss clips them."""
    name = y.name
    if classes:
        axis = writer.constant("axis", np.array([1], np.int64))
        name = writer.node("Div", name, writer.node("ReduceSum", name, axis, keepdims=1))
    least = writer.number(SMALLEST_PROBABILITY)
    name = writer.node("Clip", name, least, writer.number(1 - SMALLEST_PROBABILITY))
    logit = writer.node("Log", name)
    if not classes:
        rest = writer.node("Log", writer.node("Sub", writer.number(1), name))
        logit = writer.node("Sub", logit, rest)
    return replace(y, name=logit)


def joint(writer: Writer, logits: Sequence[Tensor], classes: bool) -> Tensor:
    """The logits of the members' mean probability, as in `nnctl.network.joint`."""

    def log_of_mean(members: Sequence[str]) -> str:
        axis = writer.constant("axis", np.array([1], np.int64))
        rows = [writer.node("Unsqueeze", member, axis) for member in members]
        together = writer.node("Concat", *rows, axis=1)
        return writer.node("ReduceLogSumExp", together, axis, keepdims=0)

    if classes:
        name = log_of_mean([writer.node("LogSoftmax", z.name, axis=1) for z in logits])
        return replace(logits[0], name=name)

    def log_sigmoid(z: str) -> str:
        # log(1 / (1 + exp(-z))), whose tail is z itself
        below = writer.node("Min", z, writer.number(0))
        size = writer.node("Exp", writer.node("Neg", writer.node("Abs", z)))
        rest = writer.node("Log", writer.node("Add", size, writer.number(1)))
        return writer.node("Sub", below, rest)

    yes = log_of_mean([log_sigmoid(z.name) for z in logits])
    no = log_of_mean([log_sigmoid(writer.node("Neg", z.name)) for z in logits])
    return replace(logits[0], name=writer.node("Sub", yes, no))


def deviation(writer: Writer, found: Sequence[Tensor], mean: Tensor) -> Tensor:
    """How far the members' numbers lie apart."""
    squares = []
    for each in found:
        apart = writer.node("Sub", each.name, mean.name)
        squares.append(writer.node("Mul", apart, apart))
    variance = writer.node("Div", writer.node("Sum", *squares), writer.number(len(found)))
    return replace(mean, name=writer.node("Sqrt", variance))


def ends_of(
    writer: Writer, intervals: Intervals, numbers: str, spread: str | None
) -> tuple[str, str]:
    """The ends of the ranges of `numbers`, (rows, targets) each, in the targets' own unit.

    The numbers are (rows, targets), or of quantiles (rows, targets, quantiles), sorted.
    """
    width = writer.constant("width", np.array(intervals.widths))
    low = high = numbers
    if intervals.kind == "quantiles":
        shape = (len(intervals.widths),)
        ends = [writer.constant("end", np.array([place], np.int64)) for place in (0, -1)]
        low, high = (
            writer.reshape(writer.node("Gather", numbers, end, axis=2), shape) for end in ends
        )
    elif spread is not None:
        wide = writer.node("Add", spread, writer.constant("median", np.array(intervals.medians)))
        width = writer.node("Mul", wide, width)
    low, high = writer.node("Sub", low, width), writer.node("Add", high, width)
    if intervals.kind == "quantiles":
        middle = writer.node("Mul", writer.node("Add", low, high), writer.number(0.5))
        low, high = writer.node("Min", low, middle), writer.node("Max", high, middle)
    return low, high


def set_of(writer: Writer, intervals: Intervals, probabilities: str, classes: int) -> str:
    """Which classes are in the set of each row, 0 or 1; the likeliest always is."""
    rest = writer.node("Sub", writer.number(1), probabilities)
    within = writer.node("LessOrEqual", rest, writer.constant("width", np.array(intervals.widths)))
    places = writer.constant("places", np.arange(classes, dtype=np.int64)[None])
    likeliest = writer.node("ArgMax", probabilities, axis=1, keepdims=1)
    within = writer.node("Or", within, writer.node("Equal", places, likeliest))
    return writer.cast(within, "int64")

"""What training itself shows: the first loss, the last one, and units that have died."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.advice.advice import Advice, Finding
from nnctl.advice.network import function_of, is_weighted, stretches
from nnctl.advice.network_checks import RANDOM, enumeration
from nnctl.advice.rates import RATE, higher_rate, lower_rate
from nnctl.assembly.build import Built
from nnctl.errors.figures import figure_text
from nnctl.graph import Array, Graph, Program
from nnctl.rules import training as rules
from nnctl.training.blocks import Inputs
from nnctl.training.callbacks import Callback, EpochEnd, Run, TrainEnd
from nnctl.training.one_hot import declare_inputs, held_of, pick_rows
from nnctl.training.sequential import Sequential
from nnctl.training.step import Examples, Penalty

if TYPE_CHECKING:
    from nnctl.training.ensemble import Predicting

ROWS = 512
MOST_TARGETS = 100_000  # rows that a mean is judged on: it takes memory for each
CONFIDENT = 3  # times the loss of guessing
DEAD = 0.4  # of a layer's units
FLAT = 0.01  # of the loss of guessing, around it
STILL = 0.05  # of the first loss
ENOUGH_EPOCHS = 5


class Watch(Callback):
    """Watches a run, and has `advice` on it once it is over. It changes nothing.

    Its state is the loss of the untrained model and that of the last epoch.
    """

    def __init__(self, built: Built):
        self.built = built
        self.first = self.last = math.nan
        self.epoch = 0
        self.advice: tuple[Advice, ...] = ()

    def on_train_begin(self, run: Run) -> None:
        if run.epoch == 0 and math.isnan(self.first):
            self.first = loss_of(self.built.model, first_rows(self.built))

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        self.last = event.logs["loss"]
        self.epoch = event.epoch

    def on_train_end(self, run: Run, event: TrainEnd) -> None:
        if event.reason not in ("finished", "stopped"):
            return
        config = self.built.config
        dead = list(dead_relu(self.built))
        found = [*confident_start(self), *dead, *stuck_at_chance(self, bool(dead))]
        wanted = [each for each in found if each.rule.code not in config.ignore_advice]
        self.advice = tuple(Advice.of(each, config) for each in wanted)

    def state(self) -> dict[str, Any]:
        return {
            "first": None if math.isnan(self.first) else self.first,
            "last": None if math.isnan(self.last) else self.last,
            "epoch": self.epoch,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        first, last = state["first"], state["last"]
        self.first = math.nan if first is None else float(first)
        self.last = math.nan if last is None else float(last)
        self.epoch = int(state["epoch"])


def first_rows(built: Built) -> Examples:
    """Some of the training rows, without weights."""
    return Examples(pick_rows(built.train.x, slice(ROWS)), built.train.y[:ROWS])


def loss_of(model: "Predicting", examples: Examples) -> float:
    """The mean loss of the model as it is, without what regularizers cost."""
    return model.evaluator.figures(examples)["loss"] - model.evaluator.penalty()


def some_rows(built: Built) -> Examples:
    """Training rows at even distances, without weights."""
    step = max(1, len(built.train) // ROWS)
    chosen = slice(0, step * ROWS, step)
    return Examples(pick_rows(built.train.x, chosen), built.train.y[chosen])


def loss_of_guessing(built: Built, y: Array) -> float | None:
    """The loss of one answer to all rows with the targets `y`: their classes' shares, or mean.

    None where labels are smoothed, and where outputs are not one a target.
    """
    loss = built.model.loss
    task = loss.task
    if built.config.loss.arguments().get("label_smoothing"):
        return None
    if task == "regression":
        if y.shape[1:] != built.model.output_shape:
            return None
        y = y[:: max(1, len(y) // MOST_TARGETS)]
        mean = y.mean(axis=0, dtype=np.float64).astype(y.dtype)
        with np.errstate(all="ignore"):
            return float(loss(y, np.broadcast_to(mean, y.shape)))
    if task == "binary":
        yes = y.mean(axis=0, dtype=np.float64)
        return float(np.mean(entropy(yes) + entropy(1 - yes)))
    shares = np.bincount(y) / len(y) if y.ndim == 1 else y.mean(axis=0, dtype=np.float64)
    return float(entropy(shares).sum())


def entropy(shares: Array) -> Array:
    """`-p log(p)` of each share, 0 for 0."""
    there = np.where(shares > 0, shares, 1.0)
    terms: Array = -there * np.log(there)
    return terms


def confident_start(watch: Watch) -> Iterator[Finding]:
    config = watch.built.config
    model = watch.built.model
    task = model.loss.task
    units = model.output_shape[-1]
    if task == "regression" or (units == 1 and task == "multiclass"):
        return
    guessing = math.log(2 if task == "binary" else units)
    if not watch.first > CONFIDENT * guessing:
        return
    found = (
        f"the first loss is {figure_text(watch.first)}, that of guessing {figure_text(guessing)}"
    )
    drawn = {
        f"layers.{place}.kernel_initializer": RANDOM
        for place, layer in enumerate(config.layers)
        if is_weighted(layer) and layer.arguments()["kernel_initializer"].type != RANDOM
    }
    if drawn:
        yield Finding(rules.CONFIDENT_START, next(iter(drawn)), found, drawn)
    elif config.data.scale.type != "standardize":
        change = {"data.scale": "standardize"}
        yield Finding(rules.CONFIDENT_START, "data.scale", found, change)


def stuck_at_chance(watch: Watch, dead: bool) -> Iterator[Finding]:
    """A loss that is no better than guessing: too slow, or too fast, as where units have died."""
    built = watch.built
    judged = built.model.loss.task != "regression" and built.train.weight is None
    guessing = loss_of_guessing(built, built.prepared.train.y) if judged else None
    if not guessing or watch.epoch < ENOUGH_EPOCHS:
        return
    last = watch.last - Penalty(watch.built.model)()
    still = abs(watch.first - last) <= STILL * watch.first
    if last < (1 - FLAT) * guessing or not (still or last <= (1 + FLAT) * guessing):
        return
    found = f"the loss ends at {figure_text(last)}, and that of guessing is {figure_text(guessing)}"
    change = (higher_rate if still and not dead else lower_rate)(built.config)
    yield Finding(rules.STUCK_AT_CHANCE, RATE, found, change)


def dead_relu(built: Built) -> Iterator[Finding]:
    places = relu_layers(built)
    if not places:
        return
    change = {}
    told = []
    for place, values in zip(places, outputs_of(built.model, places, built.train.x), strict=True):
        units = values.reshape(-1, values.shape[-1])
        dead, count = int((units <= 0).all(axis=0).sum()), units.shape[1]
        if dead > DEAD * count:
            told.append(f"{dead} of the {count} units of layers.{place}")
            change[f"layers.{place}.activation"] = "leaky_relu"
    if change:
        found = f"{enumeration(told)} give 0 for every row"
        yield Finding(rules.DEAD_RELU, next(iter(change)), found, change)


def relu_layers(built: Built) -> list[int]:
    """The places of the layers before the output that end in ReLU."""
    last, _ = list(stretches(built.config))[-1]
    layers = built.config.layers[:last]
    return [place for place, layer in enumerate(layers) if function_of(layer) == "relu"]


def outputs_of(model: Sequential, places: list[int], x: Inputs) -> list[Array]:
    """What the layers at these places give for some rows of `x`, in evaluation."""
    step = max(1, len(x) // ROWS)
    some = pick_rows(x, slice(0, step * ROWS, step))
    graph = Graph(training=False)
    given = model.layout.given(model.layout.declare(graph), model.vector)
    leaves, value = declare_inputs(graph, some, len(some), model.input_shape)
    held = map(np.ascontiguousarray, held_of(some))
    given |= zip(leaves, held, strict=True)
    wanted = []
    for place, layer in enumerate(model.places[: max(places) + 1]):
        value = layer.forward(graph, value)
        if place in places:
            wanted.append(value)
    program = Program(graph, wanted, model.vector.dtype, given)
    with np.errstate(all="ignore"):
        program.run()
    return [program[each] for each in wanted]

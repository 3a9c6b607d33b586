"""For each rule of advice a config that makes the mistake, and what it costs on new rows.

The tables are drawn here. The remedy is the change that the advice itself gives, unless the file
has to be mended. `python -m tests.advice.figures` trains both for a few seeds.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.predict import predict
from nnctl.network.metrics import higher_is_better
from tests.advice.cases import BINARY, FLAT, SLIDING, SPARSE, config, dense

Column = Any
Table = dict[str, Column]
Draw = Callable[[np.random.Generator, int], Table]
Measure = Callable[[Path, Path], float]
RATE = "{type: adam, learning_rate: 0.01}"
HIDDEN = dense(16, "relu")
POOLED = ["{type: max_pooling2d, pool_size: 12, padding: same}"]


def inputs(generator: np.random.Generator, rows: int) -> Table:
    """Two numbers of mean 0 and variance 1."""
    return {name: generator.normal(size=rows).round(4) for name in ("a", "b")}


def rings(generator: np.random.Generator, rows: int) -> Table:
    """Three kinds, by the distance from the middle: no line divides them."""
    table = inputs(generator, rows)
    distance = np.hypot(table["a"], table["b"])
    return {
        **table,
        "kind": np.array(["inner", "middle", "outer"])[np.digitize(distance, [0.9, 1.5])],
    }


def disc(generator: np.random.Generator, rows: int) -> Table:
    """Whether the point lies within a circle."""
    table = inputs(generator, rows)
    inside = np.hypot(table["a"], table["b"]) < 1.2
    return {**table, "answer": np.where(inside, "yes", "no")}


def apart(generator: np.random.Generator, rows: int) -> Table:
    """Two sides with a gap between them, so that a model can be very sure."""
    table = inputs(generator, rows)
    side = table["a"] + table["b"] > 0
    away = np.where(side, 0.5, -0.5)
    return {
        "a": (table["a"] + away).round(4),
        "b": (table["b"] + away).round(4),
        "answer": np.where(side, "yes", "no"),
    }


def fading(generator: np.random.Generator, rows: int) -> Table:
    """An answer that is half chance, and that nobody gave in the last third of the rows."""
    table = inputs(generator, rows)
    yes = table["a"] + 1.5 * generator.normal(size=rows) > 0.8
    first = np.argsort(~yes & (np.arange(rows) % 2 == 0), kind="stable")
    ordered = {name: column[first] for name, column in table.items()}
    return {**ordered, "answer": np.where(yes[first], "yes", "no")}


def corner(generator: np.random.Generator, rows: int) -> Table:
    """A rare answer, among whose rows there are more of the other."""
    table = inputs(generator, rows)
    near = table["a"] + table["b"] + generator.normal(size=rows) > 3
    return {**table, "answer": np.where(near, "yes", "no")}


def sectors(generator: np.random.Generator, rows: int) -> Table:
    """Four classes by direction, whose numbers have no order."""
    table = inputs(generator, rows)
    turn = np.arctan2(table["b"], table["a"]) / (2 * np.pi) % 1
    return {**table, "digit": np.array([2, 0, 3, 1])[(turn * 4).astype(int) % 4]}


def labels(generator: np.random.Generator, rows: int) -> Table:
    """Two labels of which there may be one, both or none."""
    table = inputs(generator, rows)
    a, b = table["a"], table["b"]
    return {**table, "car": (a > b / 2).astype(int), "bus": (b > -a / 2).astype(int)}


def prices(generator: np.random.Generator, rows: int) -> Table:
    """Numbers of both signs, between -10 and 10."""
    table = inputs(generator, rows)
    a, b = table["a"], table["b"]
    return {**table, "price": (2 * a - b + a * b + 0.3 * generator.normal(size=rows)).round(4)}


def thousands(generator: np.random.Generator, rows: int) -> Table:
    """The same disc, with one of the two in thousands."""
    table = disc(generator, rows)
    return {**table, "a": (table["a"] * 1000 + 3000).round(2)}


def noisy(generator: np.random.Generator, rows: int) -> Table:
    """More chance than rule, so that a model can learn rows by heart."""
    table = inputs(generator, rows)
    return {**table, "price": (table["a"] + 2 * generator.normal(size=rows)).round(4)}


def copied(generator: np.random.Generator, rows: int) -> Table:
    table = prices(generator, rows)
    return {"a": table["a"], "b": table["b"], "cost": table["price"], "price": table["price"]}


def distances(generator: np.random.Generator, rows: int) -> Table:
    """A price by the kilometre, and the kilometres in words."""
    kilometres = generator.uniform(0.1, 9.9, rows).round(2)
    price = (kilometres + 0.3 * generator.normal(size=rows)).round(4)
    return {**inputs(generator, rows), "way": [f"{way} km" for way in kilometres], "price": price}


def people(generator: np.random.Generator, rows: int) -> Table:
    table = prices(generator, rows)
    first = int(generator.integers(1_000_000))
    names = [f"person {first + row}x" for row in range(rows)]
    return {"a": table["a"], "b": table["b"], "person": names, "price": table["price"]}


def sorted_rings(generator: np.random.Generator, rows: int) -> Table:
    """The rings, one kind after another."""
    table = rings(generator, rows)
    order = np.argsort(table["kind"], kind="stable")
    return {name: column[order] for name, column in table.items()}


def strokes(generator: np.random.Generator, rows: int) -> Table:
    """Pictures of 12 x 12 pixels with a short stroke anywhere: flat, upright or slanting."""
    pictures = 0.3 * generator.normal(size=(rows, 12, 12))
    kinds = generator.integers(3, size=rows)
    steps = np.array([(0, 1), (1, 0), (1, 1)])
    for picture, kind in zip(pictures, kinds, strict=True):
        row, column = generator.integers(8, size=2)
        for place in range(4):
            picture[row + place * steps[kind][0], column + place * steps[kind][1]] += 1
    flat = pictures.round(3).reshape(rows, -1)
    names = np.array(["flat", "upright", "slanting"])
    return {**{f"p{k}": flat[:, k] for k in range(144)}, "kind": names[kinds]}


def without_words(table: Table) -> Table:
    """The kilometres as bare numbers."""
    return {**table, "way": [way.removesuffix(" km") for way in table["way"]]}


def not_known_yet(table: Table) -> Table:
    """The cost as it is before there is one."""
    return {**table, "cost": np.zeros(len(table["cost"]))}


def figure(metric: str) -> Measure:
    """A metric on the new rows; any that there is, whether or not the config names it."""

    def measured(run: Path, new: Path) -> float:
        if metric == "loss":
            return evaluate(run, new).loss
        bound = [f"{metric}=0"]
        asked = {"fail_under": bound} if higher_is_better(metric) else {"fail_over": bound}
        return evaluate(run, new, **asked).metrics[metric]

    return measured


def nearest_class(run: Path, new: Path) -> float:
    """The share of classes that are right, where a number counts as the class nearest to it."""
    predicted = list(csv.DictReader(io.StringIO("".join(predict(run, new).chunks()))))
    with open(new) as file:
        truth = [row["digit"] for row in csv.DictReader(file)]
    name = "prediction" if "prediction" in predicted[0] else "digit"
    found = [str(round(float(row[name]))) for row in predicted]
    return float(np.mean([a == b for a, b in zip(found, truth, strict=True)]))


def promise(run: Path, new: Path) -> float:
    """How far the last validation error is from the error on new rows."""
    with open(run / "history.csv") as file:
        told = float(list(csv.DictReader(file))[-1]["val_mae"])
    return abs(told - figure("mae")(run, new))


def modesty(run: Path, new: Path) -> float:
    """How far the lowest figure that a user is told is from the share of rare rows found."""
    told = min(evaluate(run, new).metrics.values())
    return abs(told - figure("recall")(run, new))


def error_of_the_loss(run: Path, new: Path) -> float:
    """The relative error of the loss on new rows, against the same weights in double precision."""
    exactly = ["layers.1.activation=linear", "loss={type: binary_crossentropy, from_logits: true}"]
    overrides = [*exactly, "dtype=float64", f"data.test={new.name}"]
    built = build(load(new.with_name("config.yaml"), overrides=overrides), init_weights=run)
    assert built.test is not None
    return abs(evaluate(run, new).loss / built.model.evaluator.figures(built.test)["loss"] - 1)


@dataclass(frozen=True)
class Demonstration:
    """A mistake, and its measure on new rows.

    `draw` makes the table of the training rows and of the new ones; `mended` is a change of both
    in place of one of the config, `new` a change of the new rows.
    """

    bad: str
    draw: Draw
    measures: str = "accuracy"
    measure: Measure | None = None
    better: Literal["higher", "lower"] = "higher"
    mended: Callable[[Table], Table] | None = None
    new: Callable[[Table], Table] = field(default=lambda table: table)
    rows: int = 300
    epochs: int = 40

    def value(self, run: Path, new: Path) -> float:
        """The figure of a run on the file of new rows."""
        return (self.measure or figure(self.measures))(run, new)


def kinds(
    *layers: str, loss: str = SPARSE, optimizer: str = RATE, data: str = "", more: str = ""
) -> str:
    return config("train", "kind", *layers, loss=loss, optimizer=optimizer, data=data, more=more)


def answer(*layers: str, loss: str = BINARY, optimizer: str = RATE, more: str = "") -> str:
    return config("train", "answer", *layers, loss=loss, optimizer=optimizer, more=more)


def price(*layers: str, data: str = "", more: str = "") -> str:
    return config("train", "price", *layers, optimizer=RATE, data=data, more=more)


LARGE = ", kernel_initializer: {type: random_normal, stddev: 20}"
ZEROS = ", kernel_initializer: zeros"
BELOW = ", bias_initializer: {type: constant, value: -2}"
DEMONSTRATIONS: Mapping[str, Demonstration] = {
    "linear-hidden": Demonstration(kinds(dense(16), dense(16), dense(3)), rings),
    "saturating-hidden": Demonstration(kinds(*[dense(16, "sigmoid")] * 4, dense(3)), rings),
    "equal-units": Demonstration(kinds(dense(16, "relu", ZEROS), dense(3)), rings),
    "learning-rate": Demonstration(
        kinds(HIDDEN, HIDDEN, dense(3), optimizer="{type: adam, learning_rate: 1}"), rings
    ),
    "probabilities-as-logits": Demonstration(
        kinds(HIDDEN, dense(3, "softmax")), rings, "loss", better="lower"
    ),
    "logits-as-probabilities": Demonstration(
        kinds(HIDDEN, dense(3), loss="sparse_categorical_crossentropy"), rings
    ),
    "activation-on-logits": Demonstration(answer(HIDDEN, dense(1, "relu")), disc),
    "rounded-probabilities": Demonstration(
        answer(HIDDEN, dense(1, "sigmoid"), loss="binary_crossentropy"),
        apart,
        "relative error of the loss",
        error_of_the_loss,
        "lower",
        epochs=200,
    ),
    "sigmoid-for-classes": Demonstration(
        kinds(
            HIDDEN,
            dense(3, "sigmoid"),
            loss="sparse_categorical_crossentropy",
            optimizer="{type: sgd, learning_rate: 0.1}",
        ),
        rings,
    ),
    "softmax-for-labels": Demonstration(
        config(
            "train",
            "[car, bus]",
            HIDDEN,
            dense(2, "softmax"),
            loss="binary_crossentropy",
            optimizer=RATE,
        ),
        labels,
    ),
    "softmax-of-one": Demonstration(
        answer(HIDDEN, dense(1, "softmax"), loss="binary_crossentropy"), disc
    ),
    "squashed-numbers": Demonstration(
        price(HIDDEN, dense(1, "sigmoid")), prices, "mae", better="lower"
    ),
    "relu-below-zero": Demonstration(
        price(HIDDEN, dense(1, "relu")), prices, "mae", better="lower"
    ),
    "unscaled-inputs": Demonstration(answer(HIDDEN, dense(1)), thousands),
    "squared-error-on-classes": Demonstration(
        config("train", "digit", HIDDEN, dense(1), optimizer=RATE),
        sectors,
        "accuracy of the nearest class",
        nearest_class,
    ),
    "spare-units": Demonstration(kinds(HIDDEN, dense(30)), rings, "loss", better="lower"),
    "rare-class": Demonstration(
        answer(HIDDEN, dense(1)),
        corner,
        "distance of the lowest figure told from `recall`",
        modesty,
        "lower",
    ),
    "shared-rows": Demonstration(
        price(*[dense(32, "relu")] * 2, dense(1), data=", validation: again.csv"),
        noisy,
        "distance of `val_mae` from `mae` on new rows",
        promise,
        "lower",
        rows=200,
        epochs=200,
    ),
    "target-in-features": Demonstration(
        price(HIDDEN, dense(1)), copied, "mae", better="lower", new=not_known_yet
    ),
    "text-numbers": Demonstration(
        price(HIDDEN, dense(1)), distances, "mae", better="lower", mended=without_words
    ),
    "identifier": Demonstration(
        price(HIDDEN, dense(1)), people, "mae", better="lower", rows=100, epochs=100
    ),
    "unseen-class": Demonstration(
        kinds(HIDDEN, dense(3), data=", validation: 0.3, split: last"), sorted_rings
    ),
    "channels-first": Demonstration(
        kinds(SLIDING, *POOLED, FLAT, dense(3), more="input_shape: [1, 12, 12]\n"), strokes
    ),
    "undefined-monitor": Demonstration(
        config(
            "train",
            "answer",
            *[dense(32, "relu")] * 2,
            dense(1),
            loss=BINARY,
            optimizer=RATE,
            data=", validation: 0.2, split: last",
            more="metrics: [accuracy, auc]\nearly_stopping: {monitor: val_auc, patience: 10}\n",
        ),
        fading,
        "loss",
        better="lower",
        epochs=200,
    ),
    "weighted-probabilities": Demonstration(
        answer(HIDDEN, dense(1), more="metrics: [accuracy, f1]\nclass_weight: balanced\n"),
        corner,
        "loss",
        better="lower",
    ),
    "confident-start": Demonstration(kinds(dense(16, "relu", LARGE), dense(3)), rings),
    "dead-relu": Demonstration(kinds(HIDDEN, dense(16, "relu", BELOW), dense(3)), rings),
    "stuck-at-chance": Demonstration(
        kinds(HIDDEN, HIDDEN, dense(3, more=ZEROS), optimizer="{type: adam, learning_rate: 5e-5}"),
        rings,
    ),
    "diverged": Demonstration(
        config(
            "train",
            "price",
            dense(1),
            optimizer="{type: sgd, learning_rate: 1.2}",
            more="batch_size: full\n",
        ),
        prices,
        "mae",
        better="lower",
    ),
    "overfitting": Demonstration(
        price(*[dense(32, "relu")] * 2, dense(1), data=", validation: 0.3"),
        noisy,
        "mae",
        better="lower",
        rows=200,
        epochs=200,
    ),
    "still-learning": Demonstration(
        price(HIDDEN, dense(1)), prices, "mae", better="lower", epochs=6
    ),
}

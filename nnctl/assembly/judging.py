"""A model's answers to rows whose truth is known: what it takes for what, and how sure it was."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nnctl.assembly.by_class import ClassFigures, class_figures, label_counts
from nnctl.assembly.comparison import Confusion, Guesses, block_guesses, spread_by_block
from nnctl.assembly.trained import Trained
from nnctl.calibration.bootstrap import Bootstrap
from nnctl.calibration.conformal import coverage_by_chance
from nnctl.calibration.reliability import Reliability
from nnctl.graph import Array
from nnctl.network.answers import is_yes
from nnctl.network.sums import AreaSums, RowSums, area_of
from nnctl.training.seeds import generator
from nnctl.training.step import Examples


class Coverage(NamedTuple):
    """How often ranges or sets hold the truth: as wanted, as found, and by chance 95 times in 100.

    `found` is the mean over the targets, of which `by_target` has each, where there are several.
    `sizes` has how wide the range of each target is, or how many labels are in a set (under ""),
    on the average over the rows.
    """

    wanted: float
    found: float
    by_chance: tuple[float, float]
    by_target: dict[str, float]
    sizes: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data."""
        values: dict[str, Any] = {
            "wanted": self.wanted,
            "found": self.found,
            "by_chance": list(self.by_chance),
        }
        if self.by_target:
            values["by_target"] = self.by_target
        if "" in self.sizes:
            return {**values, "set_size": self.sizes[""]}
        (first, *more) = self.sizes.values()
        return {**values, "width": self.sizes if more else first}


class Answers(NamedTuple):
    """What a model makes of some rows.

    `confusion` tells which class was taken for which, where each row has one, `by_class` has the
    figures of each class or label; `reliability` compares probabilities with what happened.
    """

    confusion: Confusion | None = None
    by_class: tuple[ClassFigures, ...] = ()
    reliability: Reliability | None = None
    coverage: Coverage | None = None


def judge_answers(trained: Trained, examples: Examples, cuts: tuple[float, ...]) -> Answers:
    """The answers of a model to some rows, a yes being what is above the `cuts`."""
    targets, intervals = trained.preprocessing.targets, trained.readout.intervals
    is_regression = targets.task == "regression"
    if is_regression and intervals is None:
        return Answers()
    reliability, guesses = Reliability(), list[Guesses]()
    counts, held = np.zeros((len(targets.names), 4), np.intp), list[tuple[Array, Array]]()
    for rows, predictions, spread in spread_by_block(trained, examples.x):
        y = examples.y[rows]
        if is_regression:
            held.append(numbers_held(trained, y, predictions, spread))
            continue
        if targets.classes is None:
            reliability.add(predictions, y > 0.5)
            counts += label_counts(y > 0.5, is_yes(predictions, cuts))
            continue
        probabilities = trained.of_classes(predictions)
        classes = probabilities.shape[1]
        found = block_guesses(targets.task, classes, y, predictions, cuts[0])
        guesses.append(found)
        if targets.task == "binary":
            reliability.add(predictions[:, 0], found.truth == 1)
        else:
            reliability.add(probabilities.max(axis=1), probabilities.argmax(axis=1) == found.truth)
        if intervals is not None:
            within = intervals.sets(probabilities)
            holds = within[np.arange(len(within)), found.truth]
            held.append((holds[:, None], within.sum(axis=1)[:, None]))
    coverage = coverage_of(trained, held) if held else None
    if is_regression:
        return Answers(coverage=coverage)
    if targets.classes is None:
        named = zip(targets.names, counts.tolist(), strict=True)
        by_class = [ClassFigures(name, *row) for name, row in named]
        return Answers(None, tuple(by_class), reliability)
    together = Guesses(*(np.concatenate(parts) for parts in zip(*guesses, strict=True)))
    confusion = Confusion.of(targets.classes.labels, together)
    return Answers(confusion, tuple(class_figures(confusion)), reliability, coverage)


def numbers_held(
    trained: Trained, y: Array, predictions: Array, spread: Array | None
) -> tuple[Array, Array]:
    """Whether the ranges of some rows hold the truth, and how wide they are; (rows, targets)."""
    assert trained.readout.intervals is not None
    numbers, apart = trained.in_own_unit(predictions, spread)
    low, high = trained.readout.intervals.bounds(trained.by_target(numbers), apart)
    truth = trained.preprocessing.targets.in_own_unit(y.reshape(len(y), -1)).astype(np.float64)
    return (low <= truth) & (truth <= high), high - low


def coverage_of(trained: Trained, parts: Sequence[tuple[Array, Array]]) -> Coverage:
    """What marks of whether the truth is held, and sizes, (rows, targets) each, come to."""
    intervals = trained.readout.intervals
    assert intervals is not None
    held, sizes = (np.concatenate(each) for each in zip(*parts, strict=True))
    shares, means = held.mean(axis=0), sizes.mean(axis=0).tolist()
    chance = coverage_by_chance(intervals.rows, intervals.level, len(held))
    names = trained.preprocessing.targets.names
    by_target = dict(zip(names, shares.tolist(), strict=True)) if len(shares) > 1 else {}
    sized = dict(zip([""] if intervals.kind == "set" else names, means, strict=True))
    return Coverage(intervals.level, float(shares.mean()), chance, by_target, sized)


class Doubt:
    """Gathers what the intervals of figures need of each row, block by block.

    Its `watch` is for the evaluator of a model's figures on these examples.
    """

    def __init__(self, trained: Trained, examples: Examples):
        self._examples, self._task = examples, trained.model.loss.task
        self._metrics = dict(trained.model.metrics)
        self._bootstrap = Bootstrap(len(examples), generator(trained.config.seed, "bootstrap"))
        self._sums: dict[str, Array | None] = {"loss": None}
        self._told: dict[str, RowSums | AreaSums] = {
            name: RowSums(metric, self._task)
            for name, metric in self._metrics.items()
            if not area_of(metric)
        }
        self._scores: list[Array] = []

    def watch(self, rows: slice, losses: Array, predictions: Array) -> None:
        """Takes the losses of some rows, and the predictions that metrics judge."""
        ones = np.ones(len(losses))
        self._gather("loss", rows, np.stack([losses.astype(np.float64), ones], axis=1))
        for name, told in list(self._told.items()):
            assert isinstance(told, RowSums)
            numbers = told.rows_of(self._examples.y[rows], predictions)
            if numbers is None:
                del self._told[name]
            else:
                self._gather(name, rows, numbers)
        if any(map(area_of, self._metrics.values())):
            self._scores.append(predictions.copy())

    def _gather(self, name: str, rows: slice, values: Array) -> None:
        self._sums[name] = self._bootstrap.add(self._sums.get(name), rows, values)

    def intervals(self, figures: dict[str, float]) -> dict[str, tuple[float, float]]:
        """The 95 % interval of each figure that has one, in the order of `figures`."""
        found = {}
        for name in figures:
            found[name] = self._interval(name)
        if found["loss"] is not None:
            # What regularizers cost is the same for all rows.
            sums = self._sums["loss"]
            assert sums is not None
            cost = figures["loss"] - sums[:, 0].sum() / sums[:, 1].sum()
            found["loss"] = found["loss"][0] + cost, found["loss"][1] + cost
        return {name: ends for name, ends in found.items() if ends is not None}

    def _interval(self, name: str) -> tuple[float, float] | None:
        if name == "loss":
            sums = self._sums["loss"]
            return None if sums is None else self._bootstrap.interval(sums, mean_of_sums)
        if area_of(self._metrics[name]):
            told = self._area(name)
            if told is None:
                return None
            every = self._bootstrap.add(None, slice(None), told.rows)
            return self._bootstrap.interval(every, told.figure_of)
        if name not in self._told:
            return None
        sums = self._sums[name]
        assert sums is not None
        return self._bootstrap.interval(sums, self._told[name].figure_of)

    def _area(self, name: str) -> AreaSums | None:
        return AreaSums.of(self._metrics[name], self._examples.y, self._scores, self._task)


def mean_of_sums(sums: Array) -> Array:
    """The mean for each of several sums of numbers and rows, (choices, 2) -> (choices,)."""
    mean: Array = sums[:, 0] / sums[:, 1]
    return mean

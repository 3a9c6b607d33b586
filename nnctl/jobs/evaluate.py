"""`nnctl evaluate`: loss, metrics and confusion matrix of a trained model on a file."""

import math
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnctl.assembly.build import metrics_for
from nnctl.assembly.comparison import MOST_CLASSES, Confusion, absence, baselines
from nnctl.assembly.examples import examples_for, given_file, nbytes
from nnctl.assembly.judging import Answers, Doubt, judge_answers
from nnctl.assembly.trained import Trained, at_cuts, load_trained
from nnctl.config.schema import FileConfig
from nnctl.data.classes import Label
from nnctl.data.prepare import read_examples
from nnctl.data.targets import Targets
from nnctl.errors import ArgumentError, NnctlError, Problem, did_you_mean
from nnctl.jobs.finding import find_weights_and_data
from nnctl.jobs.predict import cuts_for
from nnctl.network.metrics import METRICS, higher_is_better
from nnctl.reading.digests import digest_of, digest_of_listed
from nnctl.reading.files import DataFile

SHAPED = {"train": "trained on", "calibration": "calibrated by"}  # by parts of the data


@dataclass(frozen=True)
class EvaluateResult:
    """The figures of a model on some rows.

    `baselines` has what the metrics would be for the same prediction throughout: the commonest
    class, or the mean. `confusion` tells which class was taken for which, where a row has one.
    `missed` names the metrics that are not as they were asked to be; `warnings` tell what a user
    should know of the rows. `threshold` is the probability above which the answer is yes, where
    the answers are yes or no, or has one for each label. `intervals` are between which values the
    figures lie 95 times in 100, were there other rows like these; `answers` are the model's.
    """

    rows: int
    loss: float
    metrics: dict[str, float]
    baselines: dict[str, float]
    answers: Answers
    missed: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()
    threshold: float | dict[str, float] | None = None
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def confusion(self) -> Confusion | None:
        """Which class was taken for which, where a row has one."""
        return self.answers.confusion

    @property
    def calibration_error(self) -> float | None:
        """How far probabilities are from what happens, on the average."""
        reliability = self.answers.reliability
        return None if reliability is None else reliability.error

    @property
    def classes(self) -> list[Label] | None:
        """The classes in sorted order, where a row has one of them."""
        return None if self.confusion is None else list(self.confusion.classes)

    @property
    def confusion_matrix(self) -> list[list[int]] | None:
        """The rows by true class (rows) and predicted class, unless the classes are too many."""
        return None if self.confusion is None else self.confusion.matrix

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data."""
        values: dict[str, Any] = {
            "rows": self.rows,
            "loss": self.loss,
            "metrics": self.metrics,
        }
        matrix = self.confusion_matrix
        if matrix is not None:
            values["confusion_matrix"] = matrix
            values["classes"] = self.classes
        known = self.baselines.items()
        values["baselines"] = {name: value for name, value in known if name in self.metrics}
        if self.intervals:
            values["intervals"] = {name: list(ends) for name, ends in self.intervals.items()}
        if self.answers.by_class:
            values["by_class"] = [each.as_json() for each in self.answers.by_class]
        if self.calibration_error is not None:
            values["calibration_error"] = self.calibration_error
        if self.threshold is not None:
            values["threshold"] = self.threshold
        if (coverage := self.answers.coverage) is not None:
            values["coverage"] = coverage.as_json()
        return values


@dataclass(frozen=True)
class Bound:
    """A figure with the value it must not fall below or rise above."""

    metric: str
    value: float
    over: bool

    @classmethod
    def parse(cls, text: str, over: bool) -> "Bound":
        """From METRIC=VALUE. Raises `ArgumentError` for another form, or the wrong of the two."""
        option = "--fail-over" if over else "--fail-under"
        metric, _, value = text.partition("=")
        known = ["loss", *METRICS]
        if metric not in known:
            raise ArgumentError(
                f'{option} {text}: unknown metric "{metric}"; there are: {", ".join(known)}',
                did_you_mean(metric, known),
            )
        try:
            number = float(value)
            if math.isnan(number):
                raise ValueError
        except ValueError:
            raise ArgumentError(f"{option} {text}: {value!r} is not a number") from None
        if over == higher_is_better(metric):
            other = "--fail-under" if over else "--fail-over"
            better = "higher" if over else "lower"
            raise ArgumentError(
                f"{option} {text}: {metric} is better when {better}", f"use {other}"
            )
        return cls(metric, number, over)

    def missed_by(self, figures: dict[str, float]) -> bool:
        """Whether the figure is on the wrong side, or not a number."""
        value = figures[self.metric]
        return not (value <= self.value if self.over else value >= self.value)


def evaluate(
    weights: Path,
    data: Path,
    *,
    features: Sequence[str] = (),
    target: Sequence[str] = (),
    table: str | None = None,
    fail_under: Sequence[str] = (),
    fail_over: Sequence[str] = (),
    threshold: float | None = None,
    intervals: bool = True,
) -> EvaluateResult:
    """The figures of a weights file or run folder on a data file with targets.

    `features` and `target` name what the file has for the model's columns or arrays, or `target`
    the second file of IDX or `.npy` data; `table` is that of a database or workbook. Metrics that
    only a bound names are computed, too. Answers are yes above `threshold`, or else above the kept
    cuts. With `intervals` it is told how far figures may be off by chance. Raises `NnctlError` for
    bounds or a threshold that make no sense for the model, and for files that cannot be read.
    """
    bounds = [Bound.parse(text, over=False) for text in fail_under]
    bounds += [Bound.parse(text, over=True) for text in fail_over]
    weights, data = find_weights_and_data(weights, data)
    trained = load_trained(weights)
    cuts = cuts_for(trained, threshold)
    measure(trained, {bound.metric for bound in bounds}, cuts)
    model, targets = trained.model, trained.preprocessing.targets
    file = given_file(trained.config, data, features, target, table)
    warnings: list[Problem] = []
    memory = nbytes(trained.config.data.memory)
    prepared = read_examples(trained.preprocessing, file, warnings, memory)
    warnings = [*trained_on(trained, file), *warnings]
    examples = examples_for(model, prepared)
    doubt = Doubt(trained, examples) if intervals and len(examples) > 1 else None
    figures = model.evaluator.figures(examples, None if doubt is None else doubt.watch)
    answers = judge_answers(trained, examples, cuts)
    warnings += [] if answers.confusion is None else unseen_matrix(answers.confusion)
    lacking = absence(targets, examples.y, "no row", list(model.metrics))
    warnings += [] if lacking is None else [lacking]
    return EvaluateResult(
        len(examples),
        figures["loss"],
        {name: value for name, value in figures.items() if name != "loss"},
        baselines(model.loss.task, targets, examples.y),
        answers,
        tuple(bound.metric for bound in bounds if bound.missed_by(figures)),
        tuple(warnings),
        threshold_told(targets, cuts),
        {} if doubt is None else doubt.intervals(figures),
    )


def threshold_told(targets: Targets, cuts: Sequence[float]) -> float | dict[str, float] | None:
    """The cut above which answers are yes, or those of labels that have their own."""
    if targets.task != "binary":
        return None
    return cuts[0] if len(set(cuts)) == 1 else dict(zip(targets.names, cuts, strict=True))


def measure(trained: Trained, more: set[str], cuts: Sequence[float]) -> None:
    """Lets the model compute its metrics and `more`, with yes above the `cuts` of its outputs."""
    model = trained.model
    names = sorted(more - {"loss", *model.metrics})
    added = metrics_for(model, metrics_of(names), trained.preprocessing.targets)
    metrics = {**model.metrics, **added}
    if trained.preprocessing.targets.task == "binary":
        metrics = at_cuts(metrics, cuts)
    model.compile(model.optimizer, model.loss, metrics)


def unseen_matrix(confusion: Confusion) -> list[Problem]:
    """A warning where there are too many classes for a matrix."""
    count = len(confusion.classes)
    if count <= MOST_CLASSES:
        return []
    message = f"the confusion matrix is left out: of {count:,} classes it has {count**2:,} cells"
    return [Problem(f"{message}, and at most {MOST_CLASSES:,} classes are shown in one")]


def metrics_of(names: Sequence[str]) -> dict[str, Any]:
    return {name: METRICS[name]() for name in names}


def is_another_table(trained: Trained, part: str, file: DataFile) -> bool:
    """Whether a file has several tables, and another of them was that part of the training."""
    written = getattr(trained.config.data, part)
    if not isinstance(written, FileConfig):
        return False
    named = (file.table, file.query), (written.table or written.sheet, written.query)
    return all(map(any, named)) and named[0] != named[1]


def trained_on(trained: Trained, file: DataFile) -> list[Problem]:
    """What to tell where the very file that is to judge the model has trained it."""
    found = None
    used = {
        sha256: part for part, sha256 in trained.data.items() if part.partition(".")[0] in SHAPED
    }
    # Of a pipe nothing may be taken; what is wrong with a file is told when it is read.
    with suppress(NnctlError):
        if used and all(path.is_file() or os.path.isdir(path) for path in file.shards):
            digest = digest_of(file.path)
            if file.lists_images:
                digest = digest_of_listed(file, digest, trained.preprocessing.text_format)
            found = used.get(digest)
    if found is None or is_another_table(trained, found.partition(".")[0], file):
        return []
    how = SHAPED[found.partition(".")[0]]
    message = f"the model was {how} these very rows (the SHA-256 is that of data.{found})"
    fix = "evaluate it on rows that it has not seen: these figures say nothing about others"
    return [Problem(message, fix, str(file.path))]

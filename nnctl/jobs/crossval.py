"""`nnctl crossval`: each row is held out once, by a model that was trained without it."""

import gc
import math
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from nnctl.assembly.answering import Fitted, fit_readout
from nnctl.assembly.build import Built, build
from nnctl.assembly.judging import judge_answers
from nnctl.config import load
from nnctl.data.folds import Fold
from nnctl.errors import ArgumentError, ExitStatus, Problem
from nnctl.jobs.evaluate import Bound
from nnctl.jobs.finding import find_config
from nnctl.jobs.held_out import (
    HeldOutRow,
    held_out_columns,
    read_parts,
    trained_of,
    write_part,
)
from nnctl.jobs.members.one_by_one import model_of, train_members
from nnctl.jobs.processes import take_one_core
from nnctl.jobs.signals import hold_signals_back
from nnctl.system import forks, machine
from nnctl.training.loop import TrainingDiverged

SHOWN_CLASSES = 5


@dataclass(frozen=True)
class FoldResult:
    """The figures on the rows that one fold held out, `rows` of them.

    Beside the loss and the metrics these are, where the config asks for such answers, what
    `sureness` has. `predictions` is the file with a row for each of them, if they were asked for:
    its number in the data counted from 1, the fold, its targets, and what `predict` says of it.
    `notices` tell of figures that were to stop or slow the training, and were not defined, and of
    what the rows that calibrate have not shown.
    """

    fold: int  # counted from 1
    rows: int
    epochs: int
    figures: dict[str, float]
    columns: tuple[str, ...] = ()
    predictions: Path | None = None
    notices: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class CrossvalResult:
    """The folds, and of each figure the mean and the sample standard deviation over them.

    `missed` names the figures whose mean is not as it was asked to be; `level` is how often ranges
    or sets are to hold the truth, where there are some.
    """

    folds: tuple[FoldResult, ...]
    mean: dict[str, float]
    std: dict[str, float]
    missed: tuple[str, ...] = ()
    level: float | None = None

    @property
    def status(self) -> ExitStatus:
        return ExitStatus.NO if self.missed else ExitStatus.DONE

    def held_out(self) -> Iterator[HeldOutRow]:
        """The predictions of all folds, in the order of the data's rows."""
        return read_parts([each.predictions for each in self.folds if each.predictions])

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data."""
        folds = [
            {"fold": each.fold, "rows": each.rows, "epochs": each.epochs, **each.figures}
            for each in self.folds
        ]
        values: dict[str, Any] = {"folds": folds, "mean": dict(self.mean), "std": dict(self.std)}
        if self.level is not None:
            values["coverage"] = {"wanted": self.level, "found": self.mean["coverage"]}
        return values


@dataclass(frozen=True)
class Work:
    """All that a process needs to train a fold."""

    config: Path
    overrides: tuple[str, ...]
    epochs: int | None
    seed: int | None
    folds: int
    predictions: Path | None


def crossval(
    config: Path,
    *,
    folds: int = 5,
    overrides: Sequence[str] = (),
    epochs: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    predictions: Path | None = None,
    fail_under: Sequence[str] = (),
    fail_over: Sequence[str] = (),
    tell: Callable[[FoldResult], object] = lambda result: None,
    warn: Callable[[Problem], object] = lambda problem: None,
) -> CrossvalResult:
    """Trains the config once a fold, on all other rows, and evaluates on the fold's own.

    The folds are dealt out by the seed and the targets alone, so that those of two configs are the
    same rows. Up to `workers` processes (by default one a core) train at once; the figures do not
    depend on how many. `predictions` is a folder for what the folds predict of their rows, if that
    is wanted. `tell` hears of each fold, in order. Raises `NnctlError` for what cannot be trained,
    and with status 1 where a fold diverges.
    """
    bounds = [Bound.parse(text, over=False) for text in fail_under]
    bounds += [Bound.parse(text, over=True) for text in fail_over]
    work = Work(find_config(config), tuple(overrides), epochs, seed, folds, predictions)
    if workers is not None and workers < 1:
        raise ArgumentError(f"--workers is {workers}; it must be at least 1")
    first = build_without_fold(work, 0)  # what is wrong with config and data is found here, once
    figures = {"loss", *first.model.metrics}
    for bound in bounds:
        if bound.metric not in figures:
            message = f"the config has no metric {bound.metric}, which is to be bounded"
            raise ArgumentError(message, f"add it to metrics, beside {', '.join(sorted(figures))}")
    for problem in (*first.prepared.warnings, *scarce_classes(first, folds)):
        warn(problem)
    results, level = [], first.config.intervals
    tested = each_fold(work, first, min(workers or machine.available_threads(), folds))
    del first  # which takes as much memory as that of the fold at hand
    for result in tested:
        tell(result)
        results.append(result)
    for problem in noticed_in_folds(results):
        warn(problem)
    return replace(summarize(results, bounds), level=level)


def noticed_in_folds(results: Sequence[FoldResult]) -> list[Problem]:
    """What to tell of figures and answers in some folds: of each once."""
    found: dict[str, list[tuple[int, Problem]]] = {}
    for result in results:
        for problem in result.notices:
            found.setdefault(problem.path, []).append((result.fold, problem))
    told = []
    for (fold, first), *others in found.values():
        more = f", and so in {len(others)} more" if others else ""
        told.append(Problem(f"in fold {fold}{more}, {first.message}", first.fix))
    return told


def summarize(results: Sequence[FoldResult], bounds: Sequence[Bound]) -> CrossvalResult:
    """The result of all folds."""
    values = {name: [each.figures[name] for each in results] for name in results[0].figures}
    mean = {name: fmean(each) for name, each in values.items()}
    std = {
        name: stdev(each) if all(map(math.isfinite, each)) else math.nan
        for name, each in values.items()
    }
    missed = tuple(bound.metric for bound in bounds if bound.missed_by(mean))
    return CrossvalResult(tuple(results), mean, std, missed)


def each_fold(work: Work, first: Built, workers: int) -> Iterator[FoldResult]:
    """The results of the folds, in order; processes that are not needed any more are ended."""
    if workers == 1:
        result = train_fold(work, 0, first)
        del first
        yield result
        for index in range(1, work.folds):
            gc.collect()  # a model and what predicts by it hold each other
            yield train_fold(work, index)
        return
    del first
    gc.collect()  # or forks would keep it
    method = forks.start_method()
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context(method), take_one_core)
    try:
        with hold_signals_back(method):  # or a process that is being started would be forgotten
            waiting = [pool.submit(train_fold, work, index) for index in range(work.folds)]
        for future in waiting:
            yield future.result()
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def build_without_fold(work: Work, index: int) -> Built:
    """The config's model and data, one fold held out."""
    named = {"epochs": work.epochs, "seed": work.seed}
    config = load(work.config, overrides=work.overrides, named=named)
    return build(config, fold=Fold(index, work.folds))


def scarce_classes(built: Built, folds: int) -> list[Problem]:
    """A warning where a class has fewer rows than there are folds."""
    classes = built.prepared.preprocessing.targets.classes
    if classes is None or built.held is None or len(built.held.y) == 0:
        return []
    if built.config.data.split == "last":  # which gives the classes no shares
        return []
    labels = [examples.y for examples in (built.train, built.held) if examples is not None]
    if built.validation is not None:
        labels.append(built.validation.y)
    counts = class_counts(labels, len(classes.labels))
    found = [
        (label, count)
        for label, count in zip(classes.labels, counts, strict=False)
        if count < folds
    ]
    told = [
        Problem(
            f'the class "{label}" has {count} row{"" if count == 1 else "s"}, fewer than the '
            f"{folds} folds: some of them are scored without it"
        )
        for label, count in found[:SHOWN_CLASSES]
    ]
    if more := len(found) - len(told):
        told.append(Problem(f"and {more:,} more class{'es have' if more > 1 else ' has'} as few"))
    return told


def class_counts(labels: Sequence[Any], classes: int) -> list[int]:
    """How often each class is among the labels: indices, one-hot rows, or zeros and ones."""
    counts = [0] * classes
    for y in labels:
        if y.ndim == 2 and y.shape[1] == 1:
            indices = (y[:, 0] > 0.5).astype(int)
        else:
            indices = y.argmax(axis=1) if y.ndim == 2 else y
        for index in indices.tolist():
            counts[int(index)] += 1
    return counts


def train_fold(work: Work, index: int, built: Built | None = None) -> FoldResult:
    """Trains without a fold's rows, and evaluates on them. Raises `NnctlError` as training does."""
    built = built or build_without_fold(work, index)
    assert built.held is not None
    try:
        trained = list(train_members(built))
    except TrainingDiverged as error:
        problems = [
            Problem(f"fold {index + 1} of {work.folds}: {problem.message}", problem.fix)
            for problem in error.problems
        ]
        raise TrainingDiverged(problems) from None
    fitted = fit_readout(built, model_of(trained))
    figures = fitted.model.evaluator.figures(built.held) | sureness(built, fitted)
    watching = [each for member in trained for each in member.watching]
    undefined = [each.undefined_problem() for each in watching]
    notices = (*(each for each in undefined if each is not None), *fitted.notices)
    epochs = max(member.end.epoch for member in trained)
    result = FoldResult(index + 1, len(built.held), epochs, figures, notices=notices)
    if work.predictions is None:
        return result
    part = work.predictions / f"{index + 1}.jsonl"
    write_part(part, built, fitted, index + 1)
    return replace(result, columns=held_out_columns(built, fitted), predictions=part)


def sureness(built: Built, fitted: Fitted) -> dict[str, float]:
    """How sure the model is of the rows that were held out, as far as the config asks for that.

    How often ranges or sets hold the truth (`coverage`), how wide the ranges are (`width`, of each
    of several targets `width_TARGET`) or how many labels are in a set (`set_size`) on the average,
    and of calibrated probabilities how far they are off (`calibration_error`).
    """
    config = built.config
    if config.intervals is None and not config.calibrate:
        return {}
    assert built.held is not None
    trained = trained_of(built, fitted)
    answers = judge_answers(trained, built.held, trained.cuts)
    found = {}
    if (coverage := answers.coverage) is not None:
        found["coverage"] = coverage.found
        several = len(coverage.sizes) > 1
        for name, size in coverage.sizes.items():
            found[("width" + f"_{name}" * several) if name else "set_size"] = size
    if config.calibrate and answers.reliability is not None:
        found["calibration_error"] = answers.reliability.error
    return found

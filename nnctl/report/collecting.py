"""What a report shows of a run, read from its folder, and what of it is not to be had."""

import csv
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from nnctl.advice import Advice, advice_for, advice_on
from nnctl.assembly.build import Built, build
from nnctl.assembly.example_views import view_of
from nnctl.assembly.importance import Importance
from nnctl.assembly.trained import Trained, load_trained
from nnctl.config import Config, dump_yaml, load, resolved
from nnctl.config.data_files import with_files
from nnctl.config.schema import check
from nnctl.config.source import Source
from nnctl.errors import NnctlError, Problem
from nnctl.report.files import UsedFile, used_files
from nnctl.report.first_layer import FirstLayer, first_layer
from nnctl.report.judged_rows import look_at_rows, rows_of
from nnctl.report.predictions import Judged
from nnctl.report.surface import Surface
from nnctl.runs.checkpoint import MEMBER_COLUMN, Saved, read_checkpoint
from nnctl.runs.folder import CONFIG, HISTORY, RESULTS, RunFolder, first_checkpoint, is_run
from nnctl.runs.results import read_results
from nnctl.runs.weights import load_weights

PARTS = ("train", "validation", "test")
Content = TypeVar("Content")


@dataclass(frozen=True)
class Told:
    """What was told of a run when it trained: its verdict, advice and warnings, if it has any."""

    codes: tuple[str, ...]
    text: str
    change: str
    advice: tuple[Advice, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class RunReport:
    """All that a report shows of a run. What it lacks is empty or None, and `missing` says why.

    `figures` are those of each part of the data, `rows` its rows; `histories` have a list a column
    of `history.csv`, one for each member; `best_epochs` are those whose weights the run has, where
    they are not the last.
    `importance` is that of the columns, or `no_importance` says why there is none; `units` has the
    units of figures that have one; `date` is when the run was last written.
    `told` is what `results.json` has of that; `advice` and `warnings` then come from there.
    """

    name: str
    config: Config
    settings: dict[str, Any]
    files: tuple[UsedFile, ...]
    ended: bool
    results: dict[str, Any]
    figures: dict[str, dict[str, float]]
    histories: tuple[dict[str, list[float]], ...]
    best_epochs: tuple[int, ...]
    rows: dict[str, int]
    parameters: int | None
    judged: Judged | None
    importance: Importance | None
    no_importance: str
    surface: Surface | None
    units: dict[str, str]
    date: str
    first_layer: FirstLayer | None
    advice: tuple[Advice, ...]
    warnings: tuple[str, ...]
    told: Told | None
    missing: dict[str, str]

    @property
    def yaml(self) -> str:
        """The config with every default, data files by their names alone."""
        return dump_yaml(self.settings)


def collect(folder: Path, name: str) -> RunReport:
    """What there is to show of the run in `folder`, which is to be called `name`.

    Raises `NnctlError` where no run is there, or one whose config cannot be read.
    """
    if not is_run(folder):
        message = "this folder holds no run" if folder.is_dir() else "there is no such run folder"
        raise NnctlError(Problem(message, "name the folder that nnctl train wrote", str(folder)))
    missing: dict[str, str] = {}
    config, digests, ended = run_facts(folder)
    files = used_files(config, digests)
    histories = try_to_read(missing, "history", lambda: read_histories(folder / HISTORY)) or ()
    results = read_results(folder / RESULTS) or {}
    trained = try_to_read(missing, "weights", lambda: load_trained(folder))
    built = try_to_read(missing, "data", lambda: rebuild(config, files))
    seen = None if trained is None else look_at_rows(config, trained, built, files)
    judged = None if seen is None else seen.judged
    told = told_by(results)
    return RunReport(
        name=name,
        config=config,
        settings=settings_to_share(config),
        files=files,
        ended=ended,
        results=results,
        figures=figures_by_part(results, histories),
        histories=histories,
        best_epochs=kept_epochs(config, results) if ended else (),
        rows=rows_of(built, seen),
        parameters=None if trained is None else sum(m.layout.size for m in trained.members),
        judged=judged,
        importance=None if seen is None else seen.importance,
        no_importance="" if seen is None else seen.no_importance,
        surface=None if seen is None else seen.surface,
        units={} if trained is None else units_of(trained),
        date=date_of(folder),
        first_layer=None if trained is None else layer_of(trained, judged),
        advice=told.advice if told is not None else advice_anew(config, built),
        warnings=told.warnings if told is not None else warnings_anew(built),
        told=told,
        missing=missing,
    )


def told_by(results: Mapping[str, Any]) -> Told | None:
    """What `results.json` says of a run; None where it says nothing, or nothing that a run does."""
    try:
        verdict = results["verdict"]
        advice = [
            Advice(str(each["code"]), str(each["path"]), str(each["message"]), str(each["change"]))
            for each in results["advice"]
        ]
        return Told(
            tuple(map(str, verdict["codes"])),
            str(verdict["text"]),
            str(verdict["change"]),
            tuple(advice),
            tuple(map(str, results["warnings"])),
        )
    except (LookupError, TypeError):
        return None


def advice_anew(config: Config, built: Built | None) -> tuple[Advice, ...]:
    """The advice on a run that has kept none."""
    return advice_on(config) if built is None else advice_for(built)


def warnings_anew(built: Built | None) -> tuple[str, ...]:
    """What there is to know of a run's data, where it has kept nothing of it."""
    return () if built is None else tuple(each.message for each in built.prepared.warnings)


def try_to_read(
    missing: dict[str, str], subject: str, read: Callable[[], Content]
) -> Content | None:
    """What `read` gives; where it cannot, None, and the reason goes to `missing`."""
    try:
        return read()
    except NnctlError as error:
        missing[subject] = "; ".join(problem.message for problem in error.problems)
        return None


def run_facts(folder: Path) -> tuple[Config, Mapping[str, str], bool]:
    """A run's config, its data files' SHA-256 by their paths below `data`, whether it has ended.

    The checkpoint tells them; where it is gone, `config.yaml` and the weights. Raises `NnctlError`
    where these cannot be read either.
    """
    try:
        saved = read_checkpoint(first_checkpoint(folder))
        config = check(Source(saved.file, dict(saved.about.config)))
        return config, saved.about.data, has_ended(folder, saved, config)
    except NnctlError:
        config = load(folder / CONFIG)
    try:
        files = load_weights(folder).metadata["data"]
        return config, {part: str(file["sha256"]) for part, file in files.items()}, True
    except (NnctlError, AttributeError, LookupError, TypeError):
        return config, {}, False


def has_ended(folder: Path, saved: Saved, config: Config) -> bool:
    """Whether a run has come to its end, with all of its members; `saved` is of the first."""
    of_member = RunFolder(folder).of_member
    others = (of_member(k).checkpoint for k in range(2, config.members + 1))
    return saved.ended is not None and all(read_checkpoint(o).ended is not None for o in others)


def rebuild(config: Config, files: tuple[UsedFile, ...]) -> Built:
    """The run's data, prepared anew. Raises `NnctlError` where they are not what they were."""
    problems = [Problem(f"{file.name}: {file.fault}") for file in files if file.fault is not None]
    if problems:
        raise NnctlError(problems)
    return build(config)


def settings_to_share(config: Config) -> dict[str, Any]:
    """The config's values as others may see them: data files without their folders."""
    values = resolved(config)
    values["data"] = with_files(values["data"], lambda file: Path(file).name)
    return values


def kept_epochs(config: Config, results: Mapping[str, Any]) -> tuple[int, ...]:
    """The epochs whose weights the members of a run have kept, where they need not be the last."""
    stopping = config.early_stopping
    members = results.get("members")
    # Results of before have no `weights_epoch`.
    best = [results.get("weights_epoch", results.get("best_epoch"))]
    if isinstance(members, Mapping):
        best = list(members.get("weights_epochs", ()))
    restored = stopping is not None and stopping.restore_best
    return tuple(epoch for epoch in best if isinstance(epoch, int)) if restored else ()


def layer_of(trained: Trained, judged: Judged | None) -> FirstLayer | None:
    """The first layer, shown as the examples are; without any, as their shape alone has it."""
    nothing = np.empty((0, *trained.model.input_shape))
    return first_layer(trained, view_of(trained, nothing) if judged is None else judged.view)


def figures_by_part(
    results: Mapping[str, Any], histories: Sequence[Mapping[str, list[float]]]
) -> dict[str, dict[str, float]]:
    """The figures of each part: those of the results, or else of the last epoch of one model."""
    given = {part: results[part] for part in PARTS if isinstance(results.get(part), Mapping)}
    if not given and len(histories) == 1:
        history = histories[0]
        last = {name: values[-1] for name, values in history.items() if values}
        own = {"epoch", "learning_rate", "seconds"}
        kept = {k: v for k, v in last.items() if k not in own}
        given = {
            "train": {k: v for k, v in kept.items() if not k.startswith("val_")},
            "validation": {k[4:]: v for k, v in kept.items() if k.startswith("val_")},
        }
    numbers = {
        part: {str(k): float(v) for k, v in figures.items() if type(v) in (int, float)}
        for part, figures in given.items()
    }
    return {part: figures for part, figures in numbers.items() if figures}


def read_histories(path: Path) -> tuple[dict[str, list[float]], ...]:
    """The columns of a run's `history.csv`, of each member those of its own rows.

    Raises `NnctlError` where it cannot be read.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        if head[0] != MEMBER_COLUMN:
            return (history_of(head, rows),)
        numbers = [int(row[0]) for row in rows]
        members = range(1, max(numbers, default=0) + 1)
        own = [[row[1:] for n, row in zip(numbers, rows, strict=True) if n == k] for k in members]
        return tuple(history_of(head[1:], each) for each in own)
    except FileNotFoundError:
        message = f"the run has no {path.name}"
    except (LookupError, OSError, ValueError, csv.Error):
        message = f"{path.name} cannot be read, or is damaged"
    raise NnctlError(Problem(message, None, str(path)))


def history_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[float]]:
    """The columns of one model's epochs. Raises ValueError for what is no history."""
    columns = zip(*([float(cell) for cell in row] for row in rows), strict=True)
    history = dict(zip(head, map(list, columns), strict=True)) if rows else {}
    if head[0] != "epoch" or history.get("epoch", []) != [*range(1, len(rows) + 1)]:
        raise ValueError("not a history")
    return history


def units_of(trained: Trained) -> dict[str, str]:
    """What the loss and the metrics are measured in, where that is not plain."""
    targets, loss = trained.preprocessing.targets, trained.config.loss.type.replace("_", " ")
    if targets.task != "regression":
        return {"loss": loss}
    scaled = bool(np.any(np.asarray(targets.scaling.divisor) != 1)) or bool(
        np.any(np.asarray(targets.scaling.shift) != 0)
    )
    one = len(targets.names) == 1
    unit = f"the unit of {targets.names[0]}" if one else "the targets' own units"
    squared = f"the square of {unit}" if one else "their squares"
    return {
        "loss": f"{loss}, in scaled units" if scaled else loss,
        "mae": f"in {unit}",
        "rmse": f"in {unit}",
        "mse": f"in {squared}",
    }


def date_of(folder: Path) -> str:
    """The day and minute when a run was last written, as its files have it."""
    for name in (RESULTS, HISTORY, CONFIG):
        with suppress(OSError):
            written = datetime.fromtimestamp((folder / name).stat().st_mtime, UTC)
            return f"{written:%Y-%m-%d %H:%M} UTC"
    return ""

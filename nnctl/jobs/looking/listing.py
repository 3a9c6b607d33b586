"""`nnctl runs`: the runs of a folder, with what they differ in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nnctl.errors import ArgumentError, NnctlError, Problem, did_you_mean
from nnctl.runs.folder import RUNS
from nnctl.runs.listing import PARTS, UNFINISHED, Listed, differing_keys, runs_in, text_of_value


class Group(NamedTuple):
    """Runs of the same data, and the dotted keys of their configs that differ."""

    runs: tuple[Listed, ...]
    keys: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the data files, each with the beginning of its SHA-256."""
        own = self.runs[0].data.values()
        return tuple(f"{each.get('file')} ({str(each.get('sha256'))[:8]})" for each in own)

    def differs(self, run: Listed) -> dict[str, Any]:
        """What the run has at those keys."""
        return {key: run.settings.get(key) for key in self.keys}


class Listing(NamedTuple):
    """The groups of runs; that of the first run comes first."""

    groups: tuple[Group, ...]

    @property
    def unfinished(self) -> list[Listed]:
        """The runs that `resume` can go on with."""
        return [run for group in self.groups for run in group.runs if run.status in UNFINISHED]

    def as_json(self) -> list[dict[str, Any]]:
        """The runs as plain data."""
        return [
            {
                "run": str(run.path),
                "status": run.status,
                "epochs": run.epochs,
                "differs": group.differs(run),
                "figures": dict(run.figures),
                "data": {part: dict(own) for part, own in run.data.items()},
            }
            for group in self.groups
            for run in group.runs
        ]


def list_runs(
    folder: Path | None = None, *, sort: str | None = None, where: Sequence[str] = ()
) -> Listing:
    """The runs below a folder, by default `runs`: the newest first, or the best by a metric.

    `where` has KEY=VALUE that a run's config must have. Raises `NnctlError` for a folder that is
    not there, a metric that no run has, and a key that none has.
    """
    place = RUNS if folder is None else folder
    if not place.is_dir():
        message = "there is no such folder"
        fix = "train a model, or name the folder that holds your runs"
        raise NnctlError(Problem(message, fix, str(place)))
    runs = runs_in(place)
    for condition in where:
        runs = matching(runs, condition)
    if sort is not None and runs:
        runs = best_first(runs, sort)
    by_data: dict[Any, list[Listed]] = {}
    for run in runs:
        by_data.setdefault(run.group, []).append(run)
    return Listing(
        tuple(
            Group(tuple(own), tuple(differing_keys([run.settings for run in own])))
            for own in by_data.values()
        )
    )


def matching(runs: Sequence[Listed], condition: str) -> list[Listed]:
    """The runs whose config has a value. Raises `ArgumentError` where none has the key."""
    key, equals, value = condition.partition("=")
    if not equals:
        raise ArgumentError(f"--where {condition}: it must be KEY=VALUE, as for --set")
    key = key.removesuffix(".type")
    known = {name for run in runs for name in run.settings}
    if runs and key not in known:
        message = f'--where {condition}: no run here has the key "{key}"'
        raise ArgumentError(message, did_you_mean(key, sorted(known)))
    return [run for run in runs if text_of_value(run.settings.get(key)) == value]


def best_first(runs: Sequence[Listed], metric: str) -> list[Listed]:
    """The runs by a figure: of the test, or else of the validation, or else of the training.

    Those that lack it come last. Raises `ArgumentError` where all do.
    """
    from nnctl.network.metrics import higher_is_better

    names = [f"{ahead}{metric}" for ahead in reversed(PARTS.values())]
    name = next((each for each in names if any(each in run.figures for run in runs)), None)
    if name is None:
        known = sorted({name for run in runs for name in run.figures})
        message = f"--sort {metric}: no run here has that figure; there are: {', '.join(known)}"
        raise ArgumentError(message, did_you_mean(metric, known))
    base = name.removeprefix("test_")
    sign = -1 if higher_is_better(base) else 1
    return sorted(runs, key=lambda run: sign * run.figures.get(name, sign * float("inf")))

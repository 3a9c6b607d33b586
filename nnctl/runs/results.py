"""`results.json`: what came out of a run."""

import json
import math
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from nnctl.network.metrics import higher_is_better
from nnctl.system.atomic import atomic_file
from nnctl.system.version import __version__
from nnctl.training.state import TrainingState


def results_of(
    state: TrainingState,
    *,
    folder: Path,
    weights: Path | None,
    seed: int,
    status: str,
    test: Mapping[str, float] | None = None,
    best_epoch: int | None = None,
) -> dict[str, Any]:
    """The figures of the parameters as they are, their epoch and the best one, the versions.

    `best_epoch` is as early stopping has it, else that of the least `val_loss`, or else `loss`;
    `weights_epoch` is that of the figures. `status` is "running", or why the training ended. What
    the run lacks is absent: weights where it did not end well, validation, test.
    """
    losses = state.history.get("val_loss") or state.history.get("loss")
    if losses and best_epoch is None:
        best_epoch = int(np.argmin(np.nan_to_num(losses, nan=np.inf))) + 1
    train, validation = final_figures(state)
    results: dict[str, Any] = {"run": str(folder)}
    if weights is not None:
        results["weights"] = str(weights)
    results["status"] = status
    results["epochs"] = state.epoch
    if train:
        results["train"] = train
    if validation:
        results["validation"] = validation
    if test is not None:
        results["test"] = dict(test)
    if best_epoch is not None:
        results["best_epoch"] = best_epoch
        results["weights_epoch"] = state.weights_epoch
    results["seconds"] = sum(state.seconds)
    results["seed"] = seed
    results["versions"] = versions()
    return results


class Epochs(Protocol):
    """What an ensemble's results need of the training of a member."""

    history: dict[str, list[float]]
    seconds: list[float]

    @property
    def epoch(self) -> int:
        """The epochs that it has had."""
        ...

    @property
    def weights_epoch(self) -> int:
        """That of the parameters as they are."""
        ...


def results_of_members(
    members: Sequence[Epochs],
    figures: Mapping[str, Mapping[str, float]],
    tests: Sequence[Mapping[str, float]] = (),
    *,
    folder: Path,
    weights: Path | None,
    seed: int,
    status: str,
) -> dict[str, Any]:
    """The figures of an ensemble by part of the data, and those of its members.

    `tests` are the members' own on the test rows. Seconds are of all members together. What the run
    lacks is absent, as in `results_of`.
    """
    results: dict[str, Any] = {"run": str(folder)}
    if weights is not None:
        results["weights"] = str(weights)
    results["status"] = status
    results["epochs"] = max(member.epoch for member in members)
    results |= {part: dict(found) for part, found in figures.items()}
    results["seconds"] = sum(sum(member.seconds) for member in members)
    results["seed"] = seed
    results["versions"] = versions()
    results["members"] = {
        "count": len(members),
        "epochs": [member.epoch for member in members],
        "weights_epochs": [member.weights_epoch for member in members],
        **compare_members(members, tests),
    }
    return results


def compare_members(
    members: Sequence[Epochs], tests: Sequence[Mapping[str, float]]
) -> dict[str, dict[str, dict[str, float]]]:
    """Mean, worst and best of each figure over the members, by part of the data."""
    parts: dict[str, list[Mapping[str, float]]] = {"train": [], "validation": [], "test": []}
    for member in members if all(member.epoch for member in members) else ():
        train, validation = final_figures(member)
        parts["train"].append(train)
        parts["validation"].append(validation)
    parts["test"] += tests
    found: dict[str, dict[str, dict[str, float]]] = {"mean": {}, "worst": {}, "best": {}}
    for part, figures in parts.items():
        for name in figures[0] if figures else ():
            values = [each[name] for each in figures]
            least, most = min(values), max(values)
            best, worst = (most, least) if higher_is_better(name) else (least, most)
            mean = sum(values) / len(values)
            for key, value in (("mean", mean), ("worst", worst), ("best", best)):
                found[key].setdefault(part, {})[name] = value
    return found


def final_figures(run: Epochs) -> tuple[dict[str, float], dict[str, float]]:
    """The figures of the parameters as they are, on the rows that train and that validate."""
    row = run.weights_epoch - 1
    final = {name: values[row] for name, values in run.history.items() if values}
    validation = {k.removeprefix("val_"): v for k, v in final.items() if k.startswith("val_")}
    return {k: v for k, v in final.items() if not k.startswith("val_")}, validation


def versions() -> dict[str, str]:
    """What the figures were made with."""
    return {"nnctl": __version__, "numpy": np.__version__, "python": platform.python_version()}


def save_results(path: Path, results: Mapping[str, Any]) -> None:
    with atomic_file(path, "w") as file:
        file.write(json_text(results, indent=2) + "\n")


def read_results(path: Path) -> dict[str, Any] | None:
    """What a `results.json` holds; None where there is none that can be read."""
    try:
        return dict(json.loads(path.read_bytes()))
    except (OSError, TypeError, ValueError, RecursionError):
        return None


def epochs_of(path: Path) -> int | None:
    """The epochs of the weights that a `results.json` tells of; None where it tells of none."""
    results = read_results(path) or {}
    try:
        return int(results["epochs"]) if "weights" in results else None
    except (LookupError, TypeError, ValueError):
        return None


def epochs_of_members(path: Path) -> list[int] | None:
    """The epochs of each member of the weights that a `results.json` tells of, if it does."""
    results = read_results(path) or {}
    try:
        return (
            [int(each) for each in results["members"]["epochs"]] if "weights" in results else None
        )
    except (LookupError, TypeError, ValueError):
        return None


def json_text(value: Any, indent: int | None = None) -> str:
    """Plain data as JSON in ASCII, with null for the numbers that JSON does not have."""
    return json.dumps(strict_json(value), indent=indent)


def strict_json(value: Any) -> Any:
    """The same plain data, with None for the numbers that JSON does not have."""
    if isinstance(value, Mapping):
        return {key: strict_json(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [strict_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

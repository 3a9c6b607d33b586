"""A study as it is shown while it goes on, and what came of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnctl.errors import ExitStatus
from nnctl.runs.results import versions
from nnctl.runs.study_folder import StudyFolder
from nnctl.tuning.trial import Direction, Progress, Task, TrialRow


class Watcher:
    """What a user may see of a study: each hook is told as it happens."""

    def on_study_begin(self, view: "View") -> None:
        """Before the first trial; `view` knows the trials so far."""

    def on_trial_begin(self, task: Task) -> None:
        """A trial begins."""

    def on_epoch_end(self, number: int, progress: Progress) -> None:
        """The figure of an epoch of a trial that this command runs."""

    def on_trial_end(self, row: TrialRow, is_best: bool) -> None:
        """A trial of this command is over."""


@dataclass(frozen=True)
class View:
    """A study as it is shown: its name and place, what it searches for, its trials so far."""

    name: str
    place: str
    monitor: str
    direction: Direction
    trials: int
    paths: tuple[str, ...]
    rows: tuple[TrialRow, ...]
    joined: bool = False


@dataclass(frozen=True)
class TuneResult:
    """What came of a study: all trials that are over, the best of them, what mattered.

    `folder` is None for a worker that joined a study, which writes no files. `nothing_to_do` says
    that all trials were over already.
    """

    view: View
    folder: Path | None
    best: TrialRow | None
    importance: dict[str, float]
    method: str
    seed: int
    nothing_to_do: bool = False

    @property
    def status(self) -> ExitStatus:
        return ExitStatus.DONE if self.best is not None else ExitStatus.NO

    def count(self, state: str) -> int:
        """How many trials ended so."""
        return sum(row.state == state for row in self.view.rows)

    def as_json(self) -> dict[str, Any]:
        """What `results.json` holds."""
        view = self.view
        best = self.best
        values: dict[str, Any] = {"study": view.name}
        if self.folder is not None:
            values["run"] = str(self.folder)
        values |= {"monitor": view.monitor, "direction": view.direction, "trials": len(view.rows)}
        values |= {state: self.count(state) for state in ("complete", "pruned", "failed")}
        if best is not None:
            values["best"] = best.as_json()
            if self.folder is not None:
                folder = StudyFolder(self.folder)
                values["best"] |= {"config": str(folder.best), "weights": str(folder.weights)}
        return values | {
            "importance": self.importance,
            "importance_method": self.method,
            "seconds": sum(row.seconds for row in view.rows),
            "seed": self.seed,
            "versions": versions(),
            "history": [row.as_json() for row in view.rows],
        }

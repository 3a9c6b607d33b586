"""The folder of a study: its trials, the best of them as a config, and the weights of that."""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnctl.errors import NnctlError, Problem
from nnctl.errors.visible import visible
from nnctl.runs.folder import REPORT, RESULTS, RUNS, WEIGHTS, is_taken, make_parents, taken_problem
from nnctl.runs.lock import require_unheld, writing
from nnctl.runs.results import json_text
from nnctl.system.atomic import atomic_file, temporary_name, write_problem

STORAGE, STUDY_CONFIG, BEST, TRIALS = "study.db", "tune.yaml", "best.yaml", "trials.csv"
LOGS = (f"{STORAGE}-wal", f"{STORAGE}-shm")  # SQLite's own
SUFFIX = "-tune"


@dataclass(frozen=True)
class StudyFolder:
    """The folder of a study; `is_begun` says that it holds one already."""

    path: Path
    is_begun: bool = False

    @property
    def storage(self) -> Path:
        return self.path / STORAGE

    @property
    def best(self) -> Path:
        return self.path / BEST

    @property
    def weights(self) -> Path:
        return self.path / WEIGHTS

    @property
    def results(self) -> Path:
        return self.path / RESULTS

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Holds the folder for this process alone; one that is made for it and stays empty goes.

        Raises `NnctlError` while another process holds it.
        """
        made = [path for path in (self.path, *self.path.parents) if not path.exists()]
        try:
            make_parents(self.path)
            self.path.mkdir(exist_ok=True)
        except OSError as error:
            raise write_problem(error, self.path) from None
        with writing(self.path):
            try:
                yield
            finally:
                with suppress(OSError):  # it is not empty
                    for path in made:
                        path.rmdir()

    def create(self, config: str, *, anew: bool = False) -> None:
        """Puts `tune.yaml` into the folder; with `anew` nothing is left of what it held."""
        try:
            for name in (BEST, WEIGHTS, TRIALS, RESULTS, REPORT, STORAGE, *LOGS) if anew else ():
                (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise write_problem(error, self.path) from None
        write(self.path / STUDY_CONFIG, config)

    def write_best(self, config: str, weights: bytes | None) -> None:
        """Writes the best trial's config, and its weights where they are at hand.

        Those of an earlier best are removed first: what stands there belongs together.
        """
        if not self.best.exists() or self.best.read_text(encoding="utf-8") != config:
            self.weights.unlink(missing_ok=True)
            write(self.best, config)
        if weights is not None:
            with atomic_file(self.weights) as file:
                file.write(weights)

    def has_weights(self, digest: str | None) -> bool:
        """Whether the weights are those with that SHA-256."""
        with suppress(OSError):
            return hashlib.sha256(self.weights.read_bytes()).hexdigest() == digest
        return False

    def write_trials(self, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Writes `trials.csv`, a row a trial; what is not plain stands there as JSON."""
        with atomic_file(self.path / TRIALS, "w") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(map(visible, head))
            writer.writerows([cell(value) for value in row] for row in rows)


def write(path: Path, text: str) -> None:
    with atomic_file(path, "w") as file:
        file.write(text)


def cell(value: Any) -> Any:
    """A value as a table has it: in JSON, but for numbers, and texts that are not taken for it."""
    if isinstance(value, str):
        plain = value and visible(value) == value and not is_json(value)
        return value if plain else json_text(value)
    plain = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    return value if plain else json_text(value)


def is_json(text: str) -> bool:
    """Whether a text is a value in JSON."""
    with suppress(ValueError):
        json.loads(text)
        return True
    return False


def choose_study(name: str, output: Path | None, overwrite: bool) -> StudyFolder:
    """The folder of a study: `output`, or else `runs/NAME-tune`; with one that it holds gone on.

    Raises `NnctlError` for a folder that holds something else, or that another process writes.
    """
    folder = study_at(output if output is not None else RUNS / f"{name}{SUFFIX}", overwrite)
    if folder.path.is_dir():
        require_unheld(folder.path)  # now, not when all data have been read
    return folder


def study_at(path: Path, overwrite: bool) -> StudyFolder:
    """A folder as it is now. Raises `NnctlError` where it holds something else than a study."""
    if not is_taken(path) or is_about_to_be(path):
        return StudyFolder(path)
    if not is_study(path):
        raise no_study_problem(path)
    return StudyFolder(path, is_begun=not overwrite)


def is_about_to_be(path: Path) -> bool:
    """Whether a process that was making the folder of a study was killed then."""
    own = {each.name for each in path.glob(temporary_name(STUDY_CONFIG, "*"))}
    return path.is_dir() and not is_study(path) and own == {e.name for e in path.iterdir()}


def is_study(path: Path) -> bool:
    """Whether a folder holds a study."""
    return (path / STUDY_CONFIG).is_file()


def no_study_problem(path: Path) -> NnctlError:
    """Why a study cannot go to a place that is taken."""
    if not path.is_dir():
        return taken_problem(path)
    message = "this folder holds files that are not a study's"
    return NnctlError(Problem(message, "choose another folder with -o", str(path)))

"""`nnctl tune`: searches the keys that a config's `tune` section names."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nnctl.assembly.build import Built, build
from nnctl.config import Config, dump_yaml, load, resolved
from nnctl.config.tuning import SearchRange
from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.jobs.search_check import check_search
from nnctl.jobs.trials import REPORTS, Trainer, Trials, trial_config
from nnctl.jobs.workers import run_here, run_in_processes
from nnctl.runs.results import save_results
from nnctl.runs.study_folder import StudyFolder, choose_study
from nnctl.system import machine
from nnctl.system.extras import load_extra
from nnctl.tuning.identity import ABOUT, TRIALS, changes, identity_of
from nnctl.tuning.result import TuneResult, View, Watcher
from nnctl.tuning.table import write_table
from nnctl.tuning.trial import Task, TrialRow, best_of

if TYPE_CHECKING:
    from nnctl.tuning.study import Study


@dataclass(frozen=True)
class Search:
    """A config whose keys are to be searched, with all that was found sound about it."""

    config: Config
    built: Built

    @classmethod
    def of(cls, config: Config) -> "Search":
        """Raises `NnctlError` for a config without the section, or values that do not fit."""
        if config.tune is None:
            message = "tune is missing; it names the keys to search"
            fix = "add tune: {search: {optimizer.learning_rate: [0.001, 0.01]}}"
            raise NnctlError(config.problem("tune", message, fix))
        built = build(config)
        check_search(built)
        return cls(config, built)

    @property
    def epochs(self) -> int:
        """The most epochs that a trial may train."""
        assert self.config.tune is not None
        entry = self.config.tune.search.get("epochs", (self.config.epochs,))
        return int(entry.high if isinstance(entry, SearchRange) else max(entry))

    @property
    def trials(self) -> Trials:
        assert self.config.tune is not None
        every = ceil(self.epochs / REPORTS)
        return Trials(self.config.source, self.config.tune.monitor, every)

    def text_of(self, row: TrialRow) -> str:
        """The config of a trial, as `config.yaml` would have it."""
        config = trial_config(self.config.source, row.values)
        return dump_yaml(resolved(config, absolute_paths=True))


def tune(
    config: Path,
    *,
    output: Path | None = None,
    overrides: Sequence[str] = (),
    trials: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    storage: str | None = None,
    worker: bool = False,
    overwrite: bool = False,
    watcher: Watcher | None = None,
    warn: Callable[[Problem], object] = lambda problem: None,
) -> TuneResult:
    """Trains the config with other values, trial after trial, and keeps the best as a config.

    The study is kept in the folder, or in `storage`, a place that other machines may reach, as
    Optuna has them; there a `worker` joins one that has begun. A study that was broken off goes on,
    up to `trials` in all. Up to `workers` processes (by default one a core) train at once. Nothing
    is written before the config, every value that it names, the data and the folder are known to be
    sound; raises `NnctlError` where they are not, or where Optuna is not installed.
    """
    load_extra("optuna", "tune")
    from nnctl.tuning.storages.opening import silence_optuna

    if workers is not None and workers < 1:
        raise ArgumentError(f"--workers is {workers}; it must be at least 1")
    if worker and storage is None:
        raise ArgumentError("--worker joins a study that others reach, too", "name its --storage")
    named = {"epochs": epochs, "seed": seed, "tune.trials": trials}
    checked = load(config, overrides=overrides, named=named)
    folder = None if worker else choose_study(checked.name, output, overwrite)
    search = Search.of(checked)
    for problem in search.built.prepared.warnings:
        warn(problem)
    with silence_optuna():
        return Command(search, folder, storage, overwrite, watcher or Watcher()).run(workers)


@dataclass
class Command:
    """One run of the command on a study. Without a folder it is a worker that joins one."""

    search: Search
    folder: StudyFolder | None
    storage: str | None
    overwrite: bool
    watcher: Watcher

    def run(self, workers: int | None) -> TuneResult:
        """Opens the study, runs trials until all are over, and writes what came of them."""
        with self._opened() as study:
            done = study.is_done()
            if not done:
                self.watcher.on_study_begin(self._view(study))
                self._train(study, workers or machine.available_threads())
            return self._ended(study, done)

    @contextmanager
    def _opened(self) -> Iterator["Study"]:
        """The study, begun, gone on with, or joined."""
        from nnctl.tuning.space import Space
        from nnctl.tuning.storages.opening import open_storage
        from nnctl.tuning.study import Study

        folder = self.folder
        if folder is not None and self.storage is None:
            self._make(folder)
        with open_storage(self.storage or cast(StudyFolder, folder).storage) as storage:
            study = Study(
                storage,
                self.search.config,
                Space.of(self.search.config),
                epochs=self.search.epochs,
                on_end=lambda row, weights: self._take_down(study, row, weights),
            )
            self._begin(study)
            if folder is not None and self.storage is not None:
                self._make(folder)
            yield study

    def _make(self, folder: StudyFolder) -> None:
        """Makes the folder where there is none yet. Raises `NnctlError` for one that lacks it."""
        if not folder.is_begun:
            text = resolved(self.search.config, absolute_paths=True, tune=True)
            folder.create(dump_yaml(text), anew=self.overwrite)
        elif self.storage is None and folder.best.exists() and not folder.storage.exists():
            message = f"its study is elsewhere: there is no {folder.storage.name} in it"
            raise NnctlError(Problem(message, "name that with --storage", str(folder.path)))

    def _begin(self, study: "Study") -> None:
        """Makes the study, or sees that it is the one that the config describes."""
        known, config = identity_of(self.search.config), self.search.config
        if self.folder is None:
            if not study.exists():
                message = f'there is no study "{study.name}" in this storage to join'
                fix = "start it, without --worker, on one of the machines"
                raise NnctlError(Problem(message, fix, place_of(self.storage)))
        else:
            if self.overwrite and study.exists():
                study.delete()
            study.create()
        notes = study.notes
        if ABOUT in notes and (changed := changes(notes[ABOUT], known)):
            message = f'the study "{study.name}" was begun otherwise: {"; ".join(changed)}'
            fix = "take the change back, or begin anew: another name or -o, or --overwrite"
            raise NnctlError(Problem(message, fix, str(config.source.file)))
        if self.folder is None:
            study.trials = int(notes.get(TRIALS, study.trials))
            return
        if ABOUT not in notes:
            study.note(ABOUT, known)
        if notes.get(TRIALS) != study.trials:
            study.note(TRIALS, study.trials)

    def _train(self, study: "Study", workers: int) -> None:
        """Runs trials; where that is broken off, those that were not over are left to be run."""
        hooks: dict[str, Any] = {
            "started": self.watcher.on_trial_begin,
            "seen": self.watcher.on_epoch_end,
            "to_the_end": self.folder is not None,
        }
        try:
            with study.heartbeats.keep_beating():
                if workers == 1:
                    trainer = Trainer(self.search.trials, known=self.search.built)
                    run_here(study, trainer, **hooks)
                else:
                    count = min(workers, study.trials)
                    run_in_processes(study, self.search.trials, count, **hooks)
        except BaseException:
            study.release()
            raise

    def _take_down(self, study: "Study", row: TrialRow, weights: bytes | None) -> None:
        """Writes what a trial changes in the folder."""
        rows = study.rows()
        best = best_of(rows, study.direction)
        is_best = best is not None and best.number == row.number
        if self.folder is not None:
            if is_best:
                self.folder.write_best(self.search.text_of(row), weights)
            self._write_trials(rows)
        self.watcher.on_trial_end(row, is_best)

    def _write_trials(self, rows: Sequence[TrialRow]) -> None:
        assert self.folder is not None and self.search.config.tune is not None
        tune = self.search.config.tune
        write_table(self.folder, tune.monitor, tuple(tune.search), rows)

    def _ended(self, study: "Study", nothing_to_do: bool) -> TuneResult:
        """The result; in the folder, the files that tell it."""
        from nnctl.tuning.importance import METHOD, importance_of

        view = self._view(study)
        result = TuneResult(
            view,
            self.folder.path if self.folder else None,
            best_of(list(view.rows), study.direction),
            importance_of(study),
            METHOD,
            self.search.config.seed,
            nothing_to_do,
        )
        if self.folder is not None:
            self._write_trials(view.rows)
            if result.best is not None:
                self._write_best(self.folder, result.best)
            save_results(self.folder.results, result.as_json())
        return result

    def _write_best(self, folder: StudyFolder, best: TrialRow) -> None:
        """The best trial's config and weights, trained again where another machine has them."""
        folder.write_best(self.search.text_of(best), None)
        if not folder.has_weights(best.weights_sha256):
            trainer = Trainer(self.search.trials, known=self.search.built)
            outcome = trainer.train(Task(best.number, best.values), lambda epoch, value: False)
            folder.write_best(self.search.text_of(best), outcome.weights)

    def _view(self, study: "Study") -> View:
        assert self.search.config.tune is not None
        return View(
            study.name,
            place_of(self.storage) if self.storage else str(cast(StudyFolder, self.folder).path),
            self.search.config.tune.monitor,
            study.direction,
            study.trials,
            study.space.paths,
            tuple(study.rows()),
            joined=self.folder is None,
        )


def place_of(storage: str | None) -> str:
    """A storage as messages name it."""
    from nnctl.tuning.storages.base import hide_passwords

    return hide_passwords(storage or "")

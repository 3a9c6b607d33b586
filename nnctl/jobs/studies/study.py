"""A command's part in a study: its own, which it keeps in a folder, or that of other machines."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnctl.assembly.examples import digests_of_parts
from nnctl.config import dump_yaml, resolved
from nnctl.errors import NnctlError, Problem
from nnctl.jobs.studies.search import Search
from nnctl.jobs.studies.trials import Trainer
from nnctl.jobs.workers import run_here, run_in_processes
from nnctl.runs.results import save_results
from nnctl.runs.study_folder import StudyFolder, study_at
from nnctl.system import machine
from nnctl.tuning.identity import ABOUT, TRIALS, changes, identity_of
from nnctl.tuning.result import TuneResult, View, Watcher
from nnctl.tuning.table import write_table
from nnctl.tuning.trial import Task, TrialRow, best_of

if TYPE_CHECKING:
    from nnctl.tuning.study import Study


class StudyCommand(ABC):
    """Opens a study, runs trials until there are none to take, and tells what came of it.

    `storage` is where the study is kept: a SQLite file, or a place that other machines may reach.
    """

    folder: StudyFolder | None = None
    waits = False  # for trials of other processes: one of them may be lost

    def __init__(self, search: Search, storage: Path | str, watcher: Watcher):
        self.search = search
        self.storage = storage
        self.watcher = watcher

    def run(self, workers: int | None) -> TuneResult:
        """Runs trials until all are over, in up to `workers` processes, by default one a core."""
        with self._open() as study:
            done = study.is_done()
            if not done:
                self.watcher.on_study_begin(self._view(study))
                self._train(study, workers or machine.available_threads())
            return self._result(study, done)

    @contextmanager
    def _open(self) -> Iterator["Study"]:
        """The study, which is the one that the config describes."""
        from nnctl.tuning.space import Space
        from nnctl.tuning.storages.opening import open_storage
        from nnctl.tuning.study import Study

        with open_storage(self.storage) as storage:
            study = Study(
                storage,
                self.search.config,
                Space.of(self.search.config),
                epochs=self.search.epochs,
                on_end=lambda row, weights: self._take_down(study, row, weights),
            )
            self._begin(
                study, identity_of(self.search.config, digests_of_parts(self.search.config))
            )
            yield study

    @abstractmethod
    def _begin(self, study: "Study", identity: Mapping[str, Any]) -> None:
        """Makes or joins the study. Raises `NnctlError` where it has another identity."""

    def _check_identity(self, notes: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
        """Raises `NnctlError` where a study with such notes was begun with another config."""
        if ABOUT in notes and (changed := changes(notes[ABOUT], identity)):
            config = self.search.config
            message = f'the study "{config.name}" was begun otherwise: {"; ".join(changed)}'
            fix = "take the change back, or begin anew: another name or -o, or --overwrite"
            raise NnctlError(Problem(message, fix, str(config.source.file)))

    def _train(self, study: "Study", workers: int) -> None:
        """Runs trials; where that is broken off, those that were not over are left to be run."""
        trials = self.search.trials
        started = self.watcher.on_trial_begin
        seen = self.watcher.on_epoch_end
        try:
            with study.heartbeats.keep_beating():
                if workers == 1:
                    trainer = Trainer(trials, known=self.search.built)
                    run_here(study, trainer, started, seen, self.waits)
                else:
                    count = min(workers, study.trials)
                    known = self.search.built
                    run_in_processes(study, trials, count, started, seen, self.waits, known)
        except BaseException:
            study.release()
            raise

    def _take_down(self, study: "Study", row: TrialRow, weights: bytes | None) -> None:
        """Hears of a trial that this command has brought to its end."""
        rows = study.rows()
        best = best_of(rows, study.direction)
        is_best = best is not None and best.number == row.number
        self._keep(rows, row if is_best else None, weights)
        self.watcher.on_trial_end(row, is_best)

    @abstractmethod
    def _keep(
        self, rows: Sequence[TrialRow], new_best: TrialRow | None, weights: bytes | None
    ) -> None:
        """Writes what a trial has changed, with the bytes of its weights, where files are kept."""

    def _result(self, study: "Study", nothing_to_do: bool) -> TuneResult:
        from nnctl.tuning.importance import METHOD, importance_of

        view = self._view(study)
        return TuneResult(
            view,
            self.folder.path if self.folder else None,
            best_of(view.rows, study.direction),
            importance_of(study),
            METHOD,
            self.search.config.seed,
            nothing_to_do,
        )

    def _view(self, study: "Study") -> View:
        return View(
            study.name,
            self._place(),
            self.search.section.monitor,
            study.direction,
            study.trials,
            study.space.paths,
            tuple(study.rows()),
            joined=self.folder is None,
        )

    def _place(self) -> str:
        """Where the study is, as messages name it."""
        from nnctl.tuning.storages.base import hide_passwords

        return hide_passwords(str(self.storage))


class JoinedStudy(StudyCommand):
    """A study that another machine has begun, and that it keeps."""

    def _begin(self, study: "Study", identity: Mapping[str, Any]) -> None:
        if not study.exists():
            message = f'there is no study "{study.name}" in this storage to join'
            fix = "start it, without --worker, on one of the machines"
            raise NnctlError(Problem(message, fix, self._place()))
        notes = study.notes
        self._check_identity(notes, identity)
        study.trials = int(notes.get(TRIALS, study.trials))

    def _keep(
        self, rows: Sequence[TrialRow], new_best: TrialRow | None, weights: bytes | None
    ) -> None:
        """Nothing: the machine that has begun the study keeps its files."""


class OwnStudy(StudyCommand):
    """A study that is begun or gone on with, and kept in a folder.

    Its storage is in the folder, or `elsewhere`; `overwrite` begins anew. No other process has the
    folder meanwhile.
    """

    folder: StudyFolder
    waits = True

    def __init__(
        self,
        search: Search,
        folder: StudyFolder,
        elsewhere: str | None,
        watcher: Watcher,
        *,
        overwrite: bool = False,
    ):
        super().__init__(search, elsewhere or folder.storage, watcher)
        self.folder = folder
        self.elsewhere = elsewhere
        self.overwrite = overwrite

    @contextmanager
    def _open(self) -> Iterator["Study"]:
        with self.folder.hold():
            self.folder = study_at(self.folder.path, self.overwrite)
            # A storage elsewhere may be out of reach, which leaves no folder behind.
            if not self.elsewhere:
                self._make_folder()
            with super()._open() as study:
                if self.elsewhere:
                    self._make_folder()
                yield study

    def _make_folder(self) -> None:
        """Begins the study's files where there are none. Raises `NnctlError` if it lacks one."""
        folder = self.folder
        if not folder.is_begun:
            text = resolved(self.search.config, absolute_paths=True, tune=True)
            folder.create(dump_yaml(text), anew=self.overwrite)
        elif not self.elsewhere and folder.best.exists() and not folder.storage.exists():
            message = f"its study is elsewhere: there is no {folder.storage.name} in it"
            raise NnctlError(Problem(message, "name that with --storage", str(folder.path)))

    def _begin(self, study: "Study", identity: Mapping[str, Any]) -> None:
        if self.overwrite and study.exists():
            study.delete()
        study.create()
        notes = study.notes
        self._check_identity(notes, identity)
        if ABOUT not in notes:
            study.note(ABOUT, identity)
        if notes.get(TRIALS) != study.trials:
            study.note(TRIALS, study.trials)

    def _place(self) -> str:
        return super()._place() if self.elsewhere else str(self.folder.path)

    def _keep(
        self, rows: Sequence[TrialRow], new_best: TrialRow | None, weights: bytes | None
    ) -> None:
        if new_best is not None:
            self.folder.write_best(self.search.text_of(new_best), weights)
        self._write_trials(rows)

    def _write_trials(self, rows: Sequence[TrialRow]) -> None:
        section = self.search.section
        write_table(self.folder, section.monitor, tuple(section.search), rows)

    def _result(self, study: "Study", nothing_to_do: bool) -> TuneResult:
        """The result, with the files in the folder that tell it."""
        result = super()._result(study, nothing_to_do)
        self._write_trials(result.view.rows)
        if result.best is not None:
            self._write_best(result.best)
        save_results(self.folder.results, result.as_json())
        return result

    def _write_best(self, best: TrialRow) -> None:
        """The best trial's config and weights, trained again where another machine has them."""
        self.folder.write_best(self.search.text_of(best), None)
        if not self.folder.has_weights(best.weights_sha256):
            trainer = Trainer(self.search.trials, known=self.search.built)
            outcome = trainer.train(Task(best.number, best.values), lambda progress: False)
            self.folder.write_best(self.search.text_of(best), outcome.weights)

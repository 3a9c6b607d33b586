"""`nnctl tune`: searches the keys that a config's `tune` section names."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nnctl.advice.monitor_checks import undefined_problems
from nnctl.config import load
from nnctl.errors import ArgumentError, Problem
from nnctl.jobs.finding import find_config
from nnctl.jobs.studies.search import Search
from nnctl.jobs.studies.study import JoinedStudy, OwnStudy
from nnctl.runs.study_folder import choose_study
from nnctl.system.extras import load_extra
from nnctl.tuning.result import TuneResult, Watcher


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
    checked = load(find_config(config), overrides=overrides, named=named)
    folder = None if worker else choose_study(checked.name, output, overwrite)
    search = Search.of(checked)
    for problem in (*search.built.prepared.warnings, *undefined_problems(search.built)):
        warn(problem)
    watcher = watcher or Watcher()
    with silence_optuna():
        if folder is not None:
            study = OwnStudy(search, folder, storage, watcher, overwrite=overwrite)
            return study.run(workers)
        assert storage is not None  # or it would have been refused
        return JoinedStudy(search, storage, watcher).run(workers)

"""`nnctl train`: from a config to a run folder."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nnctl import __version__, blas
from nnctl.build import Built, build
from nnctl.callbacks import Callback, Reason
from nnctl.config import Config, dump_yaml, load, make, resolved
from nnctl.config.data_files import named_files, with_files
from nnctl.data.bytestream import sha256
from nnctl.data.files import DataFile
from nnctl.errors import ExitStatus, Problem
from nnctl.examples import data_file
from nnctl.monitors import EarlyStopping
from nnctl.runs.checkpoint import Checkpoints, save_checkpoint
from nnctl.runs.folder import RESULTS, RunFolder, choose
from nnctl.runs.results import results_of, save_results
from nnctl.runs.weights import save_weights
from nnctl.training import TrainingDiverged


@dataclass(frozen=True)
class TrainResult:
    """What came of a run: its folder and weights, what `results.json` holds, how it ended.

    `input` is a data file that `nnctl predict` could be tried on; `restored` says that the weights
    are those of the best epoch. A run that was interrupted or has
    diverged has a checkpoint in place of weights and results; `problems` say why it diverged.
    """

    folder: Path
    weights: Path
    results: dict[str, Any]
    status: ExitStatus
    input: DataFile
    problems: tuple[Problem, ...] = ()
    restored: bool = False
    advice: tuple[Any, ...] = field(default=())


def train(
    config: Path,
    *,
    output: Path | None = None,
    overrides: Sequence[str] = (),
    epochs: int | None = None,
    seed: int | None = None,
    init_weights: Path | None = None,
    overwrite: bool = False,
    callbacks: Sequence[Callback] = (),
    warn: Callable[[Problem], object] = lambda problem: None,
) -> TrainResult:
    """Trains what the config says, and writes the run's folder.

    `callbacks` watch, and may stop the run; what a user should know of the data is told to `warn`
    before it starts. Nothing is written before the config, the data and the
    folder are known to be sound. Raises `NnctlError` where they are not.
    """
    checked = load(config, overrides=overrides, named={"epochs": epochs, "seed": seed})
    folder = choose(checked.name, output, overwrite)
    built = build(checked, init_weights=init_weights)
    for problem in built.prepared.warnings:
        warn(problem)
    return run_in(folder, built, callbacks)


def run_in(folder: RunFolder, built: Built, callbacks: Sequence[Callback] = ()) -> TrainResult:
    """Makes the folder, trains in it, and writes what came of it.

    An interruption of what follows the training leaves a run that can be gone on with, too.
    """
    text = dump_yaml(resolved(built.config, absolute_paths=True))
    state, watching = built.model.state(), monitors(built.config)
    folder = folder.create(text, lambda path: save_checkpoint(path, state, watching))
    try:
        reason = run_training(built, folder, watching, callbacks)
    except TrainingDiverged as error:
        return unfinished(built, folder, ExitStatus.NO, error.problems)
    if reason != "interrupted":
        with suppress(KeyboardInterrupt):
            return finished(built, folder, watching)
    return unfinished(built, folder, ExitStatus.INTERRUPTED)


def monitors(config: Config) -> list[Callback]:
    """The callbacks that the config asks for, whose state belongs to the run."""
    sections = (config.reduce_lr_on_plateau, config.early_stopping)
    return [make(section) for section in sections if section is not None]


def run_training(
    built: Built, folder: RunFolder, watching: Sequence[Callback], callbacks: Sequence[Callback]
) -> Reason:
    """Trains to the end of the run or of the user's patience; says which.

    `watching` are the config's own callbacks, saved with the checkpoint. Raises `TrainingDiverged`
    when loss or parameters are not finite any more.
    """
    config, model = built.config, built.model
    size = len(built.train) if config.batch_size == "full" else config.batch_size
    training = model.training(
        built.train,
        built.validation,
        epochs=config.epochs,
        batch_size=size,
        shuffle=config.shuffle,
    )
    with blas.limited_to(training.threads()):
        saving = Checkpoints(folder.path, model.state(), watching)
        end = training.run([*callbacks, *watching, saving])
    if not np.isfinite(model.vector).all():
        fix = "lower optimizer.learning_rate, or scale the data"
        message = f"the parameters are not finite after epoch {end.epoch}"
        raise TrainingDiverged(Problem(message, fix))
    return end.reason


def finished(built: Built, folder: RunFolder, watching: Sequence[Callback]) -> TrainResult:
    """Writes weights and results."""
    model = built.model
    save_weights(folder.weights, model.named_arrays(), metadata_of(built))
    test = None if built.test is None else model.evaluator.figures(built.test)
    stopping = next((each for each in watching if isinstance(each, EarlyStopping)), None)
    restored = stopping is not None and stopping.restore_best
    results = results_of(
        model.state(),
        folder=folder.path,
        weights=folder.weights,
        seed=built.config.seed,
        test=test,
        best_epoch=stopping.best_epoch if stopping else None,
        restored=restored,
    )
    save_results(folder.path / RESULTS, results)
    return TrainResult(
        folder.path,
        folder.weights,
        results,
        ExitStatus.DONE,
        tried(built.config),
        restored=restored,
    )


def tried(config: Config) -> DataFile:
    """A file that predictions could be made of: that of the test, or else of the training."""
    data = config.data
    file = data_file(config, data.test) or data_file(config, data.train, data.features)
    assert file is not None
    return file


def unfinished(
    built: Built, folder: RunFolder, status: ExitStatus, problems: Sequence[Problem] = ()
) -> TrainResult:
    """What there is of a run that has not come to its end."""
    state, config = built.model.state(), built.config
    results = results_of(state, folder=folder.path, weights=None, seed=config.seed, test=None)
    return TrainResult(folder.path, folder.weights, results, status, tried(config), tuple(problems))


def metadata_of(built: Built) -> dict[str, Any]:
    """All that predictions need beside the arrays: config, data preparation, input shape.

    Data files are given as base names with their SHA-256: a path would say where, not what.
    """
    config = resolved(built.config)
    files = named_files(config["data"])
    config["data"] = with_files(config["data"], lambda file: Path(file).name)
    return {
        "nnctl": __version__,
        "config": config,
        "data": {
            part: {"file": Path(file).name, "sha256": sha256(built.config.resolve(file))}
            for part, file in files.items()
        },
        "input_shape": list(built.model.input_shape),
        "preprocessing": built.prepared.preprocessing.to_json(),
    }

"""`nnctl train`: from a config to a run folder."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nnctl import __version__, blas
from nnctl.build import Built, build
from nnctl.callbacks import Callback, Reason
from nnctl.config import dump_yaml, load, resolved
from nnctl.errors import ExitStatus, Problem
from nnctl.runs.checkpoint import Checkpoints, save_checkpoint
from nnctl.runs.folder import RESULTS, RunFolder, choose
from nnctl.runs.results import results_of, save_results
from nnctl.runs.weights import save_weights
from nnctl.training import TrainingDiverged


@dataclass(frozen=True)
class TrainResult:
    """What came of a run: its folder and weights, what `results.json` holds, how it ended.

    `input` is a data file that `nnctl predict` could be tried on. A run that was interrupted or has
    diverged has a checkpoint in place of weights and results; `problems` say why it diverged.
    """

    folder: Path
    weights: Path
    results: dict[str, Any]
    status: ExitStatus
    input: Path
    problems: tuple[Problem, ...] = ()
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
) -> TrainResult:
    """Trains what the config says, and writes the run's folder.

    `callbacks` watch, and may stop the run. Nothing is written before the config, the data and the
    folder are known to be sound. Raises `NnctlError` where they are not.
    """
    checked = load(config, overrides=overrides, named={"epochs": epochs, "seed": seed})
    folder = choose(checked.name, output, overwrite)
    return run_in(folder, build(checked, init_weights=init_weights), callbacks)


def run_in(folder: RunFolder, built: Built, callbacks: Sequence[Callback] = ()) -> TrainResult:
    """Makes the folder, trains in it, and writes what came of it.

    An interruption of what follows the training leaves a run that can be gone on with, too.
    """
    text = dump_yaml(resolved(built.config, absolute_paths=True))
    state = built.model.state()
    folder = folder.create(text, lambda path: save_checkpoint(path, state))
    try:
        reason = run_training(built, folder, callbacks)
    except TrainingDiverged as error:
        return unfinished(built, folder, ExitStatus.NO, error.problems)
    if reason != "interrupted":
        with suppress(KeyboardInterrupt):
            return finished(built, folder)
    return unfinished(built, folder, ExitStatus.INTERRUPTED)


def run_training(built: Built, folder: RunFolder, callbacks: Sequence[Callback]) -> Reason:
    """Trains to the end of the run or of the user's patience; says which.

    Raises `TrainingDiverged` when loss or parameters are not finite any more.
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
        end = training.run([Checkpoints(folder.path, model.state()), *callbacks])
    if not np.isfinite(model.vector).all():
        fix = "lower optimizer.learning_rate, or scale the data"
        message = f"the parameters are not finite after epoch {end.epoch}"
        raise TrainingDiverged(Problem(message, fix))
    return end.reason


def finished(built: Built, folder: RunFolder) -> TrainResult:
    """Writes weights and results."""
    model, data = built.model, built.config.data
    save_weights(folder.weights, model.named_arrays(), metadata_of(built))
    test = None if built.test is None else model.evaluator.figures(built.test)
    results = results_of(
        model.state(),
        folder=folder.path,
        weights=folder.weights,
        seed=built.config.seed,
        test=test,
    )
    save_results(folder.path / RESULTS, results)
    tried = built.config.resolve(data.test or data.train)
    return TrainResult(folder.path, folder.weights, results, ExitStatus.DONE, tried)


def unfinished(
    built: Built, folder: RunFolder, status: ExitStatus, problems: Sequence[Problem] = ()
) -> TrainResult:
    """What there is of a run that has not come to its end."""
    state, config = built.model.state(), built.config
    results = results_of(state, folder=folder.path, weights=None, seed=config.seed, test=None)
    data = config.resolve(config.data.train)
    return TrainResult(folder.path, folder.weights, results, status, data, tuple(problems))


def metadata_of(built: Built) -> dict[str, Any]:
    """All that predictions need beside the arrays: config, data preparation, input shape.

    Data files are given as base names with their SHA-256: a path would say where, not what.
    """
    config = resolved(built.config)
    files: Mapping[str, str] = built.prepared.hashes
    data = {}
    for part, sha256 in files.items():
        config["data"][part] = Path(config["data"][part]).name
        data[part] = {"file": config["data"][part], "sha256": sha256}
    return {
        "nnctl": __version__,
        "config": config,
        "data": data,
        "input_shape": list(built.model.input_shape),
        "preprocessing": built.prepared.preprocessing.to_json(),
    }

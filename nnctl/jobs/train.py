"""`nnctl train`: from a config to a run folder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnctl import __version__, blas
from nnctl.build import Built, build, load_parameters
from nnctl.callbacks import BatchEnd, Callback, EpochEnd, Reason, Run
from nnctl.config import dump_yaml, load, resolved
from nnctl.errors import ExitStatus, NnctlError
from nnctl.runs.checkpoint import Checkpoints
from nnctl.runs.folder import CONFIG, RunFolder, choose
from nnctl.runs.folder import RESULTS as RESULTS_FILE
from nnctl.runs.results import results_of, save_results
from nnctl.runs.weights import load_weights, save_weights


@dataclass(frozen=True)
class TrainResult:
    """What came of a run: its folder and weights, what `results.json` holds, how it ended.

    `input` is a data file that `nnctl predict` could be tried on.
    """

    folder: Path
    weights: Path
    results: dict[str, Any]
    status: ExitStatus
    input: Path
    advice: tuple[Any, ...] = field(default=())


class StopWhen(Callback):
    """Ends the run as interrupted once `stop()` says so."""

    def __init__(self, stop: Callable[[], bool]):
        self.stop = stop

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        if self.stop():
            run.stop("interrupted")

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        if self.stop():
            run.stop("interrupted")


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
    stop: Callable[[], bool] | None = None,
) -> TrainResult:
    """Trains what the config says, and writes the run's folder.

    `callbacks` watch; `stop` is asked every few batches whether to end, with a checkpoint. Nothing
    is written before the config, the data and the folder are known to be sound. Raises
    `NnctlError` where they are not, `TrainingDiverged` when the loss is not finite any more.
    """
    checked = load(config, overrides=overrides, named={"epochs": epochs, "seed": seed})
    folder = choose(checked.name, output, overwrite)
    built = build(checked)
    if init_weights is not None:
        given = load_weights(init_weights, plain=True)
        load_parameters(built.model, given.arrays, given.file)
    folder = folder.create(dump_yaml(resolved(checked, absolute_paths=True)))
    reason = run_training(built, folder, callbacks, stop)
    return finished(built, folder, reason)


def run_training(
    built: Built, folder: RunFolder, callbacks: Sequence[Callback], stop: Callable[[], bool] | None
) -> Reason:
    """Trains to the end of the run or of the user's patience; says which."""
    config, model = built.config, built.model
    size = len(built.train) if config.batch_size == "full" else config.batch_size
    training = model.training(
        built.train,
        built.validation,
        epochs=config.epochs,
        batch_size=size,
        shuffle=config.shuffle,
    )
    watchers = [Checkpoints(folder.path, model.state()), *callbacks]
    if stop is not None:
        watchers.append(StopWhen(stop))
    with blas.limited_to(training.threads()):
        return training.run(watchers).reason


def finished(built: Built, folder: RunFolder, reason: Reason) -> TrainResult:
    """Writes weights and results, unless the run is to be gone on with."""
    config, model = built.config, built.model
    data = config.resolve(config.data.test or config.data.train)
    interrupted = reason == "interrupted"
    test = None
    if not interrupted:
        save_weights(folder.weights, model.named_arrays(), metadata_of(built))
        if built.test is not None:
            test = model.evaluator.figures(built.test)
    results = results_of(
        model.state(),
        folder=folder.path,
        weights=None if interrupted else folder.weights,
        seed=config.seed,
        test=test,
    )
    if not interrupted:
        save_results(folder.path / RESULTS_FILE, results)
    status = ExitStatus.INTERRUPTED if interrupted else ExitStatus.DONE
    return TrainResult(folder.path, folder.weights, results, status, data)


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


__all__ = ["CONFIG", "NnctlError", "TrainResult", "metadata_of", "run_training", "train"]

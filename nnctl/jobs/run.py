"""A run in its folder: trained from its start or from a checkpoint, and brought to its end."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnctl.advice import Advice
from nnctl.advice.watching import Watch
from nnctl.assembly.build import Built, output_units
from nnctl.assembly.examples import data_file
from nnctl.config import Config, dump_yaml, make, resolved
from nnctl.config.data_files import named_files, with_files
from nnctl.data.reading.digests import Digests, digest_of
from nnctl.data.reading.files import DataFile
from nnctl.errors import ExitStatus, NnctlError, Problem
from nnctl.runs.checkpoint import About, Checkpoints, read_checkpoint, save_checkpoint
from nnctl.runs.folder import RESULTS, RunFolder
from nnctl.runs.results import results_of, save_results
from nnctl.runs.weights import CONFIG_VALUES, SPARE_UNITS, save_weights
from nnctl.system import machine, stated
from nnctl.system.version import __version__
from nnctl.training.callbacks import Callback, Reason
from nnctl.training.loop import Training, TrainingDiverged
from nnctl.training.monitors import EarlyStopping
from nnctl.training.ranks import first_alone, is_first, together
from nnctl.training.state import TrainingState

CLIMB = 10  # times its start is too much for a loss to end at


class TrainResult(NamedTuple):
    """What came of a run: its folder and weights, what `results.json` holds, how it ended.

    `input` is a data file that `nnctl predict` could be tried on; `restored` says that the weights
    are those of the best epoch; `warnings` and `advice` tell what looks wrong. A run that was
    interrupted or has diverged has a checkpoint in place of weights and results; `problems` say why
    it diverged.
    """

    folder: Path
    weights: Path
    results: dict[str, Any]
    status: ExitStatus
    input: DataFile
    problems: tuple[Problem, ...] = ()
    restored: bool = False
    warnings: tuple[Problem, ...] = ()
    advice: tuple[Advice, ...] = ()


class Job(NamedTuple):
    """A run that is about to train: what is built, what watches it, what its checkpoints tell."""

    built: Built
    watching: tuple[Callback, ...]
    about: About

    @classmethod
    def of(cls, built: Built, digest: Callable[[str], str] = digest_of) -> "Job":
        """The job that a config asks for, with the hashes of its data files, from `digest`."""
        config = built.config
        values = resolved(config, absolute_paths=True)
        files = named_files(values["data"])
        return cls(
            built,
            tuple(monitors(config)),
            About(values, {part: digest(file) for part, file in files.items()}),
        )

    @property
    def text(self) -> str:
        """`config.yaml`: the config as it is run, defaults filled in."""
        return dump_yaml(self.about.config)


def monitors(config: Config) -> list[Callback]:
    """The callbacks that the config asks for, whose state belongs to the run."""
    sections = (config.reduce_lr_on_plateau, config.early_stopping)
    return [make(section) for section in sections if section is not None]


def digests_of(config: Config) -> Digests:
    """The hashes of the config's data files, begun now."""
    return Digests(named_files(resolved(config, absolute_paths=True)["data"]).values())


def run_in(
    folder: RunFolder,
    built: Built,
    callbacks: Sequence[Callback] = (),
    digest: Callable[[str], str] = digest_of,
) -> TrainResult:
    """Makes the folder, trains in it from the start, and writes what came of it.

    `digest` gives the hash of a data file.
    """
    ranks = built.model.ranks
    state = built.model.state()
    job = together(ranks, lambda: Job.of(built, digest))
    together(ranks, lambda: check_alike(job))

    def first_checkpoint(path: Path) -> None:
        save_checkpoint(path, state, job.about, job.watching)

    with ExitStack() as held:
        made = first_alone(ranks, lambda: folder.create(job.text, first_checkpoint, held))
        return go_on(job, made, callbacks)


def check_alike(job: Job) -> None:
    """Raises `NnctlError` where the processes that train together have not read the same data."""
    ranks = job.built.model.ranks
    if ranks is None:
        return
    for rank, data in enumerate(ranks.exchange(job.about.data)):
        for part, digest in data.items():
            if digest != job.about.data.get(part):
                message = f"data.{part} of process {rank} is another file than that of {ranks.rank}"
                fix = "give every computer the same files"
                raise NnctlError(Problem(f"{message} (its SHA-256 differs)", fix))


def go_on(job: Job, folder: RunFolder, callbacks: Sequence[Callback] = ()) -> TrainResult:
    """Trains from the model's state on, and writes what came of it.

    An interruption of what follows the training leaves a run that can be gone on with, too.
    """
    training = training_of(job.built)
    watch = Watch(job.built)
    try:
        reason = train_on(job, training, folder, [watch, *callbacks])
    except TrainingDiverged as error:
        problems = list(error.problems)
        if is_first(job.built.model.ranks):
            problems = [diagnose_divergence(job, folder) or problem for problem in problems]
        return unfinished_result(job.built, folder, ExitStatus.NO, problems)
    if reason != "interrupted":
        with suppress(KeyboardInterrupt):
            warnings = climb_warning(watch.first, job.built.model.state())
            return finish(job, folder, warnings, watch.advice)
    return unfinished_result(job.built, folder, ExitStatus.INTERRUPTED)


def training_of(built: Built) -> Training:
    """The training that the config asks for, from the model's state on."""
    config = built.config
    return built.model.training(
        built.train,
        built.validation,
        epochs=config.epochs,
        batch_size=len(built.train) if config.batch_size == "full" else config.batch_size,
        shuffle=config.shuffle,
    )


def train_on(
    job: Job, training: Training, folder: RunFolder, callbacks: Sequence[Callback]
) -> Reason:
    """Trains to the end of the run or of the user's patience; says which.

    Raises `TrainingDiverged` when loss or parameters are not finite any more.
    """
    model = job.built.model
    saving = Checkpoints(folder.path, model.state(), job.about, job.watching)
    with machine.thread_limit(training.threads()):
        end = training.run(
            [*callbacks, *job.watching, *([saving] if is_first(model.ranks) else [])]
        )
    if not np.isfinite(model.vector).all():
        fix = "lower optimizer.learning_rate, or scale the data"
        message = f"the parameters are not finite after epoch {end.epoch}"
        raise TrainingDiverged(Problem(message, fix))
    return end.reason


def diagnose_divergence(job: Job, folder: RunFolder) -> Problem | None:
    """What made the run diverge, found by training on alone from its last checkpoint."""
    job.built.model.leave_ranks()
    history = job.built.model.state().history
    read_checkpoint(folder.checkpoint).restore(job.built.model.state(), job.watching)
    from nnctl.training.diagnosis import diagnose  # rarely needed

    training = training_of(job.built)
    with machine.thread_limit(training.threads()):
        problem = diagnose(training)
    job.built.model.state().history = history
    return problem


def climb_warning(start: float, state: TrainingState) -> tuple[Problem, ...]:
    """A warning where the loss ended far above `start`, or, unknown, that of the first epoch."""
    losses = state.history.get("loss", [])
    first = losses[0] if losses and math.isnan(start) else start
    if not losses or losses[-1] <= CLIMB * abs(first):
        return ()
    message = f"the loss climbed from {first:.4g} at the start to {losses[-1]:.4g} at the end"
    return (Problem(message, "lower optimizer.learning_rate, or scale the data"),)


def finish(
    job: Job,
    folder: RunFolder,
    warnings: tuple[Problem, ...] = (),
    advice: tuple[Advice, ...] = (),
) -> TrainResult:
    """Writes weights and results."""
    built = job.built
    model = job.built.model
    if is_first(model.ranks):
        save_weights(folder.weights, model.named_arrays(), metadata_of(job))
    test = None if built.test is None else model.evaluator.figures(built.test)
    results = final_results(job, folder.path, folder.weights, test)
    if is_first(model.ranks):
        save_results(folder.path / RESULTS, results)
    return TrainResult(
        folder.path,
        folder.weights,
        results,
        ExitStatus.DONE,
        file_to_try(built.config),
        restored=restores_best(job),
        warnings=warnings,
        advice=advice,
    )


def final_results(
    job: Job, folder: Path, weights: Path | None, test: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """What `results.json` holds of a run that has come to its end: the figures of its weights."""
    stopping = stopping_of(job)
    return results_of(
        job.built.model.state(),
        folder=folder,
        weights=weights,
        seed=job.built.config.seed,
        test=test,
        best_epoch=stopping.best_epoch if stopping else None,
        restored=restores_best(job),
    )


def stopping_of(job: Job) -> EarlyStopping | None:
    """What stops the run early, if anything does."""
    return next((each for each in job.watching if isinstance(each, EarlyStopping)), None)


def restores_best(job: Job) -> bool:
    """Whether the run ends with the weights of its best epoch."""
    stopping = stopping_of(job)
    return stopping is not None and stopping.restore_best


def file_to_try(config: Config) -> DataFile:
    """A file that predictions could be made of: that of the test, or else of the training."""
    data = config.data
    file = data_file(config, data.test) or data_file(config, data.train, data.features)
    assert file is not None
    return file


def unfinished_result(
    built: Built, folder: RunFolder, status: ExitStatus, problems: Sequence[Problem] = ()
) -> TrainResult:
    """What there is of a run that has not come to its end."""
    state = built.model.state()
    config = built.config
    results = results_of(state, folder=folder.path, weights=None, seed=config.seed, test=None)
    return TrainResult(
        folder.path, folder.weights, results, status, file_to_try(config), tuple(problems)
    )


def metadata_of(job: Job) -> dict[str, Any]:
    """All that predictions need beside the arrays: config, data preparation, input shape.

    Data files are given as base names with their SHA-256: a path would say where, not what.
    """
    config = resolved(job.built.config)
    files = named_files(config["data"])
    config["data"] = with_files(config["data"], lambda file: Path(file).name)
    return {
        "nnctl": __version__,
        "config": config,
        CONFIG_VALUES: stated.count_values(config),
        "data": {
            part: {"file": Path(file).name, "sha256": job.about.data[part]}
            for part, file in files.items()
        },
        "input_shape": list(job.built.model.input_shape),
        SPARE_UNITS: spare_units(job.built),
        "preprocessing": job.built.prepared.preprocessing.to_json(),
    }


def spare_units(built: Built) -> int:
    """How many outputs of the model no class has."""
    targets = built.prepared.preprocessing.targets
    if targets.classes is None or targets.task == "binary":
        return 0
    return output_units(built.model) - len(targets.classes.labels)

"""A run that is about to train, and what comes of one."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nnctl.advice import Advice
from nnctl.advice.verdict import Verdict
from nnctl.assembly.build import Built, output_units
from nnctl.assembly.examples import data_file, digests_of_parts
from nnctl.calibration.readout import AS_IT_IS, Readout
from nnctl.config import Config, dump_yaml, make, resolved
from nnctl.config.data_files import named_files, with_files
from nnctl.errors import ExitStatus, Problem
from nnctl.graph import Array
from nnctl.reading.digests import digest_of
from nnctl.reading.files import DataFile
from nnctl.runs.checkpoint import About
from nnctl.runs.weights import (
    CONFIG_VALUES,
    READOUT,
    SPARE_UNITS,
    TRAINING_ROWS,
    gather_arrays,
)
from nnctl.system import stated
from nnctl.system.version import __version__
from nnctl.training.loop import Training
from nnctl.training.sequential import Sequential

if TYPE_CHECKING:
    from nnctl.training.monitors import EarlyStopping, Monitor


class TrainResult(NamedTuple):
    """What came of a run: its folder and weights, what `results.json` holds, how it ended.

    `input` is a data file that `nnctl predict` could be tried on, whose rows `has_trained` or not;
    `warnings` and `advice` tell what looks wrong, and `verdict` what the run has come to. A run
    that was interrupted, or whose numbers are not finite any more, has a checkpoint in place of
    weights; `problems` say why it diverged.
    """

    folder: Path
    weights: Path
    results: dict[str, Any]
    status: ExitStatus
    input: DataFile
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    advice: tuple[Advice, ...] = ()
    verdict: Verdict | None = None
    has_trained: bool = False


class Job(NamedTuple):
    """A run that is about to train: what is built, what watches it, what its checkpoints tell.

    `told` is what has been told of it before: its "warnings" and "advice", as `results.json` has
    them.
    """

    built: Built
    watching: "tuple[Monitor, ...]"
    about: About
    told: Mapping[str, Sequence[Any]] = {}

    @classmethod
    def of(
        cls,
        built: Built,
        digest: Callable[[str], str] = digest_of,
        told: Mapping[str, Sequence[Any]] | None = None,
    ) -> "Job":
        """The job that a config asks for, with the hashes of its data files, from `digest`."""
        config = built.config
        values = resolved(config, absolute_paths=True)
        return cls(
            built,
            tuple(monitors(config)),
            About(values, digests_of_parts(config, digest)),
            told or {},
        )

    @property
    def text(self) -> str:
        """`config.yaml`: the config as it is run, defaults filled in."""
        return dump_yaml(self.about.config)


def monitors(config: Config) -> "list[Monitor]":
    """The callbacks that the config asks for, whose state belongs to the run."""
    sections = (config.reduce_lr_on_plateau, config.early_stopping)
    return [make(section) for section in sections if section is not None]


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


def stopping_of(job: Job) -> "EarlyStopping | None":
    """What stops the run early, if anything does."""
    return stopping_among(job.watching)


def stopping_among(watching: "Sequence[Monitor]") -> "EarlyStopping | None":
    """What stops a training early, of all that watches it."""
    if not watching:
        return None
    from nnctl.training.monitors import EarlyStopping  # loaded by now, as few runs need it

    return next((each for each in watching if isinstance(each, EarlyStopping)), None)


def file_to_try(config: Config) -> DataFile:
    """A file that predictions could be made of: of the test, the validation, or the training."""
    data = config.data
    file = data_file(config, file_apart(config)) or data_file(config, data.train, data.features)
    assert file is not None
    return file


def file_apart(config: Config) -> Any:
    """What a config says of a file whose rows do not train; None where it names none."""
    validation = config.data.validation
    return config.data.test or (None if isinstance(validation, float) else validation)


def data_facts(job: Job) -> dict[str, dict[str, str]]:
    """The name and SHA-256 of each data file.

    Base names: a path would say where, not what.
    """
    files = named_files(resolved(job.built.config)["data"])
    digests = job.about.data
    return {
        part: {"file": Path(file).name, "sha256": digests[part]} for part, file in files.items()
    }


def arrays_of(job: Job, models: Sequence[Sequential]) -> dict[str, Array]:
    """What a weights file holds of trained models, and of the rows that trained them."""
    arrays = gather_arrays([model.named_arrays() for model in models])
    summary = job.built.prepared.summary
    return arrays if summary is None else {**arrays, TRAINING_ROWS: summary}


def metadata_of(job: Job, readout: Readout = AS_IT_IS) -> dict[str, Any]:
    """All that predictions need beside the arrays: config, data preparation, input shape, and what
    follows the output."""
    config = resolved(job.built.config)
    config["data"] = with_files(config["data"], lambda file: Path(file).name)
    return {
        "nnctl": __version__,
        "config": config,
        CONFIG_VALUES: stated.count_values(config),
        "data": data_facts(job),
        "input_shape": list(job.built.model.input_shape),
        SPARE_UNITS: spare_units(job.built),
        "preprocessing": job.built.prepared.preprocessing.to_json(),
        **({} if readout == AS_IT_IS else {READOUT: readout.to_json()}),
    }


def spare_units(built: Built) -> int:
    """How many outputs of the model no class has."""
    targets = built.prepared.preprocessing.targets
    if targets.classes is None or targets.task == "binary":
        return 0
    return output_units(built.model) - len(targets.classes.labels)

"""A trained model, as its weights file describes it: ready to predict, without its data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nnctl.assembly.agreement import check_agreement
from nnctl.assembly.build import compile_model, load_parameters, metrics_for
from nnctl.config import Config
from nnctl.config.schema import check
from nnctl.config.source import Source
from nnctl.data.preprocessing import Preprocessing
from nnctl.errors import NnctlError, Problem
from nnctl.runs.checkpoint import STATE as CHECKPOINT_KEY
from nnctl.runs.weights import SPARE_UNITS, load_weights
from nnctl.system import stated
from nnctl.training.sequential import Sequential


class Trained(NamedTuple):
    """A model with its trained parameters, and how any file becomes its input.

    `data` has the SHA-256 of the files that the run has read, by their paths below `data`.
    """

    file: str
    config: Config
    model: Sequential
    preprocessing: Preprocessing
    data: Mapping[str, str] = {}


def load_trained(path: Path) -> Trained:
    """The model of a weights file or run folder.

    Raises `NnctlError` for a file that is damaged, of a newer format, or of arrays alone.
    """
    weights = load_weights(path)
    metadata = weights.metadata
    file = weights.file
    if CHECKPOINT_KEY in metadata:
        message = "this is a checkpoint, of a run that may go on"
        raise NnctlError(Problem(message, "name the weights.npz of a run that has ended", file))
    try:
        values = stated.mapping("config", metadata["config"])
        shape = stated.items("input_shape", metadata["input_shape"])
        shape = [stated.whole("input_shape", size, 1) for size in shape]
        preparation = stated.mapping("preprocessing", metadata["preprocessing"])
        stated.whole(SPARE_UNITS, metadata.get(SPARE_UNITS, 0))
    except (LookupError, ValueError) as error:
        message = f"its metadata is damaged ({error!r})"
        raise NnctlError(Problem(message, "train the model again", file)) from None
    preprocessing = Preprocessing.from_json(preparation, file)
    config = check(Source(file, dict(values)))
    model = compile_model(config)
    check_agreement(metadata, config, model, preprocessing, file)
    model.build(shape)
    load_parameters(model, weights.arrays, file)
    metrics = metrics_for(model, model.metrics, preprocessing.targets)
    model.compile(model.optimizer, model.loss, metrics)
    return Trained(file, config, model, preprocessing, digests_in(metadata))


def digests_in(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of the data files that metadata tell of; none where they tell of none."""
    try:
        return {part: str(file["sha256"]) for part, file in metadata["data"].items()}
    except (AttributeError, LookupError, TypeError):
        return {}

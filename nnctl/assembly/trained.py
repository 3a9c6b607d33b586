"""A trained model, as its weights file describes it: ready to predict, without its data."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnctl.assembly.agreement import check_agreement
from nnctl.assembly.build import (
    compile_model,
    compiled_for,
    load_member,
    load_parameters,
    refuse_checkpoint,
)
from nnctl.calibration.readout import AS_IT_IS, Readout
from nnctl.config import Config
from nnctl.config.schema import check
from nnctl.config.source import Source
from nnctl.data.preprocessing import Preprocessing
from nnctl.errors import NnctlError, Problem
from nnctl.graph import Array
from nnctl.network.answers import THRESHOLD
from nnctl.network.metrics import AtThreshold, Metric
from nnctl.runs.weights import READOUT, SPARE_UNITS, load_weights
from nnctl.system import stated
from nnctl.training.ensemble import Ensemble, Predicting
from nnctl.training.sequential import Sequential

if TYPE_CHECKING:
    from nnctl.calibration.intervals import Kind


class Trained(NamedTuple):
    """A model with its trained parameters, or an ensemble, and how any file becomes its input.

    `data` has the SHA-256 of the files that the run has read, by their paths below `data`;
    `readout` is what follows the output of the model, which has taken its part of it: predictions
    are corrected, and metrics judge at the kept cuts.
    """

    file: str
    config: Config
    model: Predicting
    preprocessing: Preprocessing
    data: Mapping[str, str] = {}
    readout: Readout = AS_IT_IS

    @property
    def members(self) -> tuple[Sequential, ...]:
        """The models that predict: several of an ensemble."""
        return self.model.members if isinstance(self.model, Ensemble) else (self.model,)

    @property
    def cuts(self) -> tuple[float, ...]:
        """For each output of yes or no from above which probability it is a yes."""
        return self.readout.cuts or (THRESHOLD,) * self.model.output_shape[-1]

    def of_classes(self, predictions: Array) -> Array:
        """The probability of each class, (rows, classes), which predictions (rows, outputs) are.

        Of yes and no they are in float64; units beyond the classes stand for none.
        """
        targets = self.preprocessing.targets
        assert targets.classes is not None
        if targets.task == "binary":
            second = predictions[:, 0].astype(np.float64)
            return np.stack([1 - second, second], axis=1)
        return predictions[:, : len(targets.classes.labels)]

    def in_own_unit(self, numbers: Array, spread: Array | None) -> tuple[Array, Array | None]:
        """Numbers (rows, outputs) and their deviation in the targets' own unit."""
        targets = self.preprocessing.targets
        if spread is not None:
            each = self.model.loss.outputs_a_target
            spread = (spread * np.repeat(targets.scaling.divisor, each)).astype(numbers.dtype)
        return targets.in_own_unit(numbers), spread

    def by_target(self, numbers: Array) -> Array:
        """Numbers (rows, outputs) as (rows, targets), or, of quantiles, (rows, targets, each)."""
        each = self.model.loss.outputs_a_target
        return numbers if each == 1 else numbers.reshape(len(numbers), -1, each)

    def judged_by(self, said: Array) -> "Trained":
        """The same ensemble, of which some members alone have a say in each of some rows.

        `said` `(members, rows)` marks them.
        """
        assert isinstance(self.model, Ensemble)
        return self._replace(model=self.model.judged_by(said))

    def for_rows(self, rows: Array) -> "Trained":
        """What predicts some of the rows that it is for, if it is for certain ones."""
        if not isinstance(self.model, Ensemble) or self.model.said is None:
            return self
        return self.judged_by(self.model.said[:, rows])


def load_trained(path: Path) -> Trained:
    """The model of a weights file or run folder.

    Raises `NnctlError` for a file that is damaged, of a newer format, or of arrays alone.
    """
    weights = load_weights(path)
    metadata = weights.metadata
    file = weights.file
    refuse_checkpoint(weights)
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
    members = []
    for member in range(1, config.members + 1):
        model = compiled_for(config, preprocessing.targets, shape, member)
        if config.members == 1:
            load_parameters(model, weights.arrays, file)
        else:
            load_member(model, weights, member, config.members)
        members.append(model)
    together = Ensemble(members) if len(members) > 1 else members[0]
    readout = readout_in(metadata, together, preprocessing, file)
    answers = answering(together, readout)
    return Trained(file, config, answers, preprocessing, digests_in(metadata), readout)


def readout_in(
    metadata: Mapping[str, Any], model: Predicting, preprocessing: Preprocessing, file: str
) -> Readout:
    """What follows the output of a model, as its file's metadata have it.

    Raises `NnctlError` where they have it otherwise than the config asks.
    """
    given = metadata.get(READOUT, {})
    outputs, targets = model.output_shape[-1], preprocessing.targets
    classes = targets.task == "multiclass"
    kind: Kind = "spread" if isinstance(model, Ensemble) else "constant"
    if targets.task != "regression":
        kind = "set"
    elif model.loss.outputs_a_target > 1:
        kind = "quantiles"
    try:
        steps = stated.mapping(READOUT, given)
        readout = Readout.from_json(steps, outputs, len(targets.names), classes, kind)
    except (LookupError, ValueError) as error:
        message = f"its metadata is damaged ({error!r})"
        raise NnctlError(Problem(message, "train the model again", file)) from None
    return readout


def answering(model: Predicting, readout: Readout) -> Predicting:
    """The model with corrected probabilities, whose metrics judge at the kept cuts, if any are."""
    if readout.temperature is None and readout.cuts is None:
        return model
    from nnctl.training.answering import Answering  # for those who ask for it

    members = model.members if isinstance(model, Ensemble) else (model,)
    correct = None if readout.temperature is None else readout.temperature.corrected
    metrics = model.metrics if readout.cuts is None else at_cuts(model.metrics, readout.cuts)
    return Answering(members, metrics, correct)


def at_cuts(metrics: Mapping[str, Metric], cuts: Sequence[float]) -> dict[str, Metric]:
    """The metrics, those of answers with these cuts in place of any others."""
    plain = {
        name: metric.metric if isinstance(metric, AtThreshold) else metric
        for name, metric in metrics.items()
    }
    if set(cuts) == {THRESHOLD}:
        return plain
    return {
        name: AtThreshold(metric, cuts) if metric.judges_answers else metric
        for name, metric in plain.items()
    }


def digests_in(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of the data files that metadata tell of; none where they tell of none."""
    try:
        return {part: str(file["sha256"]) for part, file in metadata["data"].items()}
    except (AttributeError, LookupError, TypeError):
        return {}

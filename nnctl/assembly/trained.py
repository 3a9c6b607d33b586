"""A trained model, as its weights file describes it: ready to predict, without its data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nnctl.assembly.agreement import check_agreement
from nnctl.assembly.build import (
    compile_model,
    compiled_for,
    load_member,
    load_parameters,
    refuse_checkpoint,
)
from nnctl.config import Config
from nnctl.config.schema import check
from nnctl.config.source import Source
from nnctl.data.preprocessing import Preprocessing
from nnctl.errors import NnctlError, Problem
from nnctl.graph import Array
from nnctl.runs.weights import (
    SPARE_UNITS,
    load_weights,
)
from nnctl.system import stated
from nnctl.training.ensemble import Ensemble, Predicting
from nnctl.training.sequential import Sequential


class Trained(NamedTuple):
    """A model with its trained parameters, or an ensemble, and how any file becomes its input.

    `data` has the SHA-256 of the files that the run has read, by their paths below `data`.
    """

    file: str
    config: Config
    model: Predicting
    preprocessing: Preprocessing
    data: Mapping[str, str] = {}

    @property
    def members(self) -> tuple[Sequential, ...]:
        """The models that predict: several of an ensemble."""
        return self.model.members if isinstance(self.model, Ensemble) else (self.model,)

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
    return Trained(file, config, together, preprocessing, digests_in(metadata))


def digests_in(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of the data files that metadata tell of; none where they tell of none."""
    try:
        return {part: str(file["sha256"]) for part, file in metadata["data"].items()}
    except (AttributeError, LookupError, TypeError):
        return {}

"""A trained model and its past, as they are put on a page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnctl.assembly.build import Built
from nnctl.calibration.readout import Readout
from nnctl.errors import NnctlError
from nnctl.graph import Array
from nnctl.playground.nodes import KNOWN
from nnctl.training.frames import Frame
from nnctl.training.logits import Logits
from nnctl.training.sequential import Sequential

MOST_FRAMES = 200
MOST_ROWS = 500
BYTES_OF_FRAMES = 2_000_000
BYTES_OF_ROWS = 400_000
MOST_PARAMETERS = 1_000_000


@dataclass(frozen=True)
class Recording:
    """A model as it is after its training, what is known of its past, and what follows its output.

    `name` is what the reader calls it; `frames` are in the order in which they were taken, at least
    one; `history` has a list an epoch by figure; `batches` are the steps of an epoch. `is_training`
    says whether the frames are those of a training, `told` what else is to be known of it.
    """

    name: str
    built: Built
    frames: Sequence[Frame]
    history: Mapping[str, Sequence[float]]
    batches: int
    readout: Readout
    is_training: bool
    told: tuple[str, ...] = ()


def frames_to_keep(model: Sequential) -> int:
    """How many frames of a model fit into the page."""
    return max(2, min(MOST_FRAMES, BYTES_OF_FRAMES // max(1, model.vector.nbytes)))


def rows_to_show(built: Built) -> Array:
    """The places of the rows that fit into the page, evenly spread over all that train."""
    total = len(built.train)
    width = math.prod(built.model.input_shape) * built.model.dtype.itemsize
    count = min(total, MOST_ROWS, max(1, BYTES_OF_ROWS // width))
    return np.unique(np.linspace(0, total - 1, count).astype(np.intp))


def check_showable(built: Built) -> None:
    """Raises `NnctlError` for a model that the page cannot compute, with what to do instead."""
    config, model = built.config, built.model
    problems = []
    for index, entry in enumerate(config.layers):
        if entry.type not in KNOWN:
            message = f"the playground does not know the layer {entry.type}"
            fix = "look at a model without it; nnctl explain draws this one"
            problems.append(config.problem(f"layers.{index}", message, fix))
    if model.layout.size > MOST_PARAMETERS:
        message = f"{model.layout.size:,} parameters are more than a page holds"
        fix = f"up to {MOST_PARAMETERS:,} can be watched; nnctl report and nnctl explain take all"
        problems.append(config.problem("layers", message, fix))
    if config.calibrate and Logits(model).taken == "log":
        message = "the playground cannot correct probabilities that no sigmoid or softmax has made"
        problems.append(config.problem("calibrate", message, "--set calibrate=false"))
    if problems:
        raise NnctlError(problems)

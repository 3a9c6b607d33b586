"""The figures of an ensemble on the rows of its own run: each judged by those that may.

Where members validate on rows of their own, a row that validates is judged by the members that held
it out, and one that trains by those that it trained.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nnctl.assembly.build import Built
from nnctl.assembly.examples import as_examples, weight_examples
from nnctl.graph import Array
from nnctl.reading.array_types import Indices, Mask
from nnctl.training.ensemble import Ensemble, Predicting
from nnctl.training.seeds import generator
from nnctl.training.step import Examples

PARTS = ("train", "validation", "test")


class PartFigures(NamedTuple):
    """Loss and metrics on a part of the data, and the targets of its rows."""

    figures: dict[str, float]
    truth: Array


class OwnRows(NamedTuple):
    """The rows of a part of the data of which members have their own.

    `said` (members, rows) marks whose they are; `rows` are their places in the training file.
    """

    examples: Examples
    said: Mask
    rows: Indices


def figures_by_part(
    built: Built, model: Predicting, wanted: Sequence[str] = PARTS
) -> dict[str, PartFigures]:
    """The figures of what predicts on those parts of the data that `built`, or its first member,
    has."""
    parts = {}
    for name in wanted:
        if (own := own_rows(built, name)) is not None:
            assert isinstance(model, Ensemble)  # as members that have rows of their own are
            figures = model.judged_by(own.said).evaluator.figures(own.examples)
            parts[name] = PartFigures(figures, own.examples.y)
        elif (examples := getattr(built, name)) is not None:
            parts[name] = PartFigures(model.evaluator.figures(examples), examples.y)
    return parts


def validation_losses(built: Built, model: Predicting) -> Array:
    """The loss of each row that validates, (rows,), of an ensemble by the members that may judge.

    `built`, the first member, has rows that validate.
    """
    if isinstance(model, Ensemble) and (own := own_rows(built, "validation")) is not None:
        return model.judged_by(own.said).evaluator.losses_by_row(own.examples)
    return model.evaluator.losses_by_row(built.examples("validation"))


def unweighted_loss(built: Built, ensemble: Predicting) -> float:
    """The loss of an ensemble on the rows that train it, each counted once, without a penalty."""
    examples = built.train
    if isinstance(ensemble, Ensemble) and (own := own_rows(built, "train")) is not None:
        examples, ensemble = own.examples, ensemble.judged_by(own.said)
    alike = Examples(examples.x, examples.y)
    return ensemble.evaluator.figures(alike)["loss"] - ensemble.evaluator.penalty()


def own_rows(built: Built, part: str) -> OwnRows | None:
    """The rows of a part that any member trains, or validates on; None where all share them."""
    pool = built.prepared.pool
    if pool is None or not built.config.draws_apart or part not in ("train", "validation"):
        return None
    said = drawn_by_members(built)
    if part == "train":
        said = ~(said | pool.division.kept_apart)
    rows: Mask = np.logical_or.reduce(said)
    examples = as_examples(built.config, built.model, pool.take(rows))
    if part == "train":
        examples = weight_examples(built.config, examples, built.prepared.preprocessing.targets)
    return OwnRows(examples, said[:, rows], np.flatnonzero(rows))


def drawn_by_members(built: Built) -> Mask:
    """The rows of the training file that each member validates on, (members, rows).

    `built` is the first member.
    """
    config, pool = built.config, built.prepared.pool
    assert pool is not None
    draws = (generator(config.seed, "split", k) for k in range(2, config.members + 1))
    others = [pool.division.redrawn(each).drawn for each in draws]
    return np.stack([pool.division.drawn, *others])

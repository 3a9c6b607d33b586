"""The figures of an ensemble on the rows of its own run: each judged by those that may.

Where members validate on rows of their own, a row that validates is judged by the members that held
it out, and one that trains by those that it trained.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nnctl.assembly.build import Built
from nnctl.assembly.examples import as_examples, weight_examples
from nnctl.graph import Array
from nnctl.reading.array_types import Mask
from nnctl.training.ensemble import Ensemble
from nnctl.training.seeds import generator
from nnctl.training.step import Examples


class PartFigures(NamedTuple):
    """Loss and metrics on a part of the data, and the targets of its rows."""

    figures: dict[str, float]
    truth: Array


def figures_by_part(built: Built, ensemble: Ensemble) -> dict[str, PartFigures]:
    """The figures of an ensemble on each part of the data that `built`, its first member, has."""
    parts = dict(own_parts(built, ensemble))
    for name in ("train", "validation", "test"):
        examples: Examples | None = getattr(built, name)
        if examples is not None and name not in parts:
            parts[name] = PartFigures(ensemble.evaluator.figures(examples), examples.y)
    return parts


def own_parts(built: Built, ensemble: Ensemble) -> Iterator[tuple[str, PartFigures]]:
    """The parts that each member has rows of its own in."""
    pool = built.prepared.pool
    if pool is None or not built.config.draws_apart:
        return
    drawn = drawn_by_members(built)
    trained: Mask = ~(drawn | pool.division.held)
    for name, said in (("train", trained), ("validation", drawn)):
        rows: Mask = np.logical_or.reduce(said)
        examples = as_examples(built.config, built.model, pool.take(rows))
        if name == "train":
            targets = built.prepared.preprocessing.targets
            examples = weight_examples(built.config, examples, targets)
        figures = ensemble.judged_by(said[:, rows]).figures(examples)
        yield name, PartFigures(figures, examples.y)


def drawn_by_members(built: Built) -> Mask:
    """The rows of the training file that each member validates on, (members, rows).

    `built` is the first member.
    """
    config, pool = built.config, built.prepared.pool
    assert pool is not None
    draws = (generator(config.seed, "split", k) for k in range(2, config.members + 1))
    others = [pool.division.redrawn(each).drawn for each in draws]
    return np.stack([pool.division.drawn, *others])

"""Which rows of a training file train, which validate, and which a fold holds out."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.data.preprocessing import Examples
from nnctl.data.split import Split, validation_rows
from nnctl.reading.array_types import Mask

if TYPE_CHECKING:
    from nnctl.data.folds import Fold

Strata = NDArray[np.integer[Any]] | None  # the class of each row, (rows,), where a row has one


class Drawn(NamedTuple):
    """Rows of the training file that validate: `share` of them, which `generator` draws.

    With `split` "last" they are the last ones.
    """

    share: float
    generator: np.random.Generator
    split: Split = "random"


class Dealt(NamedTuple):
    """Rows of the training file that a fold holds out; `generator` deals them."""

    fold: "Fold"
    generator: np.random.Generator


class Division(NamedTuple):
    """The rows of a training file, divided: masks (rows,) of those that validate or are held out.

    What it was made of is kept, so that other rows can be drawn.
    """

    held: Mask
    drawn: Mask
    drawing: Drawn | None
    strata: Strata
    file: str

    @classmethod
    def of(
        cls, rows: int, strata: Strata, file: str, dealt: Dealt | None, drawing: Drawn | None
    ) -> "Division":
        """The rows of a fold are taken first, and those that validate from the others."""
        held = drawn = np.zeros(rows, dtype=np.bool_)
        if dealt is not None:
            from nnctl.data.folds import folds_of  # for crossvalidation alone

            held = folds_of(rows, dealt.fold.count, dealt.generator, strata) == dealt.fold.index
        division = cls(held, drawn, drawing, strata, file)
        return division if drawing is None else division.redrawn(drawing.generator)

    def redrawn(self, generator: np.random.Generator) -> "Division":
        """The same rows, of which a generator draws as many others to validate."""
        assert self.drawing is not None
        share, _, split = self.drawing
        left = ~self.held
        classes = None if self.strata is None else self.strata[left]
        count = int(np.count_nonzero(left))
        drawn = np.zeros(len(left), dtype=np.bool_)
        drawn[left] = validation_rows(count, share, generator, classes, self.file, split)
        return self._replace(drawn=drawn)

    @property
    def trains(self) -> Mask:
        """The rows that train."""
        others: Mask = ~(self.drawn | self.held)
        return others


class Pool(NamedTuple):
    """All rows of a training file, of which some were drawn to validate.

    `take` gives the examples of the rows that a mask (rows,) names.
    """

    division: Division
    take: Callable[[Mask], Examples]

    def redrawn(self, generator: np.random.Generator) -> "Pool":
        """The same rows, others of which validate."""
        return Pool(self.division.redrawn(generator), self.take)

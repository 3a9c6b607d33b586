"""Which rows of a training file train, validate or calibrate, and which a fold holds out."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.data.grouping.dealing import Groups, groups_of_share, stretches_of_groups
from nnctl.data.preprocessing import Examples
from nnctl.data.split import Part, Split, count_of_share, drawn_rows
from nnctl.reading.array_types import Mask
from nnctl.reading.files import DataFile

if TYPE_CHECKING:
    from nnctl.data.folds import Fold

Strata = NDArray[np.integer[Any]] | None  # the class of each row, (rows,), where a row has one


class Drawn(NamedTuple):
    """Rows of the training file that do not train: `share` of them, which `generator` draws.

    With `split` "last" they are the last ones.
    """

    share: float
    generator: np.random.Generator
    split: Split = "random"


class Dealt(NamedTuple):
    """Rows of the training file that a fold holds out; `generator` deals them.

    With `split` "last" they are a stretch of them, and what comes after it is left out.
    """

    fold: "Fold"
    generator: np.random.Generator
    split: Split = "random"


def places_of(values: NDArray[Any]) -> NDArray[np.intp]:
    """The place of each value, (rows,), in the order of all; of equals as they stand."""
    places = np.empty(len(values), np.intp)
    places[np.argsort(values, kind="stable")] = np.arange(len(values))
    return places


class Division(NamedTuple):
    """The rows of a training file, divided: masks (rows,) of those that are held out, that
    calibrate, that validate, and that come after those that are held out, which are left out.

    What it was made of is kept, so that other rows can be drawn to validate.
    """

    held: Mask
    calibrates: Mask
    drawn: Mask
    drawing: Drawn | None
    strata: Strata
    file: str
    later: Mask
    groups: Groups | None = None
    times: NDArray[np.intp] | None = None

    @classmethod
    def of(
        cls,
        rows: int,
        strata: Strata,
        file: str,
        dealt: Dealt | None,
        validation: Drawn | DataFile | None,
        calibration: Drawn | DataFile | None = None,
        groups: Groups | None = None,
        times: NDArray[np.intp] | None = None,
    ) -> "Division":
        """The rows of a fold are taken first, then those that calibrate, then those that validate.

        Where the last rows are taken, those that calibrate come before those that validate. What
        has a file of its own takes none. Rows of one of the `groups` stay together; `times` are
        the places of the rows in time, where that is not the order of the file.
        """
        drawing = validation if isinstance(validation, Drawn) else None
        held = later = none = np.zeros(rows, dtype=np.bool_)
        if dealt is not None:
            from nnctl.data.folds import folds_of, stretches_of  # for crossvalidation alone

            index, count = dealt.fold.index, dealt.fold.count
            if dealt.split == "last":
                stretches = (
                    stretches_of(rows, count, times)
                    if groups is None
                    else stretches_of_groups(groups, count, file, times)
                )
                held, later = stretches == index + 1, stretches > index + 1
            else:
                folds = folds_of(rows, count, dealt.generator, strata, groups, file)
                held = folds == index
        division = cls(held, none, none, drawing, strata, file, later, groups, times)
        if isinstance(calibration, Drawn):
            division = division._replace(calibrates=division._calibrating(calibration))
        return division if drawing is None else division.redrawn(drawing.generator)

    def _calibrating(self, wanted: Drawn) -> Mask:
        """The rows that calibrate."""
        left = ~(self.held | self.later)
        count = int(np.count_nonzero(left))
        behind = 0
        if wanted.split == "last" and self.drawing is not None:
            others = count - count_of_share(count, wanted.share)
            behind = count_of_share(others, self.drawing.share)
        return self._drawn(left, wanted, "calibration", behind)

    def redrawn(self, generator: np.random.Generator) -> "Division":
        """The same rows, of which a generator draws as many others to validate."""
        assert self.drawing is not None
        wanted = self.drawing._replace(generator=generator)
        return self._replace(drawn=self._drawn(~self.kept_apart, wanted, "validation"))

    def _drawn(self, left: Mask, wanted: Drawn, part: Part, behind: int = 0) -> Mask:
        """The rows of a part, of those that are left."""
        found = np.zeros(len(left), dtype=np.bool_)
        share, generator, split = wanted
        classes = None if self.strata is None else self.strata[left]
        times = None if self.times is None else places_of(self.times[left])
        if self.groups is None:
            count = int(np.count_nonzero(left))
            found[left] = drawn_rows(
                count, share, generator, classes, self.file, split, part, behind, times
            )
        else:
            of_left, last = self.groups[left], split == "last"
            found[left] = groups_of_share(
                of_left, share, generator, classes, last, part, behind, times, self.file
            )
        return found

    @property
    def kept_apart(self) -> Mask:
        """The rows that neither train nor validate, whatever is drawn."""
        kept: Mask = self.held | self.later | self.calibrates
        return kept

    @property
    def aside(self) -> dict[str, Mask]:
        """The rows that do not train, by the part of the data that they are, if there are any."""
        found = {"validation": self.drawn, "calibration": self.calibrates, "held": self.held}
        return {part: rows for part, rows in found.items() if rows.any()}

    @property
    def trains(self) -> Mask:
        """The rows that train."""
        others: Mask = ~(self.drawn | self.kept_apart)
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

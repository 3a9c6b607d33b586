"""What a single column becomes where it is not as all others are: learnt, and kept with weights."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import numpy as np

from nnctl.encoding.pieces import pieces_of, stated_edges
from nnctl.encoding.words import Missing
from nnctl.reading.array_types import Array, Doubles, Mask
from nnctl.system import stated

if TYPE_CHECKING:
    from nnctl.encoding.dates import Dates

KEYS = ("missing", "indicator", "edges", "dates", "other")
MARKS = ("indicator", "other")


class Special(NamedTuple):
    """What is particular of a column.

    `missing` says what becomes of its missing values, where that is not as for all columns; with an
    `indicator` an input tells where they were. `edges` are those of a number's pieces. `dates` is
    what becomes of dates. `other` says that rare categories share one.
    """

    missing: Missing | None = None
    indicator: bool = False
    edges: Doubles | None = None
    dates: "Dates | None" = None
    other: bool = False

    @property
    def pieces(self) -> int:
        """How many pieces stand beside the number."""
        return 0 if self.edges is None else len(self.edges) - 1

    @property
    def width(self) -> int:
        """How many inputs a column of numbers or dates becomes."""
        own = 1 + self.pieces if self.dates is None else self.dates.starts[-1]
        return own + self.indicator

    def input_names(self, column: str) -> list[str]:
        """A name for each input of a column of numbers or dates."""
        names = [column] if self.dates is None else self.dates.input_names(column)
        edges = [] if self.edges is None else [f"{edge:.4g}" for edge in self.edges.tolist()]
        names += [f"{column} ({edges[k]} to {edges[k + 1]})" for k in range(self.pieces)]
        return names + [f"{column} (missing)"] * self.indicator

    def fill(self, known: Array, absent: Mask, made: Array) -> None:
        """Puts all but scaled numbers into the inputs `made` (rows, width) of a column.

        `known` (rows,) has what stands in where a value is `absent` (rows,).
        """
        if self.dates is not None:
            self.dates.fill(known.astype(np.float64), made)
        if self.edges is not None:
            with np.errstate(over="ignore"):
                made[:, 1 : 1 + self.pieces] = pieces_of(known, self.edges)
        if self.indicator:
            made[:, -1] = absent

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of, numbers bit for bit."""
        values = {
            "missing": self.missing,
            "indicator": self.indicator or None,
            "edges": None if self.edges is None else self.edges.tolist(),
            "dates": None if self.dates is None else self.dates.to_json(),
            "other": self.other or None,
        }
        return {key: value for key, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, name: str, data: Any) -> "Special":
        """Raises KeyError or ValueError for anything `to_json` does not give."""
        given: Mapping[str, Any] = stated.mapping(name, data)
        if not given or not set(given) <= set(KEYS):
            raise stated.unfit(name, data)
        missing: Any = given.get("missing")
        if missing is not None:
            missing = stated.choice(f"{name}.missing", missing, get_args(Missing))
        marks = {key: stated.truth(f"{name}.{key}", given.get(key, False)) for key in MARKS}
        edges, dates = given.get("edges"), None
        if given.get("dates") is not None:
            from nnctl.encoding.dates import Dates  # few tables have dates

            dates = Dates.from_json(f"{name}.dates", given["dates"])
        made = cls(
            missing,
            marks["indicator"],
            None if edges is None else stated_edges(f"{name}.edges", edges),
            dates,
            marks["other"],
        )
        if made.to_json().keys() != given.keys():
            raise stated.unfit(name, data)  # what is not so is left out
        return made


PLAIN_COLUMN = Special()

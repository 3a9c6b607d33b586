"""The columns of a text table that are asked for, and what is made of each."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from nnctl.reading.header import Header
from nnctl.reading.labels import NumberLabels
from nnctl.reading.notation import Kind, Notation
from nnctl.reading.table import SHOWN_PROBLEMS, DateFormat

if TYPE_CHECKING:
    from nnctl.reading.dates import DateCells


class Asked(NamedTuple):
    """The columns that are asked for, by name.

    `wanted` are read as numbers or as text, whichever most of their first values are; those in
    `text` and `numbers` as that, whatever they hold, and those in `dates` as dates that are written
    so; those in `labels` are labels, numbers or text likewise. `verbatim` are kept as they are
    written. `told_by` is who says what the columns hold, with a verb.
    """

    wanted: Sequence[str]
    verbatim: Sequence[str] = ()
    text: Collection[str] = ()
    numbers: Collection[str] = ()
    labels: Collection[str] = ()
    dates: Mapping[str, DateFormat] = MappingProxyType({})
    told_by: str = "the model knows"


class ColumnState:
    """A column that is read: what it holds, None until a value decides, and what does not fit.

    `is_told` says that the kind was told beforehand. `shown` are the first cells of each kind, with
    their lines; `others` counts those of another kind than the column's, and `fits` says that some
    cell is what was told. `odd_dates` are the first cells that are no dates: line, message, fixes.
    """

    def __init__(
        self,
        name: str,
        place: int,
        kind: Kind | None,
        labels: NumberLabels | None = None,
        dates: "DateCells | None" = None,
    ) -> None:
        self.name, self.place, self.kind = name, place, kind
        self.labels, self.dates = labels, dates
        self.is_told = kind is not None
        self.shown: dict[Kind, list[tuple[int, str]]] = {}
        self.others = 0
        self.fits = False
        self.odd_dates: list[tuple[int, str, Sequence[str | None]]] = []

    @property
    def is_text(self) -> bool:
        return self.kind == "text"

    def show(self, kind: Kind, line: int, text: str) -> None:
        """Keeps a cell for a message, unless there are enough of its kind."""
        kept = self.shown.setdefault(kind, [])
        if len(kept) < SHOWN_PROBLEMS:
            kept.append((line, text))


class Layout(NamedTuple):
    """Columns by what is made of them.

    `parsed` are those of numbers, in the order of the file, since a stretch of fields is cut out
    faster; by their places among these, `truths` hold True and False, `labels` are labels, and
    `kept` gives the others, `names`, in the order that is asked for. `text` are those of text,
    `text_labels` the names of those among them that are labels; `dates` are those of dates.
    """

    parsed: list[ColumnState]
    truths: list[int]
    labels: list[int]
    kept: slice | list[int]
    names: tuple[str, ...]
    text: list[ColumnState]
    text_labels: list[str]
    dates: list[ColumnState]


def layout_of(columns: Collection[ColumnState]) -> Layout:
    """The columns by what is made of them; where nothing is known yet, they are numbers."""
    every = [column for column in columns if column.dates is None]
    text = [column for column in every if column.is_text]
    parsed = sorted((each for each in every if not each.is_text), key=lambda each: each.place)
    own = {column.name: place for place, column in enumerate(parsed) if column.labels is None}
    names = tuple(column.name for column in every if column.name in own)
    places = [own[name] for name in names]
    first = places[0] if places else 0
    is_stretch = places == list(range(first, first + len(places)))
    return Layout(
        parsed,
        [place for place in places if parsed[place].kind == "truth"],
        [place for place, column in enumerate(parsed) if column.labels is not None],
        slice(first, first + len(places)) if is_stretch else places,
        names,
        text,
        [column.name for column in text if column.labels is not None],
        [column for column in columns if column.dates is not None],
    )


def column_state(header: Header, asked: Asked, notation: Notation, name: str) -> ColumnState:
    """A column that is asked for, with what is known of it."""
    kind: Kind | None = None
    if name in asked.dates:
        from nnctl.reading.dates import DateCells  # which few tables need

        dates = DateCells(asked.dates[name], notation.missing)
        return ColumnState(name, header.places[name], "number", dates=dates)
    if name in asked.text:
        kind = "text"
    elif name in asked.numbers:
        kind = "number"
    labels = NumberLabels() if name in asked.labels else None
    return ColumnState(name, header.places[name], kind, labels)

"""From feature columns to what a model is given: filled, scaled, cut to pieces, one-hot encoded."""

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import numpy as np

from nnctl.data.checks import note_kinds, note_missing, note_overflow
from nnctl.data.notices import Notices
from nnctl.encoding.scaling import UNSCALED, AnyScaling, scaling_from
from nnctl.encoding.words import FILLING, Missing
from nnctl.reading.array_types import Array, Codes, Doubles
from nnctl.reading.table import DateFormat, Faults, Table, TextColumn, text_of
from nnctl.system import stated
from nnctl.training.one_hot import OneHot

if TYPE_CHECKING:
    from nnctl.encoding.special import Special

DTYPES = ("float32", "float64")
ALIKE = 1e-6  # two sums of the same numbers, as parts of their spread or size
MISSING_LABEL = "(missing)"
OTHER_LABEL = "(other)"


class Inputs(NamedTuple):
    """What is made of the feature columns `names`, as the training rows have decided it.

    `shape` is that of one example, in the columns' order; `dtype` the run's. `categories` has the
    sorted labels of each text column, which become one input each. `columns` has what is special of
    single columns. `missing` says what becomes of missing values; where something stands in for
    them, `fills` has it for each column of numbers or dates, nan for the others, and text has the
    label `(missing)`. `scaling` is that of all numbers, and of those that dates become.
    """

    names: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    scaling: AnyScaling = UNSCALED
    categories: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    missing: Missing = "error"
    fills: Doubles | None = None
    columns: "Mapping[str, Special]" = MappingProxyType({})

    @property
    def numeric(self) -> tuple[str, ...]:
        """The columns that are numbers or dates, which are numbers of seconds."""
        return tuple(name for name in self.names if name not in self.categories)

    @property
    def numbers(self) -> list[str]:
        """The columns that are numbers."""
        return [name for name in self.numeric if self.kind(name) == "number"]

    @property
    def dates(self) -> dict[str, DateFormat]:
        """The columns of dates, and how they are written."""
        own = {name: special.dates for name, special in self.columns.items()}
        return {name: dates.written for name, dates in own.items() if dates is not None}

    @property
    def scaled(self) -> list[str]:
        """The column of each number that is scaled: a column of dates may have several, or none."""
        return [name for name in self.numeric for _ in self._numbers_of(name)]

    @property
    def widths(self) -> list[int]:
        """How many inputs each column becomes."""
        return [
            len(self.categories[name]) if name in self.categories else self._width(name)
            for name in self.names
        ]

    @property
    def held_row(self) -> int:
        """The bytes that a row takes where only the places of its categories are held."""
        text = len(self.categories) * np.dtype(np.int32).itemsize
        kinds = sum(map(len, self.categories.values()))
        return text + (sum(self.widths) - kinds) * np.dtype(self.dtype).itemsize

    def special(self, name: str) -> "Special":
        """What is special of a column; of most there is nothing."""
        from nnctl.encoding.special import PLAIN_COLUMN  # which few models need

        return self.columns.get(name, PLAIN_COLUMN)

    def kind(self, name: str) -> str:
        """What a column is: number, category or date."""
        if name in self.categories:
            return "category"
        own = self.columns.get(name)
        return "number" if own is None or own.dates is None else "date"

    def _width(self, name: str) -> int:
        """How many inputs a column of numbers or dates becomes."""
        return self.columns[name].width if name in self.columns else 1

    def kinds(self) -> list[str]:
        """What each column is."""
        if not self.columns:
            return ["category" if name in self.categories else "number" for name in self.names]
        return [self.kind(name) for name in self.names]

    def missing_of(self, name: str) -> Missing:
        """What becomes of a column's missing values."""
        own = self.columns.get(name)
        return self.missing if own is None else own.missing or self.missing

    def with_missing(self, *wanted: Missing) -> list[int]:
        """The places of the columns whose missing values meet with that."""
        if not self.columns:
            return list(range(len(self.names))) if self.missing in wanted else []
        return [k for k, name in enumerate(self.names) if self.missing_of(name) in wanted]

    def input_names(self) -> list[str]:
        """A name for each input: a column's, of its part, or of one of its categories."""
        names: list[str] = []
        for name in self.names:
            if name in self.categories:
                names += [f"{name} = {label}" for label in self.categories[name]]
            else:
                own = self.columns.get(name)
                names += [name] if own is None else own.input_names(name)
        return names

    def of(
        self, table: Table, names: Sequence[str], faults: Faults, notices: Notices
    ) -> Array | OneHot:
        """The inputs for the rows of `table`, (rows, *shape), which calls the columns `names`.

        Faults are noted for values that cannot be used; where there are any, nothing is.
        """
        kinds = dict(zip(names, self.kinds(), strict=True))
        if not note_kinds(table, kinds, faults):
            return np.zeros((len(table), *self.shape), dtype=self.dtype)
        needed = [names[place] for place in self.with_missing("error", "drop")]
        if needed:
            note_missing(table, needed, faults)
        numeric = [name for name, kind in kinds.items() if kind != "category"]
        columns = [text_of(table, name) for name, kind in kinds.items() if kind == "category"]
        return self.encoded(table, numeric, table.as_read(numeric), columns, faults, notices)

    def encoded(
        self,
        table: Table,
        names: Sequence[str],
        numbers: Array,
        columns: Sequence[TextColumn],
        faults: Faults,
        notices: Notices,
        room: Array | None = None,
    ) -> Array | OneHot:
        """The inputs for rows of numbers (rows, len(names)) and of text columns.

        `table` is what messages about the numeric columns `names` point to. Computed in double
        precision, then rounded to the run's dtype. Where they `are_numbers`, they are written to
        `room` (rows, *shape), if it is given.
        """
        known = filled(numbers, self.fills)
        raw = self.numbers_to_scale(known)
        made = np.empty(raw.shape, self.dtype) if room is None else room.reshape(raw.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            made[...] = self.scaling.apply(raw)
        if raw is not known:
            called = dict(zip(self.numeric, names, strict=True))
            names = [called[name] for name in self.scaled]
        note_overflow(table, names, raw, made, faults)
        if self.columns:
            made = self._with_specials(numbers, known, made)
        if not self.categories:
            return made.reshape(len(made), *self.shape)
        text = [name for name in self.names if name in self.categories]
        starts = self.starts()
        ones = np.empty((len(made), len(text)), np.int32)
        for k, (name, column) in enumerate(zip(text, columns, strict=True)):
            ones[:, k] = self._ones(name, starts[name], column, notices)
        return self._one_hot(made, ones)

    @property
    def are_numbers(self) -> bool:
        """Whether each input is a number of a column, scaled."""
        return not (self.categories or self.columns)

    def no_rows(self) -> Array | OneHot:
        """The inputs of no rows, which say how those of others are held."""
        if not self.categories:
            return np.empty((0, *self.shape), self.dtype)
        numbers = np.empty((0, sum(map(self._width, self.numeric))), self.dtype)
        return self._one_hot(numbers, np.empty((0, len(self.categories)), np.int32))

    def _one_hot(self, numbers: Array, ones: Codes) -> OneHot:
        """The inputs of rows with all that is no category (rows, inputs), and the ones of those."""
        starts = self.starts()
        places = [starts[name] + own for name in self.numeric for own in range(self._width(name))]
        return OneHot(numbers, np.array(places, np.intp), ones, (len(numbers), *self.shape))

    def numbers_to_scale(self, known: Array) -> Array:
        """The numbers that are scaled, of columns of numbers and dates, (rows, numeric)."""
        if not self.dates:
            return known
        columns: list[Doubles] = []
        for place, name in enumerate(self.numeric):
            own, special = known[:, place], self.columns.get(name)
            dates = None if special is None else special.dates
            columns += [own] if dates is None else dates.values(own.astype(np.float64))
        return np.column_stack([known[:, :0], *columns])

    def own_numbers(self, inputs: Array | OneHot) -> Doubles:
        """The columns of numbers in their own unit, (rows, columns), of `inputs` (rows, *shape).

        What stood in for a missing value stands there, too.
        """
        own = self.numbers_behind(inputs)
        return own if not self.dates else own[:, [self.kind(n) == "number" for n in self.scaled]]

    def numbers_behind(self, inputs: Array | OneHot) -> Doubles:
        """The numbers that were scaled, (rows, scaled), in their own unit; as `own_numbers`."""
        if isinstance(inputs, OneHot):
            return self.scaling.invert(inputs.numbers_at(self.places_scaled()).astype(np.float64))
        flat = inputs.reshape(len(inputs), sum(self.widths))
        if self.columns or self.categories:
            flat = flat[:, self.places_scaled()]
        return self.scaling.invert(flat.astype(np.float64))

    def _with_specials(self, numbers: Array, known: Array, scaled: Array) -> Array:
        """The inputs of all columns of numbers and dates, each with what it has besides."""
        names = self.numeric
        made = np.empty((len(scaled), sum(map(self._width, names))), self.dtype)
        start = taken = 0
        for place, name in enumerate(names):
            stop = start + self._width(name)
            for offset in self._numbers_of(name):
                made[:, start + offset] = scaled[:, taken]
                taken += 1
            if name in self.columns:
                absent = np.isnan(numbers[:, place])
                self.columns[name].fill(known[:, place], absent, made[:, start:stop])
            start = stop
        return made

    def _numbers_of(self, name: str) -> list[int]:
        """Where among the inputs of a column those stand that are scaled numbers."""
        own = self.columns.get(name)
        if own is None or own.dates is None:
            return [0]
        dates = own.dates
        pairs = zip(dates.parts, dates.starts, strict=False)
        return [start for part, start in pairs if part in dates.numbers]

    def starts(self) -> dict[str, int]:
        """The first input of each column."""
        return dict(zip(self.names, np.cumsum([0, *self.widths]).tolist(), strict=False))

    def places_scaled(self) -> list[int]:
        """Where among all inputs each of the scaled numbers stands."""
        starts = self.starts()
        return [starts[name] + own for name in self.numeric for own in self._numbers_of(name)]

    def _ones(self, name: str, start: int, column: TextColumn, notices: Notices) -> Codes:
        """The input, from `start` on, that is one for each row, (rows,); -1 for a new label."""
        places = {label: place for place, label in enumerate(self.categories[name], start)}
        missing = MISSING_LABEL if self.missing_of(name) in FILLING else None
        shares = name in self.columns and self.columns[name].other
        other = places[OTHER_LABEL] if shares else -1
        labels: list[str | None] = [*column.labels, missing]
        found = [-1 if label is None else places.get(label, other) for label in labels]
        own = np.array(found, dtype=np.int32)[column.codes]  # the code of what is missing is -1
        for code in sorted(set(column.codes[own < 0].tolist())):
            if (label := labels[code]) is not None:
                notices.unseen(name, label)
        return own

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of, numbers bit for bit."""
        fills = None if self.fills is None else self.fills.tolist()
        specials = {name: special.to_json() for name, special in self.columns.items()}
        return {
            "features": list(self.names),
            "shape": list(self.shape),
            "dtype": self.dtype,
            "scaling": self.scaling.to_json(),
            "categories": {name: list(labels) for name, labels in self.categories.items()},
            "missing": self.missing,
            # Called so when only means could stand in.
            "means": fills and [None if math.isnan(fill) else fill for fill in fills],
            **({"columns": specials} if specials else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Inputs":
        """Raises KeyError or ValueError for anything `to_json` does not give."""
        names = stated.texts("features", data["features"])
        given = stated.mapping("categories", data.get("categories", {}))
        categories = {name: sorted_texts(f"categories.{name}", given[name]) for name in given}
        columns = stated_columns(data.get("columns", {}))
        for kind, found in (("categories", categories), ("columns", columns)):
            if list(found) != [name for name in names if name in found]:
                raise ValueError(f"{kind} are not those of features, in their order")
        missing: Any = stated.choice("missing", data.get("missing", "error"), get_args(Missing))
        made = cls(
            names,
            tuple(stated.whole("shape", size, 1) for size in stated.items("shape", data["shape"])),
            stated.choice("dtype", data["dtype"], DTYPES),
            categories=categories,
            missing=missing,
            columns=columns,
        )
        made._check_columns()
        if not names or math.prod(made.shape) != sum(made.widths):
            raise ValueError(f"features make {sum(made.widths)} inputs, not {made.shape}")
        count = len(made.scaled)
        scaling = scaling_from("scaling", data["scaling"], count)
        if not count and scaling.type != "none":
            raise ValueError("scaling is of numbers, and there are none")
        made = made._replace(scaling=scaling, fills=made._stated_fills(data.get("means")))
        made._check_means()
        return made

    def _check_columns(self) -> None:
        """Raises ValueError where what is special of a column is not for its kind."""
        for name, special in self.columns.items():
            text = name in self.categories
            of_numbers = special.edges is not None or special.dates or special.indicator
            of_text = special.other and OTHER_LABEL not in self.categories.get(name, ())
            if (text and of_numbers) or (special.other and not text) or of_text:
                raise ValueError(f"columns.{name} is not of its kind")
            if special.dates and special.edges is not None:
                raise ValueError(f"columns.{name} has edges, and is of dates")
            if special.missing == self.missing:
                raise ValueError(f"columns.{name}.missing is that of all columns")
            if special.indicator and self.missing_of(name) not in FILLING:
                raise ValueError(f"columns.{name}.indicator is of a column without gaps")

    def _stated_fills(self, value: Any) -> Doubles | None:
        """What a file states that stands in. Raises ValueError for others than are needed."""
        needed = [self.missing_of(name) in FILLING for name in self.numeric]
        if not any(needed) or value is None:
            if any(needed) or value is not None:
                raise stated.unfit(f"missing is {self.missing}, and means", value)
            return None
        given = stated.items("means", value)
        if [each is not None for each in given] != needed:
            raise stated.unfit("means", value)
        return np.array(
            [math.nan if each is None else stated.finite("means", each) for each in given]
        )

    def mean_filled(self) -> Iterator[tuple[int, int]]:
        """The places of number columns that means stand in for: among the numeric, the scaled."""
        own = {name: place for place, name in enumerate(self.scaled)}
        for place, name in enumerate(self.numeric):
            if self.missing_of(name) == "mean" and self.kind(name) == "number":
                yield place, own[name]

    def _check_means(self) -> None:
        """Raises ValueError where the standardized columns have other means: the same rows'."""
        if self.fills is None:
            return
        count = len(self.scaled)
        standardized = [scale.type == "standardize" for scale in self.scaling.wanted(count)]
        if not any(standardized):
            return
        shift, divisor = self.scaling.by_column(count)
        for place, own in self.mean_filled():
            apart = abs(shift[own] / 2 - self.fills[place] / 2)  # halves cannot overflow
            allowed = ALIKE * divisor[own] + ALIKE * abs(shift[own])
            if standardized[own] and apart > allowed:
                raise ValueError("means are not what scaling.shift takes from the columns")


def stated_columns(value: Any) -> "dict[str, Special]":
    """What is special of columns, as a file states it. Raises KeyError or ValueError otherwise."""
    own = stated.mapping("columns", value)
    if not own:
        return {}
    from nnctl.encoding.special import Special

    return {name: Special.from_json(f"columns.{name}", own[name]) for name in own}


def sorted_texts(name: str, value: Any) -> tuple[str, ...]:
    """The texts in a list that a file states, sorted. Raises ValueError for none or others."""
    found = stated.texts(name, value)
    if not found or list(found) != sorted(found):
        raise ValueError(f"{name} are not sorted labels")
    return found


def filled(numbers: Array, fills: Doubles | None) -> Array:
    """The numbers (rows, columns) with what stands in where values are missing."""
    if fills is None or not (absent := np.isnan(numbers)).any():
        return numbers
    return np.where(absent, fills, numbers)

"""From feature columns to what a model is given: filled, scaled, one-hot encoded."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from nnctl.data.checks import note_kinds, note_missing, note_overflow
from nnctl.data.notices import Notices
from nnctl.data.one_hot import OneHot
from nnctl.data.scaling import UNSCALED, Scaling
from nnctl.reading.array_types import Array, Codes, Doubles
from nnctl.reading.table import Faults, Table, TextColumn, text_of
from nnctl.system import stated

Missing = Literal["error", "drop", "mean"]
DTYPES = ("float32", "float64")
ALIKE = 1e-6  # two sums of the same numbers, as parts of their spread or size
MISSING_LABEL = "(missing)"


class Inputs(NamedTuple):
    """What is made of the feature columns `names`, as the training rows have decided it.

    `shape` is that of one example, in the columns' order; `dtype` the run's. `categories` has the
    sorted labels of each text column, which become one input each; `scaling` is that of the other
    columns. `missing` says what becomes of missing values; under `mean`, `means` stand for those
    of the numeric columns, and text has the label `(missing)`.
    """

    names: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    scaling: Scaling = UNSCALED
    categories: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    missing: Missing = "error"
    means: Doubles | None = None

    @property
    def numeric(self) -> tuple[str, ...]:
        """The columns that are numbers."""
        return tuple(name for name in self.names if name not in self.categories)

    @property
    def widths(self) -> list[int]:
        """How many inputs each column becomes."""
        return [len(self.categories.get(name, "1")) for name in self.names]

    @property
    def held_row(self) -> int:
        """The bytes that a row takes where only the places of its categories are held."""
        text = len(self.categories) * np.dtype(np.int32).itemsize
        return text + len(self.numeric) * np.dtype(self.dtype).itemsize

    def of(
        self, table: Table, names: Sequence[str], faults: Faults, notices: Notices
    ) -> Array | OneHot:
        """The inputs for the rows of `table`, (rows, *shape), which calls the columns `names`.

        Faults are noted for values that cannot be used; where there are any, nothing is.
        """
        pairs = zip(self.names, names, strict=True)
        kinds = {theirs: mine in self.categories for mine, theirs in pairs}
        if not note_kinds(table, kinds, faults):
            return np.zeros((len(table), *self.shape), dtype=self.dtype)
        if self.missing != "mean":
            note_missing(table, names, faults)
        numeric = [name for name, is_text in kinds.items() if not is_text]
        columns = [text_of(table, name) for name, is_text in kinds.items() if is_text]
        return self.encoded(table, numeric, table.columns(numeric), columns, faults, notices)

    def encoded(
        self,
        table: Table,
        names: Sequence[str],
        numbers: Array,
        columns: Sequence[TextColumn],
        faults: Faults,
        notices: Notices,
    ) -> Array | OneHot:
        """The inputs for rows of numbers (rows, len(names)) and of text columns.

        `table` is what messages about the numeric columns `names` point to. Computed in double
        precision, then rounded to the run's dtype.
        """
        scaled = np.empty(numbers.shape, dtype=self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled[...] = self.scaling.apply(filled(numbers, self.means))
        note_overflow(table, names, numbers, scaled, faults)
        if not self.categories:
            return scaled.reshape(len(scaled), *self.shape)
        text = [name for name in self.names if name in self.categories]
        firsts = np.cumsum([0, *self.widths]).tolist()
        starts = dict(zip(self.names, firsts, strict=False))
        ones = np.empty((len(scaled), len(text)), np.int32)
        for k, (name, column) in enumerate(zip(text, columns, strict=True)):
            ones[:, k] = self._ones(name, starts[name], column, notices)
        places = np.array([starts[name] for name in self.numeric], np.intp)
        return OneHot(scaled, places, ones, (len(scaled), *self.shape))

    def _ones(self, name: str, start: int, column: TextColumn, notices: Notices) -> Codes:
        """The input, from `start` on, that is one for each row, (rows,); -1 for a new label."""
        places = {label: place for place, label in enumerate(self.categories[name], start)}
        missing = MISSING_LABEL if self.missing == "mean" else None
        labels: list[str | None] = [*column.labels, missing]
        found = [-1 if label is None else places.get(label, -1) for label in labels]
        own = np.array(found, dtype=np.int32)[column.codes]  # the code of what is missing is -1
        for code in sorted(set(column.codes[own < 0].tolist())):
            if (label := labels[code]) is not None:
                notices.unseen(name, label)
        return own

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of, numbers bit for bit."""
        return {
            "features": list(self.names),
            "shape": list(self.shape),
            "dtype": self.dtype,
            "scaling": self.scaling.to_json(),
            "categories": {name: list(labels) for name, labels in self.categories.items()},
            "missing": self.missing,
            "means": None if self.means is None else self.means.tolist(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Inputs":
        """Raises KeyError or ValueError for anything `to_json` does not give."""
        names = stated.texts("features", data["features"])
        given = stated.mapping("categories", data.get("categories", {}))
        categories = {name: sorted_texts(f"categories.{name}", given[name]) for name in given}
        if list(categories) != [name for name in names if name in categories]:
            raise ValueError("categories are not those of features, in their order")
        missing: Any = stated.choice("missing", data.get("missing", "error"), get_args(Missing))
        made = cls(
            names,
            tuple(stated.whole("shape", size, 1) for size in stated.items("shape", data["shape"])),
            stated.choice("dtype", data["dtype"], DTYPES),
            categories=categories,
            missing=missing,
        )
        if not names or math.prod(made.shape) != sum(made.widths):
            raise ValueError(f"features make {sum(made.widths)} inputs, not {made.shape}")
        count, means = len(made.numeric), data.get("means")
        if (means is not None) != (count > 0 and made.missing == "mean"):
            raise stated.unfit(f"missing is {made.missing}, and means", means)
        scaling = Scaling.from_json("scaling", data["scaling"], count)
        if not count and scaling.type != "none":
            raise ValueError("scaling is of numbers, and there are none")
        made = made._replace(scaling=scaling)
        if means is None:
            return made
        made = made._replace(means=stated.doubles("means", means, count))
        made._check_means()
        return made

    def _check_means(self) -> None:
        """Raises ValueError where the standardized columns have other means: the same rows'."""
        shift, divisor = self.scaling.shift, self.scaling.divisor
        if self.scaling.type == "standardize" and self.means is not None:
            apart = np.abs(shift / 2 - self.means / 2)  # halves cannot overflow
            if (apart > ALIKE * divisor + ALIKE * np.abs(shift)).any():
                raise ValueError("means are not what scaling.shift takes from the columns")


def sorted_texts(name: str, value: Any) -> tuple[str, ...]:
    """The texts in a list that a file states, sorted. Raises ValueError for none or others."""
    found = stated.texts(name, value)
    if not found or list(found) != sorted(found):
        raise ValueError(f"{name} are not sorted labels")
    return found


def filled(numbers: Array, means: Doubles | None) -> Array:
    """The numbers (rows, columns) with the columns' means where values are missing."""
    if means is None or not (absent := np.isnan(numbers)).any():
        return numbers
    return np.where(absent, means, numbers)

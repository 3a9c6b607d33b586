"""Which column became which inputs, and what the rows that train hold in it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nnctl.data.inputs import Inputs
from nnctl.data.raw import Raw
from nnctl.reading.array_types import Mask

ENDS_OF_NUMBERS, ENDS_OF_DATES = "{:.6g} to {:.6g}", "{} to {}"


class ColumnInputs(NamedTuple):
    """A feature column: its kind, and where among the model's inputs its own begin and how many.

    `told` says in words what they are.
    """

    name: str
    kind: str
    start: int
    width: int
    told: str

    @property
    def places(self) -> str:
        """The places of its inputs, counted from 0."""
        last = self.start + self.width - 1
        return f"{self.start}" if self.width == 1 else f"{self.start} to {last}"


class ColumnFacts(NamedTuple):
    """What the rows that train hold in a column: its values in words, and the missing ones."""

    column: ColumnInputs
    values: str
    missing: int


def column_inputs(inputs: Inputs) -> list[ColumnInputs]:
    """All columns, in the order of their inputs."""
    starts, widths = inputs.starts(), inputs.widths
    return [
        ColumnInputs(name, inputs.kind(name), starts[name], width, words_for(inputs, name))
        for name, width in zip(inputs.names, widths, strict=True)
    ]


def words_for(inputs: Inputs, name: str) -> str:
    """What the inputs of a column are."""
    if name in inputs.categories:
        count = len(inputs.categories[name])
        return "1 category" if count == 1 else f"{count:,} categories"
    special, scales = inputs.special(name), scale_types(inputs)
    told: list[str] = [scales[name]] if special.dates is None else [*special.dates.parts]
    if special.pieces:
        told.append("1 piece" if special.pieces == 1 else f"{special.pieces:,} pieces")
    return ", ".join([*told, *["missing"] * special.indicator])


def scale_types(inputs: Inputs) -> dict[str, str]:
    """How the numbers of each column are scaled."""
    wanted = inputs.scaling.wanted(len(inputs.scaled))
    types = ("as it is" if scale.type == "none" else scale.type for scale in wanted)
    return dict(zip(inputs.scaled, types, strict=True))


def column_facts(raw: Raw, training: Mask, inputs: Inputs) -> tuple[ColumnFacts, ...]:
    """What the rows `training` hold, column by column."""
    numeric = raw.features.numeric
    low, high = (np.full(len(numeric), end) for end in (np.inf, -np.inf))
    absent = np.zeros(len(numeric), np.int64)
    for chunk in raw.chunks(training) if numeric else ():
        low = np.fmin(low, np.fmin.reduce(chunk, axis=0, initial=np.inf))
        high = np.fmax(high, np.fmax.reduce(chunk, axis=0, initial=-np.inf))
        absent += np.isnan(chunk).sum(axis=0)
    ends = dict(zip(numeric, zip(low.tolist(), high.tolist(), strict=True), strict=True))
    gaps = dict(zip(numeric, absent.tolist(), strict=True))
    kinds = dict[str, str]()
    for name, used in raw.used(training).items():
        count, gaps[name] = int(np.count_nonzero(used[1:])), int(used[0])
        kinds[name] = "1 kind" if count == 1 else f"{count:,} kinds"
    return tuple(
        ColumnFacts(column, value, gaps[column.name])
        for column, value in values_of_columns(inputs, ends, kinds)
    )


def values_of_columns(
    inputs: Inputs, ends: dict[str, tuple[float, float]], kinds: dict[str, str]
) -> Iterator[tuple[ColumnInputs, str]]:
    """Each column with its values in words."""
    for column in column_inputs(inputs):
        if column.name in kinds:
            yield column, kinds[column.name]
        elif column.kind == "date":
            days = [np.datetime64(int(end // 1), "s") for end in ends[column.name]]
            yield column, ENDS_OF_DATES.format(*(str(day).replace("T", " ") for day in days))
        else:
            yield column, ENDS_OF_NUMBERS.format(*ends[column.name])

"""From a row as the table has it to what the first layer is given: filled, scaled, encoded."""

from collections.abc import Sequence

import numpy as np

from nnctl.data.inputs import MISSING_LABEL, OTHER_LABEL, Inputs
from nnctl.encoding.scaling import Scaling
from nnctl.encoding.words import FILLING
from nnctl.errors import NnctlError, Problem
from nnctl.export import dates, scales
from nnctl.export.writing import ML, Tensor, Writer
from nnctl.graph import Array, Shape
from nnctl.reading.numbers import MISSING

FEATURES = "features"


def exact_dtype(inputs: Inputs) -> str:
    """The dtype of number inputs that lets a model see what `predict` does.

    Where a scaling subtracts, or numbers are held against others, digits that float32 lacks may be
    all that is left: then it is float64, as where float32 cannot hold what columns are scaled by,
    else the model's.
    """
    count = len(inputs.scaled)
    subtracts = bool(np.any(inputs.scaling.by_column(count)[0]))
    formulas = any(scale.type in ("log", "quantile") for scale in inputs.scaling.wanted(count))
    pieces = any(special.edges is not None for special in inputs.columns.values())
    wide = subtracts or formulas or pieces or beyond(inputs, inputs.dtype)
    return "float64" if wide else inputs.dtype


def beyond(inputs: Inputs, dtype: str) -> list[str]:
    """The columns of which `dtype` cannot hold what they are filled, cut or scaled by, or as 0."""
    count = len(inputs.scaled)
    statistics = [(inputs.scaled, each) for each in inputs.scaling.by_column(count)]
    if inputs.fills is not None:
        statistics.append(([*inputs.numeric], np.nan_to_num(inputs.fills)))
    for name, special in inputs.columns.items():
        if special.edges is not None:
            statistics.append(([name] * len(special.edges), special.edges))
    found = set()
    for names, numbers in statistics:
        with np.errstate(over="ignore", under="ignore"):
            held = numbers.astype(dtype)
        wrong = ~np.isfinite(held) | ((held == 0) & (numbers != 0))
        found |= {name for name, is_wrong in zip(names, wrong, strict=True) if is_wrong}
    return [name for name in inputs.numbers if name in found]  # dates are float64 in any case


def write_inputs(writer: Writer, inputs: Inputs, shape: Shape, dtype: str) -> Tensor:
    """Declares the inputs, numbers in `dtype`, and prepares them as the first layer's.

    Numbers alone are one input, in the model's input shape, or one of as many columns as there are
    where these become several inputs each; with columns of text or dates each column is an input of
    its own, `(rows, 1)`. Raises `NnctlError` where `dtype` cannot hold how they are prepared.
    """
    if names := beyond(inputs, dtype):
        message = f"{dtype} cannot hold what these columns are scaled by: {first_names(names)}"
        raise NnctlError(Problem(message, "leave out --input-dtype", path="--input-dtype"))
    with writer.named("inputs"):
        if not inputs.categories and not inputs.columns and isinstance(inputs.scaling, Scaling):
            text = f"numbers as the table has them: {first_names(inputs.names)}"
            x = writer.input(FEATURES, dtype, shape, text)
            fills = inputs.fills
            if fills is not None:
                x = fill(writer, x, writer.node("IsNaN", x), fills.reshape(shape), dtype)
            x = scales.write_scaling(writer, x, inputs.scaling, shape, dtype)
            return Tensor(x if dtype == inputs.dtype else writer.cast(x, inputs.dtype), shape)
        return Tensor(write_columns(writer, inputs, shape, dtype), shape)


def write_columns(writer: Writer, inputs: Inputs, shape: Shape, dtype: str) -> str:
    """The inputs of all columns, kind by kind, put into the model's order at the end."""
    given = declared(writer, inputs, dtype)
    parts: list[str] = []
    places: list[int] = []  # where among the model's inputs each column of the parts belongs
    starts = inputs.starts()
    if inputs.numeric:
        numbers = Numbers(writer, inputs, dtype, starts)
        numbers.write(given)
        parts, places = numbers.parts, numbers.places
    for name, labels in inputs.categories.items():
        parts.append(one_hot(writer, given[name], inputs, name))
        places += range(starts[name], starts[name] + len(labels))
    x = join(writer, parts)
    if places != list(range(len(places))):
        x = writer.node("Gather", x, writer.constant("order", np.argsort(places)), axis=1)
    return x if shape == (len(places),) else writer.reshape(x, shape)


def declared(writer: Writer, inputs: Inputs, dtype: str) -> dict[str, str]:
    """The inputs of the graph by column; of numbers alone there is one, of all columns."""
    if not inputs.categories and not inputs.dates:
        text = f"numbers as the table has them: {first_names(inputs.names)}"
        return {FEATURES: writer.input(FEATURES, dtype, (len(inputs.names),), text)}
    given = {}
    for name in inputs.names:
        kind, own, told = inputs.kind(name), dtype, "numbers as the table has them"
        if kind == "category":
            own, told = "string", f"text, such as {first_names(inputs.categories[name])}"
        elif kind == "date":
            own, told = "float64", dates.describe(inputs.dates[name])
        given[name] = writer.input(name, own, (1,), told)
    return given


class Numbers:
    """Writes what becomes of the columns of numbers and dates.

    `parts` are stretches of inputs, (rows, …) each, in the model's dtype, and `places` tells for
    each input in them where it belongs among the model's.
    """

    def __init__(self, writer: Writer, inputs: Inputs, dtype: str, starts: dict[str, int]) -> None:
        self._writer, self._inputs, self._dtype = writer, inputs, dtype
        self._starts = starts
        self.parts: list[str] = []
        self.places: list[int] = []

    def write(self, given: dict[str, str]) -> None:
        """All inputs, from the columns as they are given."""
        inputs, writer = self._inputs, self._writer
        known: dict[str, str] = {}  # by column what is to be scaled of it, all numbers as one
        if inputs.numbers:
            alone = not inputs.categories and not inputs.dates
            x = given[FEATURES] if alone else join(writer, [given[n] for n in inputs.numbers])
            known[inputs.numbers[0]] = self._numbers(x)
        for name in inputs.dates:
            known |= self._dates(name, given[name])
        self._scaled(known)

    def _numbers(self, x: str) -> str:
        """The columns of numbers, with gaps filled; their pieces and indicators are written."""
        inputs, writer, names = self._inputs, self._writer, self._inputs.numbers
        absent = writer.node("IsNaN", x) if inputs.fills is not None or self._marked(names) else ""
        if inputs.fills is not None:
            places = [inputs.numeric.index(name) for name in names]
            fills = inputs.fills[places]
            if not np.isnan(fills).all():
                x = fill(writer, x, absent, fills, self._dtype)
        marked = self._marked(names)
        if marked:
            own = pick(writer, absent, [names.index(name) for name in marked], len(names))
            ends = [self._starts[name] + inputs.special(name).width - 1 for name in marked]
            self._add(writer.cast(own, inputs.dtype), ends, inputs.dtype)
        edges = {name: inputs.special(name).edges for name in names}
        cut = [name for name in names if inputs.special(name).pieces]
        if cut:
            counts = [inputs.special(name).pieces for name in cut]
            repeated = np.repeat([names.index(name) for name in cut], counts)
            x_of = writer.node("Gather", x, writer.constant("pieces_of", repeated), axis=1)
            low = np.concatenate([np.asarray(edges[name])[:-1] for name in cut])
            high = np.concatenate([np.asarray(edges[name])[1:] for name in cut])
            made = scales.write_pieces(writer, x_of, low, high, self._dtype)
            ends = [
                self._starts[name] + 1 + k
                for name, count in zip(cut, counts, strict=True)
                for k in range(count)
            ]
            self._add(made, ends, self._dtype)
        return x

    def _marked(self, names: Sequence[str]) -> list[str]:
        """The columns that have an indicator."""
        return [name for name in names if self._inputs.special(name).indicator]

    def _dates(self, name: str, x: str) -> dict[str, str]:
        """The numbers of a column of dates that are to be scaled; its other inputs are written."""
        inputs, writer = self._inputs, self._writer
        special = inputs.special(name)
        assert special.dates is not None
        start = self._starts[name]
        absent = writer.node("IsNaN", x)
        if special.indicator:
            own = writer.cast(absent, inputs.dtype)
            self._add(own, [start + special.width - 1], inputs.dtype)
        if inputs.fills is not None and not np.isnan(inputs.fills[inputs.numeric.index(name)]):
            fills = inputs.fills[[inputs.numeric.index(name)]]
            x = fill(writer, x, absent, fills, "float64")
        calendar = dates.Calendar(writer, x)
        found = []
        for part, offset in zip(special.dates.parts, special.dates.starts, strict=False):
            if part in special.dates.numbers:
                found.append(calendar.number(part, special.dates.origin))
            else:
                waves = calendar.waves(part)
                self._add(waves, [start + offset, start + offset + 1], "float64")
        return {name: join(writer, found)} if found else {}

    def _scaled(self, known: dict[str, str]) -> None:
        """The numbers that are scaled: the columns of numbers, then those of dates."""
        inputs, writer = self._inputs, self._writer
        if not known:
            return
        wide = "float64" if inputs.dates else self._dtype
        if inputs.numbers and wide != self._dtype:
            known[inputs.numbers[0]] = writer.cast(known[inputs.numbers[0]], wide)
        x = join(writer, list(known.values()))
        # Statistics stand in the columns' order, and `x` has the columns of dates last.
        are_dates = np.array([name in inputs.dates for name in inputs.scaled])
        columns = np.argsort(np.argsort(are_dates, kind="stable"))
        ends, scaling = np.array(inputs.places_scaled()), inputs.scaling
        every = np.arange(len(columns))
        for own, part in ((every, scaling),) if isinstance(scaling, Scaling) else scaling.parts:
            picked = pick(writer, x, columns[own].tolist(), len(columns))
            made = scales.write_scaling(writer, picked, part, (len(own),), wide)
            self._add(made, ends[own].tolist(), wide)

    def _add(self, part: str, places: list[int], dtype: str) -> None:
        """Some inputs in that dtype, and where they belong."""
        same = dtype == self._inputs.dtype
        self.parts.append(part if same else self._writer.cast(part, self._inputs.dtype))
        self.places += places


def fill(writer: Writer, x: str, absent: str, fills: Array, dtype: str) -> str:
    """The numbers with what stands in where values are missing; nan where nothing does."""
    return writer.node("Where", absent, writer.exact_constant("means", fills.astype(dtype)), x)


def pick(writer: Writer, x: str, columns: list[int], count: int) -> str:
    """Some of so many columns of `x`, in that order."""
    if columns == list(range(count)):
        return x
    return writer.node("Gather", x, writer.constant("columns", np.array(columns)), axis=1)


def join(writer: Writer, parts: list[str]) -> str:
    return writer.node("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]


def one_hot(writer: Writer, x: str, inputs: Inputs, name: str) -> str:
    """A one where a row's label has its place, (rows, labels).

    A label never seen has none, or that of `(other)`.
    """
    labels = inputs.categories[name]
    known: dict[str, list[str] | list[int]] = {"cats_strings": list(labels)}
    fills, other = inputs.missing_of(name) in FILLING, inputs.special(name).other
    if (MISSING_LABEL in labels and fills) or other:
        numbers = {label: place for place, label in enumerate(labels)}
        if MISSING_LABEL in labels and fills:
            numbers |= dict.fromkeys(sorted(MISSING), numbers[MISSING_LABEL])
        x = writer.node(
            "LabelEncoder",
            x,
            domain=ML,
            keys_strings=list(numbers),
            values_int64s=list(numbers.values()),
            default_int64=numbers[OTHER_LABEL] if other else -1,
        )
        known = {"cats_int64s": list(range(len(labels)))}
    marks = writer.node("OneHotEncoder", x, domain=ML, zeros=1, **known)
    flat = writer.node("Flatten", marks, axis=1)
    return flat if inputs.dtype == "float32" else writer.cast(flat, inputs.dtype)


def first_names(names: Sequence[str]) -> str:
    """The first few names."""
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")

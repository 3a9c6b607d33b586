"""Labels as they are written: whole numbers of any size, other numbers, and text.

A label is never a number on the way. Two whole numbers beyond 2**53 may be one and the same as
doubles, and would be one class.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.array_types import Doubles, Indices
from nnctl.reading.numbers import GRAMMAR
from nnctl.reading.table import Label, LabelColumn

FEW_DIGITS = 15  # doubles tell all numbers of so few digits apart
Clash = tuple[int, str, str]  # a row, its label as it is written, and the other
TINY = 1e-290  # below which they do not, if an exponent of three digits, as in 1e-400, is written
SHORTEST_TINY = 6  # characters that take such an exponent


class NumberLabels:
    """The labels of a column of numbers, as its rows come from top to bottom.

    The double nearest to a number of few digits stands for it. Longer ones are read digit by
    digit.
    """

    def __init__(self) -> None:
        self._sure: set[Label] = set()
        self._rounded: dict[Label, tuple[Decimal, str]] = {}  # labels that stand for more digits
        self._read: dict[str, Label] = {}

    def doubtful(self, values: Doubles, lengths: Indices) -> Indices:
        """The rows whose numbers, `values` as doubles, have to be read by `label_of`.

        `lengths` are those of the cells, in characters.
        """
        tiny = (np.abs(values) < TINY) & (lengths >= SHORTEST_TINY)
        return np.flatnonzero((lengths > FEW_DIGITS) | tiny)

    def label_of(self, text: str) -> Label | None:
        """The label that a number is; None for what is not finite, or no number."""
        if text in self._read:
            return self._read[text]
        if not GRAMMAR.fullmatch(text):
            return None
        try:
            label = _exact_label(text)
        except ValueError:  # of more digits than Python makes a number of
            return None
        if label is not None:
            self._read[text] = label
        return label

    def column(self, values: Doubles, texts: dict[int, str]) -> tuple[LabelColumn, list[Clash]]:
        """The labels of rows, and those that differ from others in what doubles do not hold.

        Numbers that are doubtful are in `texts`, by row; of the others `values` are the doubles,
        nan for none. All labels count among those that were met from then on.
        """
        codes = np.full(len(values), -1, dtype=np.int32)
        plain = ~np.isnan(values)
        plain[list(texts)] = False
        distinct, codes[plain] = distinct_values(values[plain])
        labels = {_as_label(value): place for place, value in enumerate(distinct.tolist())}
        clashes: list[Clash] = []
        for label, code in labels.items():
            if label in self._rounded:
                clashes += self._clashes(label, None, str(label), int(np.argmax(codes == code)))
        self._sure.update(labels)
        for row, text in texts.items():
            label = self._read[text]
            codes[row] = labels.setdefault(label, len(labels))
            exact = Decimal(text)
            is_rounded = exact != Decimal(repr(label))
            clashes += self._clashes(label, exact if is_rounded else None, text, row)
        return LabelColumn(codes, tuple(labels)), clashes

    def _clashes(self, label: Label, exact: Decimal | None, text: str, row: int) -> Iterator[Clash]:
        """A label that stands for `exact`, or for itself; told where it stood for another."""
        known = self._rounded.get(label)
        if exact is None:
            if known is not None:
                yield row, text, known[1]
            self._sure.add(label)
            return
        if known is None:
            self._rounded[label] = exact, text
            if label in self._sure:
                yield row, text, str(label)
        elif known[0] != exact:
            yield row, text, known[1]


def _exact_label(text: str) -> Label | None:
    """The label of a number as it is written; None for one beyond the range of doubles."""
    digits = text.lstrip("+-")
    if digits.isdigit():
        return int(text)
    value = float(text)
    if not np.isfinite(value):
        return None
    try:
        exact = Decimal(text)
    except InvalidOperation:  # an exponent of too many digits: it is zero, or as good as that
        return value
    return int(exact) if exact == exact.to_integral_value() else value


def _as_label(value: float) -> Label:
    return int(value) if value.is_integer() else value


def distinct_values(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """The sorted distinct values of an array (rows,), and the place of each row's among them."""
    ordered = np.sort(values)  # np.unique imports numpy.ma, a tenth of the time until training
    distinct = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return distinct, np.searchsorted(distinct, values).astype(np.int32)


def array_labels(array: NDArray[Any]) -> LabelColumn:
    """The labels of an array (rows,) of numbers or text; those that are nan are missing."""
    known = array == array
    distinct, codes = distinct_values(array[known])
    all_codes = np.full(len(array), -1, dtype=np.int32)
    all_codes[known] = codes
    listed = (distinct + 0 if distinct.dtype.kind == "b" else distinct).tolist()
    labels = tuple(_as_label(label) if isinstance(label, float) else label for label in listed)
    return LabelColumn(all_codes, labels)

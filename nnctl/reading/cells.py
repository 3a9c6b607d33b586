"""What the cells of a text table are: numbers, truth values, text, labels, or missing."""

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import Problem, Setting
from nnctl.reading.array_types import Array, Doubles, Indices
from nnctl.reading.block import Block
from nnctl.reading.fields import QUOTED, bare
from nnctl.reading.header import Header
from nnctl.reading.layout import Asked, ColumnState, column_state, layout_of
from nnctl.reading.notation import TRUTHS, Kind, Notation
from nnctl.reading.table import (
    SHOWN_PROBLEMS,
    Faults,
    LabelColumn,
    Place,
    Table,
    TextColumn,
    short,
)

MEND, NAME_IT = "mend it", "give it a name in the first line"
TEXT_FIX = (
    "mend it, or if it means that there is no value, add it to data.missing_values; "
    "data.text makes the column one of categories"
)
INEXACT_FIXES = (
    "write it as text, or leave the column out of the features",
    "let the column's type in data.columns be category, or leave it out of data.features",
)
LOOKED_AT = 1000  # rows that decide at first what a column holds
NAMES: dict[Kind, str] = {"number": "a number", "truth": "True or False", "text": "text"}
KINDS: dict[Kind, str] = {"number": "number", "truth": "category", "text": "category"}
PLURALS: dict[Kind, str] = {"number": "numbers", "truth": "True and False", "text": "text"}


class Cells:
    """Turns the fields of a text table into tables of the columns asked for."""

    def __init__(
        self,
        header: Header,
        asked: Asked,
        notation: Notation,
        faults: Faults,
        place: Place | None = None,
    ) -> None:
        self._header, self._notation, self._faults, self._place = header, notation, faults, place
        self._columns = {name: column_state(header, asked, notation, name) for name in asked.wanted}
        self._verbatim = {name: header.places[name] for name in asked.verbatim}
        self._undecided = [each for each in self._columns.values() if each.kind is None]
        self._layout = layout_of(self._columns.values())
        self._told_by = asked.told_by
        self._rows, self._mixed = 0, False

    def table(self, fields: Block) -> Table:
        """The rows of `fields`; those that are faulty are noted and hold nothing of use."""
        self._check_trailing(fields)
        if self._undecided:
            self._decide_some(fields)
        if any(column.kind for column in self._undecided):
            self._undecided = [column for column in self._undecided if column.kind is None]
            self._layout = layout_of(self._columns.values())
        self._rows += len(fields.lines)
        marks: dict[str, dict[int, str]] = {}
        values, labels = self._numbers(fields, marks)
        dates = self._layout.dates
        if dates:
            seconds = [self._dates(fields, column, marks) for column in dates]
            values = np.column_stack([values, *seconds])
        text = {column.name: self._text(fields, column, marks) for column in self._layout.text}
        for name in self._layout.text_labels:
            labels[name] = LabelColumn(*text.pop(name))
        return Table(
            self._faults.file,
            (*self._layout.names, *(column.name for column in dates)),
            values,
            text,
            {name: [*map(bare, fields.texts(place))] for name, place in self._verbatim.items()},
            fields.lines,
            place=self._place,
            labels=labels,
            marks=marks,
            dates={each.name: each.dates.written for each in dates if each.dates is not None},
        )

    @property
    def are_mixed(self) -> bool:
        """Whether a column holds what it should not."""
        return self._mixed

    def note_mixtures(self) -> None:
        """Adds a fault for each cell that is of another kind than most of its column."""
        for column in self._columns.values():
            if not column.others:
                continue
            if column.dates is not None:
                self._note_odd_dates(column)
                continue
            assert column.kind is not None
            blamed = [kind for kind in column.shown if kind != column.kind]
            count, kind = column.others, column.kind
            if column.is_told and not column.fits and count > 1:
                line, text, each = min((*column.shown[k][0], k) for k in blamed)
                told = self._mixture(column, kind, each, text)
                self._add_misfit(column, line, told, (MEND, f"let its type be {KINDS[each]}"))
                continue
            if not column.is_told and column.others > self._rows - column.others:
                kind = max(blamed, key=lambda each: len(column.shown[each]))
                blamed, count = [column.kind], self._rows - column.others
            cells = [(line, text, each) for each in blamed for line, text in column.shown[each]]
            for line, text, each in sorted(cells)[:count]:
                told = self._mixture(column, kind, each, text)
                self._add(line, column.name, told, MEND, None if column.is_told else TEXT_FIX)
            self._faults.skip(max(0, count - len(cells)))
            column.others = 0

    def _mixture(self, column: ColumnState, kind: Kind, found: Kind, text: str) -> str:
        """The message on a cell of kind `found` in a column of `kind`."""
        told = f'"{short(text)}" is not {NAMES[kind]}'
        if found == "text" and self._notation.kind_of(text) != "text":  # its file says so
            told = f'"{short(text)}" is text in this file, not {NAMES[kind]}'
        if kind == "text":
            told = f'"{short(text)}" is {NAMES[found]}'
        if column.is_told:
            return f"{told}; {self._told_by} {PLURALS[kind]} in this column"
        line, sample = column.shown[kind][0]
        where = f"line {line}"
        if self._place is not None:
            where = self._place(line).in_words
        shown = f'"{short(sample)}"' if kind == "text" else short(sample)
        return f"{told}; the column holds {PLURALS[kind]}, such as {shown} ({where})"

    def _decide_some(self, fields: Block) -> None:
        """Notes what columns hold that no row has told of so far."""
        # In the order that `_numbers` asks for, so that a block unpacks no columns twice.
        undecided = sorted(self._undecided, key=lambda column: column.place)
        places = [column.place for column in undecided]
        values, odd = self._notation.numbers_of(fields, places)
        are_odd = np.zeros(len(places), dtype=np.bool_)
        are_odd[odd % len(places)] = True
        for place, column in enumerate(undecided):
            if are_odd[place]:
                self._decide(fields, column)
                continue
            for row in np.flatnonzero(~np.isnan(values[:, place]))[:SHOWN_PROBLEMS].tolist():
                column.kind = "number"
                column.show("number", int(fields.lines[row]), fields.text(row, column.place))

    def _decide(self, fields: Block, column: ColumnState) -> None:
        """Notes what most of a column's first cells are, if one of them has a value."""
        kind_of = cache(self._notation.kind_of)  # most columns of text have few texts
        texts = (written.strip(" \t") for written in fields.texts(column.place))
        counts: Counter[Kind] = Counter()
        known = (
            (line, text)
            for line, text in zip(fields.lines.tolist(), texts, strict=True)
            if text not in self._notation.missing and not text.startswith(QUOTED)
        )
        for line, text in islice(known, LOOKED_AT):
            kind = kind_of(text)
            kind = "text" if kind == "truth" and column.labels else kind
            counts[kind] += 1
            column.show(kind, line, bare(text))
        if not counts:
            return
        others = counts["truth"] + counts["text"]
        first = next(iter(counts))
        if counts["number"] > others or (counts["number"] == others and first == "number"):
            column.kind = "number"
        else:
            column.kind = "text" if counts["text"] else "truth"
        for kind in [kind for kind in column.shown if kind != column.kind]:
            del column.shown[kind]  # they come again

    def _numbers(
        self, fields: Block, marks: dict[str, dict[int, str]]
    ) -> tuple[Array, dict[str, LabelColumn]]:
        """The numbers of rows, in the order of the layout's names, and labels that are numbers."""
        columns = self._layout.parsed
        values, odd = self._notation.numbers_of(fields, [column.place for column in columns])
        rows, at = np.divmod(odd, max(1, len(columns)))
        values[rows, at] = np.nan
        for place in self._layout.truths:
            self._note_numbers(fields, columns[place], values[:, place])
        for row, place in zip(rows.tolist(), at.tolist(), strict=True):
            if columns[place].labels is None:
                values[row, place] = self._number(fields, row, columns[place], marks)
        for place, column in enumerate(columns):
            column.fits |= column.is_told and bool(np.isfinite(values[:, place]).any())
        labels = {
            columns[place].name: self._labels(
                fields,
                columns[place],
                values[:, place].astype(np.float64),
                rows[at == place],
                marks,
            )
            for place in self._layout.labels
        }
        kept = self._layout.kept
        return values[:, kept] if isinstance(kept, slice) else values.take(kept, axis=1), labels

    def _note_numbers(self, fields: Block, column: ColumnState, values: Doubles) -> None:
        """Notes the plain numbers of a column of truth values."""
        for row in np.flatnonzero(~np.isnan(values)).tolist():
            self._other(column, "number", int(fields.lines[row]), fields.text(row, column.place))

    def _number(
        self, fields: Block, row: int, column: ColumnState, marks: dict[str, dict[int, str]]
    ) -> float:
        """A number that the fast way left to judge; nan for a missing one, and for a fault."""
        text = fields.text(row, column.place).strip(" \t")
        if text.startswith(QUOTED) or text in self._notation.missing:
            if mark := text.removeprefix(QUOTED):
                marks.setdefault(column.name, {})[row] = mark
            return math.nan
        value, line = self._notation.number(text), int(fields.lines[row])
        if value is not None and math.isfinite(value):
            if column.kind == "truth":
                self._other(column, "number", line, text)
            if fields.is_typed and is_inexact(text):
                message = f"{short(text)} is a whole number beyond 2^53, and would lose digits"
                self._add(line, column.name, message, *INEXACT_FIXES)
            return value
        kind = self._notation.kind_of(text)
        if kind == "number":
            self._add(line, column.name, f'"{short(text)}" is not a finite number')
            return math.nan
        if kind == "truth" and (column.kind == "truth" or column.is_told):
            return TRUTHS[text]
        self._other(column, kind, line, text)
        return math.nan

    def _labels(
        self,
        fields: Block,
        column: ColumnState,
        values: Doubles,
        odd: Indices,
        marks: dict[str, dict[int, str]],
    ) -> LabelColumn:
        """The labels of a column of numbers, of which `values` are the doubles where not `odd`."""
        assert column.labels is not None
        _, starts, ends = fields.spans(column.place)
        doubtful = column.labels.doubtful(values, ends - starts)
        texts: dict[int, str] = {}
        for row in sorted({*odd.tolist(), *doubtful.tolist()}):
            text = self._notation.plain_text(fields.text(row, column.place).strip(" \t"))
            if column.labels.label_of(text) is None:
                values[row] = self._number(fields, row, column, marks)
            else:
                texts[row] = text
        made, clashes = column.labels.column(values, texts)
        for row, text, other in clashes:
            message = f"{short(text)} and {short(other)} are labels that differ in digits "
            message += "beyond those of a 64-bit number"
            fix = "write both with fewer digits"
            keeping = f"{fix}, or keep them as text: data.text: [{column.name}]"
            self._add(int(fields.lines[row]), column.name, message, fix, keeping)
        return made

    def _dates(
        self, fields: Block, column: ColumnState, marks: dict[str, dict[int, str]]
    ) -> Doubles:
        """The seconds of a column of dates, nan where there is none."""
        assert column.dates is not None
        seconds, odd, own = column.dates.seconds(fields, column.place)
        column.fits |= bool(np.isfinite(seconds).any())
        column.others += len(odd)
        for row, message, fixes in odd[: SHOWN_PROBLEMS - len(column.odd_dates)]:
            column.odd_dates.append((int(fields.lines[row]), message, fixes))
        self._mixed |= bool(odd)
        if own:
            marks[column.name] = own
        return seconds

    def _text(
        self, fields: Block, column: ColumnState, marks: dict[str, dict[int, str]]
    ) -> TextColumn:
        cells = fields.texts(column.place)
        labels, codes_of, gaps = dict[str, int](), dict[str, int](), dict[str, str]()
        for written in dict.fromkeys(cells):
            text = written.strip(" \t")
            if text in self._notation.missing:
                codes_of[written] = -1
                if text:
                    gaps[written] = text
            else:
                label = bare(text) if column.is_told else text
                codes_of[written] = labels.setdefault(label, len(labels))
        codes = np.fromiter(map(codes_of.__getitem__, cells), np.int32, len(cells))
        if gaps:
            marks[column.name] = {row: gaps[c] for row, c in enumerate(cells) if c in gaps}
        if not column.is_told:
            self._note_numbers_among(fields, column, codes, labels)
        return TextColumn(codes, tuple(map(bare, labels)))

    def _note_numbers_among(
        self, fields: Block, column: ColumnState, codes: NDArray[np.int32], labels: dict[str, int]
    ) -> None:
        """Notes the cells of a column of text that are numbers."""
        for text, code in labels.items():
            if not text.startswith(QUOTED) and self._notation.kind_of(text) == "number":
                for row in np.flatnonzero(codes == code).tolist():
                    self._other(column, "number", int(fields.lines[row]), text)

    def _other(self, column: ColumnState, kind: Kind, line: int, text: str) -> None:
        """Notes a cell of another kind than the column's."""
        column.others += 1
        self._mixed = True
        column.show(kind, line, bare(text))

    def _check_trailing(self, fields: Block) -> None:
        """Notes values behind the last column that has a name."""
        if not self._header.trailing:
            return
        for place in range(self._header.width - self._header.trailing, self._header.width):
            _, starts, ends = fields.spans(place)
            for row in np.flatnonzero(ends > starts).tolist():
                if fields.text(row, place).strip(" \t"):
                    message = f"there is a value in column {place + 1}, which has no name"
                    problem = Problem(message, NAME_IT, self._faults.file, int(fields.lines[row]))
                    self._faults.once(f" {place}", problem)

    def _note_odd_dates(self, column: ColumnState) -> None:
        """Adds a fault for each cell of a column of dates that is none."""
        if not column.fits and column.others > 1:
            self._add_misfit(column, *column.odd_dates[0])
            return
        for line, message, fixes in column.odd_dates:
            self._add(line, column.name, message, *fixes)
        self._faults.skip(column.others - len(column.odd_dates))
        column.odd_dates, column.others = [], 0

    def _add_misfit(
        self, column: ColumnState, line: int, message: str, fixes: Sequence[str | None]
    ) -> None:
        """Adds the fault of a column none of whose cells is what was told, by the first of them."""
        message = f"{column.others:,} cells, and none of them fits: {message}"
        fix, config_fix = (*fixes, None, None)[:2]
        setting = Setting("data.columns.*.type", column.name, config_fix)
        place = f"column {column.name}"
        problem = Problem(message, fix, self._faults.file, line, place, setting=setting)
        self._faults.once(column.name, problem)
        column.odd_dates, column.others = [], 0

    def _add(
        self,
        line: int,
        name: str,
        message: str,
        fix: str | None = None,
        config_fix: str | None = None,
    ) -> None:
        setting, place = Setting(fix=config_fix), f"column {name}"
        self._faults.add(Problem(message, fix, self._faults.file, line, place, setting=setting))


def is_inexact(text: str) -> bool:
    """Whether a number is a whole one beyond those that doubles tell apart."""
    digits = text.lstrip("-")
    return len(digits) >= 16 and digits.isdigit() and (len(digits) > 16 or int(digits) > 2**53)

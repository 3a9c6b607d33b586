"""Dates as a text table has them, read into seconds since the beginning of 1970.

Most are written with as many digits each, and are read by array arithmetic; whatever is not is
read by Python's own `datetime`, each text once.
"""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

from nnctl.reading.array_types import Bytes, Doubles, Indices, Mask
from nnctl.reading.block import Block
from nnctl.reading.fields import QUOTED, bare
from nnctl.reading.numbers import number
from nnctl.reading.table import DateFormat, short

DAY = 86_400  # seconds
FIRST, LAST = -62_135_596_800, 253_402_300_800  # the years 1 to 9999 in seconds, the end excluded
MOST_KEPT = 1 << 16  # texts whose dates are kept in mind
ISO = "a date of ISO 8601, such as 2024-02-29 or 2024-02-29T18:30"
# What Python's `fromisoformat` reads may have any sign between date and time.
ISO_TEXT = re.compile(r"[0-9]{4}[0-9W-]*([T ][0-9:.,]+([Zz]|[+-][0-9:.]+)?)?")
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
# The name of a month, as Python's formats have it, or its beginning.
_WORD = (
    "(?P<word>(?i:jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?"
    "|sep(tember)?|oct(ober)?|nov(ember)?|dec(ember)?))"
)
# Day, month and year: in numbers, in one order or another; with the month's name; and as written
# in Chinese and Japanese, or in Korean.
NUMERIC = re.compile(rf"(?P<a>[0-9]{{4}}|[0-9]{{1,2}})(?P<s>[-/.])[0-9]{{1,2}}(?P=s){_YEAR}")
DAY_FIRST = re.compile(rf"[0-9]{{1,2}}(?P<s>[-/. ]|\. ){_WORD}(?P<t>[-/. ]|, ){_YEAR}")
WORD_FIRST = re.compile(rf"{_WORD}(?P<s>\.? |-)[0-9]{{1,2}}(?P<t>,? |-){_YEAR}")
EAST_ASIAN = re.compile(
    r"[0-9]{4}(?P<y>\s?[年년]\s?)[0-9]{1,2}(?P<m>\s?[月월]\s?)[0-9]{1,2}(?P<d>\s?[日일])"
)
CLOCK = re.compile(
    r"(?P<gap>[T ]|, )[0-9]{1,2}:[0-9]{2}(?P<seconds>:[0-9]{2}(?P<parts>\.[0-9]{1,6})?)?"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone> ?(UTC|GMT|Z))?$"
)
WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "f": 6}
# Digits of a date by their letter in Python's formats, besides signs as they are: T may be a blank,
# ± is a sign, h and n are the hours and minutes of an offset.
_TIMES = ("", "THH:MM", "THH:MM:SS", "THH:MM:SS.fff", "THH:MM:SS.ffffff")
_OFFSETS = ("", "Z", "±hh:nn")
ISO_FORMS = [
    "YYYY-mm-dd" + time + offset for time in _TIMES for offset in _OFFSETS if time or not offset
]
DIGITS = "YmdHMSfhn"
SHORT_NAME = 3  # letters of a month's name, cut short
# What is meant as a date, whatever stands behind it.
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([T ].*)?"
)


class Odd(NamedTuple):
    """A cell that is no date of its column: its row, what is wrong, and what to do.

    `fixes` are for whoever has no config, and for whoever has one.
    """

    row: int
    message: str
    fixes: tuple[str, str | None] = ("mend it", None)


class DateCells:
    """Reads the cells of a column of dates, block by block. `missing` are marks of no value."""

    def __init__(self, written: DateFormat, missing: Collection[str]) -> None:
        self.written = written
        self._missing = missing
        self._forms = forms_of(written.pattern)
        self._marks = [mark.encode() for mark in missing if mark]
        self._sample = ""
        self._read: dict[str, tuple[float, bool] | None] = {}

    def seconds(self, fields: Block, place: int) -> tuple[Doubles, list[Odd], dict[int, str]]:
        """The dates of a column, (rows,), nan where there is none or a faulty one; the faulty
        cells; and by row the marks in place of dates."""
        buffer, starts, ends = fields.spans(place)
        lengths = ends - starts
        seconds = np.full(len(starts), np.nan)
        offsets = np.zeros(len(starts), np.bool_)
        todo = lengths > 0
        for form in self._forms:
            rows = np.flatnonzero(todo & (lengths == len(form)))
            if not len(rows):
                continue
            letters = buffer[starts[rows][:, None] + np.arange(len(form))]
            values, fit = read_form(form, letters)
            fit &= ~self._are_marks(letters)
            seconds[rows[fit]] = values[fit]
            offsets[rows[fit]] = form[-1] in "Zn"
            todo[rows[fit]] = False
        odd, marks = [], dict[int, str]()
        for row in np.flatnonzero(todo).tolist():
            text = fields.text(row, place).strip(" \t")
            if text.startswith(QUOTED) or text in self._missing:
                if mark := text.removeprefix(QUOTED):
                    marks[row] = mark
                continue
            text = bare(text)
            found = self._of_text(text)
            if found is None:
                odd.append(self._odd(row, text))
            else:
                seconds[row], offsets[row] = found
        outside = (seconds < FIRST) | (seconds >= LAST)
        odd += [
            Odd(row, f'"{bare(fields.text(row, place))}" is, in UTC, not in the years 1 to 9999')
            for row in np.flatnonzero(outside).tolist()
        ]
        seconds[outside] = np.nan
        odd += self._mixture(fields, place, seconds, offsets)
        return seconds, odd, marks

    def _are_marks(self, letters: Bytes) -> Mask:
        """Which cells of one length, (rows, letters), are marks that mean that there is no date."""
        found = np.zeros(len(letters), np.bool_)
        for mark in self._marks:
            if len(mark) == letters.shape[1]:
                found |= (letters == np.frombuffer(mark, np.uint8)).all(axis=1)
        return found

    def _of_text(self, text: str) -> tuple[float, bool] | None:
        """The seconds that a text stands for, and whether it has an offset; None for no date."""
        if text not in self._read:
            if len(self._read) >= MOST_KEPT:
                self._read.clear()
            self._read[text] = date_of(text, self.written.pattern)
        return self._read[text]

    def _odd(self, row: int, text: str) -> Odd:
        """A cell that is no date."""
        if self.written.pattern is not None:
            message = f'"{short(text)}" is not a date of the form {self.written.pattern}'
            return Odd(row, message, ("mend it", "mend it, or the format in data.columns"))
        patterns = patterns_of(text)
        example = " or ".join(f'"{pattern}"' for pattern in patterns) or '"%d.%m.%Y"'
        message = f'"{short(text)}" is not {ISO}'
        if len(patterns) > 1:
            message = f'"{short(text)}" can be read in {len(patterns)} ways, as {example}'
        if not ISO_TEXT.fullmatch(text):
            setting = f"tell in data.columns how dates are written, with format: {example}"
            if not patterns and number(text) is not None:
                setting = "let its type be number"
            return Odd(row, message, ("write dates as in 2024-02-29", setting))
        return Odd(row, f'"{short(text)}" is not {ISO}')

    def _mixture(self, fields: Block, place: int, seconds: Doubles, offsets: Mask) -> Iterator[Odd]:
        """The dates that have an offset where others have none, or the other way round."""
        known = ~np.isnan(seconds)
        if not known.any():
            return
        if self.written.with_offset is None:
            first = int(np.argmax(known))
            self.written = self.written._replace(with_offset=bool(offsets[first]))
            self._sample = f", such as {bare(fields.text(first, place).strip())}"
        wanted = self.written.with_offset
        for row in np.flatnonzero(known & (offsets != wanted)).tolist():
            has, others = ("no", "one") if wanted else ("an", "none")
            text = bare(fields.text(row, place).strip())
            message = f'"{text}" has {has} offset from UTC; the column\'s '
            yield Odd(row, f"{message}dates have {others}{self._sample}")
            seconds[row] = np.nan


def forms_of(pattern: str | None) -> list[str]:
    """The forms of fixed width in which dates of a format may be written; there may be none."""
    if pattern is None:
        return ISO_FORMS
    form = ""
    for literal, directive in re.findall(r"([^%]+)|%(.)", pattern):
        if literal:
            form += literal
        elif directive not in WIDTHS:
            return []
        else:
            form += directive * WIDTHS[directive]
    plain, directives = re.sub(r"%.", "", pattern), re.findall(r"%(.)", pattern)
    is_clear = form.isascii() and not set(plain) & set(DIGITS + "TZ±")
    return [form] if form and is_clear and len(set(directives)) == len(directives) else []


def read_form(form: str, letters: Bytes) -> tuple[Doubles, Mask]:
    """The seconds that cells of a form stand for, `letters` (rows, len(form)), and which fit it."""
    fit = np.ones(len(letters), np.bool_)
    numbers = {"Y": 1900, "m": 1, "d": 1} | dict.fromkeys("HMSfhn", 0)
    values: dict[str, Indices] = {
        key: np.full(len(letters), 0 if key in form else start) for key, start in numbers.items()
    }
    sign = np.ones(len(letters), np.int64)
    for place, letter in enumerate(form):
        own = letters[:, place]
        if letter in DIGITS:
            digit = own.astype(np.int64) - ord("0")
            fit &= (digit >= 0) & (digit <= 9)
            values[letter] = values[letter] * 10 + digit
        elif letter == "T":
            fit &= (own == ord("T")) | (own == ord(" "))
        elif letter == "±":
            fit &= (own == ord("+")) | (own == ord("-"))
            sign = np.where(own == ord("-"), -1, 1)
        else:
            fit &= own == ord(letter)
    year, month, day = values["Y"], values["m"], values["d"]
    fit &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    for key, end in (("H", 24), ("M", 60), ("S", 60), ("h", 24), ("n", 60)):
        fit &= values[key] < end
    first = first_of_month(year, np.where(fit, month, 1))
    length = first_of_month(year, np.where(fit, month, 1) + 1) - first
    fit &= day <= length
    whole = (first + day - 1) * DAY + values["H"] * 3600 + values["M"] * 60 + values["S"]
    whole = whole - sign * (values["h"] * 3600 + values["n"] * 60)
    return within_second(whole, values["f"] / 10 ** form.count("f")), fit


def first_of_month(year: Indices, month: Indices) -> Indices:
    """The days from the beginning of 1970 to that of a month; month 13 is the next January."""
    months = (year - 1970) * 12 + month - 1
    days: Indices = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    return days


def within_second(whole: Indices, part: Doubles) -> Doubles:
    """Whole seconds with a part of one: a double that rounding leaves within the second."""
    found: Doubles = np.minimum(whole + part, np.nextafter(whole + 1.0, -np.inf))
    return found


def date_of(text: str, pattern: str | None) -> tuple[float, bool] | None:
    """The seconds that a date stands for, and whether it has an offset; None for no date."""
    try:
        if pattern is not None:
            found = datetime.strptime(text, pattern)
        elif ISO_TEXT.fullmatch(text):
            found = datetime.fromisoformat(text.replace("z", "Z"))
        else:
            return None
    except ValueError:
        return None
    since = found.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    since -= found.utcoffset() or timedelta()
    whole = np.array([since.days * DAY + since.seconds])
    (seconds,) = within_second(whole, np.array([since.microseconds / 1e6])).tolist()
    return seconds, found.utcoffset() is not None


def patterns_of(text: str) -> list[str]:
    """The formats in which a date may be written that is no ISO 8601; none for other texts."""
    day, clock = day_and_clock(text)
    time = ""
    if clock is not None:
        half = clock["half"] or ""
        time = f"{clock['gap']}{'%I' if half else '%H'}:%M"
        time += (":%S" if clock["seconds"] else "") + (".%f" if clock["parts"] else "")
        time += half[:-2] + ("%p" if half else "") + (clock["zone"] or "")
    found = [pattern + time for pattern in patterns_of_day(day)]
    return [pattern for pattern in found if date_of(text, pattern) is not None]


def patterns_of_day(text: str) -> list[str]:
    """The formats of a day that may be meant; which of them the calendar allows is not asked."""
    if match := EAST_ASIAN.fullmatch(text):
        return [f"%Y{match['y']}%m{match['m']}%d{match['d']}"]
    match = NUMERIC.fullmatch(text) or DAY_FIRST.fullmatch(text) or WORD_FIRST.fullmatch(text)
    if match is None:
        return []
    year, sign = "%Y" if len(match["year"]) == 4 else "%y", match["s"]
    if match.re is NUMERIC:
        orders = [["%d", "%m", year], ["%m", "%d", year]]
        if len(match["a"]) == 4:
            orders = [["%Y", "%m", "%d"]]
        elif year == "%y":
            orders.append(["%y", "%m", "%d"])
        return [sign.join(order) for order in orders]
    names = ["%b", "%B"] if len(match["word"]) == SHORT_NAME else ["%B"]  # May is both
    if match.re is DAY_FIRST:
        return [f"%d{sign}{name}{match['t']}{year}" for name in names]
    return [f"{name}{sign}%d{match['t']}{year}" for name in names]


def day_and_clock(text: str) -> tuple[str, re.Match[str] | None]:
    """A text without the time at its end, and that time, if there is one."""
    clock = CLOCK.search(text)
    return (text, None) if clock is None else (text[: clock.start()], clock)


def looks_like_date(text: str) -> bool:
    """Whether a text is written as a date, be it one of the calendar or not."""
    return DATE.fullmatch(text) is not None or bool(patterns_of_day(day_and_clock(text)[0]))


def is_date_format(pattern: str) -> bool:
    """Whether Python's `strptime` takes that format."""
    try:
        datetime.strptime("", pattern)
    except ValueError as error:
        return str(error).startswith("time data") and "%" in pattern
    except (IndexError, KeyError, TypeError, re.error):
        return False
    return False

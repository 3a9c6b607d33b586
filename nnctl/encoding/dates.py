"""What a model is given of dates: their parts, as numbers or as places on a circle."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nnctl.encoding.words import PARTS, Part
from nnctl.reading.array_types import Doubles, Indices, Mask
from nnctl.reading.dates import DAY, is_date_format
from nnctl.reading.table import DateFormat
from nnctl.system import stated

# The parts that come again, and after how many.
PERIODS: dict[Part, int] = {"month": 12, "day": 31, "weekday": 7, "hour": 24, "minute": 60}
MINUTE, HOUR = 60, 3600  # seconds
ROUNDING = 60  # seconds that single precision may make of a few decades
USUAL: tuple[Part, ...] = ("year", "month", "weekday", "hour", "days")


class Dates(NamedTuple):
    """What is made of a column of dates that are `written` so.

    Of its `parts`, `year` and `days`, which counts from `origin`, are numbers; each other one is a
    sine and a cosine. Dates are seconds since 1970, `origin` too.
    """

    written: DateFormat
    parts: tuple[Part, ...]
    origin: float

    @property
    def numbers(self) -> list[Part]:
        """The parts that are numbers, and are scaled as such."""
        return [part for part in self.parts if part not in PERIODS]

    @property
    def starts(self) -> list[int]:
        """Where the inputs of each part begin, and where the last one's end."""
        widths = [2 if part in PERIODS else 1 for part in self.parts]
        return [sum(widths[:place]) for place in range(len(widths) + 1)]

    def input_names(self, column: str) -> list[str]:
        """A name for each input."""
        return [
            name
            for part in self.parts
            for name in (
                [f"{column} ({part}, {wave})" for wave in ("sine", "cosine")]
                if part in PERIODS
                else [f"{column} ({part})"]
            )
        ]

    def values(self, seconds: Doubles) -> list[Doubles]:
        """The parts that are numbers, (rows,) each, for dates (rows,), nan where there is none."""
        return [part_of(part, seconds, self.origin) for part in self.numbers]

    def fill(self, seconds: Doubles, made: Doubles) -> None:
        """Puts the sines and cosines of dates (rows,) into `made` (rows, inputs)."""
        for part, start in zip(self.parts, self.starts, strict=False):
            if part in PERIODS:
                angle = part_of(part, seconds, self.origin) * (2 * np.pi / PERIODS[part])
                made[:, start], made[:, start + 1] = np.sin(angle), np.cos(angle)

    def text_of(self, values: Sequence[float]) -> str:
        """What the inputs tell of a date, numbers unscaled: the day and, with the hour among the
        parts, the time; without days the parts there are."""
        found: dict[Part, float] = {}
        for part, start in zip(self.parts, self.starts, strict=False):
            found[part] = values[start]
            if part in PERIODS:
                turn = math.atan2(values[start], values[start + 1]) / (2 * math.pi)
                whole = round(turn * PERIODS[part]) % PERIODS[part]
                found[part] = whole or (PERIODS[part] if part in ("month", "day") else 0)
        if "days" not in found:
            return ", ".join(f"{part} {value:.0f}" for part, value in found.items())
        seconds = self.origin + found["days"] * DAY
        if "hour" not in found:
            return str(np.datetime64(round((seconds + ROUNDING) // DAY), "D"))
        # The hour is sure; of the day and of the minute as much as that leaves open.
        hours = 24 * round((seconds / HOUR - found["hour"] - 0.5) / 24) + round(found["hour"])
        minute = min(max((seconds + ROUNDING / 2) // MINUTE - 60 * hours, 0), 59)
        minutes = 60 * hours + round(found.get("minute", minute))
        return str(np.datetime64(minutes, "m")).replace("T", " ")

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of, numbers bit for bit."""
        return {
            "format": self.written.pattern,
            "offset": self.written.with_offset,
            "parts": list(self.parts),
            "origin": self.origin,
        }

    @classmethod
    def from_json(cls, name: str, data: Any) -> "Dates":
        """Raises KeyError or ValueError for anything `to_json` does not give."""
        given = stated.mapping(name, data)
        pattern, offset = given["format"], given["offset"]
        if pattern is not None and not is_date_format(stated.text(f"{name}.format", pattern)):
            raise stated.unfit(f"{name}.format", pattern)
        if offset is not None:
            offset = stated.truth(f"{name}.offset", offset)
        parts: Any = stated.texts(f"{name}.parts", given["parts"])
        if not parts or not set(parts) <= set(PARTS):
            raise stated.unfit(f"{name}.parts", list(parts))
        origin = stated.finite(f"{name}.origin", given["origin"])
        return cls(DateFormat(pattern, offset), parts, origin)


class Spread:
    """Which parts vary among dates, and the earliest, as stretches of them come."""

    def __init__(self) -> None:
        self.earliest = np.inf
        self._seen: dict[Part, tuple[float, float]] = {}

    def add(self, seconds: Doubles) -> None:
        """Further dates (rows,), nan where there is none."""
        known = seconds[~np.isnan(seconds)]
        if not len(known):
            return
        self.earliest = min(self.earliest, float(known.min()))
        for part in USUAL:
            values = part_of(part, known, 0.0)
            low, high = self._seen.get(part, (np.inf, -np.inf))
            self._seen[part] = min(low, float(values.min())), max(high, float(values.max()))

    def varying(self) -> tuple[Part, ...]:
        """The usual parts that are not the same in all dates; where all are, the days alone."""
        found = [part for part, (low, high) in self._seen.items() if low < high]
        return tuple(found) or ("days",)


def part_of(part: Part, seconds: Doubles, origin: float) -> Doubles:
    """A part of dates (rows,), as Python's `datetime` has it, or the days since `origin`."""
    if part == "days":
        return (seconds - origin) / DAY
    known: Mask = ~np.isnan(seconds)
    whole = np.floor(np.where(known, seconds, 0.0)).astype(np.int64)
    return np.where(known, calendar_part(part, whole), np.nan)


def calendar_part(part: Part, whole: Indices) -> Indices:
    """A part of the dates that whole seconds since 1970 stand for."""
    days = whole // DAY
    if part == "weekday":
        return (days + 3) % 7  # 1970 began on a Thursday
    if part == "hour":
        return whole % DAY // 3600
    if part == "minute":
        return whole % 3600 // 60
    dates = days.astype("M8[D]")
    months = dates.astype("M8[M]")
    found = (dates - months.astype("M8[D]")).astype(np.int64) + 1
    if part == "month":
        found = months.astype(np.int64) % 12 + 1
    elif part == "year":
        found = months.astype("M8[Y]").astype(np.int64) + 1970
    return np.asarray(found)

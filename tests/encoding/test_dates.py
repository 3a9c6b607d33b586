"""Parts of dates, against the standard library's `datetime`."""

import math
import random
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from nnctl.encoding.dates import PERIODS, Dates, Spread, part_of
from nnctl.encoding.words import PARTS
from nnctl.reading.table import DateFormat

START = datetime(1970, 1, 1)
FIRST = datetime(1, 1, 1)
DAYS = (datetime(9999, 12, 31) - FIRST).days


def drawn() -> list[datetime]:
    draws = random.Random(2)
    some = [FIRST + timedelta(draws.randrange(DAYS), draws.randrange(86_400)) for _ in range(5000)]
    leaps = [datetime(year, 2, 29, 23, 59, 59) for year in range(4, 9997, 4) if is_leap(year)]
    return [FIRST, datetime(9999, 12, 31, 23, 59, 59), START, *some, *leaps]


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


DATES = drawn()
SECONDS = np.array([(date - START).days * 86_400.0 + (date - START).seconds for date in DATES])
ORIGIN = datetime(1999, 5, 17, 8, 30)
OF = {
    "year": lambda date: date.year,
    "month": lambda date: date.month,
    "day": lambda date: date.day,
    "weekday": lambda date: date.weekday(),
    "hour": lambda date: date.hour,
    "minute": lambda date: date.minute,
    "days": lambda date: (date - ORIGIN) / timedelta(1),
}


def made_of(parts: tuple[Any, ...]) -> Dates:
    return Dates(DateFormat(), parts, (ORIGIN - START).total_seconds())


@pytest.mark.parametrize("part", PARTS)
def test_parts_are_those_of_datetime(part: Any) -> None:
    found = part_of(part, SECONDS, (ORIGIN - START).total_seconds())
    expected = np.array([OF[part](date) for date in DATES])
    np.testing.assert_allclose(found, expected, rtol=1e-15 if part == "days" else 0, atol=0)


@pytest.mark.parametrize("part", sorted(PERIODS))
def test_what_comes_again_is_a_sine_and_a_cosine(part: Any) -> None:
    dates, made = made_of((part,)), np.empty((len(DATES), 2))
    dates.fill(SECONDS, made)
    period = {"month": 12, "day": 31, "weekday": 7, "hour": 24, "minute": 60}[part]
    angles = [2 * math.pi * OF[part](date) / period for date in DATES]
    np.testing.assert_allclose(made[:, 0], np.sin(angles), atol=1e-15)
    np.testing.assert_allclose(made[:, 1], np.cos(angles), atol=1e-15)


def test_parts_within_a_second_and_of_missing_dates() -> None:
    found = part_of("year", np.array([-0.25, np.nan, 0.25]), 0.0)
    np.testing.assert_array_equal(found, [1969, np.nan, 1970])
    assert np.isnan(part_of("days", np.array([np.nan]), 0.0)).all()


def test_the_usual_parts_are_those_that_vary() -> None:
    def of(*dates: datetime) -> tuple[str, ...]:
        spread = Spread()
        for date in dates:  # each a stretch of its own
            spread.add(np.array([(date - START).total_seconds(), np.nan]))
        assert spread.earliest == min((date - START).total_seconds() for date in dates)
        return spread.varying()

    start = datetime(2024, 1, 1)
    assert of(start, start + timedelta(weeks=1)) == ("days",)
    assert of(start, start + timedelta(hours=3)) == ("hour", "days")
    assert of(start, datetime(2025, 1, 6)) == ("year", "days")
    assert of(datetime(2025, 3, 1, 5, 30), start) == ("year", "month", "weekday", "hour", "days")
    assert of(start, start) == ("days",)


def test_inputs_and_their_names() -> None:
    dates = made_of(("year", "month", "days"))
    assert dates.starts == [0, 1, 3, 4] and dates.numbers == ["year", "days"]
    assert dates.input_names("sold") == [
        "sold (year)", "sold (month, sine)", "sold (month, cosine)", "sold (days)"
    ]  # fmt: skip


@pytest.mark.parametrize("date", [datetime(2024, 2, 29, 5, 7), datetime(1999, 12, 31)])
def test_inputs_tell_the_date_again(date: datetime) -> None:
    seconds = np.array([(date - START).total_seconds()])

    def text(*parts: Any) -> str:
        dates = made_of(parts)
        made = np.zeros((1, dates.starts[-1]))
        dates.fill(seconds, made)
        for part, start in zip(parts, dates.starts, strict=False):
            if part in dates.numbers:
                (made[0, start],) = part_of(part, seconds, dates.origin)
        return dates.text_of(made[0].tolist())

    assert text("month", "days") == f"{date:%Y-%m-%d}"
    assert text("hour", "days") == text("hour", "minute", "days") == f"{date:%Y-%m-%d %H:%M}"
    assert text("month", "day", "hour") == f"month {date.month}, day {date.day}, hour {date.hour}"


@pytest.mark.parametrize("apart", [-40.0, 0.0, 40.0])
@pytest.mark.parametrize("time", ["00:00:00", "00:00:30", "05:59:50", "23:59:59", "12:30:00"])
def test_the_time_that_is_told_is_within_a_minute_and_its_hour(time: str, apart: float) -> None:
    """Single precision may move the days by a part of a minute, but not the hour or the date."""
    date = datetime.fromisoformat(f"2024-02-29T{time}")
    dates = made_of(("hour", "days"))
    seconds = np.array([(date - START).total_seconds()])
    made = np.zeros((1, 3))
    dates.fill(seconds, made)
    made[0, 2] = (seconds[0] + apart - dates.origin) / 86400
    told = datetime.fromisoformat(dates.text_of(made[0].tolist()))
    assert (told.date(), told.hour) == (date.date(), date.hour)
    assert abs(told.minute - date.minute) <= 1


def test_json_keeps_every_bit() -> None:
    dates = Dates(DateFormat("%d.%m.%Y", True), ("year", "minute"), 0.1)
    assert Dates.from_json("dates", dates.to_json()) == dates


@pytest.mark.parametrize(
    "change",
    [
        {"format": "%q"}, {"format": 3}, {"offset": "no"}, {"parts": []}, {"parts": ["yaer"]},
        {"parts": ["year", "year"]}, {"origin": None}, {"origin": math.inf}, {"parts": "year"},
    ],
)  # fmt: skip
def test_garbled_json_is_refused(change: dict[str, object]) -> None:
    good = made_of(("year",)).to_json()
    with pytest.raises(ValueError, match="dates"):
        Dates.from_json("dates", good | change)

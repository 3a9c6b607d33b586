"""Columns that tell rows apart: numbers that count them, and texts of which a row has its own."""

import math
import re

import numpy as np
from numpy.typing import NDArray

# What columns are called that tell rows apart, and those that do where their numbers rise.
ID = re.compile(r"(?i:(?:.*[_\s.-])?(?:id|guid|uuid))|.*[a-z](?:I[dD]|G[uU][iI][dD]|U[uU][iI][dD])")
NUMBERING = re.compile(
    r"(?i:(?:.*[_\s.-])?(?:index|key|nr|no|number))|.*[a-z](?:Index|Key|Nr|No|Number)|Unnamed: 0"
)
MOST_CATEGORIES = 0.5  # of the rows, in a column of texts that does not name them
ENOUGH_COUNTED = 30  # whole numbers in a row that are no chance, wherever they begin
ENOUGH_STEPS = 100  # of another size than 1, which a grid of measurements may have too
DENSE = 0.5  # of the numbers from the lowest to the highest: rows may be missing
CHANCE = 1e-6
YEARS = (1700, 2100)
SECONDS, MILLISECONDS = (1e9, 60), (1e12, 60_000)  # since 1970: from 2001 on, in whole minutes
FAITHFUL = 0.25  # rounding below which whole numbers are still told apart


def is_id(name: str, rising: bool) -> bool:
    """Whether a column of that name, of whole numbers without a repeat, tells rows apart.

    A number, an index or a key may be a quantity, too, but hardly where each is larger than the
    one before (`rising`).
    """
    return bool(ID.fullmatch(name) or (rising and NUMBERING.fullmatch(name)))


def numbers_rows(
    name: str, ordered: NDArray[np.float64], rising: bool, rounding: float = 0.0
) -> bool:
    """Whether whole numbers without a repeat stand for the rows, by the column's name or by theirs.

    `ordered` (rows,) has them in ascending order, each off by at most `rounding`; `rising` says
    that they ascend in the file, too.
    """
    return len(ordered) > 0 and (is_id(name, rising) or count_up(ordered, rounding))


def count_up(ordered: NDArray[np.float64], rounding: float = 0.0) -> bool:
    """Whether whole numbers without a repeat, in ascending order, count in steps of one size.

    From 0 or 1 on without a gap they do however few there are. Else they have to be many, and at
    least half of those from the lowest to the highest, so many that drawing them without a repeat
    is no chance. Years and points in time are none.
    """
    rows, low, high = len(ordered), float(ordered[0]), float(ordered[-1])
    if round(low) in (0, 1) and round(high - low) + 1 == rows:
        return True
    if rows < ENOUGH_COUNTED or low < -rounding:
        return False
    step = step_of(ordered) if rounding < FAITHFUL else 1
    places = round((high - low) / step) + 1
    return (
        (step == 1 or rows >= ENOUGH_STEPS)
        and rows >= DENSE * places
        and log_chance_of_no_repeat(rows, places) < math.log(CHANCE)
        and not are_times(ordered, step)
    )


def may_count_up(ordered: NDArray[np.float64], rows: int, rounding: float) -> bool:
    """Whether the numbers of a sample, in ascending order, may be of so many rows that count."""
    step = step_of(ordered) if rounding < FAITHFUL else 1
    return float(ordered[0]) >= -rounding - 0.5 and ordered[-1] - ordered[0] <= step * rows / DENSE


def step_of(ordered: NDArray[np.float64]) -> int:
    """The largest number of which all differences of whole numbers are multiples; at least 1."""
    gaps = np.rint(np.diff(ordered))
    if gaps.max() >= 2.0**62:
        return 1
    return max(1, int(np.gcd.reduce(gaps.astype(np.int64))))


def log_chance_of_no_repeat(draws: int, places: int) -> float:
    """The logarithm of the chance that as many draws from so many places are all different.

    Places that are not equally likely make it smaller still.
    """
    if draws > places:
        return 0.0  # but for rounding there would be a repeat
    return math.lgamma(places + 1) - math.lgamma(places - draws + 1) - draws * math.log(places)


def are_times(ordered: NDArray[np.float64], step: int) -> bool:
    """Whether whole numbers may be years, days such as 20240131, or seconds since 1970."""
    low, high = ordered[0], ordered[-1]
    if low >= YEARS[0] and high <= YEARS[1]:
        return True
    year, rest = np.divmod(ordered, 10_000)
    month, day = np.divmod(rest, 100)
    days = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    if YEARS[0] <= year[0] and year[-1] <= YEARS[1] and bool(days.all()):
        return True
    return any(low >= first and step % minute == 0 for first, minute in (SECONDS, MILLISECONDS))


def names_rows(kinds: int, rows: int) -> bool:
    """Whether so many kinds of text in so many rows that have some tell rows apart."""
    return kinds > MOST_CATEGORIES * rows

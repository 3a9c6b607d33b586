"""The words that configs and weights have for columns, and for what becomes of them."""

from typing import Literal, get_args

ColumnType = Literal["number", "category", "date", "ignore"]
Missing = Literal["error", "drop", "mean", "median"]
Part = Literal["year", "month", "day", "weekday", "hour", "minute", "days"]  # of dates
FILLING: tuple[Missing, ...] = ("mean", "median")  # what stands in for a missing value
PARTS: tuple[Part, ...] = get_args(Part)

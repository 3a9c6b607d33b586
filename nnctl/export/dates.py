"""Parts of dates, in ONNX's operators: from seconds since 1970, for ONNX reads no dates."""

import numpy as np

from nnctl.encoding.dates import PERIODS
from nnctl.encoding.words import Part
from nnctl.export.writing import Writer
from nnctl.reading.dates import DAY
from nnctl.reading.table import DateFormat

MARCH = 719_468  # days from 0000-03-01 to 1970
ERA = 146_097  # days of 400 years, which are alike


def describe(written: DateFormat) -> str:
    """What a caller is to give for a date."""
    zone = ", in UTC" if written.with_offset else ""
    return f"dates as seconds since 1970-01-01T00:00{zone}, whole or not; nan where missing"


class Calendar:
    """Writes the parts of dates `seconds` (rows, 1), float64."""

    def __init__(self, writer: Writer, seconds: str) -> None:
        self._writer, self._seconds = writer, seconds
        whole = writer.cast(writer.node("Floor", seconds), "int64")
        # Whole division rounds towards 0: all of it is done with numbers that are not negative.
        self._since_march = self._plus(whole, MARCH * DAY)
        self._days = self._over(self._since_march, DAY)
        self._second = self._minus(self._since_march, self._times(self._days, DAY))

    def number(self, part: Part, origin: float) -> str:
        """A part that is a number, (rows, 1), float64."""
        writer = self._writer
        if part == "days":
            since = writer.node("Sub", self._seconds, self._float("origin", origin))
            return writer.node("Div", since, self._float("day", DAY))
        year, _, _ = self._civil()
        return writer.cast(year, "float64")

    def waves(self, part: Part) -> str:
        """The sine and the cosine of a part that comes again, (rows, 2), float64."""
        period = PERIODS[part]
        angles = np.arange(period + 1) * (2 * np.pi / period)
        table = np.stack([np.sin(angles), np.cos(angles)], axis=1)
        writer = self._writer
        taken = writer.node(
            "Gather", writer.exact_constant(f"{part}_waves", table), self._cyclic(part), axis=0
        )
        return writer.reshape(taken, (2,))

    def _cyclic(self, part: Part) -> str:
        """A part that comes again, as whole numbers (rows, 1)."""
        if part == "hour":
            return self._over(self._second, 3600)
        if part == "minute":
            hours = self._times(self._over(self._second, 3600), 3600)
            return self._over(self._minus(self._second, hours), 60)
        if part == "weekday":
            days = self._plus(self._days, 2)  # that first of March was a Wednesday
            return self._minus(days, self._times(self._over(days, 7), 7))
        _, month, day = self._civil()
        return month if part == "month" else day

    def _civil(self) -> tuple[str, str, str]:
        """Year, month and day: with years that begin in March the odd day comes last."""
        era = self._over(self._days, ERA)
        day_of_era = self._minus(self._days, self._times(era, ERA))
        leaps = self._minus(
            self._plus_all(
                self._over(day_of_era, 36_524), self._times(self._over(day_of_era, ERA - 1), -1)
            ),
            self._over(day_of_era, 1460),
        )
        year_of_era = self._over(self._plus_all(day_of_era, leaps), 365)
        before = self._plus_all(
            self._times(year_of_era, 365),
            self._over(year_of_era, 4),
            self._times(self._over(year_of_era, 100), -1),
        )
        day_of_year = self._minus(day_of_era, before)
        month_from_march = self._over(self._plus(self._times(day_of_year, 5), 2), 153)
        first = self._over(self._plus(self._times(month_from_march, 153), 2), 5)
        day = self._plus(self._minus(day_of_year, first), 1)
        is_next_year = self._over(month_from_march, 10)  # January and February
        month = self._minus(self._plus(month_from_march, 3), self._times(is_next_year, 12))
        year = self._plus_all(self._times(era, 400), year_of_era, is_next_year)
        return year, month, day

    def _whole(self, number: int) -> str:
        return self._writer.exact_constant("whole", np.array(number, np.int64))

    def _float(self, name: str, number: float) -> str:
        return self._writer.exact_constant(name, np.array(number, np.float64))

    def _plus(self, x: str, number: int) -> str:
        return self._writer.node("Add", x, self._whole(number))

    def _plus_all(self, x: str, *others: str) -> str:
        for other in others:
            x = self._writer.node("Add", x, other)
        return x

    def _minus(self, x: str, other: str) -> str:
        return self._writer.node("Sub", x, other)

    def _times(self, x: str, number: int) -> str:
        return self._writer.node("Mul", x, self._whole(number))

    def _over(self, x: str, number: int) -> str:
        return self._writer.node("Div", x, self._whole(number))

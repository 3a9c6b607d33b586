"""What a user should know of rows that can be used all the same."""

from collections import Counter
from collections.abc import Iterable

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.source import Source

SHOWN_LABELS = 10
SHORT_HEADER = (
    "the first line names one column less than the rows have; the first column is taken for "
    "names of the rows, and left out"
)


class Notices:
    """Gathers the notices of one file; each kind is told once, however many rows it is about."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._rows = self._judged = 0
        self._dropped = 0
        self._untargeted = 0
        self._marks: Counter[str] = Counter()
        self._unseen: dict[str, dict[str, None]] = {}
        self._is_short = False
        self._notes: tuple[Problem, ...] = ()

    def source(self, source: Source) -> None:
        """Notes whether the first line of a table names a column less than its rows have.

        So is what arrays were made without.
        """
        self._is_short = not isinstance(source, ArrayReader) and source.header.is_short
        self._notes = source.notes if isinstance(source, ArrayReader) else ()

    def rows(self, count: int, dropped: int) -> None:
        """Counts rows, and those among them that a missing value leaves out."""
        self._judged += count
        self._dropped += dropped

    def untargeted(self, rows: int, count: int, marks: Iterable[str]) -> None:
        """Counts rows, those among them without a target, and the marks in place of targets."""
        self._rows += rows
        self._untargeted += count
        self._marks.update(marks)

    def check_targets(self) -> None:
        """Raises `NnctlError` where more than half of the rows have no target."""
        if self._untargeted * 2 > self._rows:
            fix = "name another target, or fill it in"
            if self._marks:
                fix += "; if a mark is a value, name those that are none in data.missing_values"
            setting = Setting("data.target", fix=fix)
            message = self._untargeted_message()
            raise NnctlError(Problem(message, "fill it in", self.file, setting=setting))

    def _untargeted_message(self) -> str:
        verb = "has" if self._untargeted == 1 else "have"
        message = f"{self._untargeted:,} of {self._rows:,} rows {verb} no target"
        shown = [f'"{mark}" in {count:,}' for mark, count in self._marks.most_common(SHOWN_LABELS)]
        return message + (f" ({', '.join(shown)})" if shown else "")

    def unseen(self, column: str, label: str) -> None:
        """Notes a category of a text column that the training rows do not have."""
        self._unseen.setdefault(column, {})[label] = None

    def problems(self) -> list[Problem]:
        """The notices, as warnings."""
        found = list(self._notes)
        if self._is_short:
            found.append(Problem(SHORT_HEADER, None, self.file))
        if self._untargeted:
            found.append(Problem(f"{self._untargeted_message()}; left out", None, self.file))
        if self._dropped:
            message = f"{self._dropped:,} of {self._judged:,} rows have missing values; left out"
            found.append(Problem(message, None, self.file))
        for column, labels in self._unseen.items():
            count, shown = len(labels), ", ".join(map(repr, list(labels)[:SHOWN_LABELS]))
            more = ", …" if count > SHOWN_LABELS else ""
            noun = "a category" if count == 1 else f"{count:,} categories"
            message = f"{noun} that training did not see ({shown}{more}); taken as none of them"
            found.append(Problem(message, None, self.file, path=f"column {column}"))
        return found

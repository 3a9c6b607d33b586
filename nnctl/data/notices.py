"""What a user should know of rows that can be used all the same."""

from nnctl.errors import Problem

SHOWN_LABELS = 10


class Notices:
    """Gathers the notices of one file; each kind is told once, however many rows it is about."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._rows = 0
        self._dropped = 0
        self._unseen: dict[str, dict[str, None]] = {}

    def rows(self, count: int, dropped: int) -> None:
        """Counts rows, and those among them that a missing value leaves out."""
        self._rows += count
        self._dropped += dropped

    def unseen(self, column: str, label: str) -> None:
        """Notes a category of a text column that the training rows do not have."""
        self._unseen.setdefault(column, {})[label] = None

    def problems(self) -> list[Problem]:
        """The notices, as warnings."""
        found = []
        if self._dropped:
            message = f"{self._dropped:,} of {self._rows:,} rows have missing values; left out"
            found.append(Problem(message, None, self.file))
        for column, labels in self._unseen.items():
            count, shown = len(labels), ", ".join(map(repr, list(labels)[:SHOWN_LABELS]))
            more = ", …" if count > SHOWN_LABELS else ""
            noun = "a category" if count == 1 else f"{count:,} categories"
            message = f"{noun} that training did not see ({shown}{more}); taken as none of them"
            found.append(Problem(message, None, self.file, path=f"column {column}"))
        return found

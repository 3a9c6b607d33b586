"""The folder of a run while it trains: where somebody has removed it, it is made anew.

What hours of training have come to would be lost otherwise, with the files that were in it.
"""

from contextlib import ExitStack
from pathlib import Path

from nnctl.errors import NnctlError, Problem
from nnctl.runs.folder import CONFIG
from nnctl.runs.lock import writing
from nnctl.system.atomic import atomic_file, write_problem


class KeptFolder:
    """A run's folder, with the text of its config; without one it belongs to a member of several.

    `notices` tell that it was made anew. It is held, then, until `close`.
    """

    def __init__(self, path: Path, config: str | None = None):
        self.path = path
        self.config = config
        self.notices: tuple[Problem, ...] = ()
        self._held = ExitStack()
        self._identity = self._found()

    def require(self) -> None:
        """Makes the folder anew where it is gone.

        Raises `NnctlError` where that cannot be, or where another process writes one in its place.
        """
        found = self._found()
        if found is not None and found == self._identity:
            return
        if found is None:
            self._make()
        self._held.enter_context(writing(self.path))
        self._identity = self._found()

    def close(self) -> None:
        """Lets go of a folder that was made anew."""
        self._held.close()

    def _make(self) -> None:
        message = "this folder was removed while its run trained"
        if self.config is None:
            message = f"{message}; what its members have learnt is lost"
            fix = "train again, and leave the folder in its place until the end"
            raise NnctlError(Problem(message, fix, self._file))
        try:
            self.path.mkdir(parents=True)
            with atomic_file(self.path / CONFIG, "w") as file:
                file.write(self.config)
        except OSError as error:
            raise write_problem(error, self.path) from None
        told = f"{message}; it was made anew, and nothing that the run has learnt is lost"
        fix = "move the folder of a run only when it has ended"
        self.notices = (*self.notices, Problem(told, fix, self._file))

    @property
    def _file(self) -> str:
        return str(self.path)

    def _found(self) -> tuple[int, int] | None:
        """Which folder stands there, if any does."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

"""What went wrong, where, and what to do: the one form of every user-facing error.

The rows below the command line raise `NnctlError`; only the command line prints it and
chooses the exit status. Text from elsewhere may stand in a problem as it is: told, it is visible.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from enum import IntEnum
from typing import NamedTuple

from nnctl.errors.visible import tell_apart, visible


class ExitStatus(IntEnum):
    """The exit statuses of the command line."""

    DONE = 0
    NO = 1  # it ran, and the answer is no
    COULD_NOT_RUN = 2
    INTERRUPTED = 130
    TERMINATED = 143


class Setting(NamedTuple):
    """What of a config decides about a problem of its data, for whoever has the config at hand.

    The place to change is the dotted `key` (`OUTPUT_UNITS` is one, too), or the `item` of its
    list; without a key it is where the data have it. `fix` is what to do where there is a config,
    if that is other than where there is none.
    """

    key: str = ""
    item: str = ""
    fix: str | None = None


OUTPUT_UNITS = "layers.*.units"  # of the last layer that has units


class Problem(NamedTuple):
    """One thing that is wrong.

    `message` says what was found and what is allowed; `fix` what to do about it. `file`,
    `line` (counted from 1) and `path` (a dotted config key, or the column of a table) say
    where; `source` stands in for the line where the value came from elsewhere ("--set").
    `details` are told below the message, each on a line of its own.
    `setting` is what a config has to do with a problem of its data.
    """

    message: str
    fix: str | None = None
    file: str | None = None
    line: int | None = None
    path: str = ""
    source: str | None = None
    details: tuple[str, ...] = ()
    setting: Setting | None = None

    def located(self, **place: object) -> "Problem":
        """The same problem with those fields of its place filled in that are still empty."""
        empty = {name: value for name, value in place.items() if not getattr(self, name)}
        return self._replace(**empty)  # type: ignore[arg-type]

    @property
    def place(self) -> str:
        """The file, or what stands in for it, and its line."""
        place = self.source or self.file or ""
        return place if self.line is None or self.source is not None else f"{place}:{self.line}"

    def __str__(self) -> str:
        head = "  ".join(visible(part) for part in (self.place, self.path) if part)
        body = [visible(line) for line in (self.message, *self.details)]
        if self.fix is not None:
            body.append(f"fix: {visible(self.fix)}")
        return "\n".join([head, *(f"  {line}" for line in body)] if head else body)


class NnctlError(Exception):
    """One or more problems that a user can mend; carries all that were found at once."""

    status = ExitStatus.COULD_NOT_RUN

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def with_problems(self, problems: Iterable[Problem]) -> "NnctlError":
        """An error of the same kind, and so with the same exit status, that tells of these."""
        values = {name: value for name, value in vars(self).items() if name != "problems"}
        return again(type(self), tuple(problems), values)

    def __reduce__(self) -> tuple[object, ...]:
        """So that an error reaches another process as what it is."""
        return again, (type(self), self.problems, self.__dict__)


def again(
    kind: type[NnctlError], problems: Sequence[Problem], values: dict[str, object]
) -> NnctlError:
    """The error that was pickled."""
    error = kind.__new__(kind)
    NnctlError.__init__(error, problems)
    error.__dict__.update(values)
    return error


def together(errors: Sequence[NnctlError]) -> NnctlError:
    """All problems of several errors, of the kind of the first that says more than "mend this"."""
    kinds = (error for error in errors if error.status is not ExitStatus.COULD_NOT_RUN)
    kind = next(kinds, errors[0])
    return kind.with_problems(problem for error in errors for problem in error.problems)


class ArgumentError(NnctlError, ValueError):
    """An argument of a layer, loss, optimizer, … or a shape that its class does not take.

    It is a `ValueError` too, which is what callers from Python expect.
    """

    def __init__(self, message: str, fix: str | None = None, path: str = "") -> None:
        super().__init__(Problem(message, fix, path=path))

    def under(self, parent: str) -> "ArgumentError":
        """The same error, with its path below that of `parent`."""
        (problem,) = self.problems
        path = ".".join(part for part in (parent, problem.path) if part)
        return ArgumentError(problem.message, problem.fix, path)


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name most like `name`, or that of which it is the initials, or None.

    `lr` stands for `learning_rate`, and `mse` for `mean_squared_error`. Most like it is what only
    looks the same.
    """
    names = list(allowed)
    found = [each for each in names if tell_apart(name, each)]
    found = found or get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    found = found or [each for each in names if len(name) > 1 and initials(each) == name.lower()]
    return found[0] if found else None


def initials(name: str) -> str:
    """The first letters of the words of a name in snake case."""
    return "".join(word[:1] for word in name.split("_"))


def did_you_mean(name: str, allowed: Sequence[str]) -> str | None:
    """The fix for a misspelt name, or None where no allowed name is near.

    Where the two look alike, both are written so that they do not.
    """
    close = nearest(name, allowed)
    if close is None:
        return None
    if apart := tell_apart(name, close):
        return f'did you mean "{apart[1]}"? It only looks like "{apart[0]}"'
    return f'did you mean "{close}"?'

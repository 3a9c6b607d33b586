"""The command as it was typed, for the line to type instead."""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class Typed:
    """The command of this process: its name, then its arguments."""

    line: ClassVar[tuple[str, ...]] = ()


def typed_line(changes: Mapping[str, str], *, last: bool = False) -> str:
    """The command as it was typed, with some words in place of others.

    Of a word that stands there twice, the first is changed, or the `last`.
    """
    words = list(Typed.line)
    for word, changed in changes.items():
        places = [place for place, typed in enumerate(Typed.line) if typed == word]
        if places:
            words[places[-1 if last else 0]] = changed
    return line_of(words)


def line_with(replaced: Mapping[str, Sequence[str]], missing: Sequence[str]) -> str:
    """The command as it was typed, with several words in place of some, each time they stand there.

    Before the first of these come the arguments that are `missing`, by the names that help has.
    """
    words: list[str] = []
    for word in Typed.line:
        if word in replaced:
            words += missing
            missing = ()
        words += replaced.get(word, [word])
    return line_of(words)


def line_of(words: Sequence[str]) -> str:
    """A command of nnctl's as a shell takes it."""
    import shlex  # rarely needed

    return shlex.join(["nnctl", *words])

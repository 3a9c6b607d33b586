"""The command as it was typed, for the line to type instead."""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class Typed:
    """The command of this process: its name, then its arguments."""

    line: ClassVar[tuple[str, ...]] = ()


def typed_line(
    changes: Mapping[str, str], settings: Sequence[str] = (), *, last: bool = False
) -> str:
    """The command as it was typed, with some words in place of others, and `--set` before some.

    Of a word that stands there twice, the first is changed, or the `last`.
    """
    import shlex  # rarely needed

    words = list(Typed.line)
    for word, changed in changes.items():
        places = [place for place, typed in enumerate(Typed.line) if typed == word]
        if places:
            words[places[-1 if last else 0]] = changed
    typed = [part for word in words for part in (["--set"] * (word in settings) + [word])]
    return shlex.join(["nnctl", *typed])

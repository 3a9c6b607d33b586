"""Colours on terminals that show them, and none anywhere else.

They are the sixteen that every terminal has and its user may choose, so that they can be read on
light ground as on dark; nothing is told by a colour alone.
"""

import os
import re
from collections.abc import Iterable
from typing import TextIO

STYLES = {
    "error": "1;31",
    "warning": "1;35",
    "advice": "1;36",
    "fix": "1;32",
    "change": "1;32",
    "place": "36",  # a file, a line, a key
    "title": "1",
}
LABEL = re.compile(r"^( *)(error|warning|advice|fix|change):", re.MULTILINE)
COLOURLESS = ("dumb", "unknown")


def has_colours(stream: TextIO) -> bool:
    """Whether a stream is a terminal with colours, and its user has not said NO_COLOR."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "").lower() in COLOURLESS
    return stream.isatty() and not plain


def paint(text: str, style: str, stream: TextIO) -> str:
    """The text in one of the styles, where the stream shows it."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if text and has_colours(stream) else text


def paint_message(text: str, stream: TextIO, places: Iterable[str] = ()) -> str:
    """A message with its labels painted, and the places that it names, each where it stands first.

    A place that is broken over lines is left as it is.
    """
    if not has_colours(stream):
        return text
    for place in filter(None, places):
        found = re.search(rf"(?<!\S){re.escape(place)}(?!\S)", text)
        if found is not None:
            text = text[: found.start()] + paint(place, "place", stream) + text[found.end() :]
    return LABEL.sub(lambda m: m[1] + paint(f"{m[2]}:", m[2], stream), text)

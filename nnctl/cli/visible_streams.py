"""The second wall: whatever is printed, nothing foreign acts on the terminal.

What commands print is visible already, but for line feeds of their own. This holds what libraries
print to the same, and what is added one day and forgets it.
"""

import io
import re
import sys
from typing import Any

from nnctl.errors.visible import HIDDEN_IN_LINES, are_printable, escape

# What Rich does on a terminal: colours, lines drawn anew, the cursor hidden meanwhile.
DRAWING = r"\x1b\[(?:[0-9;]*m|[0-9]*[AK]|\?25[hl])|\r"
HIDDEN_ON_TERMINALS = f"({DRAWING})|{HIDDEN_IN_LINES}"


class VisibleStream(io.TextIOWrapper):
    """A text stream that spells out what is not visible, but for drawing on a terminal."""

    def write(self, text: str) -> int:
        if are_printable(text):
            return super().write(text)
        hidden = HIDDEN_ON_TERMINALS if self.isatty() else HIDDEN_IN_LINES
        super().write(re.sub(hidden, _spell, text))
        return len(text)


def _spell(found: re.Match[str]) -> str:
    drawing = found.re.pattern == HIDDEN_ON_TERMINALS and found[1]
    return drawing or escape(found[0])


def guard_streams() -> None:
    """Makes stdout and stderr streams of visible text, on what is below them already."""
    sys.stdout, sys.stderr = _guarded(sys.stdout), _guarded(sys.stderr)


def _guarded(stream: Any) -> VisibleStream:
    settings = {
        name: getattr(stream, name)
        for name in ("encoding", "errors", "line_buffering", "write_through")
    }
    return VisibleStream(stream.detach(), **settings)

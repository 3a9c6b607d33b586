"""The fenced blocks of a Markdown page, with the comment that says what each is."""

import re
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"(?:<!-- (?P<mark>[^\n]*?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)```", re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block; `mark` is the comment on the line before it, or empty."""

    language: str
    text: str
    mark: str = ""

    @property
    def file(self) -> str | None:
        """The file that the block shows, after `<!-- file: NAME -->`."""
        return self.mark.removeprefix("file: ") if self.mark.startswith("file: ") else None


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page, in their order."""
    found = BLOCK.finditer(page.read_text())
    return [Block(each["language"], each["text"], each["mark"] or "") for each in found]

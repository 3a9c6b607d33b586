"""`python -m tests.docs.pictures` runs nnctl on a terminal and draws what is left there."""

import io
import os
import pty
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.docs.pages import DOCS
from tests.docs.running import checkout
from tests.processes import begun

COLUMNS = 84
PICTURES = DOCS / "pictures"
TOKEN = re.compile(
    r"\x1b\[(?P<given>[\d;?]*)(?P<control>[A-Za-z])|(?P<move>[\r\n])|(?P<text>[^\x1b\r\n]+)"
)
FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
TYPO = """\
data: {train: datasets/iris.csv, target: species}
layers:
  - {type: dense, unit: 10, activation: relu}
  - {type: dense, units: 3}
loss: {type: sparse_categorical_crossentropy, from_logits: true}
optimizer: adam
epochs: 50
batch_size: 0
"""
SHOWN = {
    "train": ["nnctl train configs/mnist.yaml"],
    "validate": ["nnctl validate flowers.yaml", "nnctl validate configs/linear-collapse.yaml"],
}


def on_terminal(command: str, folder: Path) -> str:
    """What a command writes to a terminal of so many columns."""
    words = [sys.executable, "-m", *command.split()]
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    ours, theirs = pty.openpty()
    with begun(words, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        return b"".join(chunks(ours)).decode()


def chunks(terminal: int) -> Iterator[bytes]:
    """All that comes until nobody writes any more."""
    try:
        while read := os.read(terminal, 1 << 16):
            yield read
    except OSError:  # how Linux says that the other side is closed
        os.close(terminal)


def screen(written: str) -> list[str]:
    """The lines that stand on the terminal in the end, with their colours.

    Knows what Rich sends: colours, going up, clearing a line, and starting it anew.
    """
    lines, row, anew = [""], 0, False
    for token in TOKEN.finditer(written):
        if token["move"] == "\n":
            row, anew = row + 1, False
            lines += [""] * (row + 1 - len(lines))
        elif token["move"]:
            anew = True
        elif token["control"] == "A":
            row = max(0, row - int(token["given"] or 1))
        elif token["control"] == "K":
            lines[row] = ""
        elif token["text"] or token["control"] == "m":
            lines[row] = token[0] if anew else lines[row] + token[0]
            anew = False
    return lines


def drawn(commands: Mapping[str, list[str]], title: str) -> str:
    """The picture of commands and what they wrote, with nothing to be fetched from elsewhere."""
    lines = [line for command, shown in commands.items() for line in (f"$ {command}", *shown)]
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor")
    for text in map(Text.from_ansi, lines):
        for start in range(0, max(1, len(text)), COLUMNS):  # a terminal breaks lines anywhere
            console.print(text[start : start + COLUMNS], highlight=False, overflow="ignore")
    picture = console.export_svg(title=title, unique_id=title.replace(" ", "-"))
    return FONT.sub("", picture).replace("Fira Code,", "Fira Code, Menlo, Consolas,")


def picture_of(name: str) -> str:
    """One of the pictures, from commands that are run for it."""
    with tempfile.TemporaryDirectory() as place:
        folder = checkout(Path(place))
        (folder / "flowers.yaml").write_text(TYPO)
        shown = {command: screen(on_terminal(command, folder)) for command in SHOWN[name]}
    return drawn(shown, f"nnctl {name}")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for each in SHOWN:
        (PICTURES / f"{each}.svg").write_text(picture_of(each))

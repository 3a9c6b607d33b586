"""What reaches the standard streams of a process, on a terminal and elsewhere."""

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir
from pathlib import Path

import pytest

from nnctl.cli.visible_streams import VisibleStream
from tests.hostile.test_texts import arguments, hidden_in
from tests.hostile.texts import project_of_texts
from tests.loaded import start_nnctl
from tests.processes import begun

# What Rich writes to draw: colours and weights, of which the hostile texts have one of their own.
DRAWING = re.compile(r"\x1b\[(?!38;5;213)[0-9;]*m|\x1b\[(?:1A|2K|\?25[lh])|\r")
LINES = [
    "train good.yaml -o new",
    "train column.yaml",
    "train key.yaml",
    "train KEY KEY",
    "KEY",
    "init table.csv --target LABEL -o new.yaml",
    "predict good unknown.csv --keep KIND",
    "evaluate good table.csv",
    "crossval good.yaml --folds 2 --workers 1",
    "tune tuned.yaml -o new --workers 1",
    "validate good.yaml keys.yaml",
    "validate good.yaml --resolved",
    "summary good",
    "gradcheck good.yaml",
    "explain good.yaml",
    "report good",
]


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("bottom", "colours"), [(io.BytesIO, False), (Terminal, True)])
def test_a_stream_spells_out_what_acts_but_for_drawing_on_a_terminal(bottom, colours):
    written = bottom()
    stream = VisibleStream(written, encoding="utf-8", write_through=True)
    for text in ("é\n\x1b[1;31m\x1b[2K\x1b[?25l", "\x1b]0;title\x07\x1b[6n\x9b31m\u202e\udcff"):
        assert stream.write(text) == len(text)
    drawing = "\x1b[1;31m\x1b[2K\x1b[?25l" if colours else r"\x1b[1;31m\x1b[2K\x1b[?25l"
    shown = r"\x1b]0;title\x07\x1b[6n\u009b31m\u202e\xff"
    assert written.getvalue().decode() == f"é\n{drawing}{shown}"


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of hostile texts, entered."""
    folder = tmp_path_factory.mktemp("terminal")
    with chdir(folder):
        project_of_texts()
        yield folder


def on_a_terminal(line: str, environment: Mapping[str, str]) -> str:
    """What a command writes to a terminal that is its stdout and stderr."""
    ours, theirs = pty.openpty()
    words = [word.replace("\0", "") for word in arguments(line)]
    with begun(
        words,
        start=start_nnctl,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm-256color", "COLUMNS": "100", "LC_ALL": "C.UTF-8"},
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                block = os.read(ours, 1 << 16)
            except OSError:  # the other side is closed
                break
            if not block:
                break
            written += block
        os.close(ours)
        assert process.wait(60) in (0, 1, 2)
    return written.decode()


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("line", LINES)
def test_a_terminal_gets_no_codes_but_those_of_drawing(line, texts, environment):
    written = on_a_terminal(line, environment)
    assert written and "Traceback" not in written
    assert hidden_in(DRAWING.sub("", written)) == set()


@pytest.mark.process
def test_what_forgets_to_be_visible_is_spelt_out(environment):
    """The second wall, by itself: a library that prints what it likes."""
    script = (
        "import sys\nfrom unittest.mock import patch\nfrom nnctl.cli import app\n"
        "def print_all(**_):\n    print('a\\x1b[31m\\u202e')\n"
        "    print('b\\x07', file=sys.stderr)\n"
        "with patch.object(app, 'app', print_all):\n    app.run()\n"
    )
    with begun(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        encoding="utf-8",
    ) as process:
        assert process.communicate() == ("a\\x1b[31m\\u202e\n", "b\\x07\n")
    assert process.returncode == 0

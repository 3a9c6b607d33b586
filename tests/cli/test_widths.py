"""What commands print fits terminals of any width: no line is wider, and no word is broken."""

import io
import re

import pytest

from nnctl.cli.app import load_command
from tests.cli.conftest import CONFIG, ROWS

# A class and a column of long names, numbers of many digits, and two runs that differ.
LONG = "a_rather_long_name_of_a_column"
KINDS = ("a kind of row with a long name", "another kind of row")
LINES = {
    "init": "table.csv --target label -o new.yaml --overwrite",
    "evaluate": "run table.csv",
    "importance": "run table.csv",
    "attribution": "run table.csv --row 1",
    "drift": "run table.csv",
    "runs": ".",
    "diff": "run other",
    "lr-find": "small.yaml",
    "validate": "small.yaml wrong.yaml",
    "summary": "run",
    "gradcheck": "small.yaml",
    "explain": "small.yaml",
    "crossval": "small.yaml --folds 2 --workers 1",
    "train": "small.yaml -o third --overwrite",
    "advice": "saturating-hidden",
}
# To be copied, and so in one piece: YAML below an error or behind a change, paths, keys of a line.
COPIED = re.compile(r"^(    |change  )|^\s*[^\s\\]+( \\)?$")


class Terminal(io.StringIO):
    """A terminal without colours, so that lines are as long as they are seen to be."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two runs, their table and their config, and a config with a mistake."""
    folder = tmp_path_factory.mktemp("widths")
    rows = [f"{a}.123456,{b * 1e6},{KINDS[label == 'yes']}" for a, b, label in ROWS]
    (folder / "table.csv").write_text("\n".join([f"{LONG},b,label", *rows]) + "\n")
    (folder / "small.yaml").write_text(CONFIG)
    (folder / "wrong.yaml").write_text(CONFIG.replace("units", "unit") + "epoch: 3\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        for words in ("-o run", "-o other --set epochs=2 --set layers.0.units=4"):
            command = load_command("train")
            assert command.main(["small.yaml", "-q", *words.split()], standalone_mode=False) == 0
    return folder


def seen(words: list[str], columns: int, monkeypatch) -> list[str]:
    """The lines that a command prints to a terminal of so many columns."""
    screen = Terminal()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr("sys.stderr", screen)
    load_command(words[0]).main(words[1:], standalone_mode=False)
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", screen.getvalue())
    return [line.rstrip() for line in re.split(r"[\r\n]", text)]  # live lines are drawn anew


WIDTHS = [40, 60, *(pytest.param(wide, marks=pytest.mark.slow) for wide in (80, 120, 200))]


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("command", LINES)
def test_no_line_is_wider_than_the_terminal(command, columns, folder, monkeypatch):
    monkeypatch.chdir(folder)
    lines = seen([command, *LINES[command].split()], columns, monkeypatch)
    assert any(lines)
    wide = [line for line in lines if len(line) > columns and not COPIED.search(line)]
    assert wide == []

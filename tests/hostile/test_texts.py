"""Nothing in a table, a config, weights or a name acts on a terminal, whatever is printed of it."""

import shlex
import shutil
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from nnctl.cli.app import COMMANDS
from tests.fuzz.trial import nnctl
from tests.hostile.texts import (
    AMOUNT,
    FORGED,
    HIDDEN,
    KEY,
    LABEL,
    PATH,
    SIZE,
    TABLE,
    project_of_texts,
)  # fmt: skip

# Lines of each command: `NAME.yaml` and the like stand for files with that at the beginning of
# their name, `{key}` and `{label}` for such texts.
LINES: dict[str, list[str]] = {
    "init": ["table.csv --target LABEL -o new.yaml", "table.csv", "table.csv --target KEY",
        "table.csv --target AMOUNT -o new.yaml", "gone.csv --target KEY", "twice.csv --target KEY",
        "ragged.csv --target KEY", "table.csv --target LABEL -o good.yaml"],
    "train": ["good.yaml -o new", "good.yaml -o new --json", "amounts.yaml -o new -q",
        "good.yaml -o good", "good.yaml -o empty/KEY", "good.yaml -o table.csv/x", "gone.yaml",
        "good.yaml --set KEY=KEY", "good.yaml --set KEY", "good.yaml --set LABEL=LABEL",
        "good.yaml --init-weights gone.npz",
        "good.yaml --init-weights table.csv", "good.yaml --epochs KEY", "--KEY", "KEY KEY",
        "good.yaml -o new --set optimizer.learning_rate=1e300", "raw.yaml", "text.yaml", "key.yaml",
        "file.yaml", "void.yaml", "label.yaml", "column.yaml", "good.yaml --smoke", "arrays.yaml"],
    "resume": ["good --epochs 3", "good", "gone", "empty", "table.csv"],
    "predict": ["good table.csv", "good table.csv -o new.csv", "amounts table.csv",
        "several table.csv --keep KIND", "good table.csv --keep LABEL", "good table.csv --keep KEY",
        "good unknown.csv", "good text.csv", "good other.csv", "good gone.csv", "gone table.csv",
        "empty table.csv", "table.csv table.csv", "good ragged.csv", "good twice.csv",
        "good arrays.npz", "good arrays.npz --features KEY",
        "good table.csv --features KEY", "good table.csv -o empty"],
    "evaluate": ["good table.csv", "good table.csv --json", "amounts table.csv",
        "several table.csv", "good label.csv", "good unknown.csv",
        "good table.csv --fail-under KEY=1",
        "good table.csv --fail-under accuracy=KEY", "good table.csv --target KEY"],
    "crossval": ["good.yaml --folds 2 --workers 1 --predictions new.csv", "key.yaml",
        "amounts.yaml --folds 2 --workers 1 --json", "good.yaml --fail-over KEY=1"],
    "tune": ["tuned.yaml -o new --workers 1", "tuned.yaml -o new --workers 1 --json",
        "searched.yaml", "good.yaml", "tuned.yaml --storage KEY", "sought.yaml -o new --workers 1"],
    "report": ["good -o new.html", "amounts several -o new.html", "gone", "good -o empty"],
    "export": ["good new.onnx", "good new.onnx --json", "good new.KEY", "gone new.onnx"],
    "validate": ["good.yaml", "good.yaml --json", "good.yaml --resolved", "key.yaml", "keys.yaml",
        "key.yaml --json", "scale.yaml", "file.yaml column.yaml label.yaml", "searched.yaml",
        "numbers.yaml", "shapes.yaml", "leak.yaml", "leak.yaml --json",
        "numbers.yaml --json", "tuned.yaml --resolved", "raw.yaml",
        "text.yaml", "gone.yaml", "good.yaml --set KEY=KEY", "void.yaml"],
    "importance": ["good table.csv", "good table.csv --json", "amounts table.csv -o new.csv",
        "several table.csv", "good", "good gone.csv", "good table.csv --target KEY"],
    "attribution": ["good table.csv --row 0", "good table.csv", "good table.csv --json",
        "several table.csv", "amounts table.csv --baseline row:1", "good gone.csv",
        "good table.csv --output KEY", "good table.csv --baseline KEY"],
    "runs": [".", ". --csv", ". --json", ". --sort KEY", ". --where KEY=KEY", "gone"],
    "diff": ["good several", "good amounts --json", "good gone", "table.csv good"],
    "lr-find": ["good.yaml", "good.yaml --json", "good.yaml --set KEY=KEY", "key.yaml"],
    "drift": ["good unknown.csv", "good table.csv --json", "several table.csv", "good text.csv",
        "good table.csv --fail-over KEY=1", "good gone.csv"],
    "summary": ["good.yaml", "good", "gone", "table.csv", "shapes.yaml"],
    "gradcheck": ["good.yaml", "good.yaml --json", "key.yaml", "good.yaml --method KEY"],
    "playground": ["good.yaml", "good", "key.yaml", "gone", "table.csv",
        "good.yaml --set KEY=KEY"],
    "explain": ["good.yaml", "good.yaml --json", "good.yaml --weights table.csv",
        "good.yaml --weights amounts", "good.yaml --row KEY"],
    "profile": ["good.yaml", "good.yaml --json", "key.yaml"],
    "derivative": ["KEY --at w=1", "w**2 --at KEY=1", "w**2 --at w=KEY", "w**2 --at KEY"],
    "advice": ["KEY"],
    "schema": ["", "KEY"],
    "help": ["", "KEY"],
}  # fmt: skip
NAMED = {"KEY": KEY, "LABEL": LABEL, "AMOUNT": AMOUNT, "KIND": f"kind{TABLE}", "SIZE": SIZE}
NEW = ("new", "new.csv", "new.yaml", "new.html", "new.onnx")
BINARY = {".npz", ".onnx", ".db", ".db-wal", ".db-shm"}


def arguments(line: str) -> list[str]:
    """The words of a line, with its files and texts."""
    return [word_of(word) for word in shlex.split(line)]


def word_of(word: str) -> str:
    for name, text in NAMED.items():
        word = word.replace(name, text)
    stem, dot, ending = word.partition(".")
    here = Path(f"{stem}{PATH}{dot}{ending}")
    known = here.exists() or stem in ("gone", "new")
    return str(here) if known else word


def hidden_in(text: str) -> set[str]:
    """What a text has that acts, or forges a line, where it is shown."""
    found = {f"U+{ord(c):04X}" for c in set(text) - {"\n"} if ord(c) in HIDDEN}
    return found | {line for line in text.split("\n") if line.startswith(FORGED)}


def test_every_command_has_lines_here():
    assert set(LINES) == set(COMMANDS)


def test_the_search_finds_all():
    assert hidden_in(f"a{KEY}{PATH}") >= {f"U+{c:04X}" for c in HIDDEN - {10} if c < 0xD800}
    assert FORGED in hidden_in(TABLE)
    assert hidden_in("é\nŁ“😀\n") == set()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    with chdir(folder):
        project_of_texts()
    return folder


@pytest.fixture
def place(before: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder of hostile texts, entered."""
    folder = tmp_path / "place"
    shutil.copytree(before, folder)
    with chdir(folder):
        yield folder


def cases() -> Iterator[Any]:
    """Each line with its command: of each command one is quick."""
    for command, lines in LINES.items():
        for number, line in enumerate(lines):
            marks = [pytest.mark.slow] if number else []
            yield pytest.param(command, line, marks=marks, id=f"{command} {line}")


@pytest.mark.slow
@pytest.mark.parametrize(("command", "line"), list(cases()))
def test_all_that_is_printed_and_written_is_visible(command: str, line: str, place: Path) -> None:
    known = set(place.rglob("*"))
    status, out, told = nnctl([command, *arguments(line)])
    assert status in (0, 1, 2)
    assert out or told or "-q" in line or "new.csv" in line
    assert "Traceback" not in told
    assert hidden_in(out) == set(), out
    assert hidden_in(told) == set(), told
    for path in set(place.rglob("*")) - known:
        if path.is_file() and path.suffix not in BINARY:
            assert hidden_in(path.read_text(encoding="utf-8")) == set(), path

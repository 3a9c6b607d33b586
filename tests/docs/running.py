"""What the blocks of a page do: they are run as a reader would, with fewer epochs."""

import glob
import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from typer.testing import CliRunner

from nnctl.cli.app import app
from tests.docs.blocks import Block
from tests.docs.pages import ROOT
from tests.loaded import start_nnctl
from tests.processes import run

EPOCHS, RESUMED, TRIALS = 3, 30, 4
STARTING = {"crossval", "tune"}  # start processes, which takes longer beside the threads of tests
# A word of which a shell makes nothing else, but for *: in quotes, or of plain letters.
WORD = re.compile(r"""'([^']*)'|"([^"$`\\]*)"|([^\s'"|&;<>?$`\\]+)""")


def checkout(folder: Path) -> Path:
    """A folder with the shipped configs and data, as in a clone."""
    for name in ("configs", "datasets"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def source_checkout(folder: Path) -> Path:
    """A clone whose code may be changed, too."""
    for name in ("nnctl", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder)
    return checkout(folder)


def run_blocks(blocks: Sequence[Block], folder: Path) -> None:
    """Runs the blocks one after another in the folder, which is the current one.

    `file: NAME` before a block makes it that file, `change: NAME` a change of it. A block that is
    marked `exits N` ends with that status, and what is marked `output` is what the one before
    printed; `part of the output` stands in it. Keras is no package of the tests: such blocks are
    only read, as is other text.
    """
    printed = ""
    for block in blocks:
        if block.file:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text)
        elif block.language == "diff":
            change(folder / block.mark.removeprefix("change: "), block.text)
        elif block.language == "sh":
            *before, last = commands(block.text)
            for command in before:
                run_command(command, folder)
            status = int(block.mark.removeprefix("exits ") or 0)
            printed = run_command(last, folder, status)
        elif block.language == "python":
            compile(block.text, "a block", "exec")
            if block.mark != "keras":
                printed = run_python(block.text, folder)
        else:
            assert block.language == "text", f"nobody runs a block of {block.language!r}"
            assert block.mark != "output" or block.text == printed
            assert block.mark != "part of the output" or block.text in printed


def change(file: Path, diff: str) -> None:
    """Makes the change that a diff of a few lines shows; the place must be the only one."""
    lines = diff.splitlines()
    before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    text = file.read_text()
    assert text.count(before) == 1, f"{file.name} has no one place for\n{diff}"
    file.write_text(text.replace(before, after))


def commands(text: str) -> list[str]:
    """The commands of a shell block; a line that ends in a backslash goes on."""
    return text.replace("\\\n", " ").strip().splitlines()


def run_command(command: str, folder: Path, status: int = 0) -> str:
    """Runs a command: in this process, unless it needs a shell or the folder has its own nnctl.

    Returns what it printed, but to a file.
    """
    command = shortened(command)
    line, _, file = command.partition(" > ")
    words, written = words_of(line), words_of(file)
    if words[:1] == ["nnctl"] and len(written) == bool(file) and not (folder / "nnctl").exists():
        found, printed, told = printed_by(words[1:])
        assert found == status, f"{command}\n{printed}{told}"
        if not written:
            return printed
        (folder / written[0]).write_text(printed, encoding="utf-8")
        return ""
    python = shlex.quote(sys.executable)
    line = re.sub(r"(^|&& |\| )(nnctl|python) ", rf"\1{python} -m \2 ", command)
    line = line.replace("-m python ", "")
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    shell = run(line, shell=True, cwd=folder, env=own)
    assert shell.returncode == status, f"{command}\n{shell.stdout}{shell.stderr}"
    return shell.stdout


def printed_by(words: Sequence[str]) -> tuple[int, str, str]:
    """The status of a command, what it prints, and what it tells."""
    if words[0] in STARTING:
        started = run(words, start=start_nnctl)
        return started.returncode, started.stdout, started.stderr
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.stdout, done.stderr


def words_of(line: str) -> list[str]:
    """The words of a line, in the current folder; none where only a shell can tell them."""
    words: list[str] = []
    rest = line.strip()
    while rest:
        match = WORD.match(rest)
        if match is None or not (match.end() == len(rest) or rest[match.end()].isspace()):
            return []
        rest = rest[match.end() :].lstrip()
        quoted, doubly, plain = match.groups()
        if plain is None:
            words.append(doubly if quoted is None else quoted)
        else:
            words += sorted(glob.glob(plain)) or [plain]
    return words


def shortened(command: str) -> str:
    """The command with fewer epochs, where it trains."""
    if command.startswith("nnctl resume"):
        return re.sub(r"--epochs \d+", f"--epochs {RESUMED}", command)
    if command.startswith("nnctl tune"):
        further = re.search(r" --trials \d+", command)  # than the study that was run before
        command = command.replace(further[0], "") if further else command
        return f"{command} --epochs {EPOCHS} --trials {TRIALS + 2 if further else TRIALS}"
    if command.startswith("nnctl crossval configs/"):
        return re.sub(r"^nnctl crossval \S+", rf"\g<0> --set epochs={EPOCHS}", command)
    if command.startswith("nnctl train runs/"):  # to the end, as it was run
        return command
    trains = ("nnctl train", "nnctl playground")
    if command.startswith(trains) and "--smoke" not in command:
        return f"{command} --epochs {EPOCHS}"
    return command


def run_python(text: str, folder: Path) -> str:
    """Runs Python in the folder, and returns what it printed."""
    done = run([sys.executable, "-W", "error", "-c", text], cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout

"""Files and folders of any name, in any locale: all commands find them, and tell them legibly."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from nnctl.cli.app import COMMANDS
from nnctl.config import load
from tests.fuzz.trial import nnctl
from tests.processes import run

ROOT = Path(__file__).parents[2]
TABLE = "a,b,t\n" + "".join(f"{k % 7},{k * k % 11},{k % 2}\n" for k in range(24))
CONFIG = """\
data: {{train: {train}, target: t}}
layers: [{{type: dense, units: 1}}]
loss: {{type: binary_crossentropy, from_logits: true}}
optimizer: sgd
epochs: 2
tune: {{monitor: loss, search: {{optimizer.learning_rate: [0.01, 0.02]}}, trials: 2}}
"""
UTF_8 = {"LC_ALL": "C.UTF-8"}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
# In each folder: NAME.csv, NAME.yaml which names it, and a run in the folder NAME. What they write
# or read is called OUT there. One after another, so that each finds what those before it wrote.
LINES = {
    "init": "NAME.csv --target t -o OUT.yaml",
    "train": "NAME.yaml -o OUT",
    "resume": "OUT --epochs 3",
    "predict": "OUT NAME.csv -o OUT.csv",
    "evaluate": "OUT NAME.csv",
    "crossval": "NAME.yaml --folds 2 --workers 1 --predictions OUT.folds.csv",
    "tune": "NAME.yaml -o OUT.study --workers 1",
    "report": "OUT -o OUT.html",
    "export": "OUT OUT.onnx",
    "validate": "NAME.yaml OUT/config.yaml OUT.yaml",
    "summary": "OUT",
    "gradcheck": "OUT/config.yaml",
    "explain": "NAME.yaml --weights OUT",
    "profile": "NAME.yaml",
}
WITHOUT_FILES = {"derivative", "advice", "schema"}


def test_every_command_that_takes_files_has_a_line_here():
    assert set(LINES) | WITHOUT_FILES == set(COMMANDS)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "locale"),
    [(b"t\xff", UTF_8), (b"t\xff", ASCII), ("é\u202e".encode(), ASCII), (b"a\n'", UTF_8)],
)
def test_all_commands_take_files_of_any_name(
    name: bytes, locale: Mapping[str, str], tmp_path: Path
) -> None:
    text = os.fsdecode(name)
    folder = tmp_path / text
    folder.mkdir()
    (folder / f"{text}.csv").write_text(TABLE)
    quoted = name.decode("utf-8", "surrogateescape").encode("ascii", "backslashreplace").decode()
    quoted = quoted.replace("\\udcff", "\\uDCFF").replace("\n", "\\n")
    (folder / f"{text}.yaml").write_text(CONFIG.format(train=f'"{quoted}.csv"'))
    inside = os.fsdecode(b"./" + name), os.fsdecode(b"./x" + name)
    given = {"cwd": folder, "env": {**os.environ, **locale, "PYTHONPATH": str(ROOT)}}
    done = run([sys.executable, "-m", "tests.hostile.test_names", *inside], **given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["utf-8" if locale is UTF_8 else "ascii", *LINES, "report"]
    out = folder / os.fsdecode(b"x" + name)
    assert json.loads((out / "results.json").read_text(encoding="ascii"))["epochs"] == 3
    config = load(out / "config.yaml")
    assert config.resolve(str(config.data.train)).samefile(folder / f"{text}.csv")
    done = run([sys.executable, "-m", "nnctl", "evaluate", inside[1], f"{inside[0]}.csv"], **given)
    assert done.returncode == 0, done.stderr
    done = run([sys.executable, "-m", "nnctl", "train", f"{inside[1]}/gone{text}.yaml"], **given)
    assert done.returncode == 2 and "there is no such file" in done.stderr


def main(name: str, out: str) -> None:
    """Runs all lines in the current folder, and prints the encoding of names, then each command."""
    print(sys.getfilesystemencoding())
    for command, line in [*LINES.items(), ("report", "OUT.study")]:
        words = [word.replace("NAME", name).replace("OUT", out) for word in line.split()]
        status, printed, told = nnctl([command, *words])
        if status != 0:
            sys.exit(f"{command}: {status} {printed!a} {told!a}")
        print(command)


if __name__ == "__main__":
    main(*sys.argv[1:])

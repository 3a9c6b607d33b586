"""Files and folders of any name, in any locale: all commands find them, and tell them legibly."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path

import pytest

from nnctl.cli.app import COMMANDS
from nnctl.config import load
from nnctl.jobs import profile
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
    "importance": "OUT NAME.csv -o OUT.columns.csv",
    "attribution": "OUT NAME.csv",
    "runs": ". --csv",
    "diff": "OUT OUT",
    "lr-find": "NAME.yaml --write",
    "drift": "OUT NAME.csv",
    "validate": "NAME.yaml OUT/config.yaml OUT.yaml",
    "summary": "OUT",
    "gradcheck": "OUT/config.yaml",
    "explain": "NAME.yaml --weights OUT",
    "playground": "NAME.yaml OUT -o OUT.play.html",
    "profile": "NAME.yaml",
}
WITHOUT_FILES = {"derivative", "advice", "help", "schema"}


def test_every_command_that_takes_files_has_a_line_here():
    assert set(LINES) | WITHOUT_FILES == set(COMMANDS)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("names", "locale"),
    [((b"t\xff\n'",), UTF_8), (("é\u202e".encode(),), ASCII)],
    ids=["utf-8", "ascii"],
)
def test_all_commands_take_files_of_any_name(
    names: Sequence[bytes], locale: Mapping[str, str], tmp_path: Path
) -> None:
    texts = [os.fsdecode(name) for name in names]
    for name, text in zip(names, texts, strict=True):
        make_folder(tmp_path / text, name)
    env = {**os.environ, **locale, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.hostile.test_names", *texts]
    done = run(command, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    encoding = "utf-8" if locale is UTF_8 else "ascii"
    assert done.stdout.split() == [encoding, *[*LINES, "report"] * len(names)]
    for text in texts:
        folder, out = tmp_path / text, f"x{text}"
        results = (folder / out / "results.json").read_text(encoding="ascii")
        assert json.loads(results)["epochs"] == 3
        config = load(folder / out / "config.yaml")
        assert config.resolve(str(config.data.train)).samefile(folder / f"{text}.csv")
        command = [sys.executable, "-m", "nnctl"]
        done = run([*command, "evaluate", f"./{out}", f"./{text}.csv"], cwd=folder, env=env)
        assert done.returncode == 0, done.stderr
        done = run([*command, "train", f"./{out}/gone{text}.yaml"], cwd=folder, env=env)
        assert done.returncode == 2 and "there is no such file" in done.stderr


def make_folder(folder: Path, name: bytes) -> None:
    """A folder with a table of that name, and a config of that name that names the table."""
    folder.mkdir()
    text = os.fsdecode(name)
    (folder / f"{text}.csv").write_text(TABLE)
    quoted = name.decode("utf-8", "surrogateescape").encode("ascii", "backslashreplace").decode()
    quoted = quoted.replace("\\udcff", "\\uDCFF").replace("\n", "\\n")
    (folder / f"{text}.yaml").write_text(CONFIG.format(train=f'"{quoted}.csv"'))


def main(names: Sequence[str]) -> None:
    """Runs all lines in each folder, and prints the encoding of names, then each command."""
    profile.SECONDS = 0.02  # a step is clocked no longer than that
    print(sys.getfilesystemencoding())
    for text in names:
        with chdir(text):
            run_all(f"./{text}", f"./x{text}")


def run_all(name: str, out: str) -> None:
    for command, line in [*LINES.items(), ("report", "OUT.study")]:
        words = [word.replace("NAME", name).replace("OUT", out) for word in line.split()]
        status, printed, told = nnctl([command, *words])
        if status != 0:
            sys.exit(f"{command}: {status} {printed!a} {told!a}")
        print(command)


if __name__ == "__main__":
    main(sys.argv[1:])

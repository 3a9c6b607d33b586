"""A command that begins loaded is one that is started: in what it is given, and in how it ends."""

import os
import re
import signal
import subprocess
import sys
from functools import partial

import pytest

from tests import loaded
from tests.loaded import LoadedProcess
from tests.processes import begun, run

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not loaded.IS_POSSIBLE, reason="needs a fork of loaded libraries"),
]
SECONDS = re.compile(r"\d+\.\d\d s\b")  # which no two runs take alike
TABLE = "a,b,y\n" + "".join(f"{k % 7},{k % 5},{k % 2}\n" for k in range(20))
CONFIG = """\
data: {train: t.csv, target: y}
layers: [{type: dense, units: 1}]
loss: {type: binary_crossentropy, from_logits: true}
optimizer: sgd
epochs: 100000000
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "c.yaml").write_text(CONFIG)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "--version",
        "validate c.yaml",
        "validate größe.yaml",
        "train c.yaml --epochs 2 -o é",
        "trian",
    ],
)
@pytest.mark.parametrize("environment", [{}, {"FORCE_COLOR": "1", "COLUMNS": "40"}])
def test_it_prints_and_tells_what_a_started_one_does(line, environment):
    given = {"env": {**os.environ, **environment}}
    started = run([sys.executable, "-m", "nnctl", *line.split()], **given)
    again = run(
        [*line.split(), *(["--overwrite"] if "train " in line else [])],
        **given,
        start=LoadedProcess,
    )
    for one, other in [(started.stdout, again.stdout), (started.stderr, again.stderr)]:
        assert SECONDS.sub("0.00 s", one) == SECONDS.sub("0.00 s", other)
    assert started.returncode == again.returncode


def test_it_begins_without_what_is_closed():
    start = partial(LoadedProcess, closed=(1,))
    done = run(["--version"], start=start)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: standard output\n  it is closed")


def test_a_file_may_be_no_larger_than_it_is_told():
    start = partial(LoadedProcess, largest_file=1024)
    done = run(["init", "t.csv", "--target", "y"], start=start)
    assert done.returncode == 1 and "File too large" in done.stderr
    assert run(["init", "t.csv", "--target", "y"], start=LoadedProcess).returncode == 0


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_it_hears_signals(number, status, folder):
    with begun(["train", "c.yaml", "-o", "out"], start=LoadedProcess) as process:
        while not (folder / "out/checkpoint.npz").exists():
            assert process.poll() is None
        process.send_signal(number)
        assert process.wait(20) == status
        assert process.poll() == status


@pytest.mark.slow
def test_one_that_takes_too_long_is_ended():
    command = ["train", "c.yaml"]
    with (
        pytest.raises(subprocess.TimeoutExpired),
        begun(command, start=LoadedProcess, limit=1.5) as process,
    ):
        process.wait()
    assert process.returncode == -signal.SIGKILL

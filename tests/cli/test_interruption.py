"""Ctrl-C and SIGTERM: the first ends training with a checkpoint, the second at once."""

import csv
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired

import pytest

from nnctl.cli.interruption import Interruption
from nnctl.errors import ExitStatus
from nnctl.runs.checkpoint import Saved, read_checkpoint
from tests.processes import begun

STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}
DEAF = """
import sys, time
from nnctl.cli.interruption import Interruption
with Interruption() as interruption:
    interruption.on_train_begin(None)
    print("ready", flush=True)
    while True:
        time.sleep(0.05)
"""


@contextmanager
def telling(command: list[str], environment, stream: str) -> Iterator[Popen[str]]:
    """A process that has written its first line to `stream`."""
    with begun(command, env=environment, text=True, stdout=PIPE, stderr=PIPE) as process:
        assert getattr(process, stream).readline()
        yield process


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("number", STATUS)
def test_training_ends_with_a_checkpoint(number, project, environment):
    command = [sys.executable, "-m", "nnctl", "train", "small.yaml", "--epochs", "10000000"]
    with telling(command, environment, "stderr") as process:
        process.send_signal(number)
        stdout, stderr = process.communicate()
    assert process.returncode == STATUS[number]
    last, resume = stderr.splitlines()[-2:]
    assert resume == "go on    nnctl resume runs/small"
    assert last.startswith("interrupted after ")
    assert last.endswith("the state is kept in runs/small/checkpoint.npz")
    assert (project / "runs/small/checkpoint.npz").is_file()
    assert not (project / "runs/small/weights.npz").exists()
    assert "nnctl predict" not in stdout
    assert "Traceback" not in stderr


def members_of(project: Path) -> list[Saved]:
    """The last checkpoints of those of three members that have one."""
    paths = [project / f"runs/small/members/{k}/checkpoint.npz" for k in (1, 2, 3)]
    return [read_checkpoint(path) for path in paths if path.exists()]


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("number", STATUS)
def test_all_members_of_an_ensemble_end_with_a_checkpoint(number, project, environment):
    given = ["--epochs", "10000000", "--ensemble", "3", "--threads", "2"]
    with telling([sys.executable, "-m", "nnctl", "train", "small.yaml", *given],
                 environment, "stderr") as process:  # fmt: skip
        while sum(each.epoch > 0 for each in members_of(project)) < 3:
            time.sleep(0.1)
        process.send_signal(number)
        _, stderr = process.communicate()
    assert process.returncode == STATUS[number]
    last, resume = stderr.splitlines()[-2:]
    assert resume == "go on    nnctl resume runs/small"
    assert last.endswith("the state is kept in runs/small/members")
    saved = members_of(project)
    with (project / "runs/small/history.csv").open() as file:
        rows = list(csv.DictReader(file))
    for each in saved:
        assert sum(row["member"] == str(each.member) for row in rows) == each.epoch
    assert not (project / "runs/small/weights.npz").exists()
    assert "Traceback" not in stderr


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("number", STATUS)
def test_the_second_time_it_ends_at_once(number, environment):
    with telling([sys.executable, "-c", DEAF], environment, "stdout") as process:
        process.send_signal(number)
        with pytest.raises(TimeoutExpired):
            process.wait(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("ignored", STATUS)
def test_a_signal_that_it_was_started_to_ignore_is_ignored(ignored, project, environment):
    """As SIGINT is in the background of a script, which Ctrl-C ends alone."""
    (heard,) = STATUS.keys() - {ignored}
    train = f'exec "{sys.executable}" -m nnctl train small.yaml --epochs 10000000'
    command = ["bash", "-c", f"trap '' {ignored.name}; {train}"]
    with telling(command, environment, "stderr") as process:
        process.send_signal(ignored)
        with pytest.raises(TimeoutExpired):
            process.wait(0.5)
        process.send_signal(heard)
        process.communicate()
    assert process.returncode == STATUS[heard]
    assert (project / "runs/small/checkpoint.npz").is_file()


@pytest.fixture
def handlers():
    """Sees that the handlers are afterwards what they were before."""
    before = [signal.getsignal(number) for number in STATUS]
    yield
    assert [signal.getsignal(number) for number in STATUS] == before


class Run:
    reason = None

    def stop(self, reason):
        self.reason = reason


@pytest.mark.slow
@pytest.mark.parametrize("number", STATUS)
def test_in_training_the_first_one_is_noted(number, handlers):
    run = Run()
    with Interruption() as interruption:
        interruption.on_train_begin(run)
        interruption.on_batch_end(run, None)
        assert run.reason is None
        signal.raise_signal(number)
        for hook in (interruption.on_batch_end, interruption.on_epoch_end):
            run.reason = None
            hook(run, None)
            assert run.reason == "interrupted"
    assert interruption.status_of(ExitStatus.INTERRUPTED) == STATUS[number]
    assert interruption.status_of(ExitStatus.DONE) == ExitStatus.DONE


@pytest.mark.slow
@pytest.mark.parametrize("number", STATUS)
def test_outside_training_it_ends_at_once_and_is_remembered(number, handlers):
    run = Run()
    with Interruption() as interruption:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        interruption.on_train_begin(run)  # whoever swallowed it does not keep the run going
        interruption.on_batch_end(run, None)
        interruption.on_train_end(run, None)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert run.reason == "interrupted"


@pytest.mark.slow
@pytest.mark.parametrize("number", STATUS)
def test_what_is_ignored_before_is_ignored_inside_and_after(number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        run = Run()
        with Interruption() as interruption:
            interruption.on_train_begin(run)
            signal.raise_signal(number)
            interruption.on_batch_end(run, None)
            assert run.reason is None
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("number", STATUS)
def test_predicting_ends_at_once_and_leaves_no_file(number, trained, environment):
    command = [sys.executable, "-m", "nnctl", "predict", "runs/small", "-", "-o", "out.csv"]
    with begun(command, env=environment, stdin=PIPE, stderr=PIPE, text=True) as process:
        process.stdin.write("a,b\n" + "1,2\n" * 100_000)  # more than a pipe holds: it is reading
        process.stdin.flush()
        process.send_signal(number)
        assert process.wait(20) == STATUS[number]
        assert process.stderr.read() == ""
    assert sorted(path.name for path in Path().iterdir()) == ["runs", "small.yaml", "table.csv"]

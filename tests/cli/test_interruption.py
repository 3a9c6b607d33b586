"""Ctrl-C and SIGTERM: the first ends training with a checkpoint, the second at once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nnctl.cli.interruption import Interruption
from nnctl.errors import ExitStatus

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
def begun(command: list[str], environment, stream: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has written its first line to `stream`; it does not outlive the test."""
    process = subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert getattr(process, stream).readline()
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", STATUS)
def test_training_ends_with_a_checkpoint(number, project, environment):
    command = [sys.executable, "-m", "nnctl", "train", "small.yaml", "--epochs", "10000000"]
    with begun(command, environment, "stderr") as process:
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == STATUS[number]
    last, resume = stderr.splitlines()[-2:]
    assert resume == "go on    nnctl resume runs/small"
    assert last.startswith("interrupted after ")
    assert last.endswith("the state is kept in runs/small/checkpoint.npz")
    assert (project / "runs/small/checkpoint.npz").is_file()
    assert not (project / "runs/small/weights.npz").exists()
    assert "nnctl predict" not in stdout
    assert "Traceback" not in stderr


@pytest.mark.parametrize("number", STATUS)
def test_the_second_time_it_ends_at_once(number, environment):
    with begun([sys.executable, "-c", DEAF], environment, "stdout") as process:
        process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


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


@pytest.mark.parametrize("number", STATUS)
def test_predicting_ends_at_once_and_leaves_no_file(number, trained, environment):
    command = [sys.executable, "-m", "nnctl", "predict", "runs/small", "-", "-o", "out.csv"]
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdin.write("a,b\n" + "1,2\n" * 100_000)  # more than a pipe holds: it is reading
    process.stdin.flush()
    process.send_signal(number)
    try:
        assert process.wait(20) == STATUS[number]
    finally:
        process.kill()
    assert process.stderr.read() == ""
    process.stdin.close()
    process.stderr.close()
    assert sorted(path.name for path in Path().iterdir()) == ["runs", "small.yaml", "table.csv"]

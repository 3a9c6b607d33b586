"""Ctrl-C and SIGTERM: the first ends training with a checkpoint, the second at once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nnctl.cli.interruption import Interruption

STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}
DEAF = """
import sys, time
from nnctl.cli.interruption import Interruption
with Interruption():
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
    last = stderr.splitlines()[-1]
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


def test_what_was_asked_is_known_and_the_handlers_come_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interruption() as interruption:
        assert not interruption.asked()
        signal.raise_signal(signal.SIGTERM)
        assert interruption.asked()
        assert interruption.status == 143
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before

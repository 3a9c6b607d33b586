"""One input of the fuzz test, and the command that is run on it."""

import io
import os
import shutil
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from typer.main import get_command

from nnctl.cli.app import app
from nnctl.system import atomic
from nnctl.training.callbacks import Callback, EpochEnd, Run
from nnctl.training.loop import Training
from tests.limits import within

COMMAND = get_command(app)  # once: it takes as long as training does
LONGEST = 10  # seconds


@dataclass(frozen=True)
class Input:
    """Files by name, and the arguments of `nnctl` in the folder that holds them."""

    arguments: tuple[str, ...]
    files: dict[str, bytes]


class OneEpoch(Callback):
    """Ends a run after an epoch, however many the config asks for."""

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        run.stop("stopped")


@dataclass
class Trials:
    """Runs inputs in a folder, and counts how they ended and how many trained."""

    folder: Path
    trained: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    def run(self, given: Input) -> int:
        """Runs a command; returns its status. Raises whatever it should have handled itself."""
        place = self.folder / "trial"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, content in given.files.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_bytes(content)
        before = os.getcwd()
        os.chdir(place)
        try:
            with self.watched(), within(LONGEST), warnings.catch_warnings():
                warnings.simplefilter("error")
                status, out, told = nnctl(given.arguments)
        finally:
            os.chdir(before)
        self.statuses[status] += 1
        assert status in (0, 1, 2), status
        assert "Traceback" not in told, told
        if status == 2:
            assert out == "" or given.arguments[0] in ("predict", "validate")
        if status:
            assert (out + told).strip(), "no message"
        left = [path.name for path in place.rglob("*.tmp")]
        assert not left, left
        return status

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Runs train for one epoch and are counted; nothing waits for the disk."""
        real = Training.run

        def run(training: Training, callbacks: list[Callback]) -> object:
            self.trained += 1
            return real(training, [*callbacks, OneEpoch()])

        with patch.object(Training, "run", run), patch.object(atomic.os, "fsync"):
            yield


def nnctl(arguments: Sequence[str]) -> tuple[int, str, str]:
    """Runs a command; its status, and what it printed on stdout and stderr."""
    out, told = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(told):
        try:
            COMMAND.main(list(arguments), "nnctl")
        except SystemExit as end:
            return int(end.code or 0), out.getvalue(), told.getvalue()
    raise AssertionError("it did not end")

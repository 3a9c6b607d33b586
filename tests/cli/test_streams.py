"""Every command, with stdout or stderr gone in every way: its status and files stay the same."""

import csv
import errno
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner, Result

from nnctl.cli import streams
from nnctl.cli.app import COMMANDS, app
from nnctl.system.npz import read_arrays
from tests import loaded
from tests.cli.conftest import CONFIG, ROWS
from tests.loaded import LoadedProcess
from tests.processes import begun, run

TUNE = """\
tune:
  monitor: loss
  search: {optimizer.learning_rate: [0.01, 0.1]}
  trials: 2
"""
# Lines of each command, with their statuses where nothing is lost. All that are 0 print results.
LINES: dict[str, list[tuple[str, int]]] = {
    "init": [("table.csv --target label -o new.yaml", 0)],
    "train": [
        ("small.yaml -o out", 0),
        ("small.yaml -o out --json", 0),
        ("small.yaml -o out --set optimizer.learning_rate=1e300", 1),
        ("gone.yaml", 2),
    ],
    "resume": [("runs/small --epochs 6", 0), ("runs/gone", 2)],
    "predict": [
        ("runs/small table.csv", 0),
        ("runs/small table.csv -o out.csv", 0),
        ("runs/small gone.csv", 2),
    ],
    "evaluate": [
        ("runs/small table.csv", 0),
        ("runs/small table.csv --fail-over loss=0", 1),
        ("runs/small gone.csv", 2),
    ],
    "crossval": [
        ("small.yaml --folds 2 --workers 1 --predictions out.csv", 0),
        ("small.yaml --folds 2 --workers 2 --fail-over loss=0", 1),
    ],
    "tune": [("tune.yaml -o out --workers 1", 0), ("tune.yaml -o out --workers 2", 0)],
    "report": [("runs/small", 0)],
    "export": [("runs/small out.onnx", 0)],
    "importance": [("runs/small table.csv", 0), ("runs/small gone.csv", 2)],
    "attribution": [("runs/small table.csv --row 1", 0), ("runs/small table.csv --row 99", 2)],
    "runs": [("", 0), ("gone", 2)],
    "diff": [("runs/small small", 0), ("small gone", 2)],
    "lr-find": [("small.yaml", 0), ("gone.yaml", 2)],
    "drift": [("runs/small table.csv", 0), ("runs/small gone.csv", 2)],
    "validate": [("small.yaml", 0), ("advised.yaml --strict", 1), ("wrong.yaml", 2)],
    "summary": [("small.yaml", 0)],
    "gradcheck": [("small.yaml", 0)],
    "explain": [("small.yaml", 0)],
    "playground": [("small.yaml", 0), ("gone.yaml", 2)],
    "profile": [("small.yaml", 0)],
    "derivative": [("w**2 --at w=3", 0)],
    "advice": [("", 0), ("no-such-code", 2)],
    "schema": [("", 0)],
    "help": [("", 0), ("train", 0), ("trian", 2)],
}
SILENT = {"predict runs/small table.csv -o out.csv"}  # 0 without a result on stdout
LONG = {"tune tune.yaml -o out --workers 2"}
# What begins as a new process here where both streams are lost, as all does with NNCTL_ALL_CASES=1:
# a command of each kind, and those that start others.
STARTED = {
    "train small.yaml -o out",
    "predict runs/small gone.csv",
    *LONG,
}
# Whose files and statuses each stream could change by itself, by lines of progress or by rows. Of
# the others both are lost at once, in two ways; with NNCTL_ALL_CASES=1 each of them in all ways.
APART = ("train", "predict")
ALL_CASES = "NNCTL_ALL_CASES" in os.environ
QUICK = {"train small.yaml -o out"}
WAYS = ("closed", "left", "after a line", "full")
BOTH = STDOUT, STDERR = 1, 2
process = pytest.mark.process


class Line(NamedTuple):
    """A command line, and its status where nothing is lost."""

    text: str
    status: int

    @property
    def prints(self) -> bool:
        return self.status == 0 and self.text not in SILENT


def lines() -> list[Line]:
    return [
        Line(f"{command} {arguments}".strip(), status)
        for command, each in LINES.items()
        for arguments, status in each
    ] + [Line("--version", 0), Line("--help", 0), Line("trian", 2), Line("", 2)]


def cases() -> Iterator[Any]:
    for line in lines():
        apart = line.status == 0 and line.text not in LONG
        apart &= ALL_CASES or line.text.startswith(APART)
        for numbers in ((STDOUT,), (STDERR,), BOTH) if apart else (BOTH,):
            ways = WAYS if numbers == BOTH else ("closed", "left", "full")
            ways = ways if ALL_CASES or line.text.startswith(APART) else ("closed", "full")
            for way in ways:
                quick = line.text in QUICK and numbers != BOTH
                marks = [] if quick else [pytest.mark.slow]
                name = f"{line.text or 'nothing'}-{numbers}-{way}"
                yield pytest.param(line, numbers, way, marks=marks, id=name)


class Place:
    """A folder in which commands run one after another, each of which finds it as it was."""

    def __init__(self, folder: Path, environment: Mapping[str, str]):
        self.path = folder / "project"
        self._before = folder / "before"
        self.environment = environment
        self._files: dict[str, dict[str, Any]] = {}
        self._before.mkdir()
        table = "".join(f"{a},{b},{label}\n" for a, b, label in ROWS)
        for name, text in {
            "table.csv": "a,b,label\n" + table,
            "small.yaml": CONFIG,
            "tune.yaml": CONFIG + TUNE,
            "advised.yaml": CONFIG.replace("activation: tanh", "activation: linear"),
            "wrong.yaml": "epochs: 0\n",
        }.items():
            (self._before / name).write_text(text)
        self._run(self._before, "train small.yaml -q")

    def _run(self, folder: Path, line: str) -> Result:
        with chdir(folder):
            return CliRunner().invoke(app, shlex.split(line))

    def renew(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(self._before, self.path)

    def undisturbed(self, line: Line) -> dict[str, Any]:
        """The files that a command leaves; it runs in this process, which starts quicker."""
        if line.text not in self._files:
            self.renew()
            done = self._run(self.path, line.text)
            assert done.exit_code == line.status, done.stderr
            assert bool(done.stdout) == (line.prints or line.status == 1 or "wrong" in line.text)
            self._files[line.text] = files(self.path)
        return self._files[line.text]

    def status(
        self,
        line: Line,
        numbers: Sequence[int],
        way: str,
        meanwhile: Callable[[subprocess.Popen[Any]], object] = lambda process: None,
    ) -> int:
        """The status of a command that loses those streams in that way."""
        self.renew()
        closed = numbers if way == "closed" else ()
        command: list[str] = shlex.split(line.text)
        start: Any = partial(LoadedProcess, closed=closed)
        is_started = line.text in STARTED and numbers == BOTH
        if ALL_CASES or is_started or not loaded.IS_POSSIBLE:
            closing = "".join(f" {number}>&-" for number in closed)
            command = ["bash", "-c", f'exec "{sys.executable}" -m nnctl {line.text}{closing}']
            start = None
        with ExitStack() as stack:
            opened: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            taken = [] if closed else [("", "stdout", "stderr")[k] for k in numbers]
            for name in taken:
                opened[name] = stack.enter_context(TAKERS[way]())
            with begun(
                command, start=start, cwd=self.path, env=self.environment, **opened
            ) as process:
                for name in taken:
                    os.close(opened[name])
                meanwhile(process)
                return process.wait()


@contextmanager
def reader_that_left() -> Iterator[int]:
    """The end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing


@contextmanager
def reader_of_a_line() -> Iterator[int]:
    """The end of a pipe of which somebody reads one line."""
    reading, writing = os.pipe()

    def read() -> None:
        while os.read(reading, 1) not in (b"", b"\n"):
            pass
        os.close(reading)

    reader = threading.Thread(target=read)
    reader.start()
    yield writing
    reader.join()


@contextmanager
def full_device() -> Iterator[int]:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    yield os.open("/dev/full", os.O_WRONLY)


TAKERS = {"left": reader_that_left, "after a line": reader_of_a_line, "full": full_device}


def files(folder: Path) -> dict[str, Any]:
    """What all files hold, but for times, and what a database holds."""
    return {
        str(path.relative_to(folder)): content(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def content(path: Path) -> Any:
    if path.suffix == ".npz":
        arrays = read_arrays(path)
        metadata = timeless(str(arrays.pop("metadata")))
        return {name: array.tobytes() for name, array in arrays.items()}, metadata
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [{**row, "seconds": ""} for row in csv.DictReader(file)]
    if path.name.startswith("study.db"):
        return None
    return timeless(path.read_bytes().decode("latin-1"))


def timeless(text: str) -> str:
    """The text without the figures called `seconds` in JSON, and without a checksum of them."""
    without, times = re.subn(r'"seconds": (\[[^]]*\]|[\d.e-]+)', '"seconds": …', text)
    return re.sub(r'"checksum": \d+', '"checksum": …', without) if times else without


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    changing = ("PYTHONUNBUFFERED", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERMINAL_WIDTH")
    environment = {name: value for name, value in os.environ.items() if name not in changing}
    return Place(tmp_path_factory.mktemp("streams"), environment)


def test_every_command_has_a_line_here():
    assert set(LINES) == set(COMMANDS)
    assert {line.text for line in lines()} >= SILENT | LONG | STARTED | QUICK


@pytest.mark.slow
@process
@pytest.mark.parametrize(("line", "numbers", "way"), list(cases()))
def test_what_is_lost_changes_nothing_but_that_results_are_a_no(line, numbers, way, place):
    wanted = place.undisturbed(line)
    lost = STDOUT in numbers and way in ("closed", "full") and line.prints
    assert place.status(line, numbers, way) == (1 if lost else line.status)
    assert files(place.path) == wanted


@process
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ("train small.yaml -o out --epochs 10000000", "out/checkpoint.npz"),
        ("tune tune.yaml -o out --epochs 10000000 --workers 1", "out/study.db"),
    ],
)
def test_a_signal_has_its_status_whatever_is_lost(line, begins, way, number, place):
    def interrupt(process: subprocess.Popen[Any]) -> None:
        while not (place.path / begins).exists() and process.poll() is None:
            time.sleep(0.05)
        time.sleep(0.1)
        process.send_signal(number)

    wanted = {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert place.status(Line(line, 0), BOTH, way, interrupt) == wanted


ENDLESS = "(echo a,b; yes 1,2)"


@pytest.mark.slow
@process
@pytest.mark.parametrize(
    ("taken", "status"),
    [("| head -3 | wc -l", 0), ("> /dev/full", 1), ("| sleep 0.1", 0), (">&-", 1)],
)
def test_predict_of_rows_without_end_stops_where_its_rows_go_nowhere(taken, status, place):
    """Whoever went on would never come to the end: the time limit ends the test, which fails."""
    if "/dev/full" in taken and not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    place.renew()
    shell = f'{ENDLESS} | "{sys.executable}" -m nnctl predict runs/small - {taken}; '
    done = run(
        ["bash", "-c", shell + "echo ${PIPESTATUS[1]}"],
        limit=20,
        cwd=place.path,
        env=place.environment,
    )
    assert done.stdout.split() == [*(["3"] if "wc" in taken else []), str(status)]


@process
def test_the_files_that_are_compared_are_those_that_count(place):
    names = set(place.undisturbed(Line("train small.yaml -o out", 0)))
    assert names >= {"out/weights.npz", "out/checkpoint.npz", "out/history.csv", "out/results.json"}


class Raw(io.RawIOBase):
    """Takes so many bytes, some at a time; then fails, or lets its writer wait once."""

    def __init__(self, room: int, failure: OSError | None = None):
        self.room = room
        self.failure = failure
        self.taken = b""
        self.calls = 0
        self.waits = 1

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int | None:
        self.calls += 1
        if self.room == 0 and self.failure is not None:
            raise self.failure
        if self.waits and self.failure is None:
            self.waits -= 1
            return None
        some = bytes(data[: min(3, self.room)])
        self.room -= len(some)
        self.taken += some
        return len(some)


def printing_to(raw: Raw, **given: Any) -> Any:
    buffer = raw if given.get("write_through") else io.BufferedWriter(raw)
    return streams.lossy(io.TextIOWrapper(buffer, encoding="ascii", **given))


@pytest.mark.parametrize("given", [{}, {"line_buffering": True}, {"write_through": True}])
@pytest.mark.parametrize("room", [0, 1, 7])
def test_what_a_stream_cannot_take_is_lost_from_there_on(room, given):
    failure = OSError(errno.ENOSPC, "full")
    raw = Raw(room, failure)
    stream = printing_to(raw, **given)
    assert streams.failure_of(stream) is None
    print("one two three", file=stream, flush=True)
    assert raw.taken == b"one two three"[:room]
    assert streams.failure_of(stream) is failure
    calls, raw.room = raw.calls, 100
    print("four", file=stream, flush=True)
    assert raw.calls == calls


@pytest.mark.parametrize("given", [{}, {"write_through": True}])
def test_a_slow_reader_is_waited_for(given, monkeypatch):
    waited: list[object] = []
    monkeypatch.setattr("select.select", lambda *each: waited.append(each))
    raw = Raw(100)
    stream = printing_to(raw, **given)
    print("größe", file=stream, flush=True)
    assert (raw.taken, len(waited)) == (b"gr\\xf6\\xdfe\n", 1)
    assert streams.failure_of(stream) is None


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (None, None),
        (errno.EPIPE, None),
        (errno.ECONNRESET, None),
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EBADF, "it is closed"),
        (errno.EIO, "it cannot be written"),
    ],
)
def test_a_loss_is_one_unless_the_reader_has_left(number, told, monkeypatch):
    raw = Raw(0, OSError(number, "why")) if number else Raw(100, OSError(0, "never"))
    monkeypatch.setattr(sys, "stdout", printing_to(raw))
    print("a result")
    assert streams.takes_results() == (number is None)
    loss = streams.loss_of_results()
    assert (loss is None) == (told is None)
    if loss is not None:
        assert str(loss).startswith(f"standard output\n  {told}")


def test_a_stream_of_another_kind_is_taken_to_work(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert streams.takes_results()
    assert streams.loss_of_results() is None

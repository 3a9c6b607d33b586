"""The jobs whose operations fail, each with what was there before and what must be there after."""

import errno
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from typer.testing import CliRunner, Result

from nnctl.cli.app import app
from nnctl.jobs.train import train
from nnctl.runs import checkpoint
from nnctl.runs.checkpoint import read_checkpoint
from nnctl.runs.folder import CHECKPOINT, WEIGHTS
from nnctl.training.callbacks import BatchEnd, Callback, Run
from tests.faults.disk import Disk
from tests.kills.killing import check_files, compare

ROWS = [(k % 5, (3 * k) % 7, int(k % 5 > 2)) for k in range(24)]
CONFIG = {
    "data": {"train": "table.csv", "target": "c", "validation": 0.25},
    "layers": [
        {"type": "dense", "units": 2, "activation": "tanh"},
        {"type": "dropout", "rate": 0.2},
        {"type": "dense", "units": 1},
    ],
    "loss": {"type": "binary_crossentropy", "from_logits": True},
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "early_stopping": {"patience": 9},
    "epochs": 2,
    "batch_size": 8,
}
MORE = 3  # epochs that a finished run is resumed to
TIDY = "*.tmp"


def nnctl(*arguments: object) -> Result:
    """Runs a command; whatever escapes from it is raised."""
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def done(*arguments: object) -> None:
    """Runs a command that must succeed."""
    result = nnctl(*arguments)
    assert result.exit_code == 0, result.stderr


@dataclass
class Stop(Callback):
    """Interrupts a run in the middle of its second epoch."""

    seen: int = 0

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        self.seen += 1
        if event.epoch == 2:
            run.stop("interrupted")


@dataclass(frozen=True)
class Case:
    """A command on what was there `before`; `arguments` are made for a copy of that.

    `check` is called with the copy after the command has failed; it mends and compares.
    """

    name: str
    before: Path
    arguments: Callable[[Path], Sequence[object]]
    check: Callable[[Path], None]


@dataclass
class World:
    """A folder with the data, the undisturbed runs and what the cases begin with."""

    folder: Path
    cases: list[Case] = field(default_factory=list)

    def __post_init__(self) -> None:
        checkpoint.BETWEEN_EPOCHS = checkpoint.WITHIN_EPOCH = 0.0
        table = "".join(f"{a},{b},{c}\n" for a, b, c in ROWS)
        self.table = self.folder / "table.csv"
        self.table.write_text("a,b,c\n" + table)
        self.config, self.other = self.folder / "config.yaml", self.folder / "other.yaml"
        self.config.write_text(yaml.safe_dump(CONFIG))
        self.other.write_text(yaml.safe_dump({**CONFIG, "seed": 7}))
        self.whole, self.longer = self.folder / "whole", self.folder / "longer"
        done("train", self.config, "-o", self.whole, "-q")
        done("train", self.config, "-o", self.longer, "--epochs", MORE, "-q")
        self.made = contents(self.whole)
        self.cases = list(self.all_cases())

    def all_cases(self) -> Iterator[Case]:
        nothing, older = self.new("nothing"), self.new("older")
        done("train", self.other, "-o", older / "run", "-q")
        started, finished, predicted = self.new("started"), self.new("finished"), self.new("csv")
        train(self.config, output=started / "run", callbacks=[Stop()])
        done("train", self.config, "-o", finished / "run", "-q")
        (predicted / "out.csv").write_text("older\n")
        run = ("train", self.config, "-q", "-o")
        yield Case("train", nothing, lambda at: (*run, at / "run"), self.check_new)
        yield Case(
            "overwrite", older, lambda at: (*run, at / "run", "--overwrite"), self.check_over
        )
        yield Case("resume", started, lambda at: ("resume", at / "run", "-q"), self.check_resumed)
        more = ("--epochs", MORE, "-q")
        yield Case("extend", finished, lambda at: ("resume", at / "run", *more), self.check_longer)
        yield Case(
            "predict",
            predicted,
            lambda at: ("predict", self.whole, self.table, "-o", at / "out.csv"),
            self.check_predicted,
        )
        yield from self.cases_of_one_file()

    def cases_of_one_file(self) -> Iterator[Case]:
        """Commands that write a file in place of an older one, and nothing else."""
        held = ("crossval", self.config, "--folds", 2, "--workers", 1, "-q", "--predictions")
        commands: dict[str, Callable[[Path], Sequence[object]]] = {
            "crossval": lambda file: (*held, file),
            "export": lambda file: ("export", self.whole, file, "--overwrite", "-q"),
            "report": lambda file: ("report", self.whole, "-o", file),
            "init": lambda file: ("init", self.table, "--target", "c", "-o", file, "--overwrite"),
        }
        for name, command in commands.items():
            older, newer = self.new(name) / "out", self.folder / f"newer {name}"
            older.write_text("older\n")
            newer.mkdir()
            done(*command(newer / "out"))
            yield Case(
                name,
                older.parent,
                lambda at, command=command: command(at / "out"),  # type: ignore[misc]
                lambda at, newer=newer: self.check_file(at, newer),  # type: ignore[misc]
            )

    def new(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder

    def copy(self, case: Case) -> Path:
        """What was there before, once more."""
        place = self.folder / "copy"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(case.before, place)
        return place

    def count(self, case: Case) -> list[str]:
        """The operations of the job that nothing disturbs."""
        place = self.copy(case)
        with Disk().mounted() as disk:
            done(*case.arguments(place))
        case.check(place)
        return disk.operations

    def fails(self, case: Case, disk: Disk) -> bool:
        """Makes an operation of a job fail; whether the job did. Asserts that nothing is lost."""
        place = self.copy(case)
        with disk.mounted():
            result = nnctl(*case.arguments(place))
        left = [path.name for path in place.rglob(TIDY)]
        assert not left, left
        refused = 0 < disk.at <= len(disk.operations)
        # A folder that cannot be made may be there already; a second name can be done without.
        tolerated = refused and disk.operations[disk.at - 1] in ("mkdir", "link")
        tolerated = tolerated and not result.exit_code
        assert (refused and not tolerated) == (result.exit_code != 0)
        if result.exit_code:
            full = disk.number == errno.ENOSPC
            assert result.exit_code == (1 if full else 2), result.stderr
            assert ("the disk is full" if full else "it cannot be") in result.stderr
        case.check(place)
        return refused

    def check_new(self, place: Path) -> None:
        """There is no folder, or a run that can be gone on with."""
        run = place / "run"
        if run.exists():
            done("resume", run, "-q")
        else:
            assert list(place.iterdir()) == []
            done("train", self.config, "-q", "-o", run)
        compare(run, self.whole)

    def check_over(self, place: Path) -> None:
        """The folder holds the older run, byte for byte, or the new one and nothing older."""
        run, older = place / "run", self.folder / "older" / "run"
        check_files(run)
        if contents(run) == contents(older):
            done("predict", run, self.table, "-o", place / "out.csv")
            done("resume", run, "-q")
            done("train", self.config, "-q", "-o", run, "--overwrite")
        else:
            assert not any(
                (run / name).exists() and (run / name).read_bytes() == content
                for name, content in contents(older).items()
            )
            done("resume", run, "-q")
        compare(run, self.whole)

    def check_resumed(self, place: Path) -> None:
        """The run is as far as it was, or further, and comes to the same end."""
        run, before = place / "run", self.folder / "started" / "run"
        check_files(run)
        now, then = read_checkpoint(run / CHECKPOINT), read_checkpoint(before / CHECKPOINT)
        assert (now.epoch, now.batch) >= (then.epoch, then.batch) > (0, 0)
        done("resume", run, "-q")
        compare(run, self.whole)

    def check_longer(self, place: Path) -> None:
        """The finished run still predicts, and comes to the same end as one of more epochs."""
        run = place / "run"
        check_files(run)
        weights = (run / WEIGHTS).read_bytes()
        assert weights in (
            (self.whole / WEIGHTS).read_bytes(),
            (self.longer / WEIGHTS).read_bytes(),
        )
        done("predict", run, self.table, "-o", place / "out.csv")
        done("resume", run, "--epochs", MORE, "-q")
        compare(run, self.longer)

    def check_predicted(self, place: Path) -> None:
        """The file is the older one, or whole."""
        lines = (place / "out.csv").read_text().splitlines()
        assert lines == ["older"] or len(lines) == 1 + len(ROWS)

    def check_file(self, place: Path, newer: Path) -> None:
        """The only file is the older one or the newer one, and the run is as it was."""
        assert contents(place) in ({"out": b"older\n"}, contents(newer))
        assert contents(self.whole) == self.made


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}

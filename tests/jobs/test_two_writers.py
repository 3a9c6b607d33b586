"""Two processes that want one run folder: one has it, one is refused, and nothing is mixed."""

import time
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from typer.testing import CliRunner

from nnctl.cli.app import app
from tests.loaded import start_nnctl
from tests.processes import begun

pytestmark = pytest.mark.process
CONFIG = """\
data: {train: t.csv, target: y}
layers: [{type: dense, units: 8, activation: relu}, {type: dense, units: 1}]
loss: mean_squared_error
optimizer: adam
epochs: 4000
"""
STUDY = """\
data: {train: t.csv, target: y, validation: 0.25}
layers: [{type: dense, units: 8, activation: relu}, {type: dense, units: 1}]
loss: mean_squared_error
optimizer: adam
epochs: 60
tune: {search: {layers.0.units: [2, 4, 6, 8, 10, 12]}, sampler: random, pruner: none, trials: 4}
"""
TRAIN = ["train", "c.yaml", "-q", "-o", "run"]
ANEW = [*TRAIN, "--overwrite"]
RESUME = ["resume", "run", "-q", "--epochs", "4001"]
TUNE = ["tune", "s.yaml", "-q", "-o", "study", "--workers", "1"]
TUNE_ANEW = [*TUNE, "--overwrite", "--seed", "1"]
KILLED = -9


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{k % 7},{k % 5},{k % 7 - 2 * (k % 5)}\n" for k in range(64))
    Path("t.csv").write_text("a,b,y\n" + rows)
    Path("c.yaml").write_text(CONFIG)
    Path("s.yaml").write_text(STUDY)


def started(arguments: list[str]) -> AbstractContextManager[Popen[str]]:
    return begun(arguments, start=start_nnctl, stderr=PIPE, stdout=PIPE, encoding="utf-8")


def run_alone(arguments: list[str]) -> None:
    """Runs a command in this process, which starts quicker: there is no other to race with."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output


def begun_run() -> None:
    """A run of one epoch, to be replaced or gone on with."""
    run_alone([*TRAIN, "--epochs", "1"])


PAIRS = {
    "new": (TRAIN, [*TRAIN, "--seed", "1"], False),
    "replaced": ([*ANEW, "--seed", "1"], [*ANEW, "--seed", "2"], True),
    "resumed": (RESUME, RESUME, True),
    "resumed, replaced": (RESUME, [*ANEW, "--seed", "1"], True),
}


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS)
def test_one_writes_and_the_other_is_refused(pair):
    *commands, is_there = PAIRS[pair]
    if is_there:
        begun_run()
    with started(commands[0]) as one, started(commands[1]) as other:
        ends = [(*process.communicate(), process.returncode) for process in (one, other)]
    assert sorted(status for *_, status in ends) == [0, 2]
    (won,) = [k for k, (*_, status) in enumerate(ends) if status == 0]
    _, errors, _ = ends[1 - won]
    assert "run" in errors and errors.count("error:") == 1 and "Traceback" not in errors
    written = {name: Path("run", name).read_bytes() for name in ("config.yaml", "weights.npz")}
    if is_there and commands[won] is RESUME:
        Path("run").rename("won")
        begun_run()
        run_alone(commands[won])
    else:
        run_alone([*commands[won], "--overwrite"])
    assert {name: Path("run", name).read_bytes() for name in written} == written


@pytest.mark.slow
@pytest.mark.parametrize("second", [ANEW, ["resume", "run", "-q"]], ids=["replaced", "resumed"])
def test_the_dead_hold_nothing(second):
    with started([*TRAIN, "--epochs", "1000000"]) as first:
        while not Path("run/checkpoint.npz").exists():
            assert first.poll() is None
            time.sleep(0.01)
        first.kill()
        assert first.wait(timeout=30) == KILLED
    config = Path("run/config.yaml")
    config.write_text(config.read_text().replace("epochs: 1000000", "epochs: 5"))
    run_alone([*second, *(["--epochs", "5"] if "resume" in second else [])])
    assert Path("run/weights.npz").exists()


STUDIES = {
    "new": (TUNE, [*TUNE, "--seed", "1"], False),
    "gone on with": ([*TUNE, "--trials", "6"], [*TUNE, "--trials", "6"], True),
    "replaced": (TUNE_ANEW, [*TUNE_ANEW, "--seed", "2"], True),
    "gone on with, replaced": ([*TUNE, "--trials", "6"], TUNE_ANEW, True),
    "elsewhere": (
        [*TUNE, "--storage", "sqlite:///shared.db"],
        [*TUNE, "--storage", "sqlite:///shared.db"],
        False,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("pair", STUDIES)
def test_one_process_has_the_folder_of_a_study(pair):
    pytest.importorskip("optuna")
    *commands, is_there = STUDIES[pair]
    if is_there:
        run_alone([*TUNE, "--trials", "1"])
    with started(commands[0]) as one, started(commands[1]) as other:
        ends = [(*process.communicate(), process.returncode) for process in (one, other)]
    assert sorted(status for *_, status in ends) == [0, 2]
    (won,) = [k for k, (*_, status) in enumerate(ends) if status == 0]
    _, errors, _ = ends[1 - won]
    assert "another process is writing this folder" in errors
    assert errors.count("error:") == 1 and "Traceback" not in errors
    names = ("best.yaml", "weights.npz")
    written = {name: Path("study", name).read_bytes() for name in names}
    rows = Path("study/trials.csv").read_text().splitlines()
    Path("study").rename("won")
    Path("shared.db").unlink(missing_ok=True)
    run_alone(commands[won])
    assert {name: Path("study", name).read_bytes() for name in written} == written
    assert len(Path("study/trials.csv").read_text().splitlines()) == len(rows)


@pytest.mark.slow
@pytest.mark.parametrize("second", [TUNE, TUNE_ANEW], ids=["gone on with", "replaced"])
def test_a_study_that_runs_is_left_alone(second):
    pytest.importorskip("optuna")
    with started([*TUNE, "--trials", "6", "--epochs", "100000"]) as first:
        while not Path("study/study.db").exists():
            assert first.poll() is None
            time.sleep(0.01)
        with started(second) as refused:
            _, errors = refused.communicate()
            assert (refused.returncode, errors.count("error:")) == (2, 1)
        assert "another process is writing this folder" in errors
        first.kill()
        assert first.wait(timeout=30) == KILLED
    run_alone(TUNE_ANEW)
    assert Path("study/best.yaml").exists()

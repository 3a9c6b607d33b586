"""`mpirun -n 4 nnctl train`: processes that train together, for real."""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from subprocess import DEVNULL

import numpy as np
import pytest

from nnctl.training.mpi import BYTES_WORTH_DIVIDING
from tests import processes

pytest.importorskip("mpi4py")
LAUNCHER = shutil.which("mpirun", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
pytestmark = [
    pytest.mark.mpi,
    pytest.mark.process,
    pytest.mark.skipif(LAUNCHER is None, reason="there is no mpirun on this system"),
]
ENVIRONMENT = {
    **os.environ,
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_btl": "self,sm",  # no network
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}
CONFIG = """\
name: shared
dtype: float64
data: {train: table.csv, target: label, validation: 0.2}
layers:
  - {type: dense, units: 6, activation: tanh}
  - {type: batch_normalization}
  - {type: dropout, rate: 0.2}
  - {type: dense, units: 1}
loss: {type: binary_crossentropy, from_logits: true}
optimizer: {type: adam, learning_rate: 0.01}
metrics: [accuracy]
batch_size: 9
epochs: 5
"""


def command(size, *arguments):
    return [LAUNCHER, "-n", str(size), sys.executable, "-m", "nnctl", *map(str, arguments)]


def run(size, *arguments):
    return processes.run(command(size, *arguments), env=ENVIRONMENT)


@pytest.fixture
def shared(project):
    (project / "shared.yaml").write_text(CONFIG)
    return project


@pytest.mark.slow
def test_any_number_of_processes_trains_the_same(shared, process):
    alone = process("train", "shared.yaml", "-o", "one", "--json")
    assert alone.returncode == 0, alone.stderr
    results = {1: json.loads(alone.stdout)}
    for size in (2, 4):
        done = run(size, "train", "shared.yaml", "-o", f"run{size}", "--json")
        assert done.returncode == 0, done.stderr
        results[size] = json.loads(done.stdout)  # one process prints, and one object
        assert done.stderr.count("epoch 5/5") == 1
    histories = {
        size: np.genfromtxt(shared / folder / "history.csv", delimiter=",", names=True)
        for size, folder in ((1, "one"), (2, "run2"), (4, "run4"))
    }
    for size in (2, 4):
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            np.testing.assert_allclose(histories[size][name], histories[1][name], rtol=1e-6)
        for part in ("train", "validation"):
            assert results[size][part] == pytest.approx(results[1][part], rel=1e-6)
    again = run(2, "train", "shared.yaml", "-o", "again", "-q")
    assert again.returncode == 0, again.stderr
    names = ("weights.npz", "config.yaml")
    assert all(
        (shared / "again" / n).read_bytes() == (shared / "run2" / n).read_bytes() for n in names
    )


@pytest.mark.slow
def test_of_large_models_each_process_updates_its_part(shared, process):
    """Of 512 kB and more; the first process, which saves, has all that the others updated."""
    units = "{type: dense, units: 256, activation: tanh}"
    large = CONFIG.replace("{type: dense, units: 6, activation: tanh}", f"{units}\n  - {units}")
    (shared / "large.yaml").write_text(large.replace("epochs: 5", "epochs: 2"))
    assert process("train", "large.yaml", "-o", "one", "-q").returncode == 0
    done = run(3, "train", "large.yaml", "-o", "three", "-q")
    assert done.returncode == 0, done.stderr
    one, three = (np.load(shared / folder / "checkpoint.npz") for folder in ("one", "three"))
    names = [name for name in one.files if name.startswith(("vector", "slots/"))]
    assert len(names) == 3
    assert one["vector"].nbytes > BYTES_WORTH_DIVIDING
    for name in names:
        np.testing.assert_allclose(three[name], one[name], rtol=1e-6, atol=1e-9, err_msg=name)


@pytest.mark.slow
def test_a_killed_process_ends_all_and_leaves_a_checkpoint(shared, process):
    arguments = ("train", "shared.yaml", "-o", "long", "--epochs", "100000", "-q")
    checkpoint = shared / "long" / "checkpoint.npz"
    with processes.begun(command(2, *arguments), env=ENVIRONMENT, stderr=DEVNULL) as job:
        while not checkpoint.exists():
            assert job.poll() is None
            time.sleep(0.05)
        first = checkpoint.stat().st_mtime_ns
        while checkpoint.stat().st_mtime_ns == first:
            assert job.poll() is None
            time.sleep(0.05)
        victims = ranks_below(job.pid)
        assert sorted(victims) == [0, 1]
        os.kill(victims[1], signal.SIGKILL)
        began = time.monotonic()
        assert job.wait(timeout=30) != 0
        assert time.monotonic() - began < 10
    epochs = saved_epoch(checkpoint) + 3
    resumed = run(3, "resume", "long", "--epochs", epochs, "--json")  # another number of them
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["epochs"] == epochs
    again = process("resume", "long")
    assert "nothing to do" in again.stderr


def saved_epoch(checkpoint):
    with np.load(checkpoint) as arrays:
        return json.loads(bytes(arrays["metadata"]))["training"]["epoch"]


def ranks_below(launcher):
    """The processes that a launcher has started, by rank."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            values = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        rank = [value for value in values if value.startswith(b"OMPI_COMM_WORLD_RANK=")]
        if parent == launcher and rank:
            found[int(rank[0].partition(b"=")[2])] = int(folder.name)
    return found


@pytest.mark.slow
def test_an_error_is_told_once(shared):
    (shared / "table.csv").write_text("a,b,label\n1,x,no\n2,3\n")
    done = run(3, "train", "shared.yaml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("error:") == 1
    assert "table.csv" in done.stderr
    assert not (shared / "runs").exists()


@pytest.mark.slow
def test_a_failure_of_one_process_ends_all(shared):
    """The first process cannot write its second checkpoint; the other would wait for ever."""
    code = (
        "import sys, nnctl.runs.checkpoint as c\n"
        "from nnctl.system.atomic import write_problem\n"
        "def full(*_):\n"
        "    raise write_problem(OSError(28, 'No space left on device'), 'checkpoint.npz')\n"
        "c.save_history = full\n"
        "sys.argv = ['nnctl', 'train', 'shared.yaml', '-q']\n"
        "from nnctl.__main__ import main\n"
        "main()\n"
    )
    launch = [LAUNCHER, "-n", "2", sys.executable, "-c", code]
    done = processes.run(launch, env=ENVIRONMENT)
    assert done.returncode == 1
    assert done.stderr.count("No space left") == 1


@pytest.mark.slow
def test_a_run_that_diverges_says_why_once(shared):
    rate = "optimizer={type: sgd, learning_rate: 1e300}"
    done = run(2, "train", "shared.yaml", "--set", rate, "-q")
    assert done.returncode == 1
    assert done.stderr.count("the first number that is not finite") == 1
    assert "checkpoint.npz" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("summary", "shared.yaml"), ("train", "shared.yaml", "--smoke")]
)
def test_other_commands_are_the_work_of_one_process(shared, arguments):
    done = run(2, *arguments)
    assert done.returncode == 2
    assert "the work of one process, but 2 were started" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("rank", ["0", "1"])
def test_processes_that_do_not_find_each_other_say_so_once(shared, process, rank):
    """As with the launcher of another MPI: each process would train for itself."""
    launched = {**ENVIRONMENT, "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": rank}
    done = process("train", "shared.yaml", **launched)
    assert done.returncode == 2
    assert ("2 processes were started, but" in done.stderr) == (rank == "0")
    assert not (shared / "runs").exists()


@pytest.mark.slow
def test_without_mpi4py_the_extra_is_named(shared, process):
    (shared / "mpi4py.py").write_text("raise ModuleNotFoundError('mpi4py')\n")
    launched = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"}
    done = process("train", "shared.yaml", PYTHONPATH=str(shared), **launched)
    assert done.returncode == 2
    assert "nnctl[mpi]" in done.stderr


@pytest.mark.slow
def test_members_are_trained_without_mpirun(shared, process):
    done = run(2, "train", "shared.yaml", "--ensemble", "2")
    assert done.returncode == 2
    assert done.stderr.count("members are trained without mpirun") == 1
    assert not Path("runs").exists()
    assert process("train", "shared.yaml", "--ensemble", "2", "-q").returncode == 0
    done = run(2, "resume", "runs/shared", "--epochs", "7")
    assert done.returncode == 2
    assert done.stderr.count("members are trained without mpirun") == 1

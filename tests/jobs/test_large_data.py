"""Runs on data that are larger than they may be in memory."""

import errno
import os
import re
import sys
import threading
from io import FileIO
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.data.streamed import Streamed
from nnctl.errors import ExitStatus, NnctlError
from nnctl.jobs.crossval import crossval
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.explain import explain
from nnctl.jobs.gradcheck import gradcheck
from nnctl.jobs.profile import profile
from nnctl.jobs.resume import resume
from nnctl.jobs.smoke import smoke
from nnctl.jobs.summary import summary
from nnctl.jobs.train import train
from nnctl.jobs.validate import validate
from nnctl.system import machine
from nnctl.system.npz import read_arrays
from nnctl.training.blocks import Blocks
from nnctl.training.callbacks import Callback
from tests.kills.killing import compare
from tests.processes import run
from tests.training.threaded_ranks import in_ranks

ROWS, WIDTH, MEMORY = 300, 4, 1600
NPZ = {"train": "d.npz", "validation": 0.2, "scale": "standardize", "memory": MEMORY}
SOURCES = {
    "npz": NPZ,
    "npy": {**NPZ, "train": {"features": "x.npy", "target": "y.npy"}},
    "table": {**NPZ, "train": "t.csv", "target": "kind"},
    "shards": {**NPZ, "train": "part-*.csv", "target": "kind"},
}
CONFIG = {
    "layers": [{"type": "dense", "units": 6, "activation": "relu"}, {"type": "dense", "units": 3}],
    "loss": {"type": "sparse_categorical_crossentropy", "from_logits": True},
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "epochs": 3,
    "batch_size": 16,
}


class StopAt(Callback):
    """Interrupts a run within an epoch."""

    def __init__(self, step):
        self.step = step

    def on_batch_end(self, run, event):
        if run.state.step >= self.step:
            run.stop("interrupted")


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes the same rows in each form, and a config for one of them; returns its path."""
    monkeypatch.setattr("nnctl.training.loop.MOST_BATCHES_AT_ONCE", 2)
    draws = np.random.default_rng(0)
    y = np.sort(draws.integers(0, 3, ROWS))  # by class, the worst order there is
    x = (draws.normal(size=(ROWS, WIDTH)) + y[:, None]).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=x, y=y)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    header = "a,b,c,d,kind\n"
    lines = [
        ",".join(map(repr, [*row, kind])) + "\n"
        for row, kind in zip(x.astype(float).tolist(), y.tolist(), strict=True)
    ]
    (tmp_path / "t.csv").write_text(header + "".join(lines))
    for k in range(3):
        text = header + "".join(lines[100 * k : 100 * k + 100])
        (tmp_path / f"part-{k}.csv").write_text(text)

    return lambda data, **changes: write_config(tmp_path, data, **changes)


def write_config(folder, data, **changes):
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump({**CONFIG, "data": data, **changes}))
    return path


def weights(folder):
    arrays = read_arrays(Path(folder) / "weights.npz")
    return {name: array.tobytes() for name, array in arrays.items() if name != "metadata"}


@pytest.mark.slow
def test_where_the_rows_are_makes_no_difference(write, tmp_path):
    found = []
    for name, data in SOURCES.items():
        built = build(load(write(data)))
        assert isinstance(built.train.x, Blocks) and isinstance(built.validation.x, Blocks)
        found.append(weights(train(write(data), output=tmp_path / name).folder))
        del found[-1]["training_rows"]  # of arrays one for all columns
    assert found[0] == found[1] == found[2] == found[3]


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_the_same_run_again_has_the_same_bytes(write, tmp_path, name):
    config = write(SOURCES[name])
    one, other = (train(config, output=tmp_path / out).folder for out in ("one", "other"))
    assert (one / "weights.npz").read_bytes() == (other / "weights.npz").read_bytes()


@pytest.mark.slow
def test_without_shuffling_they_are_those_of_rows_in_memory(write, tmp_path):
    data = SOURCES["table"]
    read = train(write(data, shuffle=False), output=tmp_path / "read").folder
    held = train(write({**data, "memory": "1GB"}, shuffle=False), output=tmp_path / "held").folder
    assert weights(read) == weights(held)
    shuffled = train(write(data), output=tmp_path / "shuffled").folder
    assert weights(shuffled) != weights(read)


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 7, 20])
@pytest.mark.parametrize("name", ["npy", "shards"])
def test_a_run_goes_on_from_the_middle_of_an_epoch_to_the_same_end(write, tmp_path, name, step):
    config = write(SOURCES[name])
    whole = train(config, output=tmp_path / "whole").folder
    run = train(config, output=tmp_path / "run", callbacks=[StopAt(step)])
    assert run.status is ExitStatus.INTERRUPTED
    assert read_arrays(run.folder / "checkpoint.npz")["order"].shape == (1,)
    resume(run.folder)
    compare(run.folder, whole)


@pytest.mark.slow
def test_ranks_share_its_batches(write):
    config = load(write(NPZ, dtype="float64"))

    def trained(ranks=None):
        built = build(config, ranks=ranks)
        built.model.training(built.train, built.validation, epochs=2, batch_size=32).run()
        return built.model.vector.copy(), built.model.state().history["val_loss"]

    (one, expected), ((two, losses), (other, others)) = trained(), in_ranks(2, trained)
    assert two.tobytes() == other.tobytes() and losses == others
    np.testing.assert_allclose(two, one, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes", [{"data": {"sample_weight": "w"}}, {"class_weight": "balanced"}]
)
def test_weights_of_rows_and_of_classes_count(write, tmp_path, changes):
    w = np.arange(ROWS, dtype=np.float32)
    np.savez(tmp_path / "d.npz", **read_arrays(tmp_path / "d.npz"), w=w)
    found = []
    for name, memory in (("read", MEMORY), ("held", "1GB")):
        data = {**NPZ, **changes.get("data", {}), "memory": memory}
        others = {key: value for key, value in changes.items() if key != "data"}
        config = write(data, **others, shuffle=False)
        found.append(weights(train(config, output=tmp_path / name).folder))
    plain = train(write(NPZ, shuffle=False), output=tmp_path / "plain").folder
    assert found[0] == found[1] != weights(plain)


@pytest.mark.slow
def test_files_to_validate_and_test_are_read_as_well(write, tmp_path):
    data = {**SOURCES["shards"], "validation": "t.csv", "test": "part-*.csv"}
    results = [
        train(write({**data, "memory": memory}, shuffle=False), output=tmp_path / name).results
        for name, memory in (("read", MEMORY), ("held", "1GB"))
    ]
    for result in results:
        for part in ("run", "weights", "seconds", "config"):
            result.pop(part)
    assert results[0] == results[1]
    for rows in ("t.csv", "part-*.csv"):
        found = evaluate(tmp_path / "read", tmp_path / rows)
        assert found.rows == ROWS and found.loss == pytest.approx(results[0]["test"]["loss"])


@pytest.mark.process
@pytest.mark.slow
def test_all_commands_take_it(write, tmp_path):
    config = write(SOURCES["shards"])
    report = validate([config])
    assert not report.errors and not report.advice, report
    assert gradcheck(config).passed
    assert smoke(config).status is ExitStatus.DONE
    assert profile(config).rows == 16
    assert explain(config, row=ROWS * 4 // 5 - 1) is not None
    told = summary(config)
    assert told.peak_bytes > told.data_bytes
    assert told.blocks > 256 * 4 // 5 and MEMORY / 2 < told.data_bytes < MEMORY + 12 * ROWS
    folds = [crossval(write({**SOURCES["shards"], "memory": m}), folds=3) for m in (MEMORY, "1GB")]
    assert [sum(fold.rows for fold in result.folds) for result in folds] == [ROWS, ROWS]


@pytest.mark.slow
def test_a_batch_must_fit(write):
    for size in ("full", 200):
        with pytest.raises(NnctlError, match=r"c\.yaml:1  batch_size\n  a batch of 2[04]0 rows"):
            build(load(write(NPZ, batch_size=size)))


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", ["full", 200])
@pytest.mark.parametrize("name", ["npz", "shards"])
def test_of_a_batch_in_parts_one_part_must_fit(write, tmp_path, monkeypatch, name, batch_size):
    for place in ("nnctl.assembly.build", "nnctl.training.parts"):
        monkeypatch.setattr(f"{place}.parts_worth", lambda model, loss, data, rows: 5)
    dropout = [{"type": "dropout", "rate": 0.2}, *CONFIG["layers"]]
    changes = {"batch_size": batch_size, "layers": dropout, "shuffle": False}
    read = train(write(SOURCES[name], **changes), output=tmp_path / "read").folder
    held = {**SOURCES[name], "memory": "1GB"}
    assert weights(read) == weights(train(write(held, **changes), output=tmp_path / "held").folder)


@pytest.mark.slow
def test_parts_that_wait_for_each_other_must_fit_together(write, tmp_path, monkeypatch):
    for place in ("nnctl.assembly.build", "nnctl.training.parts"):
        monkeypatch.setattr(f"{place}.parts_worth", lambda model, loss, data, rows: 4)
    coupled = [{"type": "batch_normalization"}, *CONFIG["layers"]]
    with pytest.raises(NnctlError, match="batch_size\n  a batch of 240 rows"):
        build(load(write(NPZ, batch_size="full", layers=coupled)))
    changes = {"batch_size": 60, "layers": coupled, "shuffle": False}
    take, readers = Streamed.take, set()
    monkeypatch.setattr(
        Streamed, "take", lambda *given: (readers.add(threading.get_ident()), take(*given))
    )
    monkeypatch.setattr(machine, "available_threads", lambda processes=1: 2)
    read = train(write(NPZ, **changes), output=tmp_path / "read").folder
    assert readers == {threading.get_ident()}  # of a window nobody may drive out another's blocks
    held = train(write({**NPZ, "memory": "1GB"}, **changes), output=tmp_path / "held").folder
    assert weights(read) == weights(held)


MEASURED = """
import sys
from pathlib import Path
from nnctl.jobs.train import train
train(Path(sys.argv[1]), output=Path(sys.argv[2]))
print(Path("/proc/self/status").read_text())
"""


def peak(config, output):
    """The greatest memory that a process which trains has in use."""
    command = [sys.executable, "-c", MEASURED, str(config), str(output)]
    done = run(command)
    assert done.returncode == 0, done.stderr
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", done.stdout)[1])


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("name", ["npy", "shards"])
def test_memory_does_not_grow_with_the_rows(tmp_path, name):
    width, limit, row = 100, 2_000_000, 40
    taken = []
    for part, rows in (("some", 25_000), ("many", 100_000)):
        folder = tmp_path / part
        folder.mkdir()
        if name == "npy":
            x = np.random.default_rng(0).random((rows, width), dtype=np.float32)
            np.save(folder / "x.npy", x)
            np.save(folder / "y.npy", np.arange(rows) % 3)
            del x
        else:
            line = ",".join("123456789 " * 10).replace(" ", "0") + ",1\n"
            header = ",".join(map(str, range(width))).replace(",", ",c") + ",kind\n"
            for k in range(4):
                pair = line + line.replace(",1\n", ",0\n")
                (folder / f"part-{k}.csv").write_text("c" + header + pair * (rows // 8))
        data = {**SOURCES[name], "scale": "none", "memory": limit}
        config = write_config(folder, data, epochs=1, batch_size=256)
        taken.append(peak(config, folder / "run"))
    more, chunk = 75_000, 8_000_000  # numbers in double precision, of which one more may be held
    assert taken[1] - taken[0] < row * more + chunk < width * 4 * more / 2, taken


class FullDisk(FileIO):
    """A file that takes nothing any more."""

    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("command", [train, validate])
@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_a_full_disk_is_no_mistake_of_the_file_that_was_read(command, part, write, monkeypatch):
    config = write({**SOURCES["table"], "validation": 0.2})
    lines = (config.parent / "t.csv").read_text().splitlines(True)
    (config.parent / "few.csv").write_text("".join(lines[:1] + lines[1::15]))
    files = {each: "t.csv" if each == part else "few.csv" for each in ("validation", "test")}
    files["train"] = "t.csv" if part == "train" else "few.csv"
    overrides = [f"data.{each}={file}" for each, file in files.items()]
    monkeypatch.setattr("nnctl.reading.storage.FileIO", FullDisk)
    arguments = (config,) if command is train else ([config],)
    with pytest.raises(NnctlError, match="there is no room for the rows") as caught:
        command(*arguments, overrides=overrides)
    assert caught.value.status is ExitStatus.NO


LIMITED = """
import resource, sys
from nnctl.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
sys.argv = ["nnctl", "train", sys.argv[1], "-o", sys.argv[2]]
main()
"""


@pytest.mark.slow
@pytest.mark.process
def test_without_room_for_it_nothing_is_left(write, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-c", LIMITED, str(write(SOURCES["table"])), str(tmp_path / "run")]
    # Python would cut short what it compiles, too, and take it for whole the next time.
    own = {"TMPDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}
    done = run(command, env={**os.environ, **own})
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert f"error: {scratch}\n  there is no room for the rows that do not fit" in done.stderr
    assert not list(scratch.iterdir()) and not (tmp_path / "run").exists()

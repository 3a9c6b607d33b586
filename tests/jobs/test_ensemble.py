"""Runs of several members: their bytes, their figures, and how they are gone on with."""

import csv
import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from nnctl.assembly.build import build
from nnctl.assembly.out_of_bag import figures_by_part
from nnctl.assembly.trained import load_trained
from nnctl.cli.app import app
from nnctl.config import load
from nnctl.errors import ArgumentError, ExitStatus, NnctlError
from nnctl.jobs.job import Job
from nnctl.jobs.members import course, run, turns
from nnctl.jobs.members import resume as resuming
from nnctl.jobs.members.run import first_models, read_members
from nnctl.jobs.members.standing import Standing
from nnctl.jobs.predict import predict
from nnctl.jobs.resume import resume
from nnctl.jobs.train import train
from nnctl.runs import checkpoint
from nnctl.runs.folder import RunFolder
from nnctl.runs.weights import load_weights, save_weights
from nnctl.system import machine
from nnctl.training import loop
from nnctl.training.callbacks import Callback
from tests.kills.killing import compare
from tests.processes import begun
from tests.processes import run as run_process

pytestmark = pytest.mark.slow  # each trains several times

ROWS = 120
DRAWS = np.random.default_rng(0)
X = DRAWS.normal(size=(ROWS, 3))
TRUTH = (X[:, 0] + X[:, 1] ** 2 + DRAWS.normal(scale=0.5, size=ROWS) > 0.7).astype(int)
KINDS = DRAWS.choice(["red", "green", "blue"], ROWS)
CONFIG = {
    "data": {"train": "t.csv", "target": "t", "validation": 0.25, "scale": "standardize"},
    "layers": [
        {"type": "dense", "units": 6, "activation": "relu"},
        {"type": "dropout", "rate": 0.2},
        {"type": "dense", "units": 1},
    ],
    "loss": {"type": "binary_crossentropy", "from_logits": True},
    "optimizer": {"type": "adam", "learning_rate": 0.02},
    "metrics": ["accuracy", "auc"],
    "epochs": 5,
    "batch_size": 16,
    "ensemble": 3,
}
REGRESSION = {
    "data": {**CONFIG["data"], "target": "a", "target_scale": "standardize"},
    "layers": [{"type": "dense", "units": 5, "activation": "tanh"}, {"type": "dense", "units": 1}],
    "loss": "mean_squared_error",
    "metrics": ["mae", "r2"],
}


class StopIn(Callback):
    """Stops a run as Ctrl-C does, when some member ends that epoch."""

    def __init__(self, epoch, reason="interrupted"):
        self.epoch = epoch
        self.reason = reason

    def on_epoch_end(self, run, event):
        if event.epoch == self.epoch:
            run.stop(self.reason)


class RemoveIn(StopIn):
    """Takes the folder of the run away when some member ends that epoch."""

    def on_epoch_end(self, run, event):
        if event.epoch == self.epoch:
            shutil.rmtree("gone", ignore_errors=True)

    def for_member(self, member, members):
        return self


def test_where_the_folder_is_removed_meanwhile_that_is_said(config):
    removing = [RemoveIn(2)]
    with pytest.raises(NnctlError, match="removed while its run trained") as error:
        train(config, output=Path("gone"), processes=1, callbacks=removing)
    assert error.value.problems[0].file.startswith("gone")


def table():
    rows = [f"{a:.4f},{b:.4f},{c:.4f},{kind},{t}" for (a, b, c), kind, t in zip(X, KINDS, TRUTH, strict=True)]  # noqa: E501  # fmt: skip
    return "a,b,c,kind,t\n" + "\n".join(rows) + "\n"


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(table())
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(CONFIG))
    return path


def settings(**changes):
    return [f"{key.replace('__', '.')}={json.dumps(value)}" for key, value in changes.items()]


def trained(config, name, processes=1, **changes):
    output = config.parent / name
    return train(config, output=output, overrides=settings(**changes), processes=processes)


def arrays_of(result):
    return load_weights(result.weights).arrays


ALWAYS_MAKING_WAY = {
    "FURTHER": 0, "SHORTEST_TURN": 0.0, "SHARE_OF_TIME": 1e9, "BETWEEN_LOOKS": 0.0
}  # fmt: skip


@pytest.fixture
def in_short_turns(monkeypatch):
    """Members change places as often as they can."""
    for name, value in ALWAYS_MAKING_WAY.items():
        monkeypatch.setattr(course, name, value)
    monkeypatch.setattr(loop, "MOST_BATCHES_AT_ONCE", 1)


SHARED = {"ensemble": {"members": 3, "split": "shared"}}
IN_BLOCKS = {"data": {**CONFIG["data"], "features": ["a", "b", "c"], "memory": 700}}


@pytest.mark.parametrize("changes", [{}, SHARED, REGRESSION, IN_BLOCKS])
def test_the_first_member_is_the_single_run_byte_for_byte(config, changes):
    single = arrays_of(trained(config, "single", **{**changes, "ensemble": 1}))
    found = arrays_of(trained(config, "several", **changes))
    assert len(found) == 3 * len(single)
    for name, array in single.items():
        assert found[f"member_1/{name}"].tobytes() == array.tobytes()
        assert found[f"member_1/{name}"].dtype == array.dtype
        assert found[f"member_2/{name}"].tobytes() != array.tobytes()


@pytest.mark.process
@pytest.mark.parametrize("processes", [2, 4])
@pytest.mark.usefixtures("in_short_turns")
def test_the_bytes_do_not_depend_on_the_processes(config, processes):
    more = {"ensemble": 5, "early_stopping": {"patience": 2}, "epochs": 12}
    one = trained(config, "one", **more)
    compare(trained(config, "several", processes, **more).folder, one.folder)


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
@pytest.mark.parametrize("changes", [{}, IN_BLOCKS])
def test_forked_processes_train_to_the_same_bytes(config, changes):
    """In a process of its own: beside the threads of these tests all are started anew."""
    more = {"epochs": 2, **changes}
    one = trained(config, "one", **more)
    code = (
        "import sys\nfrom pathlib import Path\nfrom nnctl.jobs.members import course\n"
        "from nnctl.jobs.train import train\nfrom nnctl.system import forks\n"
        "from nnctl.training import loop\n"
        f"vars(course).update({ALWAYS_MAKING_WAY})\nloop.MOST_BATCHES_AT_ONCE = 1\n"
        "assert forks.is_safe() or not forks.has_safe_products()\n"
        "train(Path('c.yaml'), output=Path('forked'), overrides=sys.argv[1:], processes=3)\n"
    )
    done = run_process([sys.executable, "-c", code, *settings(**more)])
    assert done.returncode == 0, done.stderr
    compare(config.parent / "forked", one.folder)


@pytest.mark.parametrize(("threads", "most"), [("1", 1), ("2", 2), ("64", 3)])
@pytest.mark.parametrize("command", ["train", "resume"])
def test_no_more_processes_train_than_threads_are_allowed(config, threads, most, command, monkeypatch):  # noqa: E501  # fmt: skip
    plans = []

    class Planned(Exception):
        pass

    def planned(plan, *_):
        plans.append(plan)
        raise Planned

    words = ["train", str(config), "-o", "run"]
    if command == "resume":
        train(config, output=Path("run"), callbacks=[StopIn(1)])
        words = ["resume", "run"]
    monkeypatch.setattr(run, "Course", planned)
    with machine.thread_limit(os.cpu_count() or 1):
        cores = machine.available_threads()
        done = CliRunner().invoke(app, [*words, "--threads", threads])
        assert machine.available_threads() == cores
    assert isinstance(done.exception, Planned), done.output
    assert [plan.processes for plan in plans] == [min(most, cores)]


def test_turns_change_nothing(config, monkeypatch):
    whole = trained(config, "whole")
    monkeypatch.setattr(loop, "MOST_BATCHES_AT_ONCE", 2)
    several = trained(config, "several")
    made = []
    turn = course.Course._next_turn

    def noted(self):
        made.append(turn(self))
        return made[-1]

    def always(self):
        for each in self.standings:
            each.makes_way = each.is_busy

    monkeypatch.setattr(course.Course, "_next_turn", noted)
    monkeypatch.setattr(course.Course, "_make_way", always)
    rotated = trained(config, "rotated")
    assert len(made) > 20
    assert [each.member for each in made[:4]] == [1, 2, 3, 1]
    compare(rotated.folder, several.folder)
    assert arrays_of(whole).keys() == arrays_of(rotated).keys()


def masks(config):
    """The rows that each member validates on, by the definition of its generator."""
    drawn = []
    for member in (1, 2, 3):
        key = (0,) if member == 1 else (0, member)
        seeds = np.random.SeedSequence(0, spawn_key=key)
        order = np.random.Generator(np.random.PCG64(seeds)).permutation(ROWS)
        wanted = int(0.25 * ROWS + 0.5)
        counts = np.bincount(TRUTH)
        quotas = counts * wanted // ROWS
        remainders = counts * wanted % ROWS
        quotas[np.argsort(-remainders, kind="stable")[: wanted - quotas.sum()]] += 1
        mask = np.zeros(ROWS, bool)
        for label, quota in enumerate(quotas):
            mask[[row for row in order if TRUTH[row] == label][:quota]] = True
        drawn.append(mask)
    return np.array(drawn)


def probabilities(result, config, **changes):
    """What each member predicts of all rows, by a weights file of its own; (members, rows)."""
    found = []
    weights = load_weights(result.weights)
    for member in (1, 2, 3):
        single = trained(config, f"single-{member}", **changes, ensemble=1, epochs=1)
        arrays = {
            name.removeprefix(f"member_{member}/"): array
            for name, array in weights.arrays.items()
            if name.startswith(f"member_{member}/")
        }
        metadata = load_weights(single.weights).metadata
        del metadata["format_version"]
        save_weights(single.weights, arrays, metadata)
        found.append(column(single.weights, "probability"))
    return np.array(found)


def column(weights, name, source="t.csv", **options):
    text = "".join(predict(weights, Path(source), **options).chunks())
    return np.array([float(row[name]) for row in csv.DictReader(text.splitlines())])


def test_a_row_is_judged_by_those_that_held_it_out(config):
    result = trained(config, "several")
    p, drawn = probabilities(result, config), masks(config)
    rows = drawn.any(axis=0)
    mean = (p * drawn).sum(axis=0)[rows] / drawn.sum(axis=0)[rows]
    truth = TRUTH[rows]
    figures = result.results["validation"]
    assert figures["accuracy"] == pytest.approx(((mean > 0.5) == truth).mean())
    losses = -np.log(np.where(truth == 1, mean, 1 - mean))
    assert figures["loss"] == pytest.approx(losses.mean(), rel=1e-5)
    better = (mean[truth == 1][:, None] > mean[truth == 0]).mean()
    assert figures["auc"] == pytest.approx(better, abs=1e-6)
    trains = ~drawn
    mean = (p * trains).sum(axis=0) / np.maximum(1, trains.sum(axis=0))
    rows = trains.any(axis=0)
    losses = -np.log(np.where(TRUTH == 1, mean, 1 - mean))[rows]
    assert result.results["train"]["loss"] == pytest.approx(losses.mean(), rel=1e-5)
    assert not (drawn == drawn[0]).all()


@pytest.mark.parametrize("weights", [{}, {"class_weight": {"0": 3.0}}])
def test_the_verdict_speaks_of_the_loss_of_the_mean_prediction(config, weights):
    """On rows that trained, judged by those that they trained; class weights do not count."""
    layers = [{"type": "dense", "units": 64, "activation": "relu"}, {"type": "dense", "units": 1}]
    noise = np.random.default_rng(5).permutation(TRUTH).tolist()
    rows = [f"{a:.4f},{b:.4f},{t}" for (a, b, _), t in zip(X, noise, strict=True)]
    Path("t.csv").write_text("a,b,t\n" + "\n".join(rows) + "\n")
    more = {"layers": layers, "optimizer__learning_rate": 0.05, "epochs": 60}
    for split in ("own", "shared"):
        more["ensemble"] = {"members": 3, "split": split}
        result = trained(config, split, **more, **weights)
        found = re.findall(
            r"the loss of the mean prediction on them is ([\d.]+),", result.verdict.text
        )
        built = build(load(config, overrides=settings(**more)))
        figures = figures_by_part(built, load_trained(result.weights).model)["train"].figures
        assert [float(each) for each in found] == pytest.approx([figures["loss"]], rel=1e-3)
        equal = result.results["train"]["loss"] == pytest.approx(figures["loss"], rel=1e-6)
        assert equal == (not weights)


def test_predictions_are_the_mean_of_the_members(config):
    result = trained(config, "several")
    mean = probabilities(result, config).mean(axis=0)
    assert column(result.weights, "probability") == pytest.approx(mean, abs=6e-8)


@pytest.mark.parametrize("changes", [{}, REGRESSION])
def test_the_spread_is_the_members_deviation(config, changes):
    result = trained(config, "several", **changes)
    weights = load_weights(result.weights)
    each = []
    for member in (1, 2, 3):  # an ensemble of one and the same member has its predictions
        same = {
            name: weights.arrays[f"member_{member}/{name.partition('/')[2]}"]
            for name in weights.arrays
        }
        metadata = {k: v for k, v in weights.metadata.items() if k != "format_version"}
        save_weights("same.npz", same, metadata)
        name = "a" if changes else "probability"
        each.append(column(Path("same.npz"), name))
        assert column(Path("same.npz"), f"{name}_std", spread=True) == pytest.approx(0, abs=1e-7)
    found = column(result.weights, f"{name}_std", spread=True)
    assert found == pytest.approx(np.std(each, axis=0), rel=1e-4, abs=1e-7)
    assert found.min() > 0
    assert column(result.weights, name, spread=True) == pytest.approx(np.mean(each, axis=0))


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, ["prediction", "probability", "probability_std"]),
        (REGRESSION, ["a", "a_std"]),
        (
            {
                "data": {**CONFIG["data"], "target": "kind"},
                "layers": [{"type": "dense", "units": 3}],
                "loss": {"type": "sparse_categorical_crossentropy", "from_logits": True},
                "metrics": ["accuracy"],
            },
            ["prediction", "probability_blue", "probability_blue_std", "probability_green",
             "probability_green_std", "probability_red", "probability_red_std"],
        ),
        (
            {
                "data": {"train": "labels.csv", "target": ["u", "v"], "features": ["a", "b"]},
                "layers": [{"type": "dense", "units": 2}],
                "metrics": ["accuracy"],
            },
            ["u", "probability_u", "probability_u_std", "v", "probability_v", "probability_v_std"],
        ),
    ],
)  # fmt: skip
def test_the_spread_stands_behind_each_number(config, changes, columns):
    labels = "".join(f"{a:.3f},{b:.3f},{int(a > 0)},{int(b > 0)}\n" for a, b, _ in X)
    Path("labels.csv").write_text("a,b,u,v\n" + labels)
    result = trained(config, "several", epochs=1, **changes)
    source = Path(changes.get("data", CONFIG["data"])["train"])
    text = "".join(predict(result.weights, source, spread=True).chunks()).splitlines()
    plain = "".join(predict(result.weights, source).chunks()).splitlines()
    assert text[0].split(",") == columns
    kept = [place for place, name in enumerate(columns) if not name.endswith("_std")]
    assert [[row.split(",")[k] for k in kept] for row in text] == [row.split(",") for row in plain]
    assert len(text) == ROWS + 1


def test_one_model_has_no_spread(config):
    single = trained(config, "single", ensemble=1)
    with pytest.raises(ArgumentError, match="this is one model"):
        predict(single.weights, Path("t.csv"), spread=True)


def test_members_that_share_their_split_are_judged_on_it(config):
    shared = trained(config, "shared", ensemble={"members": 3, "split": "shared"})
    p = probabilities(shared, config)[:, masks(config)[0]].mean(axis=0)
    truth = TRUTH[masks(config)[0]]
    figures = shared.results["validation"]
    assert figures["accuracy"] == pytest.approx(((p > 0.5) == truth).mean())
    losses = -np.log(np.where(truth == 1, p, 1 - p))
    assert figures["loss"] == pytest.approx(losses.mean(), rel=1e-5)


def test_advice_says_of_which_member_it_is(config):
    """Of the first that it holds for: here units of the second alone have died."""
    start = trained(config, "start", epochs=1)
    arrays = arrays_of(start)
    arrays["member_2/dense_1/bias"] = np.full(6, -50.0)
    metadata = load_weights(start.weights).metadata
    del metadata["format_version"]
    save_weights(start.weights, arrays, metadata)
    result = train(config, output=Path("again"), init_weights=start.weights, processes=1)
    (told,) = [each for each in result.results["advice"] if each["code"] == "dead-relu"]
    assert told["message"].startswith("member 2: 6 of the 6 units of layers.0 give 0")


def test_results_hold_the_members_mean_worst_and_best(config):
    shutil.copy("t.csv", "test.csv")
    result = trained(config, "several", data__test="test.csv")
    found = result.results["members"]
    with (result.folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["member"] for row in rows] == [str(k) for k in (1, 2, 3) for _ in range(5)]
    assert [row["epoch"] for row in rows] == [str(k) for k in range(1, 6)] * 3
    last = [row for row in rows if row["epoch"] == "5"]
    for part, ahead in (("train", ""), ("validation", "val_")):
        for name, best, worst in (("loss", min, max), ("auc", max, min)):
            values = [float(row[ahead + name]) for row in last]
            assert found["mean"][part][name] == pytest.approx(np.mean(values))
            assert found["best"][part][name] == best(values)
            assert found["worst"][part][name] == worst(values)
    assert found["worst"]["test"]["loss"] > found["best"]["test"]["loss"]
    assert result.results["test"]["loss"] < found["mean"]["test"]["loss"]  # a mean loses less
    assert found["count"] == 3
    assert found["epochs"] == [5, 5, 5]
    assert json.loads((result.folder / "results.json").read_text()) == result.results


def test_each_member_stops_on_its_own(config):
    more = {"early_stopping": {"patience": 1}, "epochs": 60, "optimizer__learning_rate": 0.1}
    found = trained(config, "several", **more).results
    assert found["status"] == "stopped"
    assert found["verdict"]["codes"] == ["stopped-early"] or found["verdict"]["codes"]
    epochs = found["members"]["epochs"]
    assert max(epochs) < 60
    assert len(set(epochs)) > 1
    assert all(w < e for w, e in zip(found["members"]["weights_epochs"], epochs, strict=True))


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.process)])
def test_an_interrupted_run_goes_on_to_the_same_bytes(config, processes, monkeypatch):
    monkeypatch.setattr(loop, "MOST_BATCHES_AT_ONCE", 2)
    whole = trained(config, "whole")
    output = config.parent / "half"
    stop = StopIn(3)
    half = train(config, output=output, callbacks=[stop], processes=processes)
    assert half.status is ExitStatus.INTERRUPTED
    assert not half.weights.exists()
    assert json.loads((output / "results.json").read_text())["status"] == "interrupted"
    done = resume(output, processes=processes)
    assert done is not None
    compare(output, whole.folder)
    assert resume(output) is None


def test_a_finished_run_is_trained_further(config):
    longer = trained(config, "longer", epochs=8)
    run = trained(config, "run").folder
    resume(run, epochs=8)
    compare(run, longer.folder)
    with pytest.raises(ArgumentError, match="the run has 8 epochs already"):
        resume(run, epochs=7)


def test_members_that_stopped_early_begin_to_wait_anew(config):
    more = {"early_stopping": {"patience": 1}, "epochs": 60, "optimizer__learning_rate": 0.1}
    run = trained(config, "run", **more)
    before = run.results["members"]["epochs"]
    after = resume(run.folder, epochs=60).results["members"]["epochs"]
    assert all(b < a for b, a in zip(before, after, strict=True))


def test_a_member_that_goes_on_is_as_patient_as_it_was(config):
    more = settings(early_stopping={"patience": 50}, optimizer__learning_rate=0.2, epochs=20)
    run = train(config, output=Path("run"), overrides=more, callbacks=[StopIn(15)], processes=1)
    job = Job.of(build(load(config, overrides=more)))
    (saved, *_) = read_members(RunFolder(run.folder), 3)
    assert saved.callbacks[-1]["wait"] > 0
    stopping = Standing.of(saved, job).stopping
    assert stopping.state() == saved.callbacks[-1]
    assert stopping.patience == 50


def test_going_on_that_was_broken_off_between_members_is_taken_up(config, monkeypatch):
    run = trained(config, "run").folder
    shutil.copytree(run, config.parent / "broken")
    resume(run, epochs=8)
    calls = []
    rewrite = checkpoint.rewrite_checkpoint

    def second_fails(saved):
        calls.append(saved)
        if len(calls) == 2:
            raise KeyboardInterrupt
        rewrite(saved)

    monkeypatch.setattr(resuming, "rewrite_checkpoint", second_fails)
    with pytest.raises(KeyboardInterrupt):
        resume(config.parent / "broken", epochs=8)
    monkeypatch.setattr(resuming, "rewrite_checkpoint", rewrite)
    resume(config.parent / "broken")
    compare(config.parent / "broken", run)


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.process)])
def test_a_member_that_diverges_ends_the_run(config, processes):
    found = trained(
        config, "run", processes, optimizer={"type": "sgd", "learning_rate": 1e30}, **{
            key: value for key, value in REGRESSION.items() if key != "optimizer"
        }
    )  # fmt: skip
    assert found.status is ExitStatus.NO
    assert found.results["status"] == "diverged"
    assert found.problems[0].message.startswith("member ")
    assert not found.weights.exists()


@pytest.mark.process
def test_a_process_that_is_killed_ends_the_run_which_goes_on(config, monkeypatch):
    whole = trained(config, "whole", epochs=40)
    started = []
    start = course.workers

    def noting(*arguments, **options):
        context = start(*arguments, **options)

        class Noting:
            def __enter__(self):
                crew = context.__enter__()
                started.extend(crew)
                return crew

            def __exit__(self, *error):
                return context.__exit__(*error)

        return Noting()

    class KillWhenItTrains(Callback):
        def on_epoch_end(self, run, event):
            if run.member == 2 and started:
                os.kill(started.pop().process.pid, signal.SIGKILL)

    monkeypatch.setattr(course, "workers", noting)

    monkeypatch.setattr(course.Course, "_train", lambda self: elsewhere(self))
    with pytest.raises(course.MemberLost, match=r"member \d .*was killed \(SIGKILL\)"):
        train(
            config,
            output=config.parent / "run",
            overrides=settings(epochs=40),
            callbacks=[KillWhenItTrains()],
            processes=2,
        )
    monkeypatch.undo()
    resume(config.parent / "run")
    compare(config.parent / "run", whole.folder)


def elsewhere(self):
    """The loop of a process that trains no member itself."""
    while any(each.ended is None for each in self.standings):
        self.hand_out()
        self.listen(0.1)


@pytest.mark.process
@pytest.mark.parametrize("at", [0.6, 1.2, 1.8])
def test_all_processes_killed_at_once_resume_to_the_same_bytes(config, at, monkeypatch):
    more = {"epochs": 60}
    whole = trained(config, "whole", **more)
    code = (
        "import sys\nfrom pathlib import Path\nfrom nnctl.jobs.members import course\n"
        "from nnctl.jobs.train import train\nfrom nnctl.runs import checkpoint\n"
        "if __name__ == '__main__':\n"
        f"    checkpoint.BETWEEN_EPOCHS = 0\n    vars(course).update({ALWAYS_MAKING_WAY})\n"
        "    train(Path('c.yaml'), output=Path('run'), overrides=['epochs=60'], processes=2)\n"
    )
    (config.parent / "go.py").write_text(code)
    with begun([sys.executable, "go.py"]) as process:
        while not (config.parent / "run/members/3/checkpoint.npz").exists():
            time.sleep(0.01)
        time.sleep(at)
        os.killpg(process.pid, signal.SIGKILL)
    resume(config.parent / "run", processes=2)
    compare(config.parent / "run", whole.folder)


@pytest.mark.parametrize("members", [1, 3])
def test_a_history_that_lacks_the_last_epochs_is_written_anew(config, members):
    """As where the last member had its last checkpoint, and then all was killed."""
    whole = trained(config, "whole", ensemble=members)
    broken = trained(config, "broken", ensemble=members)
    lines = (broken.folder / "history.csv").read_text().splitlines(keepends=True)
    (broken.folder / "history.csv").write_text("".join(lines[:-2]))
    broken.weights.unlink()
    resume(broken.folder)
    compare(broken.folder, whole.folder)


def test_checkpoints_that_changed_places_are_found(config):
    output = config.parent / "run"
    train(config, output=output, callbacks=[StopIn(2)])
    one, two = (output / f"members/{k}/checkpoint.npz" for k in (1, 2))
    one.rename(output / "kept")
    two.rename(one)
    (output / "kept").rename(two)
    with pytest.raises(NnctlError, match="not the checkpoint of that member"):
        resume(output)


def test_a_start_is_for_all_members_or_for_each_its_own(config):
    first = trained(config, "first")
    again = train(
        config, output=config.parent / "again", init_weights=first.folder,
        callbacks=[StopIn(1)],
    )  # fmt: skip
    del again
    start = checkpoint.read_checkpoint(config.parent / "again/members/3/checkpoint.npz")
    assert start.epoch <= 1
    single = trained(config, "single", ensemble=1)
    built = build(load(config), init_weights=single.folder)
    for model in first_models(built, single.folder):
        for name, array in arrays_of(single).items():
            assert (model.named_arrays()[name] == array).all()
    built = build(load(config), init_weights=first.folder)
    for number, model in enumerate(first_models(built, first.folder), start=1):
        for name, array in model.named_arrays().items():
            assert (arrays_of(first)[f"member_{number}/{name}"] == array).all()


@pytest.mark.parametrize("members", [1, 3])
def test_a_start_from_a_checkpoint_is_one_problem(config, members):
    first = trained(config, "first")
    start = first.folder / "members/2/checkpoint.npz"
    with pytest.raises(NnctlError, match="this is a checkpoint") as raised:
        train(
            config, output=config.parent / "again", init_weights=start,
            overrides=[f"ensemble={members}"],
        )  # fmt: skip
    assert len(raised.value.problems) == 1


@pytest.mark.parametrize("members", [1, 2, 5])
def test_a_start_of_another_size_is_refused(config, members):
    first = trained(config, "first")
    with pytest.raises(
        NnctlError, match=f"holds 3 members, and the config has ensemble: {members}"
    ):
        train(
            config, output=config.parent / "again", init_weights=first.folder,
            overrides=[f"ensemble={members}"],
        )  # fmt: skip
    assert not (config.parent / "again").exists()


def test_a_process_tells_and_obeys(config):
    """What goes over the line, without a process."""
    import multiprocessing
    import threading

    output = config.parent / "run"
    train(config, output=output, callbacks=[StopIn(1)])
    saved = checkpoint.read_checkpoint(output / "members/2/checkpoint.npz")
    plan = turns.EnsemblePlan("config.yaml", output, saved.about, 2)
    here, there = multiprocessing.Pipe()
    parent = os.getppid()
    thread = threading.Thread(
        target=turns.take_turns, args=(plan, None, there, parent), daemon=True
    )
    signals = turns.ignore_interrupts
    turns.ignore_interrupts = lambda: None  # a thread may not
    try:
        thread.start()
        assert isinstance(here.recv(), turns.Ready)
        here.send("interrupted")  # too late for what has ended
        here.send(turns.Turn(2, {"first": None, "last": None, "epoch": 0}))
        heard = [here.recv()]
        while not isinstance(heard[-1], turns.TurnEnd):
            heard.append(here.recv())
        assert heard[-1].reason == "finished"
        epochs = [each.epoch for each in heard if hasattr(each, "epochs")]
        assert epochs == list(range(saved.epoch + 1, 6))
        here.close()
        thread.join(10)
        assert not thread.is_alive()
    finally:
        turns.ignore_interrupts = signals


def damaged(weights, change):
    """The file with other arrays."""
    found = load_weights(weights)
    arrays = dict(found.arrays)
    change(arrays)
    metadata = {k: v for k, v in found.metadata.items() if k != "format_version"}
    save_weights("other.npz", arrays, metadata)
    return Path("other.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("member_2/dense_1/bias"), 'member 2: there is no array "dense_1/bias"'),
        (
            lambda a: a.update({"member_4/dense_1/bias": a["member_1/dense_1/bias"]}),
            '"member_4/dense_1/bias" is the array of none of its 3 members',
        ),
        (lambda a: a.update({"dense_1/bias": np.zeros(6)}), '"dense_1/bias" is the array of none'),
        (lambda a: a.update({"member_3/dense_1/bias": np.zeros(5)}), "member 3: .* has shape"),
        (
            lambda a: a.update({"member_3/dense_1/bias": np.full(6, np.nan)}),
            "member 3: .* not finite",
        ),
    ],
)
def test_weights_that_are_not_of_its_members_are_refused(config, change, message):
    result = trained(config, "several", epochs=1)
    with pytest.raises(NnctlError) as raised:
        load_trained(damaged(result.weights, change))
    assert re.search(message, raised.value.problems[0].message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("member_2/dense_1/bias"), 'member 2: there is no array "dense_1/bias"'),
        (lambda a: a.update({"member_3/dense_1/bias": np.zeros(5)}), "member 3: .* has shape"),
        (lambda a: a.update({"dense_1/bias": np.zeros(6)}), '"dense_1/bias" is the array of none'),
        (lambda a: a.update({"member_03/dense_1/bias": np.zeros(6)}), "is the array of none"),
    ],
)
def test_a_start_from_arrays_that_are_not_of_its_members_is_refused(config, change, message):
    result = trained(config, "several", epochs=1)
    start = damaged(result.weights, change)
    with pytest.raises(NnctlError) as raised:
        train(config, output=config.parent / "again", init_weights=start)
    assert re.search(message, raised.value.problems[0].message)
    assert not (config.parent / "again").exists()


def test_rows_from_the_disk_are_judged_alike(config):
    read = trained(config, "read", **IN_BLOCKS)
    drawn = masks(config)
    rows = drawn.any(axis=0)
    p = probabilities(read, config, **IN_BLOCKS)
    mean = (p * drawn).sum(axis=0)[rows] / drawn.sum(axis=0)[rows]
    right = ((mean > 0.5) == TRUTH[rows]).mean()
    assert read.results["validation"]["accuracy"] == pytest.approx(right)

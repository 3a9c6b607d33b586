"""`nnctl train`: what is printed where, and the exit statuses."""

import io
import json
import math
import re
import shlex
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np
import pytest

import nnctl.jobs.train as job
from nnctl.advice import Advice
from nnctl.advice.verdict import Verdict
from nnctl.cli.outcome import next_steps
from nnctl.cli.printing import print_warning
from nnctl.errors import ExitStatus
from nnctl.reading.files import DataFile


@pytest.fixture
def faked(monkeypatch):
    """Puts a result in place of the job's; returns what the job was called with."""

    def fake(status=ExitStatus.DONE, verdict=None, layers=(), **results):
        calls = []
        figures = {"run": "r", "weights": "r/weights.npz", "epochs": 1, "seconds": 0.25, "seed": 0}
        figures |= {"weights_epoch": 1, "config": {"layers": layers}}
        result = job.TrainResult(
            Path("r"),
            Path("r/weights.npz"),
            figures | results,
            status,
            DataFile(Path("some data.csv")),
            verdict=verdict,
        )

        def train(config, **arguments):
            calls.append((config, arguments))
            return result

        monkeypatch.setattr(job, "train", train)
        return calls

    return fake


def test_results_go_to_stdout_and_a_line_an_epoch_to_stderr(project, invoke):
    result = invoke("train", "small.yaml")
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert re.fullmatch(r"epoch 1/3  loss \S+  accuracy \S+  \S+ s", lines[0])
    table = r"epoch 3 +train +baseline of train\nloss +\S+\naccuracy +\S+ +\S+\n"
    note = r"train: means over the batches of the epoch, while the weights changed\n\n"
    assert re.match(table + note + r"verdict +\S.*\n", result.stdout)


def test_the_results_in_full(project, invoke, faked):
    advice = (
        Advice("still-learning", "epochs", "", "epochs: 18"),
        Advice("below-baseline", "optimizer", "", "optimizer.learning_rate: 0.1\nepochs: 18"),
    )
    verdict = Verdict(advice, ("the loss still fell", "no better than guessing"))
    faked(
        train={"loss": 0.25, "accuracy": 0.5},
        validation={"loss": 0.5, "accuracy": 0.75},
        test={"loss": 1.0, "accuracy": 1.0},
        baselines={"validation": {"accuracy": 0.5}, "test": {"accuracy": 0.625}},
        epochs=9,
        weights_epoch=4,
        layers=[{"type": "dense"}, {"type": "dropout"}],
        verdict=verdict,
    )
    assert invoke("train", "small.yaml").stdout == (
        "epoch 4   train  validation  test  baseline of test\n"
        "loss       0.25         0.5     1\n"
        "accuracy    0.5        0.75     1             0.625\n"
        "train: means over the batches of the epoch, while the weights changed, with dropout\n"
        "\n"
        "verdict  the loss still fell  [still-learning]\n"
        "         no better than guessing  [below-baseline]\n"
        "change   epochs: 18\n"
        "         optimizer.learning_rate: 0.1\n"
        "why      nnctl advice still-learning\n"
        "run      r  (9 epochs, the weights of epoch 4, 0.2 s)\n"
        "next     nnctl evaluate r 'some data.csv'\n"
        "         nnctl report r\n"
        "         nnctl predict r 'some data.csv'\n"
    )


@pytest.mark.parametrize("part", ["test", "validation"])
def test_the_lines_to_run_next_run_on_rows_that_did_not_train(part, project, invoke):
    lines = (project / "table.csv").read_text().splitlines(keepends=True)
    (project / "other.csv").write_text("".join(lines[:21]))
    printed = invoke("train", "small.yaml", "--set", f"data.{part}=other.csv").stdout
    lines = [shlex.split(line[9:]) for line in printed.splitlines()[-3:]]
    assert [line[:3] for line in lines] == [
        ["nnctl", command, "runs/small"] for command in ("evaluate", "report", "predict")
    ]
    assert [line[3:] for line in lines] == [["other.csv"], [], ["other.csv"]]
    assert invoke(*lines[0][1:]).exit_code == 0
    assert len(invoke(*lines[2][1:]).stdout.splitlines()) == 21


@pytest.mark.parametrize(
    ("train", "stand_in"),
    [("table.csv", "NEW.csv"), ("table.tsv.gz", "NEW.tsv"), ("table", "NEW")],
)
def test_without_other_rows_the_lines_have_a_name_that_stands_for_them(train, stand_in):
    known = Path("r"), Path("r/weights.npz"), {}, ExitStatus.DONE, DataFile(Path(train))
    result = job.TrainResult(*known, has_trained=True)
    assert [line[3:] for line in next_steps(result)] == [[stand_in], [], [stand_in]]


def test_quiet_prints_nothing(project, invoke):
    result = invoke("train", "small.yaml", "-q")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_json_is_one_object_with_what_results_json_holds(project, invoke):
    result = invoke("train", "small.yaml", "--json")
    assert json.loads(result.stdout) == json.loads(Path("runs/small/results.json").read_text())
    assert result.stderr.count("\n") == 3


def test_json_has_null_for_what_is_not_a_number(project, invoke, faked):
    faked(train={"loss": math.inf, "auc": math.nan})
    printed = json.loads(invoke("train", "small.yaml", "--json").stdout, parse_constant=pytest.fail)
    assert printed["train"] == {"loss": None, "auc": None}


def test_options_reach_the_job(project, invoke, faked):
    calls = faked()
    options = "-o out --set a=1 --set b.0=2 --epochs 7 --seed 5 --init-weights w.npz --overwrite -q"
    assert invoke("train", "small.yaml", *options.split(), "--ensemble", "4").exit_code == 0
    ((config, arguments),) = calls
    (interruption,) = arguments.pop("callbacks")
    assert arguments.pop("warn") is print_warning
    with redirect_stderr(io.StringIO()) as said:
        arguments.pop("advise")(["what -q keeps from being printed"])
    assert said.getvalue() == ""
    assert (config, interruption.status) == (Path("small.yaml"), None)
    assert arguments == {
        "output": Path("out"),
        "overrides": ["a=1", "b.0=2"],
        "epochs": 7,
        "ranks": None,
        "seed": 5,
        "ensemble": 4,
        "init_weights": Path("w.npz"),
        "overwrite": True,
    }


def test_an_interrupted_run_says_so_on_stderr_even_when_quiet(project, invoke, faked):
    faked(ExitStatus.INTERRUPTED, epochs=4)
    result = invoke("train", "small.yaml", "-q")
    assert (result.exit_code, result.stdout) == (130, "")
    kept = Path("r/checkpoint.npz")
    assert result.stderr == f"interrupted after 4 whole epochs; the state is kept in {kept}\n" + (
        "go on    nnctl resume r\n"
    )
    assert "predict" not in invoke("train", "small.yaml").stdout


def test_a_loss_that_climbed_is_status_1_and_has_its_weights(project, invoke):
    climbing = STEEP.replace("1e30", "0.12").replace("epochs: 5", "epochs: 30\nbatch_size: full")
    Path("steep.yaml").write_text(climbing)
    result = invoke("train", "steep.yaml")
    assert (result.exit_code, Path("runs/steep/weights.npz").is_file()) == (1, True)
    assert "error: the loss climbed from " in result.stderr
    assert "[diverged]\nchange   optimizer.learning_rate: 0.012\n" in result.stdout
    assert "the last good state" not in result.stderr and "predict" not in result.stdout
    quiet = invoke("train", "steep.yaml", "-q")
    assert (quiet.exit_code, quiet.stdout) == (1, "")
    assert quiet.stderr.startswith("error: the loss climbed from ")


STEEP = """\
data: {train: table.csv, target: b, features: [a]}
layers: [{type: dense, units: 1}]
loss: mean_squared_error
optimizer: {type: sgd, learning_rate: 1e30}
epochs: 5
"""


def test_divergence_is_status_1_with_the_state_kept(project, invoke):
    Path("steep.yaml").write_text(STEEP)
    result = invoke("train", "steep.yaml", "--json")
    assert result.exit_code == 1
    printed = json.loads(result.stdout, parse_constant=pytest.fail)
    assert (printed["run"], "weights" in printed) == (str(Path("runs/steep")), False)
    error, fix, kept = result.stderr.splitlines()[-3:]
    assert error.startswith("error: the loss is ") and "optimizer.learning_rate" in fix
    assert kept == f"the last good state is kept in {Path('runs/steep/checkpoint.npz')}"
    files = {path.name for path in Path("runs/steep").iterdir()}
    assert files == {"config.yaml", "checkpoint.npz", "history.csv", "results.json"}
    with np.load("runs/steep/checkpoint.npz") as arrays:
        assert np.isfinite(arrays["vector"]).all()


def test_parameters_that_overflow_in_the_last_step_are_not_given_out(project, invoke):
    Path("steep.yaml").write_text(STEEP)
    overrides = ("optimizer.learning_rate=1e38", "batch_size=full", "epochs=1")
    options = [part for override in overrides for part in ("--set", override)]
    result = invoke("train", "steep.yaml", *options)
    assert result.exit_code == 1
    assert "the parameters are not finite after epoch 1" in result.stderr
    assert not Path("runs/steep/weights.npz").exists()


def test_smoke_reports_how_the_loss_fell_and_leaves_nothing(project, invoke):
    before = sorted(project.iterdir())
    result = invoke("train", "small.yaml", "--smoke")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.match(r"smoke test: .* the loss fell from \S+ to \S+ in \d+ steps\n", result.stdout)
    printed = json.loads(invoke("train", "small.yaml", "--smoke", "--json").stdout)
    assert printed["smoke"]["after"] < printed["smoke"]["before"]
    assert {"run", "weights"}.isdisjoint(printed)
    assert sorted(project.iterdir()) == before
    frozen = invoke("train", "small.yaml", "--smoke", "--set", "optimizer.learning_rate=1e-30")
    assert (frozen.exit_code, "did not fall" in frozen.stdout) == (1, True)


def test_smoke_gives_the_warnings_and_the_advice_of_training_before_it_fails(project, invoke):
    (project / "table.csv").write_text("a,b,label\n" + "1000,0,no\n0,,no\n2,1000,yes\n7,,\n" * 10)
    small = ["small.yaml", "--set", "data.missing=drop", "--set", "optimizer.learning_rate=1e-30"]
    told = invoke("validate", *small)
    assert "unscaled-inputs" in told.stdout and "warning: " in told.stderr
    tried = invoke("train", *small, "--smoke")
    assert tried.exit_code == 1
    assert tried.stderr == told.stderr + told.stdout.partition("no problems\n")[2]
    assert "advice: " not in invoke("train", *small, "--smoke", "-q").stderr


def test_overwrite_leaves_the_old_run_until_there_is_a_new_one(trained, invoke):
    before = {path.name: path.read_bytes() for path in trained.iterdir()}
    Path("ragged.csv").write_text("a,b,label\n1,2\n")
    for change in ("layers.0.units=0", "data.train=ragged.csv", "data.train=missing.csv"):
        result = invoke("train", "small.yaml", "--overwrite", "--set", change)
        assert (result.exit_code, result.stdout) == (2, "")
    assert invoke("train", "small.yaml", "-o", "runs/small").exit_code == 2
    assert {path.name: path.read_bytes() for path in trained.iterdir()} == before
    assert invoke("train", "small.yaml", "--overwrite", "--seed", "9", "-q").exit_code == 0
    assert (trained / "weights.npz").read_bytes() != before["weights.npz"]


def test_the_config_of_a_run_gives_the_same_weights(trained, invoke):
    assert invoke("train", "runs/small/config.yaml", "-q", "-o", "again").exit_code == 0
    again, first = Path("again/weights.npz"), trained / "weights.npz"
    assert again.read_bytes() == first.read_bytes()


def test_named_options_win_over_set_and_set_over_the_config(project, invoke):
    options = ["--set", "epochs=2", "--set", "seed=7", "--seed", "5", "--json", "-q"]
    printed = json.loads(invoke("train", "small.yaml", *options).stdout)
    assert (printed["epochs"], printed["seed"]) == (2, 5)


def test_a_config_that_is_not_there_is_status_2(project, invoke):
    result = invoke("train", "smal.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: smal.yaml\n  there is no such file\n")


def test_an_ensemble_prints_its_figures_beside_those_of_its_members(project, invoke):
    result = invoke("train", "small.yaml", "--ensemble", "3", "--set", "data.validation=0.25")
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    epochs = [line for line in lines if line.startswith("member ")]
    assert sorted(line.split("  ")[0] for line in epochs) == [f"member {k}" for k in "111222333"]
    assert re.fullmatch(r"member 2  epoch 1/3  loss \S+ .* s", sorted(epochs)[3])
    head = "3 members +train +validation +baseline of validation +mean member +worst member +best"
    assert re.match(rf"{head} member\nloss( +\S+){{5}}\naccuracy( +\S+){{6}}\n", result.stdout)
    seconds = r"\d+\.\d s of all together"  # which work at once: it is not how long it took
    assert re.search(
        rf"\nrun      runs/small  \(3 members of 3 epochs each, {seconds}\)\n", result.stdout
    )
    assert result.stdout.endswith("  nnctl predict runs/small NEW.csv\n")


def test_the_option_leaves_the_split_of_a_section_as_it_is(project, invoke):
    with Path("small.yaml").open("a") as file:
        file.write("ensemble: {members: 5, split: shared}\n")
    given = ("--ensemble", "2", "--set", "data.validation=0.25", "--json")
    done = invoke("train", "small.yaml", *given)
    results = json.loads(done.stdout)
    assert results["config"]["ensemble"] == {"members": 2, "split": "shared"}
    assert results["members"]["count"] == 2


@pytest.mark.parametrize("split", ["own", "shared", "none"])
def test_a_split_of_ones_own_needs_rows_to_draw(project, invoke, split):
    done = invoke("validate", "small.yaml", "--set", f"ensemble={{members: 2, split: {split}}}")
    refused = split != "shared"
    assert done.exit_code == (2 if refused else 0)
    assert ("ensemble.split" in done.stdout) == refused


def test_a_member_is_for_the_smoke_test_alone(project, invoke):
    several = ("train", "small.yaml", "--ensemble", "3", "--member")
    refused = invoke(*several, "2")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--member is for --smoke" in refused.stderr
    first, second = (invoke(*several, k, "--smoke").stdout for k in "12")
    assert "the loss fell" in first
    assert first != second
    beyond = invoke(*several, "4", "--smoke")
    assert beyond.exit_code == 2
    assert "the config has members 1 to 3" in beyond.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", ["explain", "gradcheck", "profile"])
def test_commands_for_one_model_take_a_member(project, invoke, command):
    several = (command, "small.yaml", "--set", "ensemble=3", "--json", "--member")
    beyond = invoke(*several, "4")
    assert beyond.exit_code == 2
    assert "the config has members 1 to 3" in beyond.stderr
    assert invoke(*several, "3").exit_code == 0
    if command == "explain":
        default = invoke(*several[:-1]).stdout
        assert (
            invoke(*several, "1").stdout
            == default
            == invoke(command, "small.yaml", "--json").stdout
        )
        assert invoke(*several, "2").stdout != default


@pytest.mark.slow
def test_an_ensemble_is_summed_up_as_its_member_times_their_number(project, invoke):
    invoke("train", "small.yaml", "--ensemble", "3", "-q")
    for command in (("summary", "runs/small"), ("summary", "small.yaml", "--set", "ensemble=3")):
        assert "members     3 such models: 39 parameters (156 B)" in invoke(*command).stdout
    assert "members" not in invoke("summary", "small.yaml").stdout


@pytest.mark.slow
def test_predictions_have_a_spread(project, invoke):
    invoke("train", "small.yaml", "--ensemble", "2", "-q")
    lines = invoke("predict", "runs/small", "table.csv", "--spread").stdout.splitlines()
    assert lines[0] == "prediction,probability,probability_std"
    single = invoke("train", "small.yaml", "-q", "-o", "single")
    assert single.exit_code == 0
    refused = invoke("predict", "single", "table.csv", "--spread")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "this is one model" in refused.stderr

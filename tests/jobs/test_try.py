"""`init --try`: the recipe that is written is the best that was tried, where that is no chance."""

import math

import numpy as np
import pytest
from typer.testing import CliRunner

from nnctl.assembly.build import build
from nnctl.cli.app import app
from nnctl.config import load
from nnctl.errors import ExitStatus
from nnctl.jobs import recipe as recipes_of_init
from nnctl.jobs.init import init
from nnctl.jobs.recipe import SMALL, recipes_to_try
from nnctl.jobs.studies import recipes
from nnctl.jobs.studies.recipes import ListedTrials, NothingTrained, cells_of, judged_by_rows
from nnctl.jobs.train import train
from nnctl.jobs.tune import tune
from nnctl.jobs.validate import validate
from nnctl.system import machine
from nnctl.tuning.result import Watcher
from nnctl.tuning.trial import Judged, Outcome

pytestmark = pytest.mark.slow  # each trains several times

BINS = (0, 16, 32, 64)
RECIPES = [SMALL._replace(bins=bins) for bins in BINS]
ROWS = 100


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to work in, where two members are enough and no processes are started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(recipes_of_init, "MEMBERS", ((50_000, 2),))
    with machine.thread_limit(1):
        yield tmp_path


def write(path, columns):
    lines = [
        ",".join(columns),
        *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True)),
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def waves(path, rows):
    """A number that goes up and down so often that a network needs many pieces to follow it."""
    x = np.random.default_rng(2).uniform(0, 1, rows).round(4)
    return write(
        path, {"x": x, "colour": ["red", "blue"] * (rows // 2), "y": np.sin(60 * x).round(3)}
    )


# What is chosen --------------------------------------------------------------------------------


def judged(*means, noise=0.1, rows=ROWS):
    """Outcomes with losses of such means, whose differences have about that standard error."""
    draws = np.random.default_rng(0)
    listed = ListedTrials([{} for _ in means], Watcher())
    for number, mean in enumerate(means, start=1):
        listed.take()
        if mean is None:
            listed.end(number, Outcome("failed", reason="the loss is not finite"))
            continue
        around = draws.normal(size=rows)
        losses = mean + (around - around.mean()) / around.std() * noise * math.sqrt(rows / 2)
        figures = {"loss": float(losses.mean()), "mae": mean}
        listed.end(number, Outcome("complete", figures["loss"], judged=Judged(figures, losses)))
    return listed


@pytest.mark.parametrize(
    ("means", "bins"),
    [
        ((1.0, 1.0, 1.0, 1.0), 16),
        ((0.9, 1.0, 0.85, 0.95), 16),  # less, but no more than chance
        ((0.5, 1.0, 0.9, 1.2), 0),
        ((0.5, 1.0, 0.4, 0.45), 32),
        ((1.0, 1.0, 0.9, 0.5), 64),
        ((None, 1.0, None, None), 16),
        ((1.1, None, 1.2, 1.05), 64),
        ((None, None, None, 7.0), 64),
    ],
)
def test_the_rules_recipe_stays_unless_another_is_clearly_better(means, bins):
    tried = judged_by_rows(RECIPES, RECIPES[1], judged(*means))
    assert tried.best.recipe.bins == bins
    assert (tried.is_the_rule, tried.rows) == (bins == 16, ROWS)
    head, *cells = cells_of(tried)
    assert head == ["bins", "val_loss", "val_mae", "less the rule's", ""]
    assert [row[-1] for row in cells] == ["written" if each == bins else "" for each in BINS]
    failed = [row[3] == "failed: the loss is not finite" for row in cells]
    assert failed == [mean is None for mean in means]


def test_the_noise_is_the_standard_error_of_the_difference():
    tried = judged_by_rows(RECIPES, RECIPES[1], judged(0.5, 1.0, 0.9, 1.2, noise=0.1))
    assert [each.behind for each in tried.recipes] == [
        None if each is None else pytest.approx(each) for each in (-0.5, None, -0.1, 0.2)
    ]
    assert all(0.07 < each.noise < 0.13 for each in tried.recipes if each.noise is not None)
    assert cells_of(tried)[1][3].startswith("-0.5 ± 0.")


def test_of_few_rows_nothing_is_clear():
    tried = judged_by_rows(RECIPES, RECIPES[1], judged(0.1, 1.0, 0.1, 0.1, noise=1e-6, rows=19))
    assert tried.is_the_rule
    assert cells_of(tried)[1][3] == "-0.9, of too few rows"
    assert not judged_by_rows(
        RECIPES, RECIPES[1], judged(0.1, 1.0, 0.1, 0.1, noise=1e-6, rows=20)
    ).is_the_rule


def test_where_all_fail_the_answer_is_no():
    with pytest.raises(NothingTrained, match="the loss is not finite") as caught:
        judged_by_rows(RECIPES, RECIPES[1], judged(None, None, None, None))
    assert caught.value.status is ExitStatus.NO


# What is tried ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "bins"), [(1, [0, 16, 32, 64]), (57, [0, 16, 32]), (100, [0, 16])]
)
def test_pieces_are_tried_as_far_as_there_is_room(numbers, bins):
    tried = recipes_to_try(SMALL, numbers)
    assert [each.bins for each in tried] == bins
    assert SMALL in tried and {each._replace(bins=0) for each in tried} == {tried[0]}


def test_where_the_rule_has_no_pieces_there_is_nothing_to_try():
    assert recipes_to_try(RECIPES[0], 200) == [RECIPES[0]]


def test_of_few_values_no_finer_pieces_are_tried(folder):
    words = [f"word {k % 15}" for k in range(60)]  # inputs that are no pieces
    few = {"x": [k % 2 for k in range(60)], "z": [k % 5 for k in range(60)], "word": words}
    data = write(folder / "d.csv", few | {"t": [k % 3 % 2 for k in range(60)]})
    result = init(data, "t", trying=True)
    assert [each.recipe.bins for each in result.tried.recipes] == [0, 16]
    assert "data.bins: [null, 16]" in result.path.read_text()


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"colour": ["red", "blue", "blue"] * 20}, "no column is a number"),
        ({f"n{k}": [f"{row * k % 7}.5" for row in range(60)] for k in range(1, 150)}, "too many"),
    ],
)
def test_where_nothing_is_to_be_tried_the_rules_config_is_written(folder, columns, reason):
    data = write(folder / "d.csv", columns | {"t": [0, 1] * 30})
    text = init(data, "t", overwrite=True).path.read_text()
    done = CliRunner().invoke(app, ["init", "d.csv", "--target", "t", "--try", "--overwrite"])
    assert done.exit_code == 0 and done.stdout.startswith("wrote    d.yaml")
    assert "nothing to try: " in done.stderr and reason in done.stderr
    assert (folder / "d.yaml").read_text() == text


# What is written -------------------------------------------------------------------------------


def test_the_best_is_written_and_its_figures_are_those_of_train(folder):
    """Pieces are worth much here, so that another recipe than the rule's is written."""
    (folder / "configs").mkdir()
    data = waves(folder / "d.csv", 100)
    result = init(data, "y", output=folder / "configs" / "c.yaml", trying=True)
    tried, best = result.tried, result.tried.best
    assert [each.recipe.bins for each in tried.recipes] == list(BINS)
    assert best.is_clearly_better and best.row.value == min(e.row.value for e in tried.recipes)
    config = load(result.path)
    assert config.data.bins == best.recipe.bins == result.plan.recipe.bins
    assert validate([result.path]).advice == ()
    text = result.path.read_text()
    assert all(f"#   {'  '.join(row)}".rstrip() in text for row in padded(cells_of(tried)))
    made = train(result.path, output=folder / "run").results
    assert made["validation"] == dict(best.figures)


def test_tune_finds_the_same_figures(folder):
    pytest.importorskip("optuna")
    result = init(chance(folder / "d.csv"), "y", trying=True)
    expected = {each.recipe.bins: each.row.value for each in result.tried.recipes}
    study = tune(result.path, output=folder / "study", storage="quick.log", workers=1)
    found = {row.values["data.bins"] or 0: row.value for row in study.view.rows}
    assert found == expected and set(found) == set(BINS)


def chance(path):
    """A table in which there is nothing to be learnt, which is soon found."""
    draws = np.random.default_rng(5)
    return write(path, {"x": draws.normal(size=40).round(4), "y": draws.normal(size=40).round(4)})


def padded(table):
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [[c.rjust(w) for c, w in zip(row, widths, strict=True)] for row in table]


@pytest.mark.parametrize("judges", ["out of the bag", "by time", "alone"])
def test_the_losses_of_the_rows_are_those_of_the_figure(folder, monkeypatch, judges):
    data = chance(folder / "d.csv")
    if judges == "by time":
        lines = data.read_text().splitlines()
        days = [f"2024-01-{k + 1:02}" for k in range(30)]
        dated = zip(["day", *days], lines, strict=False)
        data.write_text("\n".join(f"{day},{line}" for day, line in dated))
    elif judges == "alone":
        monkeypatch.setattr(recipes_of_init, "MEMBERS", ())
    seen = []

    def judge(told_apart, rule, listed):
        seen.extend(outcome.judged for outcome in listed.outcomes.values())
        return judged_by_rows(told_apart, rule, listed)

    monkeypatch.setattr(recipes, "judged_by_rows", judge)
    result = init(data, "y", trying=True)
    held = len(build(load(result.path)).validation)
    assert len(seen) == 4 and held < 10
    # Those of both members, where each has its own.
    assert (result.tried.rows > held) == (judges == "out of the bag")
    for each in seen:
        assert each.losses.shape == (result.tried.rows,)
        assert each.losses.mean() == pytest.approx(each.figures["loss"], rel=1e-6)


def test_the_bytes_are_the_same_with_processes(folder):
    data = chance(folder / "d.csv")
    alone = init(data, "y", trying=True).path.read_bytes()
    with machine.thread_limit(3):
        if machine.available_threads() < 2:
            pytest.skip("there is one core")
        assert init(data, "y", trying=True, overwrite=True).path.read_bytes() == alone


def test_the_command_shows_what_was_tried(folder):
    chance(folder / "d.csv")
    done = CliRunner().invoke(app, ["init", "d.csv", "--target", "y", "--try", "--threads", "1"])
    assert done.exit_code == 0, done.stderr
    head, *table, blank, best, wrote, _ = done.stdout.splitlines()
    names = ["bins", "val_loss", "val_mae", "val_r2", "less", "the", "rule's", "seconds"]
    assert head.split() == names and blank == ""
    assert [row.split()[0] for row in table] == ["none", "16", "32", "64"]
    assert sum(row.endswith("written") for row in table) == 1
    assert best.startswith("best     ") and wrote.startswith("wrote    d.yaml")
    told = [line.split("  ")[0] for line in done.stderr.splitlines()]
    assert told == [f"trial {k}/4" for k in range(1, 5)]
    assert "seconds" not in (folder / "d.yaml").read_text()


class BreaksOff(Watcher):
    """Ctrl-C, when the second trial ends."""

    def on_trial_end(self, row, is_best):
        if row.number == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_broken_off_leaves_all_as_it_was(folder, overwrite):
    data = chance(folder / "d.csv")
    if overwrite:
        (folder / "d.yaml").write_text("mine")
    before = sorted(folder.iterdir())
    with pytest.raises(KeyboardInterrupt):
        init(data, "y", trying=True, overwrite=overwrite, watcher=BreaksOff())
    assert sorted(folder.iterdir()) == before
    assert not overwrite or (folder / "d.yaml").read_text() == "mine"


def test_statuses(folder, monkeypatch):
    chance(folder / "d.csv")
    words = ["init", "d.csv", "--target", "y", "--try", "--threads", "1"]

    def fail(listed, *_, **__):
        while task := listed.take():
            listed.end(task.number, Outcome("failed", reason="it is no number"))

    def break_off(*_, **__):
        raise KeyboardInterrupt

    ways = [(fail, 1, "no recipe was trained to its end"), (break_off, 130, "nothing is written")]
    for way, status, message in ways:
        monkeypatch.setattr(recipes, "run_here", way)
        done = CliRunner().invoke(app, words)
        assert (done.exit_code, done.stdout) == (status, "")
        assert message in done.stderr and not (folder / "d.yaml").exists()
    (folder / "d.yaml").write_text("mine")
    done = CliRunner().invoke(app, words)  # before anything is trained
    assert done.exit_code == 2 and "exists already" in done.stderr

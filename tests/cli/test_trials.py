"""What is seen of a study: lines, a live table at any width, and the table at its end."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from nnctl.cli.trials import LiveTable, TrialLines, outcome_text, short_names, study_display
from nnctl.tuning.result import View, Watcher
from nnctl.tuning.trial import Progress, Task, TrialRow

PATHS = ("optimizer.learning_rate", "layers.0.units", "layers.1.units")
VALUES = (0.0123456, 16, 4)
VIEW = View("houses", "runs/houses-tune", "val_loss", "minimize", 60, PATHS, ())


def row(number, value=0.5, state="complete", **given):
    return TrialRow(number, state, value, 20, 1.0, dict(zip(PATHS, VALUES, strict=True)), **given)


def drawn(table, width, height=30):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(table.draw(width, height))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.fixture
def table():
    table = LiveTable()
    table.on_study_begin(VIEW)
    for number, value in ((1, 0.4), (2, 0.3), (3, 0.5)):
        table.on_trial_begin(Task(number, {}))
        table.on_trial_end(row(number, value), is_best=False)
    table.on_trial_end(row(4, 0.9, "pruned"), is_best=False)
    table.on_trial_begin(Task(5, {}))
    table.on_epoch_end(5, Progress(7, 0.41))
    return table


def test_the_best_trials_stand_first(table):
    lines = drawn(table, 100)
    assert lines[0].startswith("trial 4/60 (1 pruned)")
    assert lines[1].split() == [
        "trial",
        "val_loss",
        "epochs",
        "learning_rate",
        "0.units",
        "1.units",
    ]
    assert [line.split()[:2] for line in lines[2:5]] == [["2", "0.3"], ["1", "0.4"], ["3", "0.5"]]
    assert lines[2].split()[3:] == ["0.01235", "16", "4"]
    assert lines[5] == "trial 5 runs  epoch 7: 0.41"


def test_a_trial_of_several_members_tells_which_is_trained(table):
    table.on_epoch_end(5, Progress(3, 0.4, member=2))
    assert drawn(table, 100)[5] == "trial 5 runs  member 2, epoch 3: 0.4"


def test_where_there_is_little_room_values_share_a_column(table):
    lines = drawn(table, 40)
    assert max(map(len, lines)) <= 40
    text = "".join(line.strip() for line in lines).replace(" ", "")
    assert text.count("learning_rate=0.012350.units=161.units=4") == 3


def test_a_low_terminal_shows_fewer_trials(table):
    assert len(drawn(table, 100, height=8)) < len(drawn(table, 100))
    assert drawn(LiveTable(), 80) == ["starting …"]


@pytest.mark.parametrize(
    ("trial", "text"),
    [
        (row(1, 0.43216), "val_loss 0.4322"),
        (row(1, 0.5, "pruned"), "pruned after 20 epochs, val_loss 0.5"),
        (row(1, None, "failed", reason="the loss is nan"), "failed: the loss is nan"),
        (row(3, 0.5, same_as=1), "val_loss 0.5 (as in trial 1)"),
    ],
)
def test_what_came_of_a_trial_in_words(trial, text):
    assert outcome_text(trial, "val_loss") == text


def test_lines_where_there_is_no_terminal(capsys):
    with study_display(quiet=False) as lines:
        assert isinstance(lines, TrialLines)
        lines.on_study_begin(replace(VIEW, rows=(row(1),), joined=True))
        lines.on_trial_end(row(2), is_best=True)
    assert capsys.readouterr().err.splitlines() == [
        'joined the study "houses" in runs/houses-tune',
        "1 of 60 trials are over; going on",
        "trial 2/60  val_loss 0.5  optimizer.learning_rate=0.01235  layers.0.units=16  "
        "layers.1.units=4  (best so far)",
    ]
    with study_display(quiet=True) as nothing:
        assert type(nothing) is Watcher


def test_names_are_as_short_as_they_can_be():
    assert short_names(["a.x", "b.y", "c.b.y"]) == {"a.x": "x", "b.y": "b.y", "c.b.y": "c.b.y"}
    assert list(short_names(PATHS).values()) == ["learning_rate", "0.units", "1.units"]

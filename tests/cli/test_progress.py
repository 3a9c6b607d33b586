"""What is seen of training: figures kept, drawn in any width, live only on a terminal."""

import io
import math
import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest
from rich.console import Console

from nnctl.cli.progress import LiveFigures, PlainLines, clock, display
from nnctl.training.callbacks import BatchEnd, EpochEnd, TrainEnd
from tests import processes

WIDTHS = [40, 60, 80, 120, 200]
HEIGHT = 30


@dataclass
class Run:
    """A run as callbacks see it."""

    epochs: int = 3000
    epoch: int = 0
    rows: int = 60000
    batches: int = 1875
    has_validation: bool = True
    metrics: tuple[str, ...] = ("accuracy",)


def begun() -> LiveFigures:
    """Figures in the middle of a run."""
    figures, run = LiveFigures(), Run()
    figures.on_train_begin(run)
    figures.began -= 60
    for epoch, loss, accuracy in ((1498, 8.774e-06, 0.9), (1499, 0.5, 0.8)):
        logs = {"loss": loss, "accuracy": accuracy, "val_loss": loss, "val_accuracy": accuracy}
        figures.on_epoch_end(run, EpochEnd(epoch, 3000, logs, 0.001, 3.0, 60000))
    figures.on_batch_end(run, BatchEnd(1500, 75, 1875, 2400, {"loss": 6.259e-06}, 0.001))
    return figures


def drawn(figures: LiveFigures, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    console.print(figures.draw(width, HEIGHT))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_a_terminal_of_any_width(width):
    lines = drawn(begun(), width)
    beside, curve = width >= 72, 0 if width < 60 else 10 + 2 if width < 140 else 15 + 2
    figures = 4 if beside else 6
    assert len(lines) == 2 + (max(figures, curve) if width >= 140 else figures + curve) + 1
    if width >= 60:
        assert max(len(line.rstrip()) for line in lines) > width - 8  # it takes what there is
    assert max(len(line.rstrip()) for line in lines) <= width
    text = "\n".join(lines)
    for part in (
        "1500/3000",
        "75/1875",
        " left",
        "/s",
        "8.774e-06 (1498)" if width >= 60 else "8.774e-06",
        "validation" if beside else "val_loss",
        "learning rate",
        "0.001",
    ):
        assert part in text
    assert lines[-1].strip() == ""
    assert ("━" in text) == (width >= 60)


@pytest.mark.parametrize(
    ("height", "braille", "there"),
    [(50, True, 1), (20, True, 1), (19, True, 0), (50, False, 0)],
)
def test_the_curve_needs_room_and_braille(height, braille, there):
    console = Console(width=80, file=io.StringIO())
    console.print(begun().draw(80, height, braille))
    assert ("train validation" in console.file.getvalue()) == there
    assert len(console.file.getvalue().splitlines()) < height


@pytest.mark.parametrize("height", [20, 24, 50, 100])
def test_the_curve_grows_with_the_terminal_and_leaves_the_figures_in_sight(height):
    lines = []
    for width in (80, 160):
        console = Console(width=width, file=io.StringIO())
        console.print(begun().draw(width, height))
        lines.append(len(console.file.getvalue().splitlines()))
    rows = {20: (6, 10), 24: (8, 12), 50: (16, 20), 100: (20, 20)}[height]
    assert lines == [2 + 4 + rows[0] + 2 + 1, 2 + rows[1] + 2 + 1]


def test_the_figures_are_the_latest_and_the_best():
    figures = begun()
    assert figures.now == {"loss": 6.259e-06, "accuracy": 0.8, "val_loss": 0.5, "val_accuracy": 0.8}
    assert figures.best["loss"] == (8.774e-06, 1498)
    assert figures.best["val_accuracy"] == (0.9, 1498)


def test_a_number_is_better_than_none():
    figures, run = LiveFigures(), Run()
    for epoch, auc in ((1, math.nan), (2, 0.5), (3, math.nan)):
        figures.on_epoch_end(run, EpochEnd(epoch, 3, {"auc": auc}, 0.1, 1.0, 1))
    assert figures.best["auc"] == (0.5, 2)


def test_what_another_thread_may_be_drawing_is_replaced_not_changed():
    figures = begun()
    now, best = figures.now, figures.best
    before = dict(now), dict(best)
    figures.on_epoch_end(Run(), EpochEnd(1500, 3000, {"loss": 0.0, "auc": 1.0}, 0.1, 3.0, 60000))
    figures.on_batch_end(Run(), BatchEnd(1501, 1, 1875, 32, {"mae": 1.0}, 0.1))
    assert (now, best) == before


def test_time_left_and_time_taken():
    figures = begun()
    assert figures.share == pytest.approx((1499 + 75 / 1875) / 3000)
    assert figures.time_left() == "1:00 left"
    figures.on_train_end(Run(), TrainEnd("finished", 3000, 3999.4))
    assert figures.time_left() == "1:06:39 in all"


@pytest.mark.parametrize(
    ("reason", "done"),
    [("finished", True), ("stopped", True), ("interrupted", False), ("diverged", False)],
)
def test_the_bar_is_full_where_the_run_has_come_to_its_end_and_the_count_is_true(reason, done):
    figures = begun()
    before = figures.share
    figures.on_train_end(Run(), TrainEnd(reason, 1500, 3999.4))
    assert figures.share == (1.0 if done else before) and before < 0.5
    assert "1500/3000" in drawn(figures, 80)[0]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (3599.6, "1:00:00"), (86400, "24:00:00")]
)
def test_clock(seconds, text):
    assert clock(seconds) == text


def test_nothing_is_shown_before_the_first_batch():
    assert drawn(LiveFigures(), 80) == ["starting …"]


def test_without_a_terminal_there_are_lines(capsys):
    with display(quiet=False) as (callback,):
        assert isinstance(callback, PlainLines)
        callback.on_epoch_end(Run(), EpochEnd(3, 100, {"loss": 0.43214}, 0.1, 1.25, 8))
    assert capsys.readouterr().err == "epoch 3/100  loss 0.4321  1.25 s\n"
    with display(quiet=True) as callbacks:
        assert callbacks == []


def lines_of(epochs: int, done: int, first: int = 1) -> list[int]:
    """The epochs that have a line, of a run that ends after `done` of them."""
    written: list[str] = []
    lines = PlainLines(written.append)
    for epoch in range(first, done + 1):
        lines.on_epoch_end(Run(), EpochEnd(epoch, epochs, {"loss": 0.5}, 0.1, 1.25, 8))
    lines.on_train_end(Run(), TrainEnd("finished", done, 1.0))
    assert all(line.endswith(f"/{epochs}  loss 0.5  1.25 s") for line in written)
    return [int(line.split("/")[0].removeprefix("epoch ")) for line in written]


@pytest.mark.parametrize(
    ("epochs", "done", "first", "wanted"),
    [
        (1, 1, 1, [1]),
        (100, 100, 1, [*range(1, 101)]),
        (101, 101, 1, [*range(1, 11), *range(12, 102, 2), 101]),
        (250, 250, 1, [*range(1, 11), *range(12, 250, 3), 250]),
        (1000, 1000, 1, [*range(1, 11), *range(20, 1001, 10)]),
        (1000, 57, 1, [*range(1, 11), 20, 30, 40, 50, 57]),
        (1000, 50, 1, [*range(1, 11), 20, 30, 40, 50]),
        (1000, 1000, 985, [990, 1000]),
        (1000, 7, 8, []),
    ],
)
def test_long_runs_have_about_a_hundred_lines(epochs, done, first, wanted):
    assert lines_of(epochs, done, first) == wanted


def on_a_terminal(environment: dict[str, str], **variables: str) -> str:
    """What a training command writes to a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "nnctl", "train", "small.yaml"]
    with processes.begun(
        command,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**environment, "TERM": "xterm-256color", "COLUMNS": "80", **variables},
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                block = os.read(ours, 4096)
            except OSError:  # the other side is closed
                break
            if not block:
                break
            written += block
        os.close(ours)
        assert process.wait(60) == 0
    return written.decode()


COLOUR = re.compile(r"\x1b\[[0-9;]*(3[0-9]|9[0-7])[0-9;]*m")


@pytest.mark.slow
@pytest.mark.process
def test_a_terminal_gets_a_live_display(project, environment):
    written = on_a_terminal(environment)
    assert "epoch 3/3" in written and "in all" in written
    assert COLOUR.search(written)
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")  # the cursor is back


@pytest.mark.slow
@pytest.mark.process
def test_no_color_is_honoured(project, environment):
    written = on_a_terminal(environment, NO_COLOR="1")
    assert "in all" in written
    assert not COLOUR.search(written)


@pytest.mark.slow
@pytest.mark.process
def test_a_dumb_terminal_gets_lines(project, environment):
    written = on_a_terminal(environment, TERM="dumb")
    assert "\x1b" not in written
    assert len(written.splitlines()) == 3


def several(count: int = 5) -> LiveFigures:
    """An ensemble in the middle of its training: one is over, one has not begun."""
    whole, run = LiveFigures(), Run(epochs=300)
    whole.on_train_begin(run)
    whole.began -= 60
    for number in range(1, count):
        member = whole.for_member(number, count)
        member.on_train_begin(run)
        for epoch, loss in ((120, 0.25 / number), (121, 0.5 / number)):
            logs = {"loss": loss, "accuracy": 0.5, "val_loss": 2 * loss, "val_accuracy": 0.75}
            member.on_epoch_end(run, EpochEnd(epoch, 300, logs, 0.001, 3.0, 60000))
        member.on_batch_end(run, BatchEnd(122, 75, 1875, 2400, {"loss": 0.4 / number}, 0.001))
    whole.for_member(1, count).on_train_end(run, TrainEnd("stopped", 121, 3.0))
    return whole


@pytest.mark.parametrize("width", WIDTHS)
def test_members_have_a_row_each_in_any_width(width):
    bar, head, *rows, last = drawn(several(), width)
    assert max(len(line.rstrip()) for line in (bar, head, *rows)) <= width
    assert last.strip() == ""
    assert bar.startswith("members 1/5")
    assert [row.split()[0] for row in rows] == list("12345")
    assert head.split()[:3] == ["epoch", "loss", "val_loss"]
    assert rows[0].split()[1:4] == ["121,", "over", "0.4000"]
    assert rows[1].split()[1:4] == ["122/300", "0.2000", "0.5000"]
    assert rows[4].split()[1] == "waits"
    assert ("best val_loss" in head) == (width >= 60)
    assert ("val_accuracy" in head) == (width >= 60)
    assert ("0.2500 (120)" in rows[1]) == (width >= 60)


def test_more_members_than_a_terminal_has_lines_are_counted():
    console = Console(width=80, file=io.StringIO())
    console.print(several(30).draw(80, 12))
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 12
    assert lines[-2].strip() == "and 22 more"


def test_the_share_of_an_ensemble_is_that_of_all_its_members():
    whole = several()
    member = (121 + 75 / 1875) / 300
    assert whole.share == pytest.approx((1 + 3 * member + 0) / 5)


def test_plain_lines_of_members_say_whose_they_are():
    lines = []
    plain, run = PlainLines(lines.append), Run(epochs=1)
    for number in (2, 1):
        own = plain.for_member(number, 2)
        own.on_epoch_end(run, EpochEnd(1, 1, {"loss": 0.5}, 0.001, 1.0, 10))
        own.on_train_end(run, TrainEnd("finished", 1, 1.0))
    assert lines == [f"member {k}  epoch 1/1  loss 0.5  1.00 s" for k in (2, 1)]

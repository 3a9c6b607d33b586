"""What is seen of training: a live display on a terminal, a line an epoch elsewhere."""

import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nnctl.cli.curve import LEAST_ROWS, MOST_ROWS, Series, curve_of
from nnctl.cli.members import draw_members, share_of
from nnctl.cli.waiting import waiting_text
from nnctl.errors.figures import figure_text
from nnctl.errors.visible import visible
from nnctl.system.waiting import waiting_told_to
from nnctl.training.callbacks import BatchEnd, Callback, EpochEnd, EpochLines, Run, TrainEnd

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

REDRAWS_A_SECOND = 4
WIDEST_BAR, NARROWEST_BAR = 40, 6  # columns; where there is less room, the numbers stay alone
EPOCHS_FROM = 60  # columns from which the best figures have their epochs
VALIDATION_BESIDE = 72  # columns from which validation stands beside training
FIGURES_COLUMNS = 82  # at most, of the figures beside the curve
CURVE_FROM, CURVE_BESIDE = 60, 140  # columns from which it is drawn, and beside the figures
FIRST_LINES, LINES = 10, 100  # epochs that have a line each where there is no terminal; about all
CURVE_HIGH = 20  # lines of a terminal that has room for it below the figures
LINES_BESIDE_CURVE = 6  # bars, axis, legend, and what follows, of the terminal's lines


@contextmanager
def display(quiet: bool) -> Iterator[Sequence[Callback]]:
    """The callbacks that show training on stderr: none, lines, or a live display."""
    if quiet:
        yield []
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with live_display() as callback:
            yield [callback]
    else:
        yield [PlainLines(lambda line: print(visible(line), file=sys.stderr, flush=True))]


class PlainLines(EpochLines):
    """A line for each of the first epochs, then for about a hundred in all, and for the last."""

    def __init__(self, write: Callable[[str], object]):
        super().__init__(write)
        self._unwritten: EpochEnd | None = None

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        self._unwritten = event
        every = math.ceil(event.epochs / LINES)
        if event.epoch <= FIRST_LINES or event.epoch % every == 0:
            self._write(run)

    def on_train_end(self, run: Run, event: TrainEnd) -> None:
        self._write(run)

    def for_member(self, member: int, members: int) -> "PlainLines":
        """The lines of a member, which say so."""
        return PlainLines(lambda line: self.write(f"member {member}  {line}"))

    def _write(self, run: Run) -> None:
        if self._unwritten is not None:
            super().on_epoch_end(run, self._unwritten)
        self._unwritten = None


class LiveFigures(Callback):
    """Keeps the latest and the best figures; draws them when it is asked to, and not before.

    Another thread draws it than the one that trains, so dictionaries are replaced, not changed.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self.batch: BatchEnd | None = None
        self.now: dict[str, float] = {}
        self.best: dict[str, tuple[float, int]] = {}
        self.losses = {"train": Series(), "validation": Series()}
        self.began = time.monotonic()
        self.first_epoch = 0
        self.rows_a_second = 0.0
        self.ended: TrainEnd | None = None
        self.members: tuple[LiveFigures, ...] = ()  # of an ensemble, each with its own
        self.waiting = ""  # for what, before it begins

    def for_member(self, member: int, members: int) -> "LiveFigures":
        """The figures of a member, which are drawn with those of all others."""
        if not self.members:
            self.members = tuple(LiveFigures() for _ in range(members))
        return self.members[member - 1]

    def on_waiting(self, what: str, done: int, count: int) -> None:
        """Notes how far the work is that comes first."""
        self.waiting = "" if done == count else waiting_text(what, done, count)

    def on_train_begin(self, run: Run) -> None:
        self.run = run
        self.first_epoch = run.epoch
        self.began = time.monotonic()

    def on_batch_end(self, run: Run, event: BatchEnd) -> None:
        self.batch = event
        self.now = {**self.now, **event.logs}
        seen = (event.epoch - 1 - self.first_epoch) * run.rows + event.rows
        self.rows_a_second = seen / max(1e-9, time.monotonic() - self.began)

    def on_epoch_end(self, run: Run, event: EpochEnd) -> None:
        self.now = {**self.now, **event.logs}
        best = dict(self.best)
        for name, value in event.logs.items():
            if name not in best or better(name, value, best[name][0]):
                best[name] = (value, event.epoch)
        self.best = best
        for series, name in zip(self.losses.values(), ("loss", "val_loss"), strict=True):
            if name in event.logs:
                series.add(event.logs[name], event.epoch)

    def on_train_end(self, run: Run, event: TrainEnd) -> None:
        self.ended = event

    @property
    def epoch(self) -> int:
        """The epoch that it is in, counted from 1."""
        begun = self.batch.epoch if self.batch is not None else self.first_epoch + 1
        return min(begun, self.run.epochs) if self.run is not None else begun

    @property
    def share(self) -> float:
        """How much of the run is done, from 0 to 1; all of it, where it was stopped early."""
        if self.members:
            return share_of(self.members)
        if self.ended is not None and self.ended.reason in ("finished", "stopped"):
            return 1.0
        if self.run is None or self.batch is None:
            return 0.0
        done = self.batch.epoch - 1 + self.batch.batch / self.batch.batches - self.first_epoch
        return done / max(1, self.run.epochs - self.first_epoch)

    def time_left(self) -> str:
        """What is left at the speed so far, or how long it took."""
        elapsed = time.monotonic() - self.began
        if self.ended is not None:
            return f"{clock(self.ended.seconds)} in all"
        return f"{clock(elapsed * (1 / self.share - 1))} left" if self.share else ""

    def draw(self, width: int, height: int = 50, braille: bool = True) -> "RenderableType":
        """Two bars, a table of figures and a curve, for a terminal of such a size.

        Of an ensemble a bar and a table of its members.
        """
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        if self.members and self.run is not None:
            return draw_members(self.members, self.time_left(), width, height)
        if self.run is None or self.batch is None:
            return Text(self.waiting or "starting …")
        beside = width >= CURVE_BESIDE
        table = self._figures(width)
        figures: RenderableType = table
        rows = height - LINES_BESIDE_CURVE - (0 if beside else table.row_count)
        rows = min(rows, MOST_ROWS, height // (2 if beside else 3))
        wanted = braille and width >= CURVE_FROM and (beside or height >= CURVE_HIGH)
        columns = width - FIGURES_COLUMNS if beside else width
        curve = None
        if wanted and rows >= LEAST_ROWS:
            curve = curve_of(self.losses, columns, rows)
        if curve is not None and beside:
            both = Table.grid(padding=(0, 4, 0, 0))
            both.add_row(figures, curve)
            figures = both
        elif curve is not None:
            figures = Group(figures, curve)
        # The last line is empty, so that the ^C that a terminal shows fits on it.
        return Group(self._bars(width), figures, "")

    def _bars(self, width: int) -> "Table":
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        assert self.run is not None and self.batch is not None
        batch = self.batch
        epochs = self.run.epochs
        speed = f"{self.rows_a_second:,.0f} examples/s"
        shares = (self.share, batch.batch / batch.batches)
        texts = [
            ("epoch", f"{batch.epoch}/{epochs}", self.time_left()),
            ("batch", f"{batch.batch}/{batch.batches}", speed),
        ]
        taken = sum(max(map(len, column)) + 1 for column in zip(*texts, strict=True))
        bar = min(WIDEST_BAR, width - taken)
        grid = Table.grid(padding=(0, 1, 0, 0))
        for justify in ("left", "right", "left", "left"):
            grid.add_column(justify=justify, no_wrap=True)
        for (name, count, note), share in zip(texts, shares, strict=True):
            bars = [ProgressBar(1.0, share, width=bar)] if bar >= NARROWEST_BAR else []
            grid.add_row(name, count, *bars, note)
        return grid

    def _figures(self, width: int) -> "Table":
        """A row a figure: now and at best; validation beside training where there is room."""
        from rich.table import Table

        assert self.batch is not None
        trained = [name for name in self.now if not name.startswith("val_")]
        beside = width >= VALIDATION_BESIDE and len(trained) < len(self.now)
        narrow = width < EPOCHS_FROM
        table = Table.grid(padding=(0, 1 if narrow else 2, 0, 0))
        for justify in ("left", *("right", "left") * 2):
            table.add_column(justify=justify, no_wrap=True)
        best = "best" if narrow else "best (epoch)"
        heads = ("train", best, "validation", best) if beside else ("now", best)
        table.add_row("", *heads, style="dim")
        for name in trained if beside else self.now:
            names = (name, f"val_{name}") if beside else (name,)
            table.add_row(name, *(cell for name in names for cell in self._cells(name, narrow)))
        table.add_row("learning rate", f"{self.batch.learning_rate:.4g}")
        return table

    def _cells(self, name: str, narrow: bool) -> "tuple[Text, str]":
        """A figure as it is, and its best with the epoch of that, where there is room."""
        from rich.text import Text

        now = Text(figure_text(self.now[name], padded=True) if name in self.now else "", "bold")
        if name not in self.best:
            return now, ""
        best, epoch = self.best[name]
        at_best = figure_text(best, padded=True)
        return now, at_best if narrow else f"{at_best} ({epoch})"


def better(name: str, value: float, than: float) -> bool:
    """Whether a figure has improved: losses and errors fall, other metrics rise."""
    from nnctl.network.metrics import higher_is_better

    if math.isnan(than):
        return True
    return value > than if higher_is_better(name) else value < than


def clock(seconds: float) -> str:
    """Seconds as `0:07` or `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def live_display() -> Iterator[LiveFigures]:
    """A display that redraws itself on its own clock."""
    from rich.live import Live

    from nnctl.cli.console import open_console

    figures = LiveFigures()
    console = open_console(stderr=True)
    braille = console.encoding.lower().startswith("utf")
    with (
        waiting_told_to(figures.on_waiting),
        Live(
            console=console,
            get_renderable=lambda: figures.draw(console.width, console.height, braille),
            refresh_per_second=REDRAWS_A_SECOND,
        ) as live,
    ):
        try:
            yield figures
        finally:
            seen = [figures, *figures.members]
            live.transient = all(each.batch is None for each in seen)  # there is nothing to keep

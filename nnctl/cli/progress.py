"""What is seen of training: a live display on a terminal, a line an epoch elsewhere."""

import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nnctl.callbacks import BatchEnd, Callback, EpochEnd, EpochLines, Run, TrainEnd

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

REDRAWS_A_SECOND = 4
NARROW = 60  # columns, below which the bars go and numbers stay


@contextmanager
def display(quiet: bool) -> Iterator[Sequence[Callback]]:
    """The callbacks that show training on stderr: none, lines, or a live display."""
    if quiet:
        yield []
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with live_display() as callback:
            yield [callback]
    else:
        yield [EpochLines(lambda line: print(line, file=sys.stderr, flush=True))]


class LiveFigures(Callback):
    """Keeps the latest and the best figures; draws them when it is asked to, and not before.

    Another thread draws it than the one that trains, so dictionaries are replaced, not changed.
    """

    def __init__(self) -> None:
        self.run: Run | None = None
        self.batch: BatchEnd | None = None
        self.now: dict[str, float] = {}
        self.best: dict[str, tuple[float, int]] = {}
        self.began = time.monotonic()
        self.first_epoch = 0
        self.rows_a_second = 0.0
        self.ended: TrainEnd | None = None

    def on_train_begin(self, run: Run) -> None:
        self.run, self.first_epoch, self.began = run, run.epoch, time.monotonic()

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

    def on_train_end(self, run: Run, event: TrainEnd) -> None:
        self.ended = event

    @property
    def share(self) -> float:
        """How much of the run is done, from 0 to 1."""
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

    def drawn(self, width: int) -> "RenderableType":
        """Two bars and a table of figures, for a terminal of so many columns."""
        from rich.console import Group

        if self.run is None or self.batch is None:
            return "starting …"
        # The last line is empty, so that the ^C that a terminal shows fits on it.
        return Group(self._bars(width), self._figures(width), "")

    def _bars(self, width: int) -> "Table":
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        assert self.run is not None and self.batch is not None
        batch, epochs = self.batch, self.run.epochs
        speed = f"{self.rows_a_second:,.0f} examples/s"
        rows = [
            ("epoch", batch.epoch, epochs, epochs * self.share, self.time_left()),
            ("batch", batch.batch, batch.batches, batch.batch, speed),
        ]
        grid = Table.grid(padding=(0, 1))
        for _ in range(3 if width < NARROW else 4):
            grid.add_column(no_wrap=True)
        for name, count, total, done, note in rows:
            bar = [] if width < NARROW else [ProgressBar(total, done, width=min(40, width - 50))]
            grid.add_row(name, f"{count:>{len(str(total))}}/{total}", *bar, note)
        return grid

    def _figures(self, width: int) -> "Table":
        from rich.table import Table

        assert self.batch is not None
        table = Table.grid(padding=(0, 1 if width < NARROW else 2))
        table.add_row("", "now", "best (epoch)", style="dim")
        for name, value in self.now.items():
            best, epoch = self.best.get(name, (None, 0))
            kept = "" if best is None else f"{best:#.4g} ({epoch})"
            table.add_row(name, f"{value:#.4g}", kept)
        table.add_row("learning rate", f"{self.batch.learning_rate:.4g}", "")
        return table


def better(name: str, value: float, than: float) -> bool:
    """Whether a figure has improved: losses and errors fall, other metrics rise."""
    from nnctl.monitors import higher_is_better

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
    from rich.console import Console
    from rich.live import Live

    figures, console = LiveFigures(), Console(stderr=True)
    with Live(
        console=console,
        get_renderable=lambda: figures.drawn(console.width),
        refresh_per_second=REDRAWS_A_SECOND,
    ):
        yield figures

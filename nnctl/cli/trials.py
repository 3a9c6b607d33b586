"""What is seen of a study: a live table of its best trials on a terminal, a line a trial elsewhere.

And what is printed of one that is over.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nnctl.cli.printing import columns_of, print_columns, print_command, print_told
from nnctl.cli.progress import REDRAWS_A_SECOND, clock
from nnctl.errors.figures import figure_text
from nnctl.errors.visible import visible
from nnctl.system.waiting import waiting_told_to
from nnctl.tuning.result import TuneResult, View, Watcher
from nnctl.tuning.trial import Progress, Task, TrialRow, ranking

if TYPE_CHECKING:
    from rich.console import RenderableType

BEST_SHOWN = 10
INDENT = 2  # columns, of values that stand below their trial
ROWS_AROUND = 6  # lines of a terminal that the table leaves free


@contextmanager
def study_display(quiet: bool) -> Iterator[Watcher]:
    """What shows a study on stderr: nothing, lines, or a live table."""
    if quiet:
        yield Watcher()
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with live_table() as table:
            yield table
    else:
        yield TrialLines()


class TrialLines(Watcher):
    """A line a trial, as in `trial 3/60  val_loss 0.4321  optimizer.learning_rate=0.01`."""

    def on_study_begin(self, view: View) -> None:
        self.view = view
        for text in introduction(view):
            print(visible(text), file=sys.stderr, flush=True)

    def on_trial_end(self, row: TrialRow, is_best: bool) -> None:
        best = "  (best so far)" if is_best else ""
        settings = "  ".join(f"{path}={text(value)}" for path, value in row.values.items())
        outcome = outcome_text(row, self.view.monitor)
        line = f"trial {row.number}/{self.view.trials}  {outcome}  {settings}{best}"
        print(visible(line), file=sys.stderr, flush=True)


def introduction(view: View) -> Iterator[str]:
    """Which study goes on, where one does."""
    if view.joined:
        yield f'joined the study "{view.name}" in {view.place}'
    if view.rows:
        yield f"{len(view.rows)} of {view.trials} trials are over; going on"


def outcome_text(row: TrialRow, monitor: str) -> str:
    """What came of a trial."""
    if row.state == "failed":
        return f"failed: {row.reason}"
    value = f"{monitor} {figure_text(row.value)}" if row.value is not None else "no figure"
    if row.state == "pruned":
        return f"pruned after {row.epochs} epochs, {value}"
    return value + (f" (as in trial {row.same_as})" if row.same_as else "")


def progress_text(progress: Progress) -> str:
    """Where a trial is; of an ensemble, which member is trained after the first."""
    member = f"member {progress.member}, " if progress.member > 1 else ""
    return f"{member}epoch {progress.epoch}: {figure_text(progress.value)}"


def text(value: Any) -> str:
    """A value in few characters."""
    if isinstance(value, float):
        return figure_text(value)
    return value if isinstance(value, str) else json.dumps(value)


class LiveTable(Watcher):
    """Keeps what is known of a study, and draws it when it is asked to."""

    def __init__(self) -> None:
        self.view: View | None = None
        self.rows: tuple[TrialRow, ...] = ()
        self.running: dict[int, str] = {}
        self.began = time.monotonic()

    def on_study_begin(self, view: View) -> None:
        self.rows = view.rows
        self.began = time.monotonic()
        self.view = view

    def on_trial_begin(self, task: Task) -> None:
        self.running = {**self.running, task.number: ""}

    def on_epoch_end(self, number: int, progress: Progress) -> None:
        self.running = {**self.running, number: progress_text(progress)}

    def on_trial_end(self, row: TrialRow, is_best: bool) -> None:
        self.running = {k: told for k, told in self.running.items() if k != row.number}
        self.rows = (*self.rows, row)

    def draw(self, width: int, height: int) -> "RenderableType":
        """The head, the best trials, and those that run, for a terminal of such a size."""
        from rich.console import Group
        from rich.text import Text

        if self.view is None:
            return "starting …"
        lines = [Text(visible(line), style="dim") for line in introduction(self.view)]
        lines.append(Text(self._head(), overflow="fold"))
        shown = max(1, min(BEST_SHOWN, height - ROWS_AROUND - len(self.running)))
        best = ranking(self.rows, self.view.direction)[:shown]
        table = [table_of(best, self.view, width)] if best else []
        running = [
            Text(f"trial {number} runs  {told}", style="dim", overflow="ellipsis", no_wrap=True)
            for number, told in sorted(self.running.items())
        ]
        # The last line is empty, so that the ^C that a terminal shows fits on it.
        return Group(*lines, *table, *running, "")

    def _head(self) -> str:
        """How many trials are over, of how many, and what is left at the speed so far."""
        assert self.view is not None
        over = len(self.rows)
        before = len(self.view.rows)
        counts = [
            f"{count} {state}"
            for state in ("pruned", "failed")
            if (count := sum(row.state == state for row in self.rows))
        ]
        note = f" ({', '.join(counts)})" if counts else ""
        elapsed = time.monotonic() - self.began
        left = elapsed / (over - before) * (self.view.trials - over) if over > before else None
        rest = f"  {clock(left)} left" if left else ""
        return f"trial {over}/{self.view.trials}{note}{rest}"


@contextmanager
def live_table() -> Iterator[LiveTable]:
    """A table that redraws itself on its own clock."""
    from rich.live import Live

    from nnctl.cli.console import open_console

    table = LiveTable()
    console = open_console(stderr=True)
    with (
        waiting_told_to(None),  # there is something else to see
        Live(
            console=console,
            get_renderable=lambda: table.draw(console.width, console.height),
            refresh_per_second=REDRAWS_A_SECOND,
            transient=True,  # the results are printed in its place
        ),
    ):
        yield table


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """What each path ends with that no other does: `units`, or `0.units` and `1.units`."""
    names = {}
    for path in paths:
        parts = path.split(".")
        ends = [".".join(parts[k:]) for k in reversed(range(len(parts)))]
        alone = (end for end in ends if sum(f".{p}".endswith(f".{end}") for p in paths) == 1)
        names[path] = next(alone, path)
    return names


def trial_cells(row: TrialRow, paths: Sequence[str]) -> list[str]:
    """A trial's number, figure and epochs, then its values."""
    figure = "" if row.value is None else figure_text(row.value)
    values = [text(row.values[path]) if path in row.values else "" for path in paths]
    return [str(row.number), figure, str(row.epochs), *values]


def table_of(rows: Sequence[TrialRow], view: View, width: int) -> "RenderableType":
    """The trials, a column a key where there is room, else with their values below them."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table

    names = {path: visible(name) for path, name in short_names(view.paths).items()}
    lines = [[visible(cell) for cell in trial_cells(row, view.paths)] for row in rows]
    heads = ["trial", visible(view.monitor), "epochs", *names.values()]
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    if sum(widths) + len(widths) > width:
        head, *first = [
            "  ".join(cell.rjust(size) for cell, size in zip(line[:3], widths, strict=False))
            for line in (heads, *lines)
        ]
        below = [Padding(settings_text(names, line[3:]), (0, 0, 0, INDENT)) for line in lines]
        return Group(head, *(part for both in zip(first, below, strict=True) for part in both))
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in heads:
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    return table


def settings_text(names: Mapping[str, str], values: Sequence[str]) -> str:
    return " ".join(f"{name}={value}" for name, value in zip(names.values(), values, strict=True))


def print_study(result: TuneResult) -> None:
    """The best trials, what mattered, the study's folder, the command to run next."""
    view = result.view
    best = ranking(view.rows, view.direction)[:BEST_SHOWN]
    if best and sys.stdout.isatty():
        from nnctl.cli.console import open_console

        open_console().print(table_of(best, view, columns_of(sys.stdout)))
    elif best:
        print_columns(
            ["trial", view.monitor, "epochs", *view.paths],
            [trial_cells(row, view.paths) for row in best],
            left=0,
        )
    if result.importance:
        print()
        rows = [[path, f"{share:.2f}"] for path, share in result.importance.items()]
        print_columns(["key", "importance"], rows)
    counts = ", ".join(
        f"{count} {state}"
        for state in ("complete", "pruned", "failed")
        if (count := result.count(state))
    )
    print()
    place = visible(view.place)
    print_told("study", f"{place}  ({len(view.rows)} trials: {counts})", place)
    if result.folder is not None and result.best is not None:
        outcome = visible(outcome_text(result.best, view.monitor))
        print_told("best", f"trial {result.best.number}, {outcome}")
        print_command("train", ["nnctl", "train", str(result.folder / "best.yaml")])

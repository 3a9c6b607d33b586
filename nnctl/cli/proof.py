"""How `nnctl gradcheck` prints what it has proved, and where it could not."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from nnctl.cli.printing import fold_name, print_columns, wrap
from nnctl.errors.visible import visible

if TYPE_CHECKING:
    from rich.table import Table

    from nnctl.derivatives.gradcheck import CaseResult
    from nnctl.jobs.gradcheck import GradcheckResult, PartResult

COUNTS_FROM = 60  # columns of a terminal from which the second count of a line is told
MOST_FAILED = 10  # cases whose entries are shown
CASES = ("case", "checked", "max relative error", "moved", "verdict")
PARTS_HEAD = ("cases", "checked", "worst error", "verdict")
PARTS_SHORT = ("cases", "checked", "error", "verdict")
NAME_COLUMNS = 32  # of a table of parts, so that those of all kinds are alike
NAME_AT_LEAST = 12  # columns for a name
PASSED, FAILED = "passed", "FAILED"


def print_gradcheck(result: "GradcheckResult", verbose: bool) -> None:
    """A line a part of the package, or a case; where one failed, its worst entries."""
    if result.parts and not verbose:
        print_parts(result.parts)
    else:
        print_cases(result.cases)
    failed = [case for case in result.cases if not case.passed]
    shown = failed if verbose else failed[:MOST_FAILED]
    for case in shown:
        print_worst(case)
    if len(shown) < len(failed):
        print(f"\nand {len(failed) - len(shown):,} more cases; --verbose shows all")
    checked = sum(case.checked for case in result.cases)
    worst = max((case.max_relative_error for case in result.cases), default=0.0)
    verdict = f"{len(failed)} of {len(result.cases)} cases failed" if failed else "all passed"
    summary = (
        f"{verdict}: {len(result.cases)} cases, {checked} derivatives by {result.method}, "
        f"worst relative error {worst:.1e}"
    )
    print(wrap(summary, sys.stdout))


def print_parts(parts: "Sequence[PartResult]") -> None:
    """A table a kind of part: how often each was checked, and the worst of it."""
    kinds = dict.fromkeys(part.kind for part in parts)
    rows = {kind: [list(part_cells(part)) for part in parts if part.kind == kind] for kind in kinds}
    if sys.stdout.isatty():
        from nnctl.cli.console import open_console

        console = open_console()
        for kind, own in rows.items():
            head = (kind, *PARTS_SHORT)
            console.print(verdict_table(head, own, (1, 2), console.width))
            print()
        return
    # One table, so that the columns of all kinds stand below one another.
    kind, *others = kinds
    lines = [*rows[kind]]
    for other in others:
        lines += [[""] * (1 + len(PARTS_HEAD)), [other, *PARTS_HEAD], *rows[other]]
    print_columns([kind, *PARTS_HEAD], lines)
    print()


def part_cells(part: "PartResult") -> tuple[str, str, str, str, str]:
    verdict = PASSED if part.passed else FAILED
    return (
        part.name,
        f"{part.cases:,}",
        f"{part.checked:,}",
        f"{part.max_relative_error:.1e}",
        verdict,
    )


def print_cases(cases: "Sequence[CaseResult]") -> None:
    """A row a case."""
    rows = [list(case_cells(case)) for case in cases]
    if not sys.stdout.isatty():
        print_columns(CASES, rows)
        return
    from nnctl.cli.console import open_console

    console = open_console()
    head = ["error" if name == "max relative error" else name for name in CASES]
    console.print(verdict_table(head, rows, (3,), console.width))


def case_cells(case: "CaseResult") -> tuple[str, str, str, str, str]:
    verdict = PASSED if case.passed else FAILED
    if case.zero:
        verdict += " (all zero)"
    moved = str(case.moved) if case.moved else ""
    return case.name, str(case.checked), f"{case.max_relative_error:.1e}", moved, verdict


def verdict_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], spare: Sequence[int], width: int
) -> "Table":
    """A row a name, for a terminal of so many columns; long names go over several lines.

    Where there is little room the columns `spare` are left out.
    """
    from rich.table import Table

    narrow = width < COUNTS_FROM
    kept = [place for place in range(1, len(head)) if not (narrow and place in spare)]
    gap = 1 if narrow else 2
    widths = [max(len(row[place]) for row in (head, *rows)) for place in kept]
    room = max(NAME_AT_LEAST, width - sum(widths) - gap * len(kept))
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0))
    table.add_column(head[0], min_width=min(room, NAME_COLUMNS), overflow="fold")
    for place in kept:
        justify: Literal["left", "right"] = "left" if place == len(head) - 1 else "right"
        table.add_column(head[place], justify=justify, no_wrap=True)
    for row in rows:
        cells = [fold_name(visible(row[0]), room), *(visible(row[place]) for place in kept)]
        table.add_row(*cells, style="bold red" if row[-1].startswith(FAILED) else None)
    return table


def print_worst(case: "CaseResult") -> None:
    """Where the two derivatives disagree most."""
    print(f"\n{visible(case.name)}: the entries that disagree most")
    print_columns(
        ["  entry", "analytic", "numeric", "relative error"],
        [
            [
                f"  {'a random direction' if entry.index is None else list(entry.index)}",
                f"{entry.analytic:.10g}",
                f"{entry.numeric:.10g}",
                f"{entry.relative_error:.1e}",
            ]
            for entry in case.worst
        ],
    )

"""How advice and its rules are printed, in any width."""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from nnctl.cli.printing import print_message
from nnctl.errors.visible import visible

if TYPE_CHECKING:
    from nnctl.advice import Advice
    from nnctl.rules import Rule

WIDEST = 100  # columns
TITLE_BESIDE = 70  # columns from which a rule's title stands beside its code


def width() -> int:
    """The columns that text may take."""
    return min(shutil.get_terminal_size().columns, WIDEST)


def print_advice(advice: "Sequence[Advice]", stream: TextIO | None = None) -> None:
    """Each piece of advice with its place, its reason and the change to make."""
    stream = stream or sys.stdout
    for each in advice:
        places = visible(each.place), visible(each.path)
        print_message(f"advice: {each}", stream, places)
    if advice:
        print(f"at length: nnctl advice {advice[0].code}", file=stream)


def print_rules(rules: "Sequence[Rule]") -> None:
    """A line a rule: its code and title."""
    columns = width()
    longest = max(len(rule.code) for rule in rules)
    for rule in rules:
        if columns < TITLE_BESIDE:
            print(rule.code)
            print(fill(rule.title, columns, "  "))
        else:
            title = fill(rule.title, columns, " " * (longest + 2))
            print(f"{rule.code.ljust(longest)}  {title.lstrip()}")


def print_page(rule: "Rule") -> None:
    """A rule at length: what it is about, why, and what to write."""
    columns = width()
    print(fill(f"{rule.code}: {rule.title}", columns))
    for paragraph in paragraphs(rule.page):
        print()
        print(paragraph if paragraph.startswith("  ") else fill(paragraph, columns))
    print()
    print(fill("To hear no more of it, add to the config:", columns))
    print(f"\n  ignore_advice: [{rule.code}]")


def paragraphs(page: str) -> Iterator[str]:
    yield from page.rstrip("\n").split("\n\n")


def fill(text: str, columns: int, indent: str = "", later: str | None = None) -> str:
    """The text in lines of so many columns, each indented; all but the first by `later`, if so."""
    return textwrap.fill(
        text,
        columns,
        initial_indent=indent,
        subsequent_indent=indent if later is None else later,
        break_on_hyphens=False,
        break_long_words=False,
    )

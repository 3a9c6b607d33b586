"""What `init` makes of a table: the task, the features, and how gaps and rows are dealt with."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nnctl.data.checks import TOO_LARGE
from nnctl.data.classes import LEAST_SHARE, MOST_SHARE, Task, listed, metric_for_rare
from nnctl.data.columns import Column, are_quantities, look
from nnctl.data.marks import KNOWN_MARKS
from nnctl.data.notices import SHORT_HEADER
from nnctl.errors import ArgumentError, NnctlError, Problem, did_you_mean
from nnctl.jobs.recipe import Recipe, recipe_for
from nnctl.reading.files import DataFile, TextFormat
from nnctl.reading.numbers import MISSING

MOST_CLASSES = 20  # that whole numbers may be; text may be twice as many
ROWS_A_CLASS = 5
FEWEST_ROWS = 3  # so that a fifth of them is one
ROWS_A_CATEGORY = 3  # on average, in a column that says something about other rows
FEW_TEXTS = 3  # among many numbers, that stand for no value
ENOUGH_NUMBERS = 10
NUMBERS_ROWS = "it numbers the rows"
MOST_LEFT_OUT = 0.5  # of the columns, beyond which it is said loudly


@dataclass(frozen=True)
class Plan:
    """What a config for a table says, and why.

    `left_out` gives the reason for each column that is no feature, `text` the columns that hold
    numbers among text. `recipe` is the network and its training. `marks` are words that mean no
    value, with `only_marks` in place of the usual ones. `dated` names the column by which the rows
    are in order of time, and `all_named` says that no column lacks a name. `warnings` are what its
    user should know before trusting it.
    """

    task: Task
    target: Column
    features: tuple[Column, ...]
    left_out: dict[str, str]
    text_format: TextFormat
    recipe: Recipe
    marks: tuple[str, ...] = ()
    only_marks: bool = False
    dated: str | None = None
    all_named: bool = True
    warnings: tuple[str, ...] = field(default=())

    @property
    def dates(self) -> list[Column]:
        """The features that are dates."""
        return [column for column in self.features if column.are_dates]

    @property
    def flags(self) -> list[Column]:
        """The features that are one number or nothing."""
        return [column for column in self.features if column.is_flag and not column.is_text]

    @property
    def codes(self) -> list[Column]:
        """The features that are codes, in digits."""
        return [column for column in self.features if column.are_codes and not column.is_flag]

    @property
    def numbers(self) -> list[Column]:
        """The features that are numbers."""
        return [column for column in self.features if column.are_numbers]

    @property
    def text(self) -> list[str]:
        return [column.name for column in (*self.features, self.target) if column.is_mixed]

    @property
    def beside_accuracy(self) -> tuple[str, ...]:
        """The metric that sees a rare class, where accuracy alone would not (see `rare-class`)."""
        counts, rows = [n for _, n in sorted(self.target.classes.items())], self.target.known
        if min(counts) >= LEAST_SHARE * rows / len(counts) and max(counts) < MOST_SHARE * rows:
            return ()
        return (metric_for_rare(self.task, counts),)


def planned(file: DataFile, target: str) -> Plan:
    """What to make of the columns of a table."""
    found = look(file, target)
    named = {column.name: column for column in found.columns}
    if target not in named:
        fix = did_you_mean(target, list(named))
        message = f'there is no column "{target}"; the columns are: {listed(list(named))}'
        raise ArgumentError(message, fix)
    own = named[target]
    take_for_gaps(own, words_for_gaps(own))
    others = [column for column in found.columns if column is not own]
    clashes = {}
    for column in others:
        if clash := own.texts.keys() & (words := words_for_gaps(column)):
            clashes[column.name] = f'"{min(clash)}" among its numbers is a class of {target}, too'
        else:
            take_for_gaps(column, words)
    word = class_in_place_of_a_mark(own, found.columns)
    if word:
        own.count(Counter({word: own.marks[word]}))
        own.text_rows += own.marks.pop(word)
    reasons = {column.name: clashes.get(column.name) or useless(column) for column in others}
    left_out = {**found.unusable, **{name: reason for name, reason in reasons.items() if reason}}
    features = tuple(named[name] for name, reason in reasons.items() if not reason)
    told = [SHORT_HEADER] if found.is_short else []
    if not features and list(left_out.values()) == [NUMBERS_ROWS]:
        (lone,) = left_out
        left_out, features = {}, (named[lone],)
        told.append(f"{lone} numbers the rows; it is kept because there is no other column")
    if not features:
        raise NnctlError(nothing_left(left_out, file.path, target))
    numbers = sum(column.are_numbers for column in features)
    labelled = [column for column in features if not (column.are_numbers or column.are_dates)]
    kinds = sum(column.distinct for column in labelled)
    dates = [column.name for column in found.columns if column.in_order]
    usual = MISSING - {"", word} if word else frozenset()
    marks = {mark for column in (own, *features) for mark in column.marks} - MISSING
    return Plan(
        task_of(own, file.path),
        own,
        features,
        left_out,
        found.text_format,
        recipe_for(own.known, numbers, kinds),
        tuple(sorted(marks | usual)),
        bool(word),
        dates[0] if dates else None,
        found.are_named,
        (*told, *warnings_of(own, word, features, left_out, named)),
    )


def words_for_gaps(column: Column) -> list[str]:
    """The words among the numbers or dates of a column that mean no value.

    They are those that programs write for that, or a few others among many numbers.
    """
    words = list(column.texts)
    if column.dates > column.words.total():
        return list(column.words) if column.dates + column.words.total() == column.known else []
    if not words or column.dates or column.numbers < max(1, column.text_rows):
        return []
    many = len(words) <= FEW_TEXTS and column.numbers >= ENOUGH_NUMBERS and are_quantity(column)
    return words if many or KNOWN_MARKS.issuperset(words) else []


def take_for_gaps(column: Column, words: Sequence[str]) -> None:
    """Makes a column with gaps of one that has such words among its numbers or dates."""
    for word in words:
        count = column.words.pop(word, 0) or column.texts[word]
        column.marks[word] += count
        column.text_rows -= count
        del column.texts[word], column.labels[word]


def are_quantity(column: Column) -> bool:
    """Whether the numbers of a column are too many, or too fine, to be codes."""
    numbers = len(column.labels) - len(column.texts)
    return column.many or numbers > ENOUGH_NUMBERS or column.whole != column.numbers


def class_in_place_of_a_mark(target: Column, columns: list[Column]) -> str | None:
    """The word that is a class of the target, though it means elsewhere that there is no value.

    All rows without another class have it, it is as common as the rarest of these, and no other
    column has it.
    """
    if len(target.marks) != 1 or not target.text_rows or target.numbers or target.many:
        return None
    (word, count), *_ = target.marks.items()
    others = [column for column in columns if column is not target and column.marks[word]]
    common = count >= min(target.labels.values())
    return word if target.missing == count and common and not others else None


def nothing_left(left_out: dict[str, str], data: Path, target: str) -> Problem:
    """The problem of a table of which no column is a feature, with the reasons, and a way out."""
    shown = [f"{name}: {reason}" for name, reason in list(left_out.items())[:10]]
    more = [f"and {len(left_out) - 10:,} more"] if len(left_out) > 10 else []
    fix = "give a table with a column that says something of other rows"
    if counted := [name for name, reason in left_out.items() if reason == NUMBERS_ROWS]:
        fix = f"if {counted[0]} is a quantity, leave it and {target} alone in the table: the only "
        fix += "column is kept"
    return Problem("no column is left to learn from", fix, str(data), details=(*shown, *more))


def warnings_of(
    target: Column,
    word: str | None,
    features: tuple[Column, ...],
    left_out: dict[str, str],
    named: dict[str, Column],
) -> list[str]:
    """What a user should know before trusting the config."""
    told = []
    if word:
        told.append(
            f'"{word}" is taken for a class of {target.name}, in {target.labels[word]:,} rows; if '
            "it means that there is none, remove missing_values"
        )
    elif target.missing:
        marks = [f'"{mark}" in {count:,}' for mark, count in target.marks.most_common(FEW_TEXTS)]
        shown = f" ({', '.join(marks)})" if marks else ""
        rows = f"{target.missing:,} of {target.rows:,} rows"
        verb = "has" if target.missing == 1 else "have"
        told.append(f"{rows} {verb} no {target.name}{shown}; left out")
    told += [
        f"{name} is left out: {reason}"
        for name, reason in left_out.items()
        if name in named and named[name].is_text and "written as text" in reason
    ]
    if len(left_out) > MOST_LEFT_OUT * (len(left_out) + len(features)):
        told.append(
            f"{len(left_out)} of {len(left_out) + len(features)} columns are left out; see why "
            "before you trust what is learnt from the rest"
        )
    return told


def task_of(target: Column, data: Path) -> Task:
    """What is to be learnt: two classes, several, or a number.

    Raises `NnctlError` for a target of one value, of too few rows, or of too many kinds of text.
    """
    problem, fix = None, "choose another target"
    if target.distinct < 2:
        problem = "it has one value in all rows, so there is nothing to learn"
    elif target.known < FEWEST_ROWS:
        problem = f"it has a value in {target.known} rows; at least {FEWEST_ROWS} are needed"
    elif target.missing > target.known:
        marks = ", ".join(f'"{mark}"' for mark in target.marks)
        problem = f"{target.missing:,} of {target.rows:,} rows have none"
        problem += f" ({marks} means that)" if marks else ""
    elif target.is_text and target.distinct > min(2 * MOST_CLASSES, target.known // ROWS_A_CLASS):
        problem = f"it holds text of {kinds_of(target)} kinds in {target.known:,} rows; "
        problem += "that is too many for classes"
        if target.are_dates:
            problem = "it holds dates, and a target is a number or a class"
            fix = "write how long after some day they are, as a number"
        elif are_quantities(list(target.texts)):
            problem = written_as_text(target)
            fix = "write numbers alone"
    few = target.distinct <= min(MOST_CLASSES, target.known // (4 * ROWS_A_CLASS))
    is_number = not (target.is_text or (target.is_whole and few) or target.distinct == 2)
    if is_number and target.are_too_large:
        problem = TOO_LARGE
        fix = "write them in a larger unit"
    if problem:
        raise NnctlError(Problem(problem, fix, str(data), path=f"column {target.name}"))
    if target.distinct == 2:
        return "binary"
    return "regression" if is_number else "multiclass"


def kinds_of(column: Column) -> str:
    """How many distinct values a column of text has, in words."""
    return f"over {column.most:,}" if column.many else f"{column.distinct:,}"


def unreadable(column: Column) -> str:
    """Why a column of dates is no feature; empty where it is one."""
    if not column.are_dates:
        others = column.known - column.dates
        return f"it holds dates, and in {others:,} rows something else"
    formats = column.written.found
    if len(formats) > 1:
        ways = " or ".join(f'"{pattern}"' for pattern in formats)
        return f"its dates can be read in {len(formats)} ways; say in data.columns which: {ways}"
    if not formats:
        alike = f"it holds dates such as {column.written.example}"
        if odd := column.written.odd:
            return f"{alike}, and {odd}, which is none of that form; write all as 2024-02-29"
        return f"{alike}; say in data.columns how they are written, with format"
    return ""


def written_as_text(column: Column) -> str:
    """What a column holds, numbers of which are not written as such."""
    example = " ".join(next(iter(column.texts)).split())
    return f"it holds numbers written as text, such as {example}"


def useless(column: Column) -> str:
    """Why a column is no feature, with figures; empty where it is one."""
    if not column.known:
        return "it has no values"
    if column.is_constant and not column.is_flag:
        others = f" but {column.missing:,}, which have none" if column.missing else ""
        return f"it has one value in all rows{others}"
    if column.dates > column.known / 2:
        return unreadable(column)
    if column.is_numbering:
        return NUMBERS_ROWS
    if column.is_flag:
        return ""
    if column.are_numbers:
        return TOO_LARGE if column.are_too_large else ""
    names_rows = column.distinct * ROWS_A_CATEGORY > column.known
    if column.are_codes:
        kinds = f"it holds codes of {kinds_of(column)} kinds, such as {column.code},"
        return f"{kinds} in {column.known:,} rows" if column.many or names_rows else ""
    if are_quantities(list(column.texts)) and (names_rows or column.distinct > ENOUGH_NUMBERS):
        return written_as_text(column)
    if column.many or names_rows:
        return f"it holds text of {kinds_of(column)} kinds in {column.known:,} rows"
    return ""

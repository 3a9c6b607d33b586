"""`nnctl init`: a first config for a table, made from a look at its columns."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnctl.config.dumping import dump_yaml
from nnctl.data.classes import Task, listed
from nnctl.data.columns import Column, are_quantities, look
from nnctl.errors import ArgumentError, NnctlError, Problem, did_you_mean
from nnctl.system.atomic import atomic_file

MOST_CLASSES = 20  # that whole numbers may be; text may be twice as many
ROWS_A_CLASS = 5
FEWEST_ROWS = 3  # so that a fifth of them is one
MOST_CATEGORIES = 100
RARE = 0.2  # of an even share: a class with fewer rows is weighted


@dataclass(frozen=True)
class Plan:
    """What a config for a table says, and why.

    `left_out` gives the reason for each column that is no feature, `text` the columns that hold
    numbers among text.
    """

    task: Task
    target: Column
    features: tuple[Column, ...]
    left_out: dict[str, str]
    delimiter: str | None

    @property
    def text(self) -> list[str]:
        return [column.name for column in (*self.features, self.target) if column.is_mixed]

    @property
    def is_unbalanced(self) -> bool:
        """Whether a class is much rarer than the others."""
        counts = self.target.classes.values()
        even = self.target.known / len(counts)
        return self.task != "regression" and min(counts) < RARE * even


@dataclass(frozen=True)
class InitResult:
    """The config that was written, and what it says."""

    path: Path
    plan: Plan


def columns_of(data: Path) -> list[str]:
    """The names of a table's columns, to choose the target from."""
    return [column.name for column in look(data)[0]]


def init(
    data: Path, target: str, *, output: Path | None = None, overwrite: bool = False
) -> InitResult:
    """Writes a config for a table: `STEM.yaml` in the current folder, or `output`.

    Raises `NnctlError` for a file that is no table, a target that it does not have or that cannot
    be learnt, and for a config that is there already, unless `overwrite`.
    """
    stem = data.name.removesuffix(".gz")
    path = output or Path(Path(stem).stem + ".yaml")
    if path.is_file() and not overwrite:
        fix = "choose another with -o, or replace it with --overwrite"
        raise NnctlError(Problem("this file exists already", fix, str(path)))
    plan = planned(data, target)
    with atomic_file(path, "w") as file:
        file.writelines(f"{line}\n" for line in lines_of(plan, data, path))
    return InitResult(path, plan)


def planned(data: Path, target: str) -> Plan:
    """What to make of the columns."""
    columns, delimiter = look(data)
    named = {column.name: column for column in columns}
    if target not in named:
        fix = did_you_mean(target, list(named))
        message = f'there is no column "{target}"; the columns are: {listed(list(named))}'
        raise ArgumentError(message, fix)
    reasons = {c.name: useless(c) for c in columns if c.name != target}
    left_out = {name: reason for name, reason in reasons.items() if reason}
    features = tuple(named[name] for name, reason in reasons.items() if not reason)
    if not features:
        raise NnctlError(Problem("no column is left to learn from", None, str(data)))
    return Plan(task_of(named[target], data), named[target], features, left_out, delimiter)


def task_of(target: Column, data: Path) -> Task:
    """What is to be learnt: two classes, several, or a number.

    Raises `NnctlError` for a target of one value, of too few rows, or of too many kinds of text.
    """
    problem = None
    if target.distinct < 2:
        problem = "it has one value in all rows, so there is nothing to learn"
    elif target.known < FEWEST_ROWS:
        problem = f"it has a value in {target.known} rows; at least {FEWEST_ROWS} are needed"
    elif target.is_text and target.distinct > min(2 * MOST_CLASSES, target.known // ROWS_A_CLASS):
        problem = f"it holds text of {target.distinct:,} kinds in {target.known:,} rows; "
        problem += "that is too many for classes"
    if problem:
        path = f"column {target.name}"
        raise NnctlError(Problem(problem, "choose another target", str(data), path=path))
    if target.distinct == 2:
        return "binary"
    few = target.distinct <= min(MOST_CLASSES, target.known // (4 * ROWS_A_CLASS))
    return "multiclass" if target.is_text or (target.is_whole and few) else "regression"


def useless(column: Column) -> str:
    """Why a column is no feature; empty where it is one."""
    if not column.known:
        return "it has no values"
    if column.distinct < 2:
        return "it has one value in all rows"
    if column.dates > column.known / 2:
        return "it holds dates"
    if column.is_numbering:
        return "it numbers the rows"
    if column.is_text and column.distinct > max(2, min(MOST_CATEGORIES, column.known // 4)):
        if are_quantities(list(column.labels)):
            example = " ".join(next(iter(column.labels)).split())
            return f"it holds numbers written as text, such as {example}"
        return "nearly every row has text of its own"
    return ""


def lines_of(plan: Plan, data: Path, path: Path) -> Iterator[str]:
    """The config, with comments on what was found."""
    yield from heading(plan, data, path)
    yield f"# yaml-language-server: $schema={schema_address()}"
    yield "data:"
    relative = os.path.relpath(data, path.parent)
    yield from indented(plain("train", relative))
    yield "  validation: 0.2                  # a fifth of the rows, to see what was learnt"
    yield from indented(plain("target", plan.target.name))
    yield from data_lines(plan)
    yield "layers:"
    for hidden in (64, 32):
        yield f"  - {{type: dense, units: {hidden}, activation: relu}}"
        yield "  - {type: dropout, rate: 0.2}     # against learning the rows by heart"
    units = plan.target.distinct if plan.task == "multiclass" else 1
    yield f"  - {{type: dense, units: {units}, activation: linear}}"
    losses = {
        "binary": "{type: binary_crossentropy, from_logits: true}",
        "multiclass": "{type: sparse_categorical_crossentropy, from_logits: true}",
        "regression": "mean_squared_error",
    }
    yield f"loss: {losses[plan.task]}"
    yield "optimizer: {type: adam, learning_rate: 0.001}"
    if plan.task == "regression":
        yield "metrics: [mae, r2]"
    else:
        yield "metrics: [accuracy, f1]" if plan.is_unbalanced else "metrics: [accuracy]"
    yield "epochs: 500                        # at most: it stops where validation gets no better"
    yield "early_stopping: {monitor: val_loss, patience: 30}"
    if plan.is_unbalanced:
        yield "class_weight: balanced             # one class is rare: all count the same"


def heading(plan: Plan, data: Path, path: Path) -> Iterator[str]:
    """What is learnt from what, and how."""
    target, count = plan.target, len(plan.features)
    classes = listed(sorted(target.classes))
    what = {
        "binary": f"two classes ({classes})",
        "multiclass": f"{target.distinct} classes ({classes})",
        "regression": f"a number from {target.low:g} to {target.high:g}",
    }[plan.task]
    columns = "a column" if count == 1 else f"{count} columns"
    yield comment(f"Learns {target.name}, {what}, from {columns} of {data.name}.")
    yield comment(f"Train it:  nnctl train {path.name}")


def schema_address() -> str:
    """Where an editor finds the schema: as installed, which needs no network."""
    from nnctl.config.json_schema import SHIPPED

    return SHIPPED.as_uri()


def data_lines(plan: Plan) -> Iterator[str]:
    """The keys of `data` that depend on what the columns hold."""
    if plan.delimiter:
        yield from indented(plain("delimiter", plan.delimiter))
    if plan.left_out:
        yield "  # Left out:"
        for name, reason in plan.left_out.items():
            yield "  " + comment(f"  {name}: {reason}")
        yield from indented(plain("features", [column.name for column in plan.features]))
    if plan.text:
        yield "  # Among the numbers of these columns is text, so they are read as categories:"
        yield from indented(plain("text", plan.text))
    if any(not column.is_text for column in plan.features):
        yield "  scale: standardize               # numbers get mean 0 and deviation 1"
    if plan.task == "regression":
        yield "  target_scale: standardize        # figures and predictions stay in its own unit"
    if plan.target.missing:
        yield f"  missing: drop                    # {plan.target.missing:,} rows have no target"
    elif any(column.missing for column in plan.features):
        yield "  missing: mean                    # gaps get the column's mean, or a category"


def comment(text: str) -> str:
    """A comment of one line; what stands in the table may have several."""
    return "# " + " ".join(text.splitlines())


def plain(key: str, value: str | Sequence[str]) -> list[str]:
    """A key with text of any kind, in quotes where YAML needs them."""
    text = dump_yaml({key: value if isinstance(value, str) else list(value)})
    return text.rstrip("\n").split("\n")


def indented(lines: Sequence[str]) -> Iterator[str]:
    """Lines of the section `data`."""
    for line in lines:
        yield f"  {line}"

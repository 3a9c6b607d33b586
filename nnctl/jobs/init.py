"""`nnctl init`: a first config for a table, made from a look at its columns."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnctl.config.dumping import dump_line, dump_yaml
from nnctl.data.classes import listed
from nnctl.data.columns import header_of
from nnctl.errors import NnctlError, Problem, together
from nnctl.errors.visible import shell_line, visible
from nnctl.jobs.finding import find_data
from nnctl.jobs.planning import Plan, planned
from nnctl.jobs.recipe import recipes_to_try
from nnctl.reading.files import DataFile
from nnctl.reading.source import file_of
from nnctl.reading.typed.opening import format_of
from nnctl.system.atomic import atomic_file

if TYPE_CHECKING:
    from nnctl.jobs.studies.recipes import Tried
    from nnctl.tuning.result import Watcher

REASONS = 35  # the column of the comments behind lines


@dataclass(frozen=True)
class InitResult:
    """The config that was written, and what it says.

    `tried` are the recipes that were trained for it; `untried` says why there were none to try.
    """

    path: Path
    plan: Plan
    tried: "Tried | None" = None
    untried: str = ""

    def as_json(self) -> dict[str, Any]:
        """The result as plain data; without "tried" where nothing was."""
        plan = self.plan
        found: dict[str, Any] = {
            "config": str(self.path),
            "task": plan.task,
            "target": plan.target.name,
            "features": [column.name for column in plan.features],
            "left_out": plan.left_out,
            "warnings": list(plan.warnings),
        }
        return found if self.tried is None else {**found, "tried": self.tried.as_json()}


def columns_of(
    data: Path, output: Path | None = None, overwrite: bool = True, table: str | None = None
) -> list[str]:
    """The names of a table's columns, to choose the target from.

    Raises `NnctlError` where `init` would refuse the file that it is to write, too.
    """
    found = header_of(file_of(find_data(data), table=table))
    if refused := existing_file(config_path(data, output), overwrite):
        raise refused
    return list(found.places)


def init(
    data: Path,
    target: str,
    *,
    table: str | None = None,
    output: Path | None = None,
    overwrite: bool = False,
    trying: bool = False,
    watcher: "Watcher | None" = None,
) -> InitResult:
    """Writes a config for a table: `STEM.yaml` in the current folder, or `output`.

    When `trying`, the recipe in it is the best of a few that are trained for the table, of which
    `watcher` hears; until then nothing is written. `table` is that of a database, a query for its
    rows, or the sheet of a workbook. Raises `NnctlError` for a file that is no table,
    a target that it does not have or that cannot be learnt, and for a config that is there already,
    unless `overwrite`; with status 1 where no recipe could be trained.
    """
    file = file_of(find_data(data), table=table)
    path = config_path(data, output)
    refused = existing_file(path, overwrite)
    try:
        plan = planned(file, target)
    except NnctlError as error:
        raise (together([error, refused]) if refused else error) from None
    if refused:
        raise refused
    with atomic_file(path, "w") as written:
        result = InitResult(path, plan)
        if trying:
            result = try_out(plan, file, path, watcher)
        lines = lines_of(result.plan, file, path, result.tried)
        written.writelines(f"{line}\n" for line in lines)
    return result


def config_path(data: Path, output: Path | None) -> Path:
    """The file that a config for a table is written to."""
    return output or Path(Path(data.name.removesuffix(".gz")).stem + ".yaml")


def existing_file(path: Path, overwrite: bool) -> NnctlError | None:
    """The refusal to write to a file that is there."""
    if not path.is_file() or overwrite:
        return None
    fix = "choose another with -o, or replace it with --overwrite"
    return NnctlError(Problem("this file exists already", fix, str(path)))


def try_out(plan: Plan, data: DataFile, path: Path, watcher: "Watcher | None") -> InitResult:
    """Trains the recipes that may suit the table, and plans with the best of them."""
    from nnctl.config.schema import check
    from nnctl.config.source import source_of
    from nnctl.jobs.studies.recipes import try_recipes
    from nnctl.tuning.result import Watcher as Unseen

    count = len(plan.numbers)
    if not count:
        return InitResult(path, plan, untried="no column is a number, of which there are pieces")
    recipes = recipes_to_try(plan.recipe, count)
    if len(recipes) == 1:
        return InitResult(path, plan, untried=f"pieces of {count:,} numbers are too many inputs")
    config = check(source_of("\n".join(lines_of(plan, data, path)), str(path)))
    tried = try_recipes(config, recipes, plan.recipe, watcher or Unseen())
    if tried is None:
        return InitResult(path, plan, untried="the numbers have too few values for pieces")
    return InitResult(path, replace(plan, recipe=tried.best.recipe), tried)


def lines_of(plan: Plan, data: DataFile, path: Path, tried: "Tried | None" = None) -> Iterator[str]:
    """The config, with comments on what was found, and on what was tried."""
    yield from heading(plan, data.path, path)
    yield f"# yaml-language-server: $schema={schema_address()}"
    yield "data:"
    relative = os.path.relpath(data.path, path.parent)
    named = {"table": data.table, "query": data.query}
    if format_of(data.path) == "excel":
        named = {"sheet": data.table}
    own = {key: value for key, value in named.items() if value is not None}
    yield from indented(plain("train", {"file": relative, **own} if own else relative))
    yield reasoned("  validation: 0.2", "a fifth of the rows, to see what was learnt")
    yield from indented(plain("target", plan.target.name))
    yield from data_lines(plan, tried)
    yield from network_lines(plan)
    yield from training_lines(plan)
    if tried is not None:
        yield from tried_lines(tried, path)


def tried_lines(tried: "Tried", path: Path) -> Iterator[str]:
    """The recipes that were tried with their figures, and the search that tries them again."""
    from nnctl.jobs.studies.recipes import BINS, MONITOR, cells_of, values_of

    yield f"# Tried on {tried.rows:,} rows, each judged by networks that were not trained on it."
    yield f"# The rule's recipe stays, unless the {MONITOR} of another is less by more than twice"
    yield "# the noise: the standard error of the difference over these rows."
    table = cells_of(tried)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        line = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        yield comment(f"  {line}".rstrip())
    line = shell_line(["nnctl", "tune", path.name])
    yield comment(f"The same again, or with other keys in search:  {line}")
    yield "tune:"
    values = [values_of(each.recipe)[BINS] for each in tried.recipes]
    yield from indented(dump_line("search", {BINS: values}).split("\n"))
    yield "  sampler: brute_force"
    yield f"  trials: {len(values)}"


def network_lines(plan: Plan) -> Iterator[str]:
    """The layers, of a width for the rows that there are, and the loss."""
    recipe = plan.recipe
    few = "so few that a wider network would learn them by heart"
    many = "enough for a wide network"
    why = f"{plan.target.known:,} rows: {many if recipe.is_wide else few}"
    if recipe.many_kinds:
        why = "narrow, as each kind of text has a parameter for each unit"
    yield reasoned("layers:", why)
    for hidden in recipe.hidden:
        yield f"  - {{type: dense, units: {hidden}, activation: relu}}"
        dropout = f"  - {{type: dropout, rate: {recipe.dropout:g}}}"
        yield reasoned(dropout, "against learning the rows by heart")
    units = plan.target.distinct if plan.task == "multiclass" else 1
    yield f"  - {{type: dense, units: {units}, activation: linear}}"
    losses = {
        "binary": "{type: binary_crossentropy, from_logits: true}",
        "multiclass": "{type: sparse_categorical_crossentropy, from_logits: true}",
        "regression": "mean_squared_error",
    }
    yield f"loss: {losses[plan.task]}"


def training_lines(plan: Plan) -> Iterator[str]:
    """How the network is trained, and how many of them."""
    recipe = plan.recipe
    yield f"optimizer: {{type: adam, learning_rate: {recipe.learning_rate:g}}}"
    if plan.task == "regression":
        yield "metrics: [mae, r2]"
    else:
        beside = ", ".join(["accuracy", *plan.beside_accuracy])
        yield f"metrics: [{beside}]"
    yield f"batch_size: {recipe.batch_size}"
    yield reasoned("epochs: 500", "at most: it stops where validation gets no better")
    yield "early_stopping: {monitor: val_loss, patience: 30}"
    if recipe.is_wide:
        yield "# Smaller steps, before it stops, where validation gets no better:"
        yield "reduce_lr_on_plateau: {monitor: val_loss, factor: 0.3, patience: 8}"
    if recipe.members > 1:
        mean = f"the mean of {recipe.members} networks is more right than one"
        yield reasoned(f"ensemble: {recipe.members}", mean)


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
    yield comment(f"Train it:  {shell_line(['nnctl', 'train', path.name])}")


def schema_address() -> str:
    """Where an editor finds the schema: as installed, which needs no network."""
    from nnctl.config.json_schema import SHIPPED

    return SHIPPED.as_uri()


def data_lines(plan: Plan, tried: "Tried | None") -> Iterator[str]:
    """The keys of `data` that depend on what the columns hold."""
    yield from format_lines(plan)
    if plan.left_out or not plan.all_named:
        yield from feature_lines(plan)
    if plan.text:
        yield "  # Among the numbers of these columns is text, so they are read as categories:"
        yield from indented(plain("text", plan.text))
    yield from column_lines(plan)
    if plan.numbers or plan.dates:
        yield reasoned("  scale: standardize", "numbers get mean 0 and deviation 1")
        yield from bin_lines(plan, tried)
    if plan.task == "regression":
        yield reasoned(
            "  target_scale: standardize", "figures and predictions stay in its own unit"
        )
    gaps = sum(column.missing > 0 for column in plan.features)
    columns = "1 column has" if gaps == 1 else f"{gaps:,} columns have"
    today = f"{columns} gaps: they" if gaps else "there are none now; gaps"
    yield reasoned("  missing: mean", f"{today} get the column's mean, or a category")


def bin_lines(plan: Plan, tried: "Tried | None") -> Iterator[str]:
    """The pieces of numbers, or why there are none."""
    bins, count = plan.recipe.bins, len(plan.numbers)
    if bins:
        pieces = f"and {bins} pieces between their quantiles, for bends"
        if tried is not None:
            pieces += "; see what was tried"
        yield reasoned(f"  bins: {bins}", pieces)
    elif tried is not None:
        yield "  # No bins: it learns better without pieces of the numbers; see what was tried."
    elif count:
        yield f"  # No bins: pieces of {count:,} numbers would make more inputs than they help."


def column_lines(plan: Plan) -> Iterator[str]:
    """The columns that are dates, and how they are written, and those that are categories."""
    if not (plan.dates or plan.codes or plan.flags):
        return
    parts, kinds = "dates become their parts, such as month and hour", "codes are categories"
    flags = "a lone value is a category, to be there or not"
    why = [parts] * bool(plan.dates) + [kinds] * bool(plan.codes) + [flags] * bool(plan.flags)
    yield reasoned("  columns:", "; ".join(why))
    for column in plan.dates:
        (pattern,) = column.written.found
        told = {"type": "date"} | ({} if pattern is None else {"format": pattern})
        yield from rule_lines(column.name, told)
    for column in plan.codes:
        like = f"zeros before them, as in {column.code}, are no part of a quantity"
        yield "    " + comment(
            f"{column.name}: {column.distinct:,} codes of as many digits; {like}"
        )
        yield from rule_lines(column.name, {"type": "category"})
    for column in plan.flags:
        rows = f"one value in {column.known:,} rows, and none in {column.missing:,}"
        yield "    " + comment(f"{column.name}: {rows}; whether there is one is all it tells")
        yield from rule_lines(column.name, {"type": "category"})


def rule_lines(name: str, told: dict[str, str]) -> Iterator[str]:
    """What a config says of a column."""
    yield from (f"    {line}" for line in dump_line(name, told).split("\n"))


def format_lines(plan: Plan) -> Iterator[str]:
    """How the table is written, where that is not the usual way."""
    written, notation = plan.text_format, plan.text_format.notation
    if plan.dated:
        yield "  " + comment(
            f"The rows are in the order of {plan.dated}, so the last ones validate:"
        )
        yield "  split: last"
    if written.delimiter:
        yield from indented(plain("delimiter", written.delimiter))
    if written.encoding:
        yield from indented(plain("encoding", written.encoding))
    if notation.decimal != ".":
        yield from indented(plain("decimal", notation.decimal))
    if notation.thousands:
        yield from indented(plain("thousands", notation.thousands))
    if notation.signs:
        yield from indented(plain("signs", list(notation.signs)))
    if plan.only_marks:
        yield "  # These alone mean that there is no value; what is not among them is a class:"
        yield from indented(plain("missing_values", {"only": list(plan.marks)}))
    elif plan.marks:
        marked = [column for column in (plan.target, *plan.features) if column.marks]
        own = [column.name for column in marked if column.marks.keys() & set(plan.marks)]
        yield "  " + comment(f"Among the values of {listed(own)}, these mean that there is none:")
        yield from indented(plain("missing_values", list(plan.marks)))


def feature_lines(plan: Plan) -> Iterator[str]:
    """The features, and why the other columns are none."""
    if plan.left_out:
        yield "  # Left out (to keep one, add its name to the features):"
        for name, reason in plan.left_out.items():
            yield "  " + comment(f"  {name}: {reason}")
    yield from indented(plain("features", [column.name for column in plan.features]))


def reasoned(line: str, why: str) -> str:
    """A line with its reason, in the column of reasons."""
    return f"{line:<{REASONS}}# {why}"


def comment(text: str) -> str:
    """A comment of one line, whatever stands in the table."""
    return f"# {visible(text)}"


def plain(key: str, value: object) -> list[str]:
    """A key with text of any kind, in quotes where YAML needs them."""
    text = dump_yaml({key: value})
    return text.rstrip("\n").split("\n")


def indented(lines: Sequence[str]) -> Iterator[str]:
    """Lines of the section `data`."""
    for line in lines:
        yield f"  {line}"

"""What a shell completes: files of the right kind, runs, columns, metrics, codes of advice, config
keys and their values.

It runs at each press of a key, so nothing heavy is imported here that few need.
"""

import itertools
import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import typer

from nnctl.cli.registry import COMMANDS
from nnctl.errors.visible import visible

CONFIGS = (".yaml", ".yml")
JSON_LINES = (".jsonl", ".jsonl.gz", ".ndjson")
TYPED = (".db", ".sqlite", ".sqlite3", ".parquet", ".xlsx", ".xlsm")  # with a head of their own
TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".npz", ".npy", *JSON_LINES, *TYPED)
RUN_FILES = ("weights.npz", "checkpoint.npz")  # a folder with one of them is a run's
# The names of nnctl.network.metrics, which needs NumPy; a test holds them equal.
RISING = ("accuracy", "auc", "f1", "precision", "r2", "recall", "top_k_accuracy")
FALLING = ("loss", "mae", "mse", "rmse")
DELIMITERS = ",;\t|"
LONGEST_HEADER = 1 << 20  # characters
SCHEMA = Path(__file__).parents[1] / "docs" / "config.schema.json"
# A shell quotes these itself if it completes by its own means, which it does where it is told
# nothing. What it is told, bash inserts without quotes; and zsh would quote a `~`.
QUOTED = frozenset(" \t\n\"'\\$`&|;<>()*?[]{}!#~:=^")


class Shell:
    """What a shell that parts words at `=` has taken from the word that is to be completed."""

    ahead: ClassVar[str] = ""


def rejoin_words() -> None:
    """Makes one word again of each `KEY=VALUE`, which bash parts at the `=`, where bash asks.

    Of the word to be completed bash wants to be told what comes behind the `=`, so that what stands
    before it is set apart; where that is an option, it is a word of its own.
    """
    if os.environ.get("_NNCTL_COMPLETE") != "complete_bash":
        return
    try:
        words, current = shlex.split(os.environ["COMP_WORDS"]), int(os.environ["COMP_CWORD"])
    except (KeyError, ValueError):
        return  # Typer knows what to do about it
    words = [*words[: current + 1], *[""] * (current + 1 - len(words))]  # behind it are no more
    joined = words[:1]
    for before, word in itertools.pairwise(words):
        parted = "=" in (before, word) and len(joined) > 1
        joined = [*joined[:-1], joined[-1] + word] if parted else [*joined, word]
    if "=" in words[-2:]:
        key, _, begun = joined.pop().partition("=")
        Shell.ahead = "" if key.startswith("-") else f"{key}="
        joined += [key, begun] if key.startswith("-") else [begun]
    os.environ["COMP_WORDS"] = shlex.join(joined)
    os.environ["COMP_CWORD"] = str(len(joined) - 1)


def configs(incomplete: str) -> list[str]:
    """Configs, and folders that may hold some."""
    return files(incomplete, CONFIGS)


def tables(incomplete: str) -> list[str]:
    """Files of rows."""
    return files(incomplete, TABLES)


def runs(incomplete: str) -> list[str]:
    """Run folders."""
    return files(incomplete, (), whole_runs=True)


def weights(incomplete: str) -> list[str]:
    """Weights files and run folders."""
    return files(incomplete, (".npz",), whole_runs=True)


def onnx_files(incomplete: str) -> list[str]:
    """ONNX files, which an export may replace, and folders that may take one."""
    return files(incomplete, (".onnx",))


def configs_or_weights(incomplete: str) -> list[str]:
    """Configs, weights files and run folders."""
    return files(incomplete, (*CONFIGS, ".npz"), whole_runs=True)


def files(incomplete: str, endings: Sequence[str], *, whole_runs: bool = False) -> list[str]:
    """The files with one of the endings, and all folders, whose path begins with what is typed.

    Of a folder that is the only match, what it holds: a shell would put a space behind it. With
    `whole_runs` that is right for the folder of a run. Nothing where a path needs quotes.
    """
    ahead, slash, begun = incomplete.rpartition("/")
    try:
        inside = sorted(Path(ahead + slash).iterdir())
    except OSError:
        return []
    found = []
    for path in inside:
        if not path.name.startswith(begun) or (path.name.startswith(".") and not begun):
            continue
        name = ahead + slash + path.name
        if path.is_dir():
            found.append(name if whole_runs and is_run(path) else f"{name}/")
        elif path.name.endswith(tuple(endings)):
            found.append(name)
    if any(QUOTED.intersection(name) or visible(name) != name for name in found):
        return []
    if len(found) == 1 and found[0].endswith("/"):
        return files(found[0], endings, whole_runs=whole_runs) or found
    return found


def is_run(folder: Path) -> bool:
    """Whether the folder is that of a run, ended or not."""
    return any((folder / name).is_file() for name in RUN_FILES)


def columns(ctx: typer.Context, incomplete: str) -> list[str]:
    """The columns of the table that stands on the line already."""
    table = ctx.params.get("data") or ctx.params.get("input")
    names = header_of(Path(table), ctx.params.get("table")) if table else []
    return [
        name
        for name in names
        if name.startswith(incomplete) and not QUOTED.intersection(name) and visible(name) == name
    ]


def header_of(file: Path, table: str | None = None) -> list[str]:
    """The names of a file's columns; none where they cannot be read at a glance.

    `table` is that of a database, or the sheet of a workbook.
    """
    if file.suffix in TYPED or (file.is_dir() and any(file.glob("*.parquet"))):
        return typed_header_of(file, table)
    import csv
    import gzip
    import json

    opener: Any = gzip.open if file.suffix == ".gz" else open
    kind = Path(file.stem).suffix if file.suffix == ".gz" else file.suffix
    if kind not in (".csv", ".tsv", *JSON_LINES):
        return []
    try:
        with opener(file, "rt", encoding="utf-8-sig", errors="replace") as stream:
            first = stream.readline(LONGEST_HEADER)
        if kind in JSON_LINES:
            record = json.loads(first)
            return list(record) if isinstance(record, dict) else []
        delimiter = "\t" if kind == ".tsv" else max(DELIMITERS, key=first.count)
        return [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    except (OSError, EOFError, ValueError, csv.Error):
        return []


def typed_header_of(file: Path, table: str | None) -> list[str]:
    """The names of the columns of a file that has them apart from its rows, as training sees them.

    None for a query: to know what it gives, it would have to be carried out.
    """
    # These need NumPy, and bear with damaged files; few tables are of such a kind.
    from nnctl.errors import NnctlError
    from nnctl.reading.reader import TableReader
    from nnctl.reading.source import file_of, open_tabular

    named = file_of(file, table=table)
    try:
        if named.query is not None:
            return []
        with TableReader(open_tabular(named)) as source:
            return list(source.names)
    except NnctlError:
        return []


def lower_bounds(incomplete: str) -> list[str]:
    """The metrics that are better when they are higher, ready for their bound."""
    return [f"{name}=" for name in RISING if name.startswith(incomplete)]


def upper_bounds(incomplete: str) -> list[str]:
    """The loss, and the metrics that are better when they are lower, ready for their bound."""
    return [f"{name}=" for name in FALLING if name.startswith(incomplete)]


def settings(incomplete: str) -> list[str]:
    """Keys of a config: `epochs=` is ready for its value, `optimizer.` for a key of its own.

    They are completed up to the next dot, as paths are to the next slash; behind a `=` stand the
    values that the key may have, where they are a few names.
    """
    import json

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    whole, equals, value = (Shell.ahead + incomplete).partition("=")
    if equals:
        ahead = "" if Shell.ahead else f"{whole}="
        named = values_of(parts_at(whole, schema), schema)
        return [ahead + name for name in named if name.startswith(value)]
    ahead, dot, begun = incomplete.rpartition(".")
    parts = parts_at(ahead, schema) if dot else [schema]
    found = []
    for name, inner in members(parts, schema).items():
        if name.startswith(begun):
            if any(form.get("type") != "object" for form in forms(inner, schema)):
                found.append(f"{ahead}{dot}{name}=")
            if members(inner, schema):
                found.append(f"{ahead}{dot}{name}.")
    return settings(found[0]) if len(found) == 1 and found[0].endswith(".") else found


def parts_at(path: str, schema: Any) -> list[Any]:
    """What the schema says of the value at a dotted path."""
    parts = [schema]
    for key in path.split("."):
        parts = members(parts, schema).get("0" if key.isdecimal() else key, [])
    return parts


def values_of(parts: Sequence[Any], schema: Any) -> list[str]:
    """The names that a value may have."""
    found: dict[str, None] = {}
    for form in forms(parts, schema):
        named = ["false", "true"] if form.get("type") == "boolean" else form.get("enum", [])
        found |= dict.fromkeys(map(str, named))
    return list(found)


def members(parts: Sequence[Any], schema: Any) -> dict[str, list[Any]]:
    """What the schema says of each key of a mapping; `0` stands for any mapping of a list."""
    found: dict[str, list[Any]] = {}
    for form in forms(parts, schema):
        named = form.get("properties", {})
        items = form.get("items")
        if isinstance(items, dict) and members([items], schema):
            named = {"0": items}
        for name, inner in named.items():
            found.setdefault(name, []).append(inner)
    return found


def forms(parts: Sequence[Any], schema: Any) -> Iterator[Any]:
    """The forms that a value may take, each without references to others."""
    for part in parts:
        if "$ref" in part:
            yield from forms([schema["definitions"][part["$ref"].rpartition("/")[2]]], schema)
        elif choice := part.get("anyOf") or part.get("allOf"):
            yield from forms(choice, schema)
        else:
            yield part


def commands(incomplete: str) -> list[str]:
    """The commands."""
    return [name for name in COMMANDS if name.startswith(incomplete)]


def codes(incomplete: str) -> list[tuple[str, str]]:
    """The codes of advice with their titles."""
    from nnctl.rules import RULES

    return [(code, rule.title) for code, rule in RULES.items() if code.startswith(incomplete)]

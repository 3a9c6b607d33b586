"""`--set KEY=VALUE` and the options that stand for a key of their own, such as `--epochs`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from nnctl.config.source import Source
from nnctl.config.wording import LONGEST_SHOWN, excerpt
from nnctl.config.yaml_lines import DEEPEST, compose, path_below
from nnctl.errors import NnctlError, Problem

SEGMENT = re.compile(r'(?:^|(?<=\.))(?:"([^"]+)"(?=\.|$)|([^.]*))')
SEARCHED = "tune.search."  # keys below it are paths themselves
# What a named option gives where its key holds a section: `--ensemble 5` leaves `split` as it is.
BELOW = {"ensemble": "members"}
EXAMPLE = "write KEY=VALUE, as in --set optimizer.learning_rate=0.01"


def override(source: Source, overrides: Sequence[str], named: Mapping[str, Any]) -> None:
    """Puts `--set` values into the source, in order, then those of named options.

    A named option that is None was not given. What cannot be put goes to `source.problems`.
    """
    for text in overrides:
        option = f"--set {text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + '…'}"
        try:
            path, value = parse(text)
            put(source, path, value, option)
        except NnctlError as error:
            source.problems += [p.located(source=option, file=source.file) for p in error.problems]
    for name, value in named.items():
        if value is not None:
            option = f"--{name.rpartition('.')[2].replace('_', '-')}"
            below = BELOW.get(name) if isinstance(source.values.get(name), Mapping) else None
            put(source, f"{name}.{below}" if below else name, value, option)


def parse(text: str) -> tuple[str, Any]:
    """The dotted path and the value, read as YAML 1.2, of `KEY=VALUE`.

    Split at the first `=`, so that values may hold one. Raises `NnctlError`.
    """
    path, equals, written = text.partition("=")
    path = path.strip()
    if not equals:
        raise NnctlError(Problem('there is no "=" between a key and a value', EXAMPLE))
    if path.count(".") > DEEPEST:
        raise NnctlError(Problem(f"the path has more than {DEEPEST} levels", EXAMPLE))
    if not all(segments(path)):
        raise NnctlError(Problem(f"{excerpt(path)} is not a dotted path of keys", EXAMPLE))
    try:
        composed = compose(written)
    except NnctlError as error:
        raise NnctlError(_in_option(error.problems, path)) from None
    if composed.problems:
        raise NnctlError(_in_option(composed.problems, path))
    return path, composed.values


def _in_option(problems: Sequence[Problem], path: str) -> list[Problem]:
    """Problems of a value: below its path, and without the lines, which count within it."""
    return [
        Problem(p.message, p.fix, path=path_below(path, p.path) if p.path else path)
        for p in problems
    ]


def put(source: Source, path: str, value: Any, option: str) -> None:
    """Sets the value at a dotted path; items of a list go by number, from 0.

    Missing parents are made, and a bare string above the path becomes `{type: string}`. Raises
    `NnctlError` for an item that a list does not have and for keys below a number.
    """
    *above, last = segments(path)
    at = ""
    holder: Any = source.values
    for segment in above:
        key = _key(holder, segment, at)
        at = path_below(at, segment)
        below = holder[key] if isinstance(holder, list) else holder.get(key)
        if below is None or isinstance(below, str):
            if below is None:
                source.written(at, option)
            below = {} if below is None else {"type": below}
            holder[key] = below
        elif not isinstance(below, dict | list):
            message = f"{at} is {excerpt(below)}, which has nothing below it"
            raise NnctlError(Problem(message, f"set {at} itself", path=path))
        holder = below
    holder[_key(holder, last, at)] = value
    source.written(path_below(at, last), option)


def segments(path: str) -> list[str]:
    """The keys of a dotted path, one below the other; those in quotes hold dots.

    So do those that are searched, which are paths themselves.
    """
    if path.startswith(SEARCHED):
        return [*SEARCHED[:-1].split("."), path.removeprefix(SEARCHED)]
    # data.columns."Pool.QC".missing has the keys data, columns, Pool.QC and missing.
    return [quoted or bare for quoted, bare in SEGMENT.findall(path)]


def _key(holder: Any, segment: str, at: str) -> Any:
    """The key or index that a segment of a path stands for in `holder`."""
    if isinstance(holder, dict):
        return next((key for key in holder if str(key) == segment), segment)
    if segment.isascii() and segment.isdecimal() and int(segment[:9]) < len(holder):
        return int(segment)
    found = f'no item "{segment}"' if not segment.isdecimal() else f"no item {segment}"
    items = f"its items are 0 to {len(holder) - 1}" if holder else "it is empty"
    raise NnctlError(Problem(f"{at} has {found}; {items}", path=path_below(at, segment)))

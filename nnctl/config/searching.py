"""Values of searched keys, put into a config as `--set` would, and what is wrong with them."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from pydantic import ValidationError

from nnctl.config.overrides import put
from nnctl.config.source import Source
from nnctl.config.tuning import SearchRange
from nnctl.config.wording import excerpt
from nnctl.errors import NnctlError, Problem

SECTION, SEARCH = "tune", "tune.search"
FIXED = ("tune", "name")
MOST_COMBINATIONS = 100  # of values around a key; what is wrong in others a trial finds
Judge = Callable[[Source], Sequence[Problem]]
Values = Mapping[str, Any]
Known = set[tuple[str | None, str]]  # paths and messages of problems


def with_values(source: Source, values: Values, option: str) -> Source:
    """The source without its `tune` section, and with values by their dotted paths.

    Outer keys come first, so that `optimizer: sgd` and `optimizer.momentum: 0.9` go together.
    Raises `NnctlError` for a path that leads nowhere. `option` says where the values came from.
    """
    plain = {key: value for key, value in source.values.items() if key != SECTION}
    changed = Source(source.file, copy.deepcopy(plain), dict(source.places), list(source.problems))
    for path in sorted(values, key=lambda path: path.count(".")):
        put(changed, path, copy.deepcopy(values[path]), option)
    return changed


def search_problems(source: Source, judge: Judge) -> list[Problem]:
    """What is wrong with the keys that are searched, each at its place in the section.

    Every value of a list and both ends of a range are tried in the config; `judge` tells the
    problems of one. What is wrong without them is not told again. Entries that are neither a list
    nor a range are left to the schema.
    """
    search = search_of(source)
    if not search:
        return []
    known: Known = {(p.path, p.message) for p in judge(with_values(source, {}, ""))}
    problems: list[Problem] = []
    for path, entry in search.items():
        if refusal := not_a_key(path):
            problems.append(source.problem(f"{SEARCH}.{path}", *refusal))
            continue
        found: dict[str, list[Problem]] = {place: [] for place, _ in candidates(entry)}
        for place, value in candidates(entry):
            for outer in outer_values(search, path):
                found[place] += new_problems(source, outer, path, value, judge, known)
        problems += place_problems(source, path, found)
        if not any(found.values()) and isinstance(entry, Mapping):
            problems += range_problems(source, path, range_of(entry), judge)
        problems += repetitions(source, path, entry)
    return problems


def search_of(source: Source) -> dict[str, Any]:
    """The entries of the section's `search` by path, unchecked."""
    section = source.values.get(SECTION)
    search = section.get("search") if isinstance(section, Mapping) else None
    return {str(path): entry for path, entry in search.items()} if isinstance(search, dict) else {}


def not_a_key(path: str) -> tuple[str, str] | None:
    """Why a path cannot be searched, and what to do; None where it can."""
    if not all(path.split(".")):
        return f"{excerpt(path)} is not a dotted path of keys", "write it as in --set"
    if path.split(".")[0] in FIXED:
        return f"{path} decides nothing of a training, so it cannot be searched", "remove it"
    return None


def candidates(entry: Any) -> Iterator[tuple[str, Any]]:
    """The values to try of an entry, each with its place below it."""
    if isinstance(entry, Mapping):
        limits = range_of(entry)
        if limits is not None:
            yield from ((".low", limits.low), (".high", limits.high))
    elif isinstance(entry, list):
        yield from ((f".{index}", value) for index, value in enumerate(entry))


def range_of(entry: Any) -> SearchRange | None:
    """The range that an entry is; None where it is none, or a wrong one."""
    try:
        return SearchRange.model_validate(entry)
    except ValidationError:
        return None


def outer_values(search: Values, path: str) -> Iterator[dict[str, Any]]:
    """The values that searched keys above `path` may have: each combination, of the first many."""
    around = {key: search[key] for key in search if path.startswith(f"{key}.")}
    values = {key: [value for _, value in candidates(entry)] for key, entry in around.items()}
    above = [key for key, listed in values.items() if listed]
    lists = [values[key] for key in above]
    for chosen in islice(product(*lists), MOST_COMBINATIONS):
        yield dict(zip(above, chosen, strict=True))


def new_problems(
    source: Source,
    outer: Values,
    path: str,
    value: Any,
    judge: Judge,
    known: Known,
) -> list[Problem]:
    """The problems that a value at a path brings about."""
    try:
        changed = with_values(source, {**outer, path: value}, SEARCH)
    except NnctlError as error:
        return list(error.problems)
    with_outer = "".join(f", with {key}: {excerpt(value)}" for key, value in outer.items())
    return [
        Problem(p.message + with_outer, p.fix)
        for p in judge(changed)
        if (p.path, p.message) not in known and p.path not in outer
    ]


def place_problems(source: Source, path: str, found: Mapping[str, list[Problem]]) -> list[Problem]:
    """The problems at the places of their values; at the key itself where all have the same."""
    messages = [[p.message for p in problems] for problems in found.values()]
    if len(messages) > 1 and messages[0] and all(each == messages[0] for each in messages):
        found = {"": next(iter(found.values()))}
    return [
        source.problem(f"{SEARCH}.{path}{place}", p.message, p.fix)
        for place, problems in found.items()
        for p in problems
    ]


def range_problems(
    source: Source, path: str, limits: SearchRange | None, judge: Judge
) -> list[Problem]:
    """A step that is no whole number where the key takes none but those, or that is needed."""
    place = f"{SEARCH}.{path}"
    if limits is None or isinstance(limits.step, int):
        return []
    whole = is_whole(source, path, limits, judge)
    if limits.step is not None and whole:
        message = f"step is {excerpt(limits.step)}, but {path} takes whole numbers"
        return [source.problem(f"{place}.step", message, "give a whole number as step")]
    if limits.step is None and not whole and sampler_of(source) == "brute_force":
        message = "brute_force tries every value, but this range has no end of them"
        return [source.problem(place, message, "give it a step, or list the values")]
    return []


def sampler_of(source: Source) -> Any:
    """The name of the section's sampler, as it is written."""
    sampler = source.values[SECTION].get("sampler")
    return sampler.get("type") if isinstance(sampler, Mapping) else sampler


def repetitions(source: Source, path: str, entry: Any) -> list[Problem]:
    """Values that a list has twice."""
    if not isinstance(entry, list):
        return []
    texts = [repr(value) for value in entry]
    return [
        source.problem(f"{SEARCH}.{path}.{k}", f"{excerpt(entry[k])} is listed twice", "remove one")
        for k, text in enumerate(texts)
        if text in texts[:k]
    ]


def is_whole(source: Source, path: str, limits: SearchRange, judge: Judge) -> bool:
    """Whether a range is of whole numbers: its ends are, and the key takes no other."""
    if not (isinstance(limits.low, int) and isinstance(limits.high, int)):
        return False
    search = search_of(source)
    outer = next(outer_values(search, path))
    known: Known = {
        (p.path, p.message) for p in judge(with_values(source, {**outer, path: limits.low}, ""))
    }
    return bool(new_problems(source, outer, path, limits.low + 0.5, judge, known))

"""What can be wrong in one place of a weights file's metadata."""

import copy
import json
import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from nnctl.runs.weights import CHECKSUM, checksum_of

VALUES: list[Any] = [
    None, [], {}, "", "x", "a" * 500, "\ud800", "\x1b[2J", True, False, 0, 1, -1, 2, 0.5, -0.5,
    1e308, 10**400, 2**31, 2**63, math.nan, math.inf, -math.inf, [None], [[]], [0], [-1, 1], ["x"],
    {"type": None}, {"a": 1},
]  # fmt: skip
TWICE = "\x01twice"  # stands for a key that is there already
Places = tuple[Any, ...]  # the keys and places from the top to where something is


class Mutation(NamedTuple):
    """One change of plain data: where, what was done, and what stands there now, if anything."""

    path: Places
    what: str
    metadata: Any

    @property
    def now(self) -> Any:
        """What stands in the place; None where it has gone."""
        found = self.metadata
        for key in self.path:
            try:
                found = found[key]
            except (LookupError, TypeError):
                return None
        return found


def places(value: Any, path: Places = ()) -> Iterator[Places]:
    """Every key and place in plain data."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            yield from places(value[key], (*path, key))


def mutations(metadata: dict[str, Any]) -> Iterator[Callable[[], Mutation]]:
    """Every change of every place, one at a time; the checksum is no place.

    Each is made when it is called for: there are thousands, of which many are never tried.
    """
    given = {key: value for key, value in metadata.items() if key != CHECKSUM}
    for path in places(given):
        for what, change in changes(at(given, path)):
            yield partial(mutation, given, path, what, change)


def mutation(given: Any, path: Places, what: str, change: Callable[[Any, Any], object]) -> Mutation:
    mutated = copy.deepcopy(given)
    change(at(mutated, path[:-1]), path[-1])
    return Mutation(path, what, mutated)


def at(value: Any, path: Places) -> Any:
    for key in path:
        value = value[key]
    return value


def changes(now: Any) -> Iterator[tuple[str, Any]]:
    """Ways to change what stands somewhere: functions of what holds it, and its key there."""
    for value in VALUES:
        if not same(value, now):
            yield f"is {value!r:.20}", lambda holder, key, value=value: put(holder, key, value)
    yield "is gone", lambda holder, key: holder.pop(key)
    yield "is in a list", lambda holder, key: put(holder, key, [holder[key]])
    yield "is in a dictionary", lambda holder, key: put(holder, key, {"type": holder[key]})
    yield "is there twice", repeat
    yield "has changed places", swap
    if isinstance(now, bool):
        yield "is negated", lambda holder, key: put(holder, key, not holder[key])
    elif isinstance(now, int | float):
        for factor in (-1, 2, 1e-3):
            yield f"is times {factor}", lambda holder, key, by=factor: put(holder, key, now * by)
        yield "is text", lambda holder, key: put(holder, key, str(now))
    elif isinstance(now, str):
        yield "has a letter more", lambda holder, key: put(holder, key, now + "x")
    elif isinstance(now, list):
        yield "lacks its last", lambda holder, key: holder[key].pop() if holder[key] else None
        yield "has its first alone", lambda holder, key: put(holder, key, now[:1])
        for more in (now[-1:], [None], [7], ["x"]):
            yield f"has {more!r:.20} more", lambda holder, key, more=more: holder[key].extend(more)
        yield "is turned round", lambda holder, key: holder[key].reverse()
        yield "is all its first", lambda holder, key: put(holder, key, now[:1] * len(now))


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and repr(a) == repr(b)


def put(holder: Any, key: Any, value: Any) -> None:
    holder[key] = copy.deepcopy(value)


def repeat(holder: Any, key: Any) -> None:
    """The element of a list, or the key of a dictionary, once more."""
    if isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[TWICE + key] = None


def swap(holder: Any, key: Any) -> None:
    """It, and the one behind it."""
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    other = keys[(keys.index(key) + 1) % len(keys)]
    holder[key], holder[other] = holder[other], holder[key]


def sealed(metadata: Any) -> str:
    """The metadata as a file states them, their checksum made right."""
    if isinstance(metadata, dict):
        metadata = {key: value for key, value in metadata.items() if key != CHECKSUM}
        metadata[CHECKSUM] = checksum_of(metadata)
    return json.dumps(metadata).replace(json.dumps(TWICE)[1:-1], "")


def other_file(mutation: Mutation, given: Any) -> str | None:
    """Why a file with that change is one that some training may have written; None if none has.

    Nothing in such a file can speak against it, and it predicts what its own training would have.
    """
    path, now = mutation.path, mutation.now
    if path[:1] == ("preprocessing",) and len(path) > 1:
        field = field_of(path)
        mine, its = at(given, field), mutation._replace(path=field).now
        if field[-1] in STATISTICS and are_statistics(its, mine, field[-1]):
            return "statistics of other rows"
        if field[-1] == "parts" and are_parts(its, mine):
            return "other parts"
        if field[-1] == "offset" and its in (None, False):
            return "dates of which nobody knows whether they have offsets"
        if path[1] == "classes" and are_labels(its, len_of(mine)):
            return "other labels"
        own = path[1] == "categories" and len(path) > 2 and are_labels(its, len(mine))
        if own and isinstance(its[0], str):
            return "other labels"
        # In which the sum of the columns' inputs stays what it was.
        if path[1] == "categories" and len(path) == 3 and mutation.what == "has changed places":
            return "other labels"
    if path[:1] == ("readout",) and path[-1 - isinstance(path[-1], int)] in FITTED:
        return "fitted to other rows"
    if path[:3] == ("config", "loss", "quantiles") and len(path) > 3:
        levels = mutation._replace(path=path[:3]).now
        if are_rising(levels, len(at(given, path[:3]))) and levels[0] > 0 and levels[-1] < 1:
            return "other levels"
    if path == ("config", "loss", "from_logits") and isinstance(now, bool):
        return "outputs that stand for something else"
    if path[:2] == ("config", "layers") and len(path) > 2:
        layers = given["config"]["layers"]
        kinds = [layer["type"] for layer in (layers[path[2]], layers[(path[2] + 1) % len(layers)])]
        if kinds[0] in WITHOUT_ARRAYS and (len(path) == 3 or path[3] == "activation"):
            return "another layer without arrays"
        if len(path) == 3 and mutation.what == "has changed places" and kinds[1] in WITHOUT_ARRAYS:
            return "another layer without arrays"
        if path[-1] in ARGUMENTS and isinstance(now, int | float) and not isinstance(now, bool):
            return "another argument, which the arrays do not show"
    return None


# What the rows that calibrate decide, and the rows that train.
FITTED = ("prior", "temperatures", "shifts", "cuts", "widths", "medians", "rows")
STATISTICS = ("shift", "divisor", "means", "edges", "origin", "quantiles")


def field_of(path: Places) -> Places:
    """Where the whole of that stands which a place is a part of: a list or a number."""
    names = [place for place, key in enumerate(path) if isinstance(key, str)]
    return path[: names[-1] + 1]


def are_statistics(value: Any, mine: Any, name: str) -> bool:
    """Whether those may be statistics of other rows: as many, and rising where they are edges."""
    if name == "origin":
        return type(value) in (int, float) and abs(value) <= 1e308
    if name == "quantiles":
        lists = isinstance(value, list) and len(value) == len(mine) and all(map(len_of, value))
        return lists and all(are_rising(each, len(each)) for each in value)
    if name == "means" and isinstance(value, list) and isinstance(mine, list):
        if [each is None for each in value] != [each is None for each in mine]:
            return False
        value = [0.0 if each is None else each for each in value]
    if name == "edges":
        return are_rising(value, len_of(mine)) and len(set(value)) == len(value)
    return are_numbers(value, len_of(mine), name == "divisor")


def are_rising(value: Any, count: int | None) -> bool:
    return are_numbers(value, count, False) and all(a <= b for a, b in pairwise(value))


def are_parts(value: Any, mine: Any) -> bool:
    """Whether those are parts of dates that become as many inputs."""
    numbers = ("year", "days")
    known = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return known and sorted(each in numbers for each in value) == sorted(
        each in numbers for each in mine
    )


WITHOUT_ARRAYS = ("activation", "dropout", "flatten", "max_pooling2d")
ARGUMENTS = ("epsilon", "negative_slope", "alpha", "strides", "dilation_rate", 0, 1)


def len_of(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else None


def are_numbers(value: Any, count: int | None, positive: bool) -> bool:
    """Whether that is a list of so many finite numbers."""
    return (
        isinstance(value, list)
        and len(value) == count
        and all(type(each) in (int, float) for each in value)
        and all(abs(each) <= 1e308 and (each > 0 or not positive) for each in value)
    )


def are_labels(value: Any, count: int | None) -> bool:
    """Whether that is a list of so many labels of one kind, sorted."""
    if not isinstance(value, list) or len(value) != count:
        return False
    text = all(isinstance(each, str) for each in value)
    numbers = all(type(each) in (int, float) for each in value)
    return (text or numbers) and all(a < b for a, b in pairwise(value))

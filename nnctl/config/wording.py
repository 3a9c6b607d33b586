"""The words of a config's errors: a value as YAML writes it, and what an annotation allows."""

import json
import math
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from nnctl.config.scalars import TooLong, core_value
from nnctl.errors import nearest
from nnctl.network.arguments import OneOf, Range

LONGEST_SHOWN = 60
SWITCHES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


class Phrase(NamedTuple):
    """Marks text of a certain meaning, such as "a file", so that errors can name it."""

    singular: str
    plural: str


def shown(value: Any) -> str:
    """`value` as YAML would write it on one line, cut short where it is long."""
    text = _flow(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _flow(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value[:LONGEST_SHOWN], ensure_ascii=False)
    if isinstance(value, Mapping):
        pairs = list(value.items())[:LONGEST_SHOWN]
        return "{" + ", ".join(f"{key}: {_inner(below)}" for key, below in pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inner(item) for item in value[:LONGEST_SHOWN]) + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ("-.inf" if value < 0 else ".inf")
    return str(value)


def _inner(value: Any) -> str:
    """As in `_flow`, but text that needs no quotes inside a list or mapping has none."""
    bare = isinstance(value, str) and value.replace("_", "").isalnum() and _is_text(value)
    return value if bare else _flow(value)


def _is_text(value: str) -> bool:
    return isinstance(_core(value), str)


def _core(value: str) -> Any:
    try:
        return core_value(value)
    except TooLong:
        return None


def with_article(noun: str) -> str:
    """The noun after "a" or "an"."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def choices(annotation: Any, marks: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The alternatives of an annotation other than None, each with its `Annotated` marks."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        yield from choices(inner, (*more, *marks))
        return
    # A named type that wraps other alternatives is one more of them.
    named = tuple(mark for mark in marks if hasattr(mark, "one_of"))
    if origin in (Union, types.UnionType):
        for alternative in get_args(annotation):
            if alternative is not type(None):
                yield from choices(alternative)
    elif not named or not (annotation is Any or hasattr(annotation, "model_fields")):
        yield annotation, tuple(mark for mark in marks if mark not in named)
    if named:
        yield Any, named


def described(annotation: Any, marks: tuple[Any, ...] = (), *, plural: bool = False) -> str:
    """What an annotation allows, as it follows "it must be"."""
    return ", or ".join(_described(*choice, plural) for choice in choices(annotation, marks))


def _described(annotation: Any, marks: tuple[Any, ...], plural: bool) -> str:
    for mark in marks:
        one_of = getattr(mark, "one_of", None)
        if isinstance(one_of, OneOf):
            return f"{one_of.kind}s" if plural else with_article(one_of.kind)
        if isinstance(mark, Phrase):
            return mark.plural if plural else mark.singular
    origin = get_origin(annotation) or annotation
    if origin is Literal:
        return " or ".join(shown(choice) for choice in get_args(annotation))
    if origin in (tuple, list):
        return _described_list(annotation, marks, plural)
    if hasattr(origin, "model_fields"):
        return f"a mapping with the keys {', '.join(sorted(origin.model_fields))}"
    noun = {int: "whole number", float: "number"}.get(origin)
    if noun is None:
        return {bool: "true or false", str: "text", dict: "a mapping"}.get(origin, "a value")
    bounds = next((mark for mark in marks if isinstance(mark, Range)), Range())
    noun = f"{noun}s" if plural else f"a {noun}"
    return noun if bounds == Range() or _unbounded(bounds) else f"{noun} {bounds}"


def _unbounded(bounds: Range) -> bool:
    return bounds.low == -math.inf and bounds.high == math.inf


def _described_list(annotation: Any, marks: tuple[Any, ...], plural: bool) -> str:
    items = get_args(annotation)
    noun = "lists" if plural else "a list"
    if not items:
        return noun
    item = described(items[0], plural=True)
    if len(items) > 1 and items[-1] is not Ellipsis:
        return f"{noun} of {len(items)} {item}"
    # Inside a union, pydantic leaves its own marks within their Field.
    flat = [each for mark in marks for each in (mark, *getattr(mark, "metadata", ()))]
    filled = any(getattr(each, "min_length", 0) for each in flat)
    return f"{noun} of {item}" + (", not empty" if filled else "")


def suggested(value: Any, annotation: Any, marks: tuple[Any, ...], default: Any) -> str | None:
    """How to write what was probably meant by `value`, or that the key can be left out."""
    alternatives = [alternative for alternative, _ in choices(annotation, marks)]
    takes_numbers = any(alternative in (int, float) for alternative in alternatives)
    for alternative in alternatives:
        rewritten = _rewritten(value, alternative)
        if rewritten is not None and not (alternative is str and takes_numbers):
            return rewritten
    if default is None or hasattr(default, "model_fields"):
        return None
    return f"leave it out for the default, {shown(default)}"


def _rewritten(value: Any, allowed: Any) -> str | None:
    """What stands for `value` in one of the allowed types."""
    origin = get_origin(allowed) or allowed
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if origin is Literal and isinstance(value, str):
        names = [name for name in get_args(allowed) if isinstance(name, str)]
        close = nearest(value, names)
        return f'did you mean "{close}"?' if close else None
    if origin in (int, float) and isinstance(value, str):
        read = _core(value)
        fits = isinstance(read, int if origin is int else int | float)
        return f"write {value}, without quotes" if fits and not isinstance(read, bool) else None
    if origin is int and isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"write {int(value)}"
    if origin is bool and isinstance(value, str):
        switch = SWITCHES.get(value.lower()) or (value if value in ("true", "false") else None)
        return f"write {switch}" if switch else None
    if origin is str and (number or isinstance(value, bool)):
        return f'write "{_flow(value)}", in quotes'
    if origin in (tuple, list):
        item = next((base for base, _ in choices(get_args(allowed)[0])), Any)
        fits = isinstance(value, str if item is Any else item)
        return f"write [{_inner(value)}]" if fits and not isinstance(value, bool) else None
    return None

"""pydantic's errors, reworded: what was found, what is allowed, the nearest name.

A section of a config rewords its own errors, where its keys and their annotations are at hand
(`reword`); `problems_of` then only has to give each its place in the file.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from nnctl.config.source import Source
from nnctl.config.wording import description, excerpt, suggestion
from nnctl.config.yaml_lines import path_below
from nnctl.errors import Problem, did_you_mean, nearest
from nnctl.errors.visible import visible
from nnctl.network.annotations import (
    LARGEST_WHOLE,
    Allowed,
    Form,
    Instance,
    Listing,
    Member,
    Number,
    read_annotation,
)
from nnctl.network.arguments import arguments_of

WORDED = "nnctl"
Loc = tuple[int | str, ...]
Fields = Mapping[str, FieldInfo]


def dotted_path(loc: Iterable[int | str]) -> str:
    """A path as `--set` takes it: `layers.0.units`."""
    path = ""
    for part in loc:
        path = path_below(path, part)
    return path


def detail(message: str, fix: str | None = None, loc: Loc = ()) -> InitErrorDetails:
    """One worded error at `loc`."""
    words = {"message": visible(message), "fix": fix and visible(fix)}
    error = PydanticCustomError(WORDED, "{message}", words)
    loc = tuple(unicode_text(part) if isinstance(part, str) else part for part in loc)
    return InitErrorDetails(type=error, loc=loc, input=None)


def unicode_text(text: str) -> str:
    """The text with what is no character, as bytes of an argument may be none, made visible."""
    return text.encode("utf-8", "backslashreplace").decode()


def errors(*details: InitErrorDetails) -> ValidationError:
    """Worded errors in the form in which pydantic hands them on, outwards from a validator."""
    return ValidationError.from_exception_data("config", list(details))


def reword(
    section: type[BaseModel], noun: str, values: Mapping[str, Any], error: ValidationError
) -> ValidationError:
    """The errors of one section, in our words; those of the sections below it are so already."""
    fields = section.model_fields
    details: list[InitErrorDetails] = []
    missing: list[str] = []
    meant: set[str | None] = set()
    unknown = False
    unfit: dict[str, list[Loc]] = {}
    for found in error.errors(include_url=False):
        loc, kind = found["loc"], found["type"]
        key = str(loc[0]) if loc else ""
        if kind == WORDED:
            details.append(detail(found["ctx"]["message"], found["ctx"]["fix"], loc))
        elif kind == "string_unicode" and not loc:  # a key, which pydantic does not name
            wrong = [each for each in values if unicode_text(each) != each]
            details += [_unknown(each, noun, fields, values) for each in wrong]
        elif kind == "extra_forbidden":
            # What a section takes is told once, however many keys it does not take.
            details.append(_unknown(key, "" if unknown else noun, fields, values))
            unknown = True
            meant.add(nearest(key, fields))
        elif kind == "missing":
            missing.append(key)
        elif kind != "too_short" or not values.get(key):
            # A list that only its wrong items left too short is reported by those items.
            unfit.setdefault(key, []).append((key, *_without_tags(loc[1:], values.get(key))))
    # A misspelt key is one mistake: its right name is not reported as missing besides.
    details += [_missing(key, noun, fields[key]) for key in missing if key not in meant]
    for key, locs in unfit.items():
        # Where no alternative of a union fits, the value is wrong as a whole.
        whole = [loc for loc in locs if len(loc) == 1]
        details += [
            _unfit(loc, values.get(key), fields[key]) for loc in dict.fromkeys(whole or locs)
        ]
    order = {name: index for index, name in enumerate(fields)}
    details.sort(key=lambda each: order.get(str(each["loc"][0]), len(order)) if each["loc"] else 0)
    return errors(*details)


def _without_tags(loc: Loc, value: Any) -> Loc:
    """The parts of `loc` that are keys and indices of `value`, without pydantic's union tags."""
    kept: list[int | str] = []
    for part in loc:
        is_index = isinstance(value, Sequence) and isinstance(part, int) and part < len(value)
        if is_index or (isinstance(value, Mapping) and part in value):
            kept.append(part)
            value = value[part]
    return tuple(kept)


def _unknown(key: str, noun: str, fields: Fields, values: Mapping[str, Any]) -> InitErrorDetails:
    """A key that a section does not take; what it takes is told with its `noun`."""
    takes = ", ".join(name for name in sorted(fields) if name != "type") or "no arguments"
    fix = relocation(key, fields, values) or did_you_mean(key, sorted(fields))
    message = f'unknown key "{key}"' + (f"; {noun} takes: {takes}" if noun else "")
    return detail(message, fix or "remove it", (key,))


def relocation(key: str, fields: Fields, values: Mapping[str, Any]) -> str | None:
    """The fix for a key of a section one floor below, or near one where none is near here."""
    below = {
        inner: f"{name}.{inner}"
        for name, field in reversed(list(fields.items()))
        for form in read_annotation(field.annotation, field.metadata).forms
        for inner in keys_of(form, values.get(name))
    }
    close = key if key in below or nearest(key, fields) else nearest(key, below)
    return f"move it to {below[close]}" if close in below else None


def keys_of(form: Form, value: Any) -> Iterable[str]:
    """The keys that a section has, or the named type that `value` names."""
    if isinstance(form, Instance):
        return getattr(form.of, "model_fields", ())
    if isinstance(form, Member):
        name = value.get("type") if isinstance(value, Mapping) else value
        made = form.one_of.registry.get(name) if isinstance(name, str) else None
        return [argument.name for argument in arguments_of(made)] if made is not None else ()
    return ()


def _missing(key: str, noun: str, info: FieldInfo) -> InitErrorDetails:
    allowed = description(read_annotation(info.annotation, info.metadata))
    return detail(f"{key} is missing; {noun} needs it: {allowed}", f'add "{key}: …"', (key,))


def _unfit(loc: Loc, value: Any, info: FieldInfo) -> InitErrorDetails:
    taken = read_annotation(info.annotation, info.metadata)
    if "" in loc[1:]:  # which no path shows
        around = loc[: loc.index("", 1)]
        message = f'a key of {dotted_path(around)} is ""; a key is text, not empty'
        return detail(message, "give it its name, or remove it", around)
    for part in loc[1:]:
        value = value[part]
    fix = None
    if len(loc) == 1:
        default = None if info.is_required() else info.default
        fix = suggestion(value, taken, default)
    subject = "it" if len(loc) == 1 else loc[0]
    allowed = description(taken)
    if names_no_end(taken) and is_beyond(value, LARGEST_WHOLE, int):
        allowed += " (up to 2^53)"
    elif is_beyond(value, sys.float_info.max, int | float):
        allowed = re.sub(r"\b(a|of|\d) (numbers?)\b", r"\1 finite \2", allowed)
    if value == "":
        allowed = f"{allowed.removesuffix(', not empty')}, not empty"
    return detail(f"{dotted_path(loc)} is {excerpt(value)}; {subject} must be {allowed}", fix, loc)


def names_no_end(allowed: Allowed) -> bool:
    """Whether whole numbers are allowed, in lists or alone, whose bounds name no end."""
    for form in allowed.forms:
        if isinstance(form, Listing) and any(names_no_end(item) for item in form.items):
            return True
        if isinstance(form, Number) and form.whole and form.bounds.high == inf:
            return True
    return False


def is_beyond(value: Any, most: float, kind: Any) -> bool:
    """Whether a number of that kind, or one in a list, is larger than `most`, or not a number."""
    if isinstance(value, list | tuple):
        return any(is_beyond(each, most, kind) for each in value)
    return isinstance(value, kind) and not abs(value) <= most


def problems_of(error: ValidationError, source: Source) -> list[Problem]:
    """Each error, in the place that its value was written in."""
    found = []
    for each in error.errors(include_url=False):
        context = each.get("ctx", {})
        message, fix = context.get("message", each["msg"]), context.get("fix")
        found.append(source.problem(dotted_path(each["loc"]), message, fix))
    return found

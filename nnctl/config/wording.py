"""The words of a config's errors: a value as YAML writes it, and what an annotation allows."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from nnctl.config.scalars import TooLong, core_value
from nnctl.errors import did_you_mean
from nnctl.network import annotations as forms
from nnctl.network.annotations import Allowed

LONGEST_SHOWN = 60
PERCENT = r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?%"
SWITCHES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def excerpt(value: Any) -> str:
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


def description(allowed: Allowed, *, plural: bool = False) -> str:
    """What is allowed, as it follows "it must be"."""
    told = allowed.forms
    if any(isinstance(form, forms.Text) for form in told):  # whose words tell of a section
        told = tuple(form for form in told if not isinstance(form, forms.Instance))
    return ", or ".join(form_description(form, plural) for form in told)


def form_description(form: forms.Form, plural: bool) -> str:
    """What one form is: one such value, or many."""
    match form:
        case forms.Member(one_of):
            return f"{one_of.kind}s" if plural else with_article(one_of.kind)
        case forms.Text(noun, nouns):
            return nouns if plural else noun
        case forms.Choice(options):
            return " or ".join(excerpt(choice) for choice in options)
        case forms.Number(whole, bounds):
            noun = "whole number" if whole else "number"
            return f"{f'{noun}s' if plural else f'a {noun}'} {bounds}".rstrip()
        case forms.Switch():
            return "true or false"
        case forms.Listing():
            return list_description(form, plural)
        case forms.Dictionary():
            return "a mapping"
        case forms.Instance(of) if hasattr(of, "model_fields"):
            keys = sorted(of.model_fields)
            return f"a mapping with the key{'s' * (len(keys) > 1)} {', '.join(keys)}"
    return "a value"


def list_description(form: forms.Listing, plural: bool) -> str:
    """What a list holds, and how many of it."""
    number = "" if form.repeats or len(form.items) == 1 else f"{len(form.items)} "
    items = description(form.items[0], plural=True)
    return f"{'lists' if plural else 'a list'} of {number}{items}" + ", not empty" * form.least


def suggestion(value: Any, allowed: Allowed, default: Any) -> str | None:
    """How to write what was probably meant by `value`, or that the key can be left out."""
    takes_numbers = any(isinstance(form, forms.Number) for form in allowed.forms)
    for form in allowed.forms:
        rewritten = rewriting(value, form)
        if rewritten is not None and not (isinstance(form, forms.Text) and takes_numbers):
            return rewritten
    if default is None or hasattr(default, "model_fields"):
        return None
    return f"leave it out for the default, {excerpt(default)}"


def rewriting(value: Any, form: forms.Form) -> str | None:
    """What stands for `value` in one of the allowed forms."""
    match form, value:
        case forms.Choice(options), str():
            return did_you_mean(value, [name for name in options if isinstance(name, str)])
        case forms.Number(bounds=bounds), str():
            number = number_of(value)
            if not is_a(number, form) or number not in bounds:
                return None
            return f"write {number:g}" if "%" in value else f"write {value}, without quotes"
        case forms.Number(whole=True), float() if value.is_integer() and abs(value) < 1e15:
            return f"write {int(value)}"
        case forms.Switch(), str():
            switch = SWITCHES.get(value.lower()) or (value if value in ("true", "false") else None)
            return f"write {switch}" if switch else None
        case forms.Text(), bool() | int() | float():
            return f'write "{_flow(value)}", in quotes'
        case forms.Listing(items=(item, *_)), _:
            texts = [part.strip() for part in value.split(",")] if isinstance(value, str) else []
            for parts in (texts, [_core(text) for text in texts]) if texts else ([value],):
                if all(any(is_a(part, each) for each in item.forms) for part in parts):
                    return f"write {_flow(parts)}"
    return None


def number_of(text: str) -> float | None:
    """The number that text such as "20%" or "0.2" says, or None."""
    percent = re.fullmatch(PERCENT, text)
    if percent:
        return float(percent[1]) / 100
    number = _core(text)
    return number if is_a(number, forms.Number(whole=False)) else None


def is_a(value: Any, form: forms.Form) -> bool:
    """Whether a scalar is of the kind of a form, wherever its bounds are."""
    match form:
        case forms.Number(whole):
            numbers = int if whole else int | float
            return isinstance(value, numbers) and not isinstance(value, bool)
        case forms.Text() | forms.Choice() | forms.Member():
            return isinstance(value, str) and value != ""
    return False

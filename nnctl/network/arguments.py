"""How a class states, in its own signature, which arguments it takes.

Layers, losses, optimizers and initializers are dataclasses, activations plain functions. What
their annotations allow checks a call from Python (`Component`), and is the config's schema.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from numbers import Integral, Real
from typing import Any, NamedTuple, get_type_hints

from nnctl.errors import ArgumentError
from nnctl.network import annotations as forms
from nnctl.network.annotations import Allowed, read_annotation

EMPTY = inspect.Parameter.empty


class Argument(NamedTuple):
    """One argument of a class or function: what it allows, and its default, or `EMPTY`."""

    name: str
    allowed: Allowed
    default: Any

    @property
    def required(self) -> bool:
        return self.default is EMPTY


def arguments_of(made: Any) -> tuple[Argument, ...]:
    """The arguments that the class or function `made` takes by name, in order.

    Of a function (an activation), the first parameter is its input and not an argument.
    """
    found: tuple[Argument, ...] = _arguments_of(made)
    return found


@cache
def _arguments_of(made: Any) -> tuple[Argument, ...]:
    hints = get_type_hints(made, include_extras=True)
    parameters = list(inspect.signature(made).parameters.values())
    if not isinstance(made, type):
        parameters = parameters[1:]
    return tuple(Argument(p.name, read_annotation(hints[p.name]), p.default) for p in parameters)


@dataclass(eq=False, repr=False)
class Component:
    """Base of the dataclasses a model is made of: checks each argument against its annotation.

    They are compared by identity, and share their text form: methods that a dataclass makes for
    each class cost start-up time. A class that adds no arguments to its base's needs no decorator.
    """

    def __post_init__(self) -> None:
        for argument in arguments_of(type(self)):
            name = argument.name
            what = f"{type(self).__name__}'s {name}"
            value = as_allowed(argument.allowed, getattr(self, name), what, name)
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments().items())
        return f"{type(self).__name__}({given})"

    def arguments(self) -> dict[str, Any]:
        """The arguments this object was made with, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}


def as_allowed(allowed: Allowed, value: Any, what: str, path: str) -> Any:
    """`value` as the first form that takes it: named types made, numbers inside their range.

    Raises `ArgumentError`, that of the first form, in which `what` names the value.
    """
    if value is None and allowed.optional:
        return None
    refused: ArgumentError | None = None
    for form in allowed.forms:
        try:
            return as_form(form, value, what, path)
        except ArgumentError as error:
            refused = refused or error
    raise refused or ArgumentError(f"{what} takes nothing", path=path)


def as_form(form: forms.Form, value: Any, what: str, path: str) -> Any:
    """`value` as one form takes it."""
    rule = ""
    match form:
        case forms.Member(one_of):
            return one_of.make(value)
        case forms.Listing():
            return as_list(form, value, what, path)
        case forms.Number(whole, bounds) if not is_number(value, form):
            rule = f"it must be {'a whole number' if whole else 'a number'} {bounds}".rstrip()
        case forms.Switch() if not isinstance(value, bool):
            rule = "it must be True or False"
        case forms.Text() if not isinstance(value, str) or not value:
            rule = "it must be text, not empty"
        case forms.Dictionary() if not isinstance(value, Mapping):
            rule = "it must be a mapping"
        case forms.Choice(options) if value not in options:
            rule = f"allowed are: {', '.join(repr(choice) for choice in options)}"
    if rule:
        raise ArgumentError(f"{what} is {value!r}; {rule}", path=path)
    return value


def is_number(value: Any, form: forms.Number) -> bool:
    """Whether a value is a number within the limits of the form; truth values are none."""
    if isinstance(value, bool):
        return False
    return isinstance(value, Integral if form.whole else Real) and value in form.limits


def as_list(form: forms.Listing, value: Any, what: str, path: str) -> Any:
    """A sequence as the tuple or list of its items."""
    if not isinstance(value, tuple | list):
        raise ArgumentError(f"{what} is {value!r}; it must be a list", path=path)
    items = form.items * len(value) if form.repeats else form.items
    if len(items) != len(value):
        raise ArgumentError(f"{what} is {value!r}; it must have {len(items)} items", path=path)
    pairs = zip(items, value, strict=True)
    return form.made(as_allowed(item, part, what, path) for item, part in pairs)

"""How a class states, in its own signature, which arguments it takes.

Layers, losses, optimizers and initializers are dataclasses, activations plain functions. Their
annotations carry the ranges (`Range`) and the closed sets of named types (`OneOf`); the same
annotations check a call from Python (`Component`) and derive the config's schema.
"""

import inspect
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache, partial
from numbers import Integral, Real
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from nnctl.errors import ArgumentError, did_you_mean


@dataclass(frozen=True)
class Range:
    """The interval a number must lie in; an open end is excluded."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, number: float) -> bool:
        above = number > self.low if self.low_open else number >= self.low
        below = number < self.high if self.high_open else number <= self.high
        return above and below

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"{'greater than' if self.low_open else 'at least'} {self.low:g}"
        if self.low == -math.inf:
            return f"{'less than' if self.high_open else 'at most'} {self.high:g}"
        left, right = "[("[self.low_open], "])"[self.high_open]
        return f"in {left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True, eq=False)
class OneOf:
    """A named type from a closed set: its name, `{type: name, …}`, or the object itself."""

    kind: str
    registry: Mapping[str, Callable[..., Any]]

    def __str__(self) -> str:
        return ", ".join(sorted(self.registry))

    def make(self, given: Any) -> Any:
        """The object that a name or a `{type: …}` mapping stands for; objects pass through.

        Raises `ArgumentError` for an unknown name, plain data of any other kind, or arguments that
        the type does not take.
        """
        if given is None or isinstance(given, Real | list | tuple):
            raise ArgumentError(f"{given!r} is not the name of one; {self.kind} names are: {self}")
        if not isinstance(given, str | Mapping):
            return given
        arguments = {"type": given} if isinstance(given, str) else dict(given)
        name = str(arguments.pop("type", None))
        if name not in self.registry:
            raise ArgumentError(
                f'unknown {self.kind} "{name}"; allowed are: {self}',
                did_you_mean(name, sorted(self.registry)),
            )
        made = self.registry[name]
        if isinstance(made, type):
            return made(**arguments)
        return partial(made, **arguments) if arguments else made


PositiveInt = Annotated[int, Range(1)]
NonNegativeInt = Annotated[int, Range(0)]
PositiveFloat = Annotated[float, Range(0, low_open=True)]
NonNegativeFloat = Annotated[float, Range(0)]
Share = Annotated[float, Range(0, 1)]
DecayRate = Annotated[float, Range(0, 1, high_open=True)]


EMPTY = inspect.Parameter.empty


class Argument(NamedTuple):
    """One argument of a class or function: its annotation and default, or `EMPTY`."""

    name: str
    annotation: Any
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
    return tuple(Argument(p.name, hints[p.name], p.default) for p in parameters)


class Component:
    """Base of the dataclasses a model is made of: checks each argument against its annotation.

    They are compared by identity, and share their text form: methods that a dataclass makes for
    each class cost start-up time. A class that adds no arguments to its base's needs no decorator.
    """

    def __post_init__(self) -> None:
        for argument in arguments_of(type(self)):
            value = checked(argument, getattr(self, argument.name), type(self).__name__)
            object.__setattr__(self, argument.name, value)

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments().items())
        return f"{type(self).__name__}({given})"

    def arguments(self) -> dict[str, Any]:
        """The arguments this object was made with, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}  # type: ignore[arg-type]


def checked(argument: Argument, value: Any, owner: str) -> Any:
    """`value` as the argument takes it: named types made, numbers inside their range.

    Raises `ArgumentError` that names the argument, the value and what is allowed.
    """
    alternatives = alternatives_of(argument.annotation)
    if value is None and type(None) in alternatives:
        return None
    refused: ArgumentError | None = None
    for annotation in alternatives:
        try:
            return as_annotated(annotation, value, f"{owner}'s {argument.name}", argument.name)
        except ArgumentError as error:
            refused = refused or error
    raise refused or ArgumentError(f"{owner}'s {argument.name} takes nothing", path=argument.name)


def alternatives_of(annotation: Any) -> tuple[Any, ...]:
    """The members of a union; another annotation is its own only alternative."""
    union = get_origin(annotation) in (Union, types.UnionType)
    return get_args(annotation) if union else (annotation,)


def as_annotated(annotation: Any, value: Any, what: str, path: str) -> Any:
    """`value` as one annotation takes it; `what` names it in the error."""
    marks: list[Any] = []
    if get_origin(annotation) is Annotated:
        annotation, *marks = get_args(annotation)
    for mark in marks:
        if isinstance(mark, OneOf):
            return mark.make(value)
        if isinstance(mark, Range):
            whole = annotation is int
            is_number = isinstance(value, Integral if whole else Real)
            if (
                isinstance(value, bool)
                or not is_number
                or not math.isfinite(value)
                or value not in mark
            ):
                noun = "a whole number" if whole else "a number"
                raise ArgumentError(f"{what} is {value!r}; it must be {noun} {mark}", path=path)
            return value
    if annotation is bool and not isinstance(value, bool):
        raise ArgumentError(f"{what} is {value!r}; it must be True or False", path=path)
    if get_origin(annotation) is Literal and value not in get_args(annotation):
        allowed = ", ".join(repr(choice) for choice in get_args(annotation))
        raise ArgumentError(f"{what} is {value!r}; allowed are: {allowed}", path=path)
    if get_origin(annotation) is tuple:
        return as_tuple(get_args(annotation), value, what, path)
    return value


def as_tuple(items: tuple[Any, ...], value: Any, what: str, path: str) -> tuple[Any, ...]:
    """A sequence as a tuple of the annotated items; `...` after the first repeats it."""
    if not isinstance(value, tuple | list):
        raise ArgumentError(f"{what} is {value!r}; it must be a list", path=path)
    if items[-1] is Ellipsis:
        items = (items[0],) * len(value)
    if len(items) != len(value):
        raise ArgumentError(f"{what} is {value!r}; it must have {len(items)} items", path=path)
    pairs = zip(items, value, strict=True)
    return tuple(as_annotated(item, part, what, path) for item, part in pairs)

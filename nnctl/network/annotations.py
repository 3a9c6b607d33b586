"""The language in which signatures state what an argument may be, and its one reader.

An annotation such as `PositiveInt | tuple[PositiveInt, PositiveInt] | None`, with its marks
(`Range`, `OneOf`), is read once into plain data: what is `Allowed`, as a few kinds of forms.
Whoever checks, describes or translates arguments visits those, and never the annotation.
"""

import math
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from functools import partial, reduce
from numbers import Real
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from nnctl.errors import ArgumentError, did_you_mean

LARGEST_WHOLE = 1 << 53  # up to which a float is sure to be the whole number that was written


class Range:
    """The interval a number must lie in; an open end is excluded."""

    def __init__(
        self,
        low: float = -math.inf,
        high: float = math.inf,
        low_open: bool = False,
        high_open: bool = False,
    ) -> None:
        self.low, self.high = low, high
        self.low_open, self.high_open = low_open, high_open

    def __eq__(self, other: object) -> bool:
        # Not equal to the mark of another class: `typing` gives one `Annotated` for equal ones.
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        return f"Range({', '.join(map(repr, vars(self).values()))})"

    def __contains__(self, number: Any) -> bool:
        above = number > self.low if self.low_open else number >= self.low
        below = number < self.high if self.high_open else number <= self.high
        return bool(above and below)

    def __str__(self) -> str:
        if self.low == -math.inf and self.high == math.inf:
            return ""
        low, high = _digits(self.low), _digits(self.high)
        if self.high == math.inf:
            return f"{'greater than' if self.low_open else 'at least'} {low}"
        if self.low == -math.inf:
            return f"{'less than' if self.high_open else 'at most'} {high}"
        return f"in {'[('[self.low_open]}{low}, {high}{'])'[self.high_open]}"

    def amend(self, allowed: "Allowed") -> "Allowed":
        """What is allowed, with its numbers inside the range."""
        return allowed.changed(Number, bounds=self)


def _digits(end: float) -> str:
    """A number in few digits; a large power of two as one."""
    power = int(end).bit_length() - 1 if math.isfinite(end) else 0
    return f"2^{power}" if power > 40 and end == 1 << power else f"{end:g}"


class OneOf:
    """A named type from a closed set: its name, `{type: name, …}`, or the object itself."""

    def __init__(self, kind: str, registry: Mapping[str, Callable[..., Any]]) -> None:
        self.kind, self.registry = kind, registry

    def __str__(self) -> str:
        return ", ".join(sorted(self.registry))

    def amend(self, allowed: "Allowed") -> "Allowed":
        """What is allowed, and a member of the set besides."""
        return allowed.extended(Member(self))

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
InnerShare = Annotated[float, Range(0, 1, low_open=True, high_open=True)]
DecayRate = Annotated[float, Range(0, 1, high_open=True)]


class Number(NamedTuple):
    """A finite number, or a whole one up to `LARGEST_WHOLE`, inside its bounds."""

    whole: bool
    bounds: Range = Range()

    @property
    def limits(self) -> Range:
        """The bounds, and for those that name no end, what no number may exceed."""
        most = LARGEST_WHOLE if self.whole else sys.float_info.max
        low, high, *opened = vars(self.bounds).values()
        low, high = -most if low == -math.inf else low, most if high == math.inf else high
        return Range(low, high, *opened)


class Switch(NamedTuple):
    """True or false."""


class Text(NamedTuple):
    """Text that is not empty; one of a certain meaning has a noun, for one and for many.

    It may have a pattern, or be one of known options.
    """

    noun: str = "text"
    nouns: str = "text"
    pattern: str | None = None
    options: tuple[str, ...] = ()


class Choice(NamedTuple):
    """One of a few values."""

    options: tuple[Any, ...]


class Member(NamedTuple):
    """One of a closed set of named types."""

    one_of: OneOf


class Listing(NamedTuple):
    """A list: of these items, or, where it repeats, of any number of the first, at least `least`.

    `made` is the type that holds them, a tuple or a list.
    """

    made: type
    items: tuple["Allowed", ...]
    repeats: bool
    least: int = 0


class Dictionary(NamedTuple):
    """A mapping of text to values."""

    values: "Allowed"


class Instance(NamedTuple):
    """An object of a class, of which the annotation says no more."""

    of: type


class Anything(NamedTuple):
    """Any value."""


Form = Number | Switch | Text | Choice | Member | Listing | Dictionary | Instance | Anything
SIMPLE: dict[Any, Form] = {
    Any: Anything(),
    bool: Switch(),
    float: Number(whole=False),
    int: Number(whole=True),
    str: Text(),
}


class Allowed(NamedTuple):
    """What an annotation allows: a value of one of the forms, and None where it is optional."""

    forms: tuple[Form, ...]
    optional: bool = False

    def changed(self, kind: type[Form], **fields: Any) -> "Allowed":
        """The same, with other fields of the forms of one kind."""
        forms = (f._replace(**fields) if isinstance(f, kind) else f for f in self.forms)
        return Allowed(tuple(forms), self.optional)

    def extended(self, form: Form) -> "Allowed":
        """The same, and a form that says what objects of classes without a form stand for."""
        told = (each for each in self.forms if not isinstance(each, Anything | Instance))
        return Allowed((*told, form), self.optional)


def read_annotation(annotation: Any, marks: Iterable[Any] = ()) -> Allowed:
    """What an annotation allows, amended by its marks, in their order.

    A mark is any object with a method `amend`; others are somebody else's.
    """
    amending = (mark for mark in marks if hasattr(mark, "amend"))
    return reduce(lambda allowed, mark: mark.amend(allowed), amending, _unmarked(annotation))


def _unmarked(annotation: Any) -> Allowed:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return read_annotation(parts[0], parts[1:])
    if origin in (Union, types.UnionType):
        every = [read_annotation(part) for part in parts]
        forms = tuple(form for each in every for form in each.forms)
        return Allowed(forms, any(each.optional for each in every))
    if annotation in (None, types.NoneType):
        return Allowed((), optional=True)
    return Allowed((_form(annotation, origin or annotation, parts),))


def _form(annotation: Any, origin: Any, parts: tuple[Any, ...]) -> Form:
    """The form of an annotation that is neither marked nor a union."""
    if origin is Literal:
        return Choice(parts)
    if origin in (tuple, list):
        # `tuple[int, ...]` repeats its one part, as a list does.
        items = tuple(read_annotation(part) for part in parts if part is not ...)
        return Listing(origin, items, repeats=origin is list or ... in parts)
    if origin is dict:
        return Dictionary(read_annotation(parts[1]))
    return SIMPLE[annotation] if annotation in SIMPLE else Instance(annotation)

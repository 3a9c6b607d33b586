"""The pydantic models of named types (layers, losses, …), derived from the classes themselves.

A type's arguments, their defaults and ranges stand once, in the signature of its class;
`model_of` turns them into a model the first time a config names the type.
"""

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, is_dataclass
from dataclasses import fields as dataclass_fields
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    ModelWrapValidatorHandler,
    PrivateAttr,
    Strict,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from nnctl.config.constraints import Limits, Phrase
from nnctl.config.problems import detail, errors, reword
from nnctl.config.wording import excerpt, with_article
from nnctl.errors import ArgumentError, did_you_mean
from nnctl.network import annotations as forms
from nnctl.network.annotations import Allowed, OneOf
from nnctl.network.arguments import arguments_of


class Section(BaseModel):
    """A mapping of a config, whose keys are its fields: frozen, closed, and with worded errors.

    A key whose value is null counts as not given.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        protected_namespaces=(),
        defer_build=True,
    )
    noun: ClassVar[str]

    @model_validator(mode="wrap")
    @classmethod
    def _in_our_words(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(values, cls):
            return values
        if not isinstance(values, Mapping):
            keys = ", ".join(sorted(cls.model_fields))
            raise errors(
                detail(
                    f"{excerpt(values)} stands here; {cls.noun} is a mapping with the keys {keys}"
                )
            )
        given = {
            str(key): value
            for key, value in values.items()
            if value is not None or key not in cls.model_fields
        }
        try:
            return handler(given)
        except ValidationError as error:
            raise reword(cls, cls.noun, given, error) from None


class Arguments(Section):
    """The arguments of one class, with defaults filled in."""

    made: ClassVar[Callable[..., Any]]

    def arguments(self) -> dict[str, Any]:
        """The arguments by name."""
        return dict(self)

    def made_with(self, arguments: dict[str, Any]) -> Any:
        """The object of the class with those arguments."""
        return type(self).made(**arguments)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """What the class itself refuses, such as two arguments that exclude each other."""
        try:
            make(self)
        except ArgumentError as error:
            found = error.problems
            raise errors(
                *(detail(p.message, p.fix, (p.path,) if p.path else ()) for p in found)
            ) from None
        return self


class Entry(Arguments):
    """A named type in a config: its name, `type`, and its arguments, defaults filled in."""

    one_of: ClassVar[OneOf]
    type: str

    def arguments(self) -> dict[str, Any]:
        """The arguments by name, without the type's own name."""
        return {name: value for name, value in self if name != "type"}

    def made_with(self, arguments: dict[str, Any]) -> Any:
        return self.one_of.make({"type": self.type, **arguments})


class BareEntry(Entry):
    """A type without arguments. All of them have this model: to make one takes half a millisecond,
    and most types that a config names, or has as defaults, are such."""

    _one_of: OneOf = PrivateAttr()

    @classmethod
    def of(cls, one_of: OneOf, name: str) -> Self:
        """The entry of the type `name`, which is known."""
        entry = cls.model_construct(type=name)
        entry._one_of = one_of
        return entry

    def made_with(self, arguments: dict[str, Any]) -> Any:
        return self._one_of.make(self.type)


def make(given: Arguments) -> Any:
    """The engine's object that a config describes; entries among its arguments are made too.

    Raises `ArgumentError` where the class refuses its arguments.
    """
    return given.made_with(_make_values(given.arguments()))


def _make_values(value: Any) -> Any:
    if isinstance(value, Arguments):
        return make(value)
    if isinstance(value, dict):
        return {key: _make_values(below) for key, below in value.items()}
    return value


class Named(NamedTuple):
    """Marks a field that holds one of a closed set of named types: a name, or `{type: …}`.

    Values of other kinds go to the rest of the annotation, as in "a number or a schedule".
    """

    one_of: OneOf

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        # The models of the types are derived when a config names them, not here.
        if source is Any or source is Entry:
            return core_schema.no_info_plain_validator_function(self.entry)

        def otherwise(value: Any, rest: core_schema.ValidatorFunctionWrapHandler) -> Any:
            mine = isinstance(value, str | Mapping | Entry) and not is_quoted_number(value)
            return self.entry(value) if mine else rest(value)

        parts = get_args(source)
        if Entry in parts:  # which takes no value that is not an entry already
            source = reduce(or_, [part for part in parts if part is not Entry])
        return core_schema.no_info_wrap_validator_function(otherwise, handler(source))

    def amend(self, allowed: Allowed) -> Allowed:
        """What is allowed, and a member of the set besides."""
        return self.one_of.amend(allowed)

    def entry(self, value: Any) -> Entry:
        """The entry that `value` stands for; raises worded errors."""
        kind, registry = self.one_of.kind, self.one_of.registry
        if isinstance(value, Entry):
            return value
        if isinstance(value, str):
            return self.entry_of(self.known(value, ()), {"type": value})
        allowed = ", ".join(sorted(registry))
        if not isinstance(value, Mapping):
            raise errors(
                detail(
                    f"{excerpt(value)} stands here; {with_article(kind)} is a name "
                    f"or {{type: …}}; allowed are: {allowed}"
                )
            )
        name = value.get("type")
        if name is None:
            named = next((str(key) for key in value if key in registry), None)
            fix = f"write {{type: {named}, …}}" if named else 'add "type: …"'
            message = f"type is missing; {with_article(kind)} is one of: {allowed}"
            raise errors(detail(message, fix, ("type",)))
        return self.entry_of(self.known(name, ("type",)), value)

    def entry_of(self, name: str, given: Mapping[Any, Any]) -> Entry:
        """The entry of the type `name`, with the arguments that are given."""
        if given.keys() == {"type"} and not arguments_of(self.one_of.registry[name]):
            return BareEntry.of(self.one_of, name)
        return model_of(self.one_of, name).model_validate(given)

    def known(self, name: Any, loc: tuple[str, ...]) -> str:
        """`name`, if it is one of the set."""
        if isinstance(name, str) and name in self.one_of.registry:
            return name
        allowed = sorted(self.one_of.registry)
        fix = did_you_mean(name, allowed) if isinstance(name, str) else None
        message = f"unknown {self.one_of.kind} {excerpt(name)}; allowed are: {', '.join(allowed)}"
        raise errors(detail(message, fix or "choose one of them", loc))


def is_quoted_number(value: Any) -> bool:
    """Whether text says a number, where somebody put quotes around it."""
    try:
        return isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        return False


class OrSection(NamedTuple):
    """Marks a field whose mappings are a section; values of other kinds go to its annotation."""

    section: type[Section]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def either(value: Any, rest: core_schema.ValidatorFunctionWrapHandler) -> Any:
            mine = isinstance(value, Mapping | Section)
            return self.section.model_validate(value) if mine else rest(value)

        return core_schema.no_info_wrap_validator_function(either, handler(source))

    def amend(self, allowed: Allowed) -> Allowed:
        """What is allowed, and the section besides."""
        return allowed.extended(forms.Instance(self.section))


class OrDeferred(NamedTuple):
    """Marks a field whose mappings are a section, as `OrSection` does; `section` gives its model.

    It is loaded, and made, for the configs that have such a mapping.
    """

    section: Callable[[], type[Section]]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def either(value: Any, rest: core_schema.ValidatorFunctionWrapHandler) -> Any:
            mine = isinstance(value, Mapping | Section)
            return self.section().model_validate(value) if mine else rest(value)

        return core_schema.no_info_wrap_validator_function(either, handler(source))

    def amend(self, allowed: Allowed) -> Allowed:
        """What is allowed, and the section besides."""
        return allowed.extended(forms.Instance(self.section()))


class Deferred(NamedTuple):
    """Marks a field that holds a section, or None; `section` gives its model.

    Few configs have such a section: its module is loaded, and the model made, for those alone.
    """

    section: Callable[[], type[Section]]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def checked(value: Any) -> Any:
            return value if value is None else self.section().model_validate(value)

        return core_schema.no_info_plain_validator_function(checked)

    def amend(self, allowed: Allowed) -> Allowed:
        """What is allowed, and the section besides."""
        return allowed.extended(forms.Instance(self.section()))


class DeferredMapping(NamedTuple):
    """Marks a field that holds a mapping, or None; `annotation` gives what the mapping is.

    As with `Deferred`, that is loaded, and made, for the configs that have one.
    """

    annotation: Callable[[], Any]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def checked(value: Any) -> Any:
            if value is None:
                return value
            from pydantic import TypeAdapter

            if isinstance(value, Mapping):  # what is null counts as not given
                value = {key: below for key, below in value.items() if below is not None}
            return TypeAdapter(self.annotation()).validate_python(value)

        return core_schema.no_info_plain_validator_function(checked)

    def amend(self, allowed: Allowed) -> Allowed:
        """What is allowed, and the mapping besides."""
        return allowed.extended(*forms.read_annotation(self.annotation()).forms)


@cache
def model_of(one_of: OneOf, name: str) -> type[Entry]:
    """The model of the type `name`, derived from its signature."""
    made = one_of.registry[name]
    model = create_model(f"{one_of.kind}_{name}", __base__=Entry, **fields_of(made))
    model.one_of, model.made = one_of, made
    model.noun = with_article(f"{name} {one_of.kind}")
    return model


@cache
def arguments_model(made: Any, noun: str) -> type[Arguments]:
    """The model of one class's arguments, derived from its signature."""
    model = create_model(noun, __base__=Arguments, **fields_of(made))
    model.made, model.noun = made, noun
    return model


def fields_of(made: Any) -> dict[str, Any]:
    """The arguments of a class or function as fields of a model."""
    fields: dict[str, Any] = {
        argument.name: (
            field_type(argument.allowed),
            ... if argument.required else argument.default,
        )
        for argument in arguments_of(made)
    }
    for own in dataclass_fields(made) if is_dataclass(made) else ():
        if own.default_factory is not MISSING:
            fields[own.name] = (fields[own.name][0], Field(default_factory=own.default_factory))
    return fields


def field_type(allowed: Allowed) -> Any:
    """The annotation by which pydantic enforces what is allowed."""
    members = [form for form in allowed.forms if isinstance(form, forms.Member)]
    rest = [form_type(form) for form in allowed.forms if form not in members]
    union: Any = reduce(or_, [*rest, None] if allowed.optional else rest or [Any])
    # A named type among the alternatives takes the text and the mappings.
    return Annotated[union, Named(members[0].one_of)] if members else union


def form_type(form: forms.Form) -> Any:
    """The annotation of one form: strict scalars, ranges."""
    match form:
        case forms.Number(whole, bounds):
            return Annotated[int if whole else float, Limits(*vars(bounds).values())]
        case forms.Switch():
            return Annotated[bool, Strict()]
        case forms.Text():
            return Annotated[str, Phrase(*form)]
        case forms.Choice(options):
            return Literal[options]
        case forms.Listing(made, items, repeats):
            of = tuple(field_type(item) for item in items)
            generic: Any = made
            return generic[(*of, ...) if repeats and made is tuple else of]
        case forms.Dictionary(values):
            return types.GenericAlias(dict, (str, field_type(values)))
        case forms.Instance(of):
            return of
    return Any

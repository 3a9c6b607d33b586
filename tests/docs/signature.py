"""The parameters of a command as its function declares them, whichever version Typer has."""

import inspect
import types
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from typer.models import OptionInfo, ParameterInfo


@dataclass(frozen=True)
class Parameter:
    """An argument or option: its Python name, its type, and what Typer was told of it."""

    name: str
    type: Any
    info: ParameterInfo
    default: Any

    @property
    def is_option(self) -> bool:
        return isinstance(self.info, OptionInfo)

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty

    @property
    def repeated(self) -> bool:
        return get_origin(self.type) is list

    @property
    def spellings(self) -> list[str]:
        """`-o` and `--output`; those not declared are the name with dashes."""
        # Typer keeps the first of those declared where a default would stand.
        declared = (self.info.default, *(self.info.param_decls or ()))
        names = [name for name in declared if isinstance(name, str) and name.startswith("-")]
        return names or [f"--{self.name.replace('_', '-')}"]

    @property
    def takes(self) -> str:
        """What stands for the value, such as `DIR`; empty for a switch."""
        if self.type is bool:
            return ""
        if self.info.metavar:
            return self.info.metavar
        own = get_args(self.type)[0] if self.repeated else self.type
        if isinstance(own, type) and issubclass(own, Enum):
            return "|".join(member.value for member in own)
        return {int: "N", float: "NUMBER"}.get(own, self.name.upper())


def parameters(command: str) -> list[Parameter]:
    """The parameters of a command, in their order."""
    function = function_of(command)
    hints = get_type_hints(function, include_extras=True)
    found = []
    for each in inspect.signature(function).parameters.values():
        annotation, info = get_args(hints[each.name])
        found.append(Parameter(each.name, without_none(annotation), info, each.default))
    return found


def function_of(command: str) -> Any:
    return import_module(f"nnctl.cli.commands.{command.replace('-', '_')}").command


def without_none(annotation: Any) -> Any:
    """`T` for `T | None`."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = [each for each in get_args(annotation) if each is not type(None)]
    return annotation

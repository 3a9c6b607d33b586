"""The parameters of a command as its function declares them, whichever version Typer has.

The help and the pages of nnctl/docs are made of them.
"""

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
    def one(self) -> Any:
        """The type of its value; of a repeated one, of each."""
        return get_args(self.type)[0] if self.repeated else self.type

    @property
    def takes(self) -> str:
        """What stands for the value, such as `DIR`; empty for a switch."""
        if self.type is bool:
            return ""
        if self.info.metavar:
            return self.info.metavar
        if self.choices:
            return "|".join(self.choices)
        return {int: "N", float: "NUMBER"}.get(self.one, self.name.upper())

    @property
    def choices(self) -> list[str]:
        """The values that it may have, where they are a few names."""
        named = isinstance(self.one, type) and issubclass(self.one, Enum)
        return [str(member.value) for member in self.one] if named else []

    @property
    def placed(self) -> str:
        """An argument as the usage line has it: repeated `CONFIG...`, optional `[CONFIG]`."""
        name = self.takes + ("..." if self.repeated else "")
        return name if self.required else f"[{name}]"

    @property
    def defaults(self) -> list[str]:
        """The default as help shows it, of a list each item; empty where there is none to tell."""
        if isinstance(self.info.show_default, str):
            return [self.info.show_default]
        if self.type is bool or self.default is None or self.required:
            return []
        values = self.default if isinstance(self.default, list | tuple) else [self.default]
        return [str(value.value if isinstance(value, Enum) else value) for value in values]


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


def paragraphs_of(command: str) -> list[str]:
    """What a command does, a paragraph each: first in a line, and its example last."""
    text = inspect.cleandoc(function_of(command).__doc__)
    return [" ".join(part.split()) for part in text.split("\n\n")]


def usage_of(command: str) -> str:
    """How a command is called."""
    arguments = [each.placed for each in parameters(command) if not each.is_option]
    return " ".join([f"nnctl {command} [OPTIONS]", *arguments])


def without_none(annotation: Any) -> Any:
    """`T` for `T | None`."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = [each for each in get_args(annotation) if each is not type(None)]
    return annotation

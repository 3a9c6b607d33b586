"""A wrong command line, told as every other error is: what was found, and what to type instead.

Typer raises errors of its own for it, whose words differ from version to version. They are read for
what they are about, and put into nnctl's.
"""

from collections.abc import Sequence
from typing import Any

from nnctl.cli.completion import CONFIGS
from nnctl.cli.registry import COMMANDS
from nnctl.cli.signature import Parameter, parameters, usage_of
from nnctl.errors import Problem, nearest
from nnctl.system.typed import Typed, line_of

PROGRAM = "nnctl"


def problem_of(error: Any) -> Problem:
    """What is wrong with the command line, of an error of Typer's."""
    place = Typed.line[0] if Typed.line else PROGRAM  # until Typer says where
    command = error.ctx.info_name if error.ctx is not None else place
    known = parameters(command) if command in COMMANDS else []
    kind = type(error).__name__
    if kind == "NoSuchOption" and command == PROGRAM:
        return early_option(error.option_name, error.possibilities or ())
    if kind == "NoSuchOption":
        return unknown_option(command, known, error.option_name)
    if kind == "BadOptionUsage":
        return misused_option(command, known, error.option_name)
    if kind == "MissingParameter" and error.param is not None:
        return missing(command, named(known, error.param))
    if kind == "BadParameter" and error.param is not None:
        return wrong_value(command, named(known, error.param), error.message)
    return Problem(error.format_message(), see(command))


def unknown_command(name: str) -> Problem:
    """That there is no command of that name."""
    close = nearest(name, COMMANDS)
    fix = f'did you mean "{close}"? ' if close else ""
    if name.endswith(CONFIGS):
        fix = f"{line_of(['train', name])} trains it; "
    return Problem(f'there is no command "{name}"', f"{fix}nnctl help lists them all")


def too_many_words(command: str, words: Sequence[str]) -> Problem:
    """That there are arguments which the command does not take."""
    takes = [each.takes for each in parameters(command) if not each.is_option]
    found = f"nnctl {command} takes {' and '.join(takes) or 'no argument'}"
    more = ", ".join(f'"{word}"' for word in words)
    return Problem(f"{found}; there is more: {more}", see_usage(command))


def early_option(option: str, possible: Sequence[str]) -> Problem:
    """That nnctl itself has no such option, but maybe the command behind it."""
    if possible:
        return Problem(f'nnctl has no option "{option}"', f'did you mean "{possible[0]}"?')
    fix = f"a command's options stand behind it: nnctl COMMAND {option}"
    return Problem(f'nnctl has no option "{option}"', fix)


def unknown_option(command: str, known: Sequence[Parameter], option: str) -> Problem:
    """That a command has no such option."""
    names = [name for each in known for name in spellings_of(each)]
    close = nearest(option, names)
    fix = f'did you mean "{close}"? ' if close else ""
    return Problem(f'nnctl {command} has no option "{option}"', f"{fix}{see(command)}")


def misused_option(command: str, known: Sequence[Parameter], option: str) -> Problem:
    """That an option has no value, or has one and takes none."""
    own = next((each for each in known if option in spellings_of(each)), None)
    if own is not None and own.takes:
        return Problem(f"{option} needs a value", f"write {option} {own.takes}")
    return Problem(f"{option} takes no value", f"write {option} alone")


def missing(command: str, parameter: Parameter | None) -> Problem:
    """That an argument is not there."""
    name = parameter.takes if parameter is not None else "an argument"
    return Problem(f"nnctl {command} needs {name}", see_usage(command))


def wrong_value(command: str, parameter: Parameter | None, message: str) -> Problem:
    """That a value is not of its kind, or out of its bounds."""
    if parameter is None:
        return Problem(message, see(command))
    name = max(spellings_of(parameter), key=len) if parameter.is_option else parameter.takes
    value = value_of(parameter)
    found = name if value is None else f'{name} is "{value}"'
    if parameter.choices:
        close = nearest(value or "", parameter.choices)
        fix = f'did you mean "{close}"?' if close else see(command)
        return Problem(f"{found}; it must be {' or '.join(parameter.choices)}", fix)
    kind = {int: "a whole number", float: "a number"}.get(parameter.one)
    if kind is None:
        return Problem(f"{found}: {message}", see(command))
    within = bounds_text(parameter.info.min, parameter.info.max)
    return Problem(f"{found}; it must be {kind}{within}", see(command))


def bounds_text(low: float | None, high: float | None) -> str:
    """Between which numbers a value has to be."""
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" at least {low}"
    return "" if high is None else f" at most {high}"


def spellings_of(parameter: Parameter) -> list[str]:
    """The names of an option one by one: a switch may have one more, for no."""
    return [name for names in parameter.spellings for name in names.split("/")]


def named(known: Sequence[Parameter], param: Any) -> Parameter | None:
    """The parameter that Typer's is made of."""
    return next((each for each in known if each.name == param.name), None)


def value_of(option: Parameter) -> str | None:
    """The value of an option as it was typed last; None where it came from elsewhere."""
    value = None
    words = Typed.line[1:]
    for place, word in enumerate(words):
        for name in spellings_of(option):
            if word == name and place + 1 < len(words):
                value = words[place + 1]
            elif name.startswith("--") and word.startswith(f"{name}="):
                value = word.partition("=")[2]
    return value


def see(command: str) -> str:
    """Where all that a command takes is told."""
    return "nnctl help lists all" if command == PROGRAM else f"nnctl help {command} lists all"


def see_usage(command: str) -> str:
    """How a command is called, and where all that it takes is told."""
    return f"type {usage_of(command)}; nnctl help {command} tells more"

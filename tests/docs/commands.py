"""A page for each command, made of what its `--help` is made of."""

import inspect
from enum import Enum

from nnctl.cli.app import COMMANDS
from tests.docs.markdown import GENERATED, code, fenced, table
from tests.docs.signature import Parameter, function_of, parameters

STATUSES = {
    "0": "done",
    "1": "it ran, and the answer is no: gradients disagree, `--fail-under` missed, `--strict` "
    "advice, a run that diverged, a full disk",
    "2": "it could not run: usage, config, data, or a file",
    "130, 143": "broken off by Ctrl-C or SIGTERM; of a run the checkpoint is saved",
}
IN_COMMON = f"""\
Results go to standard output, everything else to standard error. `--help` shows the options and an
example of a command. Every command ends with one of these exit statuses:

{table(["status", "means"], STATUSES.items())}
`nnctl --version` prints the version. `nnctl --install-completion` sets up the completion of
commands and options in your shell.
"""


def command_index() -> str:
    """The list of commands, and what they have in common."""
    rows = [[f"[`nnctl {name}`]({name}.md)", paragraphs(name)[0]] for name in COMMANDS]
    return f"{GENERATED}\n# Commands\n\n{table(['command', 'does'], rows)}\n{IN_COMMON}"


def command_page(name: str) -> str:
    """The page of one command: what it does, its usage, arguments, options and example."""
    every = parameters(name)
    arguments = [each for each in every if not each.is_option]
    options = [each for each in every if each.is_option]
    usage = " ".join([f"nnctl {name} [OPTIONS]", *map(placed, arguments)])
    what, *more = (part for part in paragraphs(name) if not part.startswith("Example: "))
    parts = [
        f"{GENERATED}\n# nnctl {name}\n",
        *(f"{paragraph}\n" for paragraph in (what, *more)),
        fenced("text", usage),
        f"For example:\n\n{fenced('sh', example(name))}",
    ]
    if arguments:
        rows = [[code(each.takes), str(each.info.help)] for each in arguments]
        parts.append(f"## Arguments\n\n{table(['argument', 'is'], rows)}")
    rows = [[spelled(each), str(each.info.help), default(each)] for each in options]
    rows.append(["`-h`, `--help`", "Show the help and exit.", ""])
    parts.append(f"## Options\n\n{table(['option', 'does', 'default'], rows)}")
    return "\n".join([*parts, "[All commands](README.md)\n"])


def paragraphs(command: str) -> list[str]:
    text = inspect.cleandoc(function_of(command).__doc__)
    return [" ".join(part.split()) for part in text.split("\n\n")]


def example(command: str) -> str:
    """The command line that the help shows."""
    (found,) = [part for part in paragraphs(command) if part.startswith("Example: ")]
    return found.removeprefix("Example: ")


def placed(argument: Parameter) -> str:
    """An argument as the usage line has it: repeated `CONFIG...`, optional `[CONFIG]`."""
    name = argument.takes + ("..." if argument.repeated else "")
    return name if argument.required else f"[{name}]"


def spelled(option: Parameter) -> str:
    """The names of an option, each with what it takes."""
    return ", ".join(code(f"{name} {option.takes}".rstrip()) for name in option.spellings)


def default(option: Parameter) -> str:
    """The default as the help shows it; empty where there is none."""
    if isinstance(option.info.show_default, str):
        shown = option.info.show_default
        return shown if " " in shown else code(shown)
    if option.type is bool or option.default is None:
        return ""
    values = option.default if isinstance(option.default, list | tuple) else [option.default]
    return ", ".join(code(value.value if isinstance(value, Enum) else value) for value in values)

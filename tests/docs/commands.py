"""A page for each command, made of what its `--help` is made of."""

from nnctl.cli.registry import GROUPS
from nnctl.cli.signature import Parameter, paragraphs_of, parameters, usage_of
from tests.docs.markdown import GENERATED, code, fenced, table

STATUSES = {
    "0": "done",
    "1": "it ran, and the answer is no: gradients disagree, `--fail-under` missed, `--strict` "
    "advice, a run that diverged, a full disk",
    "2": "it could not run: usage, config, data, or a file",
    "130, 143": "broken off by Ctrl-C or SIGTERM; of a run the checkpoint is saved",
}
IN_COMMON = f"""\
Results go to standard output, everything else to standard error. `nnctl help COMMAND`, or `--help`
behind a command, shows its options and an example. Every command ends with one of these exit
statuses:

{table(["status", "means"], STATUSES.items())}
`nnctl --version` prints the version. `nnctl --install-completion` sets up the completion of
commands and options in your shell.
"""


def command_index() -> str:
    """The list of commands by groups, and what they have in common."""
    parts = [f"{GENERATED}\n# Commands\n"]
    for group, names in GROUPS.items():
        rows = [[f"[`nnctl {name}`]({name}.md)", paragraphs_of(name)[0]] for name in names]
        parts.append(f"## {group}\n\n{table(['command', 'does'], rows)}")
    return "\n".join([*parts, "## In common\n", IN_COMMON])


def command_page(name: str) -> str:
    """The page of one command: what it does, its usage, arguments, options and example."""
    every = parameters(name)
    arguments = [each for each in every if not each.is_option]
    options = [each for each in every if each.is_option]
    what, *more = (part for part in paragraphs_of(name) if not part.startswith("Example: "))
    parts = [
        f"{GENERATED}\n# nnctl {name}\n",
        *(f"{paragraph}\n" for paragraph in (what, *more)),
        fenced("text", usage_of(name)),
        f"For example:\n\n{fenced('sh', example(name))}",
    ]
    if arguments:
        rows = [[code(each.takes), str(each.info.help)] for each in arguments]
        parts.append(f"## Arguments\n\n{table(['argument', 'is'], rows)}")
    rows = [[spelled(each), str(each.info.help), default(each)] for each in options]
    rows.append(["`-h`, `--help`", "Show the help and exit.", ""])
    parts.append(f"## Options\n\n{table(['option', 'does', 'default'], rows)}")
    return "\n".join([*parts, "[All commands](README.md)\n"])


def example(command: str) -> str:
    """The command line that the help shows."""
    (found,) = [part for part in paragraphs_of(command) if part.startswith("Example: ")]
    return found.removeprefix("Example: ")


def spelled(option: Parameter) -> str:
    """The names of an option, each with what it takes."""
    return ", ".join(code(f"{name} {option.takes}".rstrip()) for name in option.spellings)


def default(option: Parameter) -> str:
    """The default as the help shows it; empty where there is none."""
    return ", ".join(each if " " in each else code(each) for each in option.defaults)

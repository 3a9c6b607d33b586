"""The Typer application: the commands, and how the process starts and ends them."""

import contextlib
import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from nnctl.cli.completion import rejoin_words
from nnctl.cli.exits import obey_signals, report_error, run_process, run_to_end
from nnctl.cli.mpirun import require_one_process
from nnctl.cli.registry import COMMANDS
from nnctl.cli.streams import open_streams, silence_libraries
from nnctl.cli.visible_streams import guard_streams
from nnctl.cli.waiting import shown_waiting
from nnctl.errors import ExitStatus, NnctlError
from nnctl.system.typed import Typed
from nnctl.system.version import __version__

SHARED = ("train", "resume")  # the commands that several processes may run together
USAGE_ERROR: Any = typer.BadParameter.__base__  # Typer gives a name to this kind alone
SETTINGS: dict[str, Any] = {
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"], "allow_extra_args": True},
}


def guard(command: Callable[..., None], name: str) -> Callable[..., None]:
    """The command, with its errors printed and turned into exit statuses."""

    @functools.wraps(command)
    def wrapper(*arguments: Any, **options: Any) -> None:
        def run() -> None:
            if name not in SHARED:
                require_one_process(f"nnctl {name}")
            with shown_waiting(bool(options.get("quiet"))):
                command(*arguments, **options)

        raise typer.Exit(run_to_end(run))

    return wrapper


@contextlib.contextmanager
def worded_usage() -> Iterator[None]:
    """Inside, a wrong command line ends as other errors do, in nnctl's words and not in Typer's."""
    try:
        yield
    except USAGE_ERROR as error:
        from nnctl.cli.usage import problem_of

        raise typer.Exit(report_error(NnctlError(problem_of(error)))) from None


class Command(TyperCommand):
    """A command that notes how it was typed, for the line to type instead."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        Typed.line = (self.name or "", *args)
        options = [each for each in self.params if not getattr(each, "is_flag", True)]
        valued = {name for option in options for name in option.opts}
        if ctx.resilient_parsing and args and args[-1] in valued:
            args = args[:-1]  # its value is to be completed: without it, all else is understood
        if any("=" in word for word in args) and not ctx.resilient_parsing:
            from nnctl.jobs.finding import misplaced_settings  # rarely needed

            arguments = [each for each in self.params if each.param_type_name == "argument"]
            needed = [each.metavar or "VALUE" for each in arguments if each.required]
            if problem := misplaced_settings(args, valued, needed):
                raise typer.Exit(report_error(NnctlError(problem)))
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            from nnctl.cli.usage import too_many_words

            raise typer.Exit(report_error(NnctlError(too_many_words(Typed.line[0], rest))))
        return rest

    def get_help(self, ctx: Any) -> str:
        from nnctl.cli.help_pages import page_of_command

        return page_of_command(self.name or "")


class Commands(TyperGroup):
    """The commands, each of which is loaded when it is asked for: the others cost no time."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        Typed.line = ()
        return super().parse_args(ctx, args)

    def make_context(self, *given: Any, **named: Any) -> Any:
        with worded_usage():
            return super().make_context(*given, **named)

    def invoke(self, ctx: Any) -> Any:
        with worded_usage():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not ctx.resilient_parsing:
            from nnctl.cli.usage import unknown_command

            raise typer.Exit(report_error(NnctlError(unknown_command(args[0]))))
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: Any) -> str:
        from nnctl.cli.help_pages import page_of_program

        return page_of_program(self.get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return load_command(cmd_name) if cmd_name in COMMANDS else None


@functools.cache
def load_command(name: str) -> Any:
    """The command of that name, from its module."""
    module = importlib.import_module(f"nnctl.cli.commands.{name.replace('-', '_')}")
    single = typer.Typer(add_completion=False, **SETTINGS)
    single.command(name, cls=Command)(guard(module.command, name))
    return typer.main.get_command(single)


app = typer.Typer(
    name="nnctl",
    cls=Commands,
    **SETTINGS,
)


def help_of_all() -> str:
    """The help of nnctl itself."""
    program = typer.main.get_command(app)
    return str(program.get_help(typer.Context(program, **SETTINGS["context_settings"])))


def print_version(wanted: bool) -> None:
    if wanted:
        print(f"nnctl {__version__}")
        raise typer.Exit()


@app.callback(invoke_without_command=True, subcommand_metavar="COMMAND [ARGS]...")
def nnctl(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Train neural networks from a YAML file, on pure NumPy."""
    if context.invoked_subcommand is None:
        with contextlib.redirect_stdout(sys.stderr):  # no command is no result, and an error
            print(context.get_help())
        raise typer.Exit(ExitStatus.COULD_NOT_RUN)


def run() -> None:
    """Runs the command line of this process."""
    rejoin_words()
    open_streams()
    guard_streams()
    silence_libraries()
    obey_signals()
    sys.exit(run_process(lambda: app(prog_name="nnctl")))

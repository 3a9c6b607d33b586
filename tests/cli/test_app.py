"""The program as a whole: help, version, usage errors, what starting up loads."""

import json
import re
import sys
from pathlib import Path

import pytest
import typer

from nnctl import __version__
from nnctl.cli.app import app
from tests.processes import run

COMMANDS = sorted(typer.main.get_command(app).list_commands(None))
README = Path(__file__).parents[2] / "README.md"
HEAVY = ("numpy", "pydantic", "yaml", "rich.progress", "rich.live", "nnctl.graph", "nnctl.jobs")
# What no command needs on a plain table without a terminal: packages of extras, of displays, of
# the standard library's heavier parts; rooms and modules of other commands, files and configs.
UNUSED = (
    *("jinja2", "matplotlib", "mpi4py", "onnx", "optuna", "sqlalchemy", "sympy"),
    *("rich", "pygments", "markdown_it"),
    *("asyncio", "http", "logging", "multiprocessing", "sqlite3", "ssl", "unittest", "xml"),
    *("nnctl.derivatives", "nnctl.export", "nnctl.report", "nnctl.tuning"),
    *("nnctl.config.json_schema", "nnctl.config.searching", "nnctl.config.tuning"),
    *("nnctl.reading.npy", "nnctl.training.diagnosis", "nnctl.training.mpi"),
    "nnctl.training.in_parts",
)


def test_help_names_every_command(invoke):
    result = invoke("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert f" {command} " in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_shows_an_example(command, invoke):
    result = invoke(command, "-h")
    assert result.exit_code == 0
    assert f"Example: nnctl {command} " in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command):
    assert re.search(rf"\bnnctl {command}\b", README.read_text(encoding="utf-8"))


@pytest.mark.process
def test_version(process):
    result = process("--version")
    assert (result.returncode, result.stdout, result.stderr) == (0, f"nnctl {__version__}\n", "")


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Usage: nnctl [OPTIONS] COMMAND [ARGS]..."),
        (["trian"], 'error: there is no command "trian"'),
        (["train", "small.yaml", "--epochs", "many"], 'error: --epochs is "many"'),
    ],
)
def test_wrong_usage_is_explained_on_stderr(arguments, message, process):
    result = process(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def modules_after(arguments: list[str], environment: dict[str, str]) -> list[str]:
    """What is loaded once a command has ended well."""
    code = (
        "import json, sys\n"
        "from nnctl.__main__ import main\n"
        f"sys.argv = ['nnctl', *{arguments!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    status = end.code\n"
        "print(json.dumps([status, *sorted(sys.modules)]), file=sys.stderr)\n"
    )
    result = run([sys.executable, "-c", code], env=environment)
    status, *modules = json.loads(result.stderr.splitlines()[-1])
    assert status == 0
    return modules


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["-h"]])
def test_starting_up_loads_nothing_heavy(arguments, environment):
    modules = modules_after(arguments, environment)
    assert "nnctl.cli.app" in modules
    assert [name for name in HEAVY if name in modules] == []


@pytest.mark.slow
@pytest.mark.process
def test_training_needs_no_rich_where_there_is_no_terminal(project, environment):
    modules = modules_after(["train", "small.yaml"], environment)
    assert "numpy" in modules
    assert "rich" not in modules
    assert "nnctl.cli.commands.train" in modules and "nnctl.cli.commands.gradcheck" not in modules


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "used", "unused"),
    [
        (["train", "small.yaml", "-q", "-o", "other"], "nnctl.jobs.run", "nnctl.runs.contents"),
        (["validate", "small.yaml"], "nnctl.jobs.validate", "nnctl.jobs.run"),
        (["predict", "run", "table.csv"], "nnctl.jobs.predict", "nnctl.jobs.run"),
    ],
)
def test_commands_load_only_what_a_plain_table_needs(
    arguments, used, unused, project, process, environment
):
    if arguments[0] == "predict":
        assert process("train", "small.yaml", "-q", "-o", "run").returncode == 0
    modules = set(modules_after(arguments, environment))
    assert used in modules
    assert sorted(modules & {*UNUSED, unused}) == []


@pytest.mark.process
def test_completion_offers_commands(process):
    variables = {"_NNCTL_COMPLETE": "complete_bash", "COMP_WORDS": "nnctl gr", "COMP_CWORD": "1"}
    assert process(**variables).stdout.split() == ["gradcheck"]

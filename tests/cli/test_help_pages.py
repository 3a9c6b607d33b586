"""Help in any width: groups of commands, options with what they take, whole words."""

import importlib
import re
from pathlib import Path

import pytest

from nnctl.cli import commands
from nnctl.cli.registry import COMMANDS, GROUPS
from nnctl.cli.signature import paragraphs_of

WIDTHS = [40, 60, 80, 120, 200]
MODULES = [file.stem for file in Path(commands.__file__).parent.glob("[!_]*.py")]


def test_each_command_has_one_group():
    assert len(MODULES) > 20
    assert sorted(COMMANDS) == sorted(name.replace("_", "-") for name in MODULES)
    assert len(set(COMMANDS)) == len(COMMANDS)


def test_the_commands_stand_in_their_groups(invoke):
    text = invoke("--help").stdout
    for title, names in GROUPS.items():
        section = text.partition(f"{title}:\n")[2].partition("\n\n")[0]
        assert tuple(line.split()[0] for line in section.splitlines()) == names


def pages(invoke, width):
    """The help of the program and of each command, by the words that ask for it."""
    for words in ([], *([name] for name in COMMANDS)):
        result = invoke("help", *words, env={"COLUMNS": str(width)})
        assert (result.exit_code, result.stderr) == (0, "")
        yield words, result.stdout


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_terminal(width, invoke):
    for words, page in pages(invoke, width):
        lines = page.splitlines()
        # What has no space in it is whole: a path of an example, a metavar.
        wide = [line for line in lines if len(line) > width and " " in line.strip()]
        assert wide == [], words


def test_nothing_is_broken_at_80_columns(invoke):
    listed = invoke("help", env={"COLUMNS": "80"}).stdout.splitlines()
    for command in COMMANDS:
        lines = invoke("help", command, env={"COLUMNS": "80"}).stdout.splitlines()
        what, *_, example = paragraphs_of(command)
        assert f"  {command:11}  {what}" in listed, "its first paragraph is too long"
        assert what in lines
        assert example in lines, "its example is too long"


@pytest.mark.parametrize("command", COMMANDS)
def test_both_ways_show_the_same_and_no_type_of_python(command, invoke):
    page = invoke("help", command).stdout
    assert page == invoke(command, "--help").stdout
    assert not re.search(r"<\w+( range)?>|\[x", page)


def test_options_tell_names_values_and_defaults(invoke):
    train = invoke("help", "train", env={"COLUMNS": "100"}).stdout
    assert "  -o, --output DIR             The run's folder. [default: runs/NAME]\n" in train
    assert "\n      --smoke  " in train
    assert "\n      --epochs N  " in train
    check = invoke("help", "gradcheck").stdout
    assert "--method complex-step|central" in check and "[default: complex-step]" in check
    assert "Usage: nnctl gradcheck [OPTIONS] [CONFIG]\n" in check


def test_colours_are_for_terminals(invoke, monkeypatch):
    assert "\x1b" not in invoke("help", "train").stdout
    pages_of = importlib.import_module("nnctl.cli.help_pages")
    plain = pages_of.page_of_command("train")
    monkeypatch.setattr("nnctl.cli.colour.has_colours", lambda stream: True)
    painted = pages_of.page_of_command("train")
    assert painted != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain

"""The code that the documentation shows runs."""

import re
from pathlib import Path

import pytest

from nnctl.cli.app import COMMANDS
from tests.docs.blocks import Block, blocks_of
from tests.docs.pages import DOCS
from tests.docs.running import checkout, run_blocks, run_command, source_checkout

PAGES = sorted(DOCS.rglob("*.md"))
CHANGING = DOCS / "add-a-layer.md"
WRITTEN = [page for page in PAGES if page.parent == DOCS and page != CHANGING]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return checkout(tmp_path)


def all_blocks(page: Path) -> list[Block]:
    """The blocks of a page, of which none may be overlooked."""
    blocks = blocks_of(page)
    fences = re.findall(r"^ *```", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert 2 * len(blocks) == len(fences)
    return blocks


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_a_page_runs(page, folder):
    run_blocks(all_blocks(page), folder)


@pytest.mark.process
@pytest.mark.slow
def test_a_layer_is_added_as_the_page_says(tmp_path):
    run_blocks(all_blocks(CHANGING), source_checkout(tmp_path))


@pytest.mark.process
@pytest.mark.slow
def test_the_examples_of_the_commands_run_one_after_another(folder):
    run_command("nnctl train configs/mnist.yaml", folder)  # the example's own run is runs/mnist-2
    for name in COMMANDS:
        blocks = all_blocks(DOCS / "commands" / f"{name}.md")
        assert blocks, name
        run_blocks(blocks, folder)


@pytest.mark.slow
@pytest.mark.process
def test_a_block_that_fails_is_found(folder):
    with pytest.raises(AssertionError):
        run_blocks([Block("sh", "nnctl train nowhere.yaml")], folder)
    with pytest.raises(AssertionError):
        run_blocks([Block("python", "1 / 0")], folder)
    with pytest.raises(AssertionError):
        run_blocks([Block("toml", "a = 1")], folder)

"""Every path that a page names or links is there."""

import re
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT
from tests.docs.paths import is_there, named, pages
from tests.processes import run

PAGES = pages()
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
POINTING = [CONTRIBUTING, ROOT / "README.md", DOCS / "add-a-layer.md", DOCS / "read-the-code.md"]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_is_there(page):
    assert [name for name in named(text_of(page)) if not is_there(name)] == []


@pytest.mark.parametrize("page", POINTING, ids=lambda page: page.name)
def test_paths_are_found_in_the_pages_that_point_at_code(page):
    assert page in PAGES
    assert len(set(named(text_of(page)))) >= 4


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in links(page):
        if target.startswith("https://"):
            continue
        path, _, heading = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if heading:
            assert heading in anchors(there), target


def test_links_are_found():
    found = {page: links(page) for page in PAGES}
    assert found[ROOT / "README.md"] and found[CONTRIBUTING]
    assert sum(map(bool, found.values())) > len(found) / 2


def links(page: Path) -> list[str]:
    """Where the links of a page lead, those in code apart."""
    text = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text)


def anchors(page: Path) -> set[str]:
    """What the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("see `nnctl/errors/__init__.py` and `tests/`", ["nnctl/errors/__init__.py", "tests/"]),
        (
            "`python\n-m tests.kills 200` and `nnctl/nowhere.py`",
            ["tests/kills", "nnctl/nowhere.py"],
        ),
        ("```sh\nnnctl train configs/none.yaml\n```\n", ["configs/none.yaml"]),
        ("```python\nopen('tests/none')\n```\n", []),
        ("<!-- file: nnctl/own.py -->\nwrites `nnctl/own.py`", []),
        ("`runs/mnist`, `data/part-*.csv.gz`, nnctl/unquoted.py", []),
    ],
)
def test_what_counts_as_a_path(text, names):
    assert list(named(text)) == names


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("nnctl/errors/__init__.py", True),
        ("tests/kills", True),
        ("nnctl/errors", True),  # as a module is run
        ("configs/*.yaml", True),
        ("configs/*.toml", False),
        ("tests/docs/descriptions.py", False),
    ],
)
def test_what_is_there(name, there):
    assert is_there(name) == there


def test_every_folder_of_the_tests_has_its_line():
    told = set(re.findall(r"^\| `(tests/[\w/]+)` \|", text_of(CONTRIBUTING), re.MULTILINE))
    rooms = {folder.name for folder in (ROOT / "nnctl").iterdir() if folder.is_dir()}
    folders = {folder for folder in (ROOT / "tests").iterdir() if any(folder.glob("test_*.py"))}
    others = {f"tests/{folder.name}" for folder in folders if folder.name not in rooms - {"docs"}}
    assert others and others <= told


def test_a_stranger_finds_at_least_a_dozen_answers():
    table = re.search(r"^## Where do I find …\n\n(.*?)\n\n", text_of(CONTRIBUTING), re.M | re.S)
    assert table
    _, _, *rows = table[1].splitlines()
    assert len(rows) >= 12
    assert [row for row in rows if not re.search(r"\| .*`nnctl/[\w/.]+`.* \|", row)] == []


@pytest.mark.process
@pytest.mark.slow
def test_the_examples_of_running_some_tests_find_tests():
    lines = re.findall(r"^python (-m pytest -q tests/.*)$", text_of(CONTRIBUTING), re.MULTILINE)
    assert lines
    for line in lines:
        command = [sys.executable, *line.split(), "--collect-only"]
        done = run(command, cwd=ROOT)
        assert done.returncode == 0, done.stdout

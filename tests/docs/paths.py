"""The files, folders and modules of the repository that a page names."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT

TOP = ("nnctl", "tests", "configs", "datasets", ".github", ".ci")
FILES = ("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", ".pre-commit-config.yaml")
PATH = re.compile(rf"(?:{'|'.join(map(re.escape, TOP))})/[\w.*/-]*")
MODULE = re.compile(r"python\s+-m\s+((?:nnctl|tests)(?:\.\w+)*)")
SHOWN_FILE = re.compile(r"<!-- file: (\S+) -->")


def named(text: str) -> Iterator[str]:
    """The paths that a page names in backticks or in commands, and the modules that it runs.

    A word in backticks is a path where it begins with a folder of the repository, and may be a
    pattern. What the page itself writes, after `<!-- file: NAME -->`, is not there beforehand.
    """
    made = set(SHOWN_FILE.findall(text))
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    commands = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    for code in (*re.findall(r"`([^`]+)`", prose), *commands):
        yield from (module.replace(".", "/") for module in MODULE.findall(code))
        for word in re.split(r"[\s'\"=:,;{}]+", code):
            if (PATH.fullmatch(word) or word in FILES) and word not in made:
                yield word


def is_there(name: str) -> bool:
    """Whether the repository has a file, a folder, a module, or files of this pattern."""
    there = any(True for _ in ROOT.glob(name)) if "*" in name else (ROOT / name).exists()
    return there or (ROOT / f"{name}.py").exists()


def pages() -> list[Path]:
    """Every page that people write or read here."""
    own = [ROOT / "README.md", ROOT / "CHANGELOG.md"]
    return [*own, *sorted(ROOT.glob(".github/**/*.md")), *sorted(ROOT.glob("nnctl/docs/**/*.md"))]

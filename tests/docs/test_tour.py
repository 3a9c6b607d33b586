"""The tour of the code leads to what is there."""

import re
from importlib import import_module

import pytest

from tests.docs.pages import DOCS, ROOT
from tests.test_imports import FLOORS

TOUR = (DOCS / "read-the-code.md").read_text()
STOP = re.compile(r"((?:`[\w.]+`(?:, | and )?)+) in\s+\[([\w/.]+)\]\(([\w/.]+)\)")
STOPS = [
    (file, link, name)
    for names, file, link in STOP.findall(TOUR)
    for name in re.findall(r"`([\w.]+)`", names)
]


@pytest.mark.parametrize(("file", "link", "name"), STOPS)
def test_a_stop_is_there(file, link, name):
    assert (DOCS / link).resolve() == ROOT / file
    found = import_module(file.removesuffix(".py").replace("/", "."))
    for part in name.split("."):
        found = getattr(found, part)
    source = getattr(found, "__module__", found)
    if isinstance(source, str):
        assert source.replace(".", "/") == file.removesuffix(".py")


def test_every_stop_has_something_to_read():
    parts = re.split(r"^## \d+\. ", TOUR, flags=re.MULTILINE)[1:]
    assert len(parts) == 11
    assert [part.splitlines()[0] for part in parts if not STOP.search(part)] == []


def test_the_floors_are_those_that_imports_are_held_to():
    rows = re.findall(r"^\| (\d+) \| ([`\w, ]+) \|", TOUR, re.MULTILINE)
    shown = {int(floor): re.findall(r"`(\w+)`", rooms) for floor, rooms in rows}
    assert shown == dict(enumerate(FLOORS))

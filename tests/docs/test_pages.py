"""The pages made from the code are those that are shipped, and complete."""

import re

import pytest

from nnctl.config.descriptions import ARGUMENTS, DEFAULTS, KEYS
from nnctl.config.schema import Config, DataConfig
from tests.docs.config_reference import KINDS
from tests.docs.pages import DOCS, made_pages

MADE = dict(made_pages())
CONFIG = (DOCS / "config.md").read_text(encoding="utf-8")
NAMES = [(kind, name) for kind, (_, registry) in KINDS.items() for name in registry]


@pytest.mark.parametrize("page", MADE, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_page_is_as_the_code_has_it(page):
    assert page.read_text() == MADE[page], "run: python -m tests.docs"


def test_no_page_is_left_of_what_is_gone():
    made = {page for page in MADE if page.parent == DOCS / "commands"}
    assert made and {*DOCS.glob("commands/*.md")} == made


def test_no_description_is_left_of_what_is_gone():
    page = MADE[DOCS / "config.md"]
    for texts in (KEYS, ARGUMENTS, DEFAULTS):
        assert texts
        assert [text for text in texts.values() if f"| {text} |" not in page] == []


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_every_name_a_config_may_use_is_in_the_reference(kind, name):
    heading = KINDS[kind][0]
    (section,) = re.findall(rf"^## {heading}$(.*?)(?=^## |\Z)", CONFIG, re.MULTILINE | re.DOTALL)
    assert re.search(rf"^### (\w+, also called )?{name}\b", section, re.MULTILINE)


@pytest.mark.parametrize(("section", "ahead"), [(Config, ""), (DataConfig, "data.")])
def test_every_key_of_a_config_is_in_the_reference_with_its_default(section, ahead):
    told = dict(re.findall(r"^\| `([\w.]+)` \| .*? \| (.*?) \| .* \|$", CONFIG, re.MULTILINE))
    assert {ahead + name for name in section.model_fields} <= told.keys()
    for name, field in section.model_fields.items():
        plain = not field.is_required() and isinstance(field.default, str | int)
        if plain:
            default = field.default
            word = str(default).lower() if isinstance(default, bool) else str(default)
            assert told[ahead + name].strip("`") == word

"""The pages made from the code are those that are shipped, and complete."""

import re

import pytest

from nnctl.config.descriptions import ARGUMENTS, DEFAULTS, KEYS
from nnctl.config.schema import Config, DataConfig
from tests.docs.pages import DOCS, ROOT, made_pages

MADE = dict(made_pages())
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", MADE, ids=lambda page: str(page.relative_to(DOCS)))
def test_a_page_is_as_the_code_has_it(page):
    assert page.read_text() == MADE[page], "run: python -m tests.docs"


def test_no_page_is_left_of_what_is_gone():
    assert {*DOCS.glob("commands/*.md")} <= MADE.keys()


def test_no_description_is_left_of_what_is_gone():
    page = MADE[DOCS / "config.md"]
    for texts in (KEYS, ARGUMENTS, DEFAULTS):
        assert [text for text in texts.values() if f"| {text} |" not in page] == []


def test_every_default_of_the_readme_is_the_codes():
    rows = re.findall(r"^\| `([\w.]+)` \| .* \| (.*) \|$", README, re.MULTILINE)
    told = dict(rows)
    for section, ahead in ((Config, ""), (DataConfig, "data.")):
        for name, field in section.model_fields.items():
            plain = not field.is_required() and isinstance(field.default, str | int)
            if plain:
                default = field.default
                word = str(default).lower() if isinstance(default, bool) else str(default)
                assert told[ahead + name].strip("`") == word

"""The pages of nnctl/docs that are made from the code, by their paths there."""

import json
from collections.abc import Iterator
from pathlib import Path

from nnctl.cli.app import COMMANDS
from nnctl.config.json_schema import SHIPPED as SCHEMA
from nnctl.config.json_schema import json_schema
from tests.benchmarks.tables.page import tables_page
from tests.docs.advice_page import advice_page
from tests.docs.commands import command_index, command_page
from tests.docs.config_reference import config_page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "nnctl" / "docs"


def made_pages() -> Iterator[tuple[Path, str]]:
    """Each page with the text that it should have."""
    yield DOCS / "commands" / "README.md", command_index()
    for name in COMMANDS:
        yield DOCS / "commands" / f"{name}.md", command_page(name)
    yield DOCS / "config.md", config_page()
    yield DOCS / "advice.md", advice_page()
    yield DOCS / "tables.md", tables_page()
    yield SCHEMA, json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"

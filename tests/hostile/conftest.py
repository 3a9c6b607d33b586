"""The folder that the tests here begin in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.projects import project_in


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A folder with `table.csv`, `config.yaml` and its run, `run`, entered."""
    with project_in(tmp_path):
        yield tmp_path

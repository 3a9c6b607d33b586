"""Files that claim too much end with a message within seconds, in little memory."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.sizes import CASES
from tests.processes import run

pytestmark = [pytest.mark.process, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
LONGEST = 20  # seconds, on a busy machine; the slowest takes three


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Status, output, messages, whether a folder was left, and seconds of each case."""
    done = run(
        [sys.executable, "-m", "tests.hostile.sizes"],
        cwd=tmp_path_factory.mktemp("sizes"),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        limit=100,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_in_little_memory(name: str, ends: dict[str, Any]) -> None:
    status, printed, told, left, seconds = ends[name]
    assert (status, printed, left) == (2, "", False), told[-2000:]
    assert CASES[name][2] in told
    assert len(told) < 2000
    assert seconds < LONGEST

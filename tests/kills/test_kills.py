"""Twenty runs killed at random moments; `python -m tests.kills 200` kills more."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.processes import run

pytestmark = [pytest.mark.process, pytest.mark.slow]
ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills need fork")
def test_killed_runs_resume_to_the_same_bytes():
    done = run([sys.executable, "-m", "tests.kills", "20", "1"], cwd=ROOT, limit=100)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found)
    assert found["before the end and after the first checkpoint"] >= 10
    assert found["inside an epoch"] >= 2
    assert found["during a write"] >= 2

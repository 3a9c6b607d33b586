"""A run that is replaced by a process that is killed: the older or the newer one is there."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.processes import run

pytestmark = [pytest.mark.process, pytest.mark.slow]
ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills need fork")
def test_a_run_that_is_killed_while_it_replaces_another():
    done = run(
        [sys.executable, "-m", "tests.faults.broken_off"],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # only then can it fork safely
        limit=100,
    )
    assert done.returncode == 0, done.stderr
    older = json.loads(done.stdout)
    assert older == sorted(older, reverse=True)  # up to some moment the older run, then the newer
    assert older.count(True) >= 5
    assert older.count(False) >= 1

"""Some hundred odd inputs, and what once went wrong; `python -m tests.fuzz 20000` tries more."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.fuzz.examples import examples
from tests.fuzz.trial import Trials
from tests.fuzz.worker import a_run
from tests.processes import run

ROOT = Path(__file__).parents[2]


@pytest.mark.process
@pytest.mark.slow
def test_whatever_a_file_holds_a_command_ends_with_a_message():
    done = run(
        [sys.executable, "-m", "tests.fuzz", "150"],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        limit=100,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found)
    assert found["inputs"] >= 150
    assert found["share"] >= 0.3


@pytest.mark.slow
def test_what_was_found_stays_mended(tmp_path: Path):
    trials = Trials(tmp_path)
    found = list(examples(*a_run(trials)))
    assert len(found) > 20
    for name, one, status in found:
        try:
            assert trials.run(one) == status
        except BaseException as error:
            error.add_note(name)
            raise

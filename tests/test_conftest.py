"""How many examples are drawn is decided in one place, and how strict arithmetic is."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

HERE = Path(__file__)


def test_the_variable_of_ci_chooses_the_profile():
    chosen = settings.get_profile("ci" if os.environ.get("CI") else "dev")
    mine = settings()
    assert (mine.max_examples, mine.derandomize) == (chosen.max_examples, chosen.derandomize)


def test_ci_draws_more_and_the_same_each_time():
    dev, ci = map(settings.get_profile, ("dev", "ci"))
    assert ci.max_examples >= 100 > dev.max_examples
    assert (ci.derandomize, dev.derandomize) == (True, False)
    assert (ci.deadline, dev.deadline) == (None, None)


def test_no_test_decides_for_itself():
    """But the fuzz test, which is told how many inputs to try."""
    own = ("conftest.py", "test_conftest.py", "fuzz/worker.py")
    files = {file.relative_to(HERE.parent).as_posix(): file for file in HERE.parent.rglob("*.py")}
    drawing = {name for name, file in files.items() if "from hypothesis" in file.read_text()}
    assert len(drawing) > 10 and drawing.issuperset(own)
    deciding = re.compile(r"\b(max_examples|deadline)\b")
    assert [n for n in drawing.difference(own) if deciding.search(files[n].read_text())] == []


def test_arithmetic_is_strict_but_for_invalid_values_in_products():
    one, endless = np.array([0.0, 1.0]), np.array([np.inf, 1.0])
    with pytest.raises(FloatingPointError, match="invalid value encountered in sqrt"):
        np.sqrt(-one)
    with pytest.raises(FloatingPointError, match="divide by zero"):
        1 / one
    with pytest.raises(FloatingPointError, match="overflow"):
        np.array([1e300]) @ np.array([1e300])
    assert np.isnan(endless @ one) and np.isnan(endless.dot(one))

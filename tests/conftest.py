"""What every test shares: NumPy's own warnings are errors, apart from harmless underflow."""

from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def strict_arithmetic() -> Iterator[None]:
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        yield


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(20240607)

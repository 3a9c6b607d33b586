"""A small right config, and the means to load variants of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nnctl.config import Config, load
from nnctl.errors import NnctlError, Problem

RIGHT = """\
data:
  train: train.csv
  target: y
layers:
  - {type: dense, units: 3, activation: relu}
  - {type: dense, units: 1}
loss: mean_squared_error
optimizer: adam
epochs: 5
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes a config into the current folder, `right.yaml` unless named, and gives its name."""
    monkeypatch.chdir(tmp_path)

    def written(content: str | bytes = RIGHT, name: str = "right.yaml") -> str:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return name

    return written


@pytest.fixture
def right(write: Callable[..., str]) -> Callable[..., Config]:
    """Loads the right config with some of its text replaced and `--set` values on top."""

    def loaded(*overrides: str, old: str = "", new: str = "", **named: object) -> Config:
        assert old in RIGHT
        return load(write(RIGHT.replace(old, new, 1)), overrides=overrides, named=named)

    return loaded


@pytest.fixture
def problems(right: Callable[..., Config]) -> Callable[..., tuple[Problem, ...]]:
    """The problems that the same variant of the right config has."""

    def found(*overrides: str, **changes: object) -> tuple[Problem, ...]:
        with pytest.raises(NnctlError) as caught:
            right(*overrides, **changes)
        return caught.value.problems

    return found

"""A study in a file, of a config that nobody trains: outcomes are made up."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nnctl.config import Config, load
from nnctl.tuning.space import Space
from nnctl.tuning.storages.opening import open_storage, silence_optuna
from nnctl.tuning.study import Study
from tests.tables import with_tables

CONFIG = """\
seed: 3
data: {train: rows.csv, target: y}
layers: [{type: dense, units: 4}, {type: dense, units: 1}]
loss: mean_squared_error
optimizer: adam
epochs: 10
tune:
  monitor: loss
  trials: 8
  search:
    optimizer.learning_rate: {low: 1e-4, high: 1e-1, log: true}
    layers.0.units: {low: 2, high: 9}
"""
Read = Callable[..., Config]
Begin = Callable[..., Study]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Loads the config with `--set` values."""

    def loaded(*overrides: str) -> Config:
        path = tmp_path / "searched.yaml"
        path.write_text(CONFIG)
        return load(path, overrides=overrides)

    return loaded


@pytest.fixture
def begin(tmp_path: Path, read: Read) -> Iterator[Begin]:
    """Begins the study in a file or at a storage, or goes on with it, as another process would."""
    open_storages = []

    def begun(
        *overrides: str, file: str = "study.db", at: str | None = None, **given: object
    ) -> Study:
        config = read(*overrides)
        context = open_storage(at or with_tables(tmp_path / file))
        storage = context.__enter__()
        open_storages.append(context)
        study = Study(storage, config, Space.of(config), epochs=config.epochs, **given)
        study.create()
        return study

    with silence_optuna():
        yield begun
        for context in open_storages:
            context.__exit__(None, None, None)

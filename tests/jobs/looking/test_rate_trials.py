"""Trial trainings: each is the config's own training at that rate, as long as it lasts."""

import csv
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.jobs.looking import rate_trials
from nnctl.jobs.looking.rate_trials import Trial, try_rates
from nnctl.jobs.train import train

CONFIG = """\
data: {train: t.csv, target: y, features: [a, b], validation: 0.3}
layers:
  - {type: dense, units: 4, activation: tanh}
  - {type: dropout, rate: 0.1}
  - {type: dense, units: 1}
loss: mean_squared_error
optimizer: {type: adam, learning_rate: 0.3}
metrics: [mae, r2]
epochs: 6
"""
BATCHES = "batch_size: 16\n"
STOPPING = """\
batch_size: 20
early_stopping: {monitor: val_mae, patience: 1}
reduce_lr_on_plateau: {monitor: val_loss, patience: 0, factor: 0.3}
"""


@pytest.fixture
def config(tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    a, b = np.random.default_rng(0).normal(size=(2, 90)).round(3)
    with open("t.csv", "w", newline="") as file:
        csv.writer(file).writerows([("a", "b", "y"), *zip(a, b, (a * b).round(3), strict=True)])
    Path("c.yaml").write_text(CONFIG + getattr(request, "param", BATCHES))
    return load(Path("c.yaml"))


@pytest.mark.parametrize("config", [BATCHES, STOPPING, "batch_size: full\n"], indirect=True)
def test_a_trial_is_the_training_in_stretches(config):
    """Broken off within epochs and at their ends, it comes to what `train` does with that rate."""
    built = build(config)
    for rate in (0.02, 0.3):
        trial = Trial(config, built.prepared, rate)
        shares = [trial.train_to(batches).share for batches in (2, 4, 9, 24)]
        whole = train(Path("c.yaml"), overrides=[f"optimizer.learning_rate={rate}"], overwrite=True)
        assert trial.tried.loss == whole.results["validation"]["loss"]
        assert trial.tried.train_loss == whole.results["train"]["loss"]
        assert shares[-1] == 1.0 and shares == sorted(shares)


def test_a_stretch_within_an_epoch_has_the_loss_of_its_batches(config):
    built = build(config)
    trial = Trial(config, built.prepared, 0.02)
    tried = trial.train_to(2)
    assert tried.share == 2 / 24 and tried.loss == tried.train_loss
    assert trial.train_to(3).loss != tried.loss


def test_a_rate_that_diverges_is_out(config):
    trial = Trial(config, build(config).prepared, 1e39)
    assert (trial.train_to(24).loss, trial.tried.share) == (math.inf, 0.0)
    assert trial.train_to(48) == trial.tried


def test_all_rates_are_tried_and_the_better_half_for_longer(config, monkeypatch):
    monkeypatch.setattr(rate_trials, "batches_worth", lambda batches, operations: 60)
    rates = [1e-6, 1e-2, 3e-2, 1e-1, 1e39]
    found = try_rates(config, build(config), rates)
    assert [len(stage) for stage in found] == [5, 3, 2]
    assert [each.rate for each in found[0]] == rates
    for before, after in pairwise(found):
        worst = max(each.loss for each in before if each.rate in {other.rate for other in after})
        assert sum(each.loss <= worst for each in before) == len(after)
        assert after[0].share > before[1].share

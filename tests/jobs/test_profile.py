"""`profile`: every call of a step is accounted for, once, under its layer."""

from pathlib import Path

import pytest

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.jobs import profile as job
from nnctl.jobs.profile import profile
from nnctl.system import machine
from nnctl.training import parts
from tests.kills.configs import write

CONFIG = Path(__file__).parents[2] / "configs/softmax-regression.yaml"


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(job, "ROUNDS", 3)
    monkeypatch.setattr(job, "STEPS_A_ROUND", 2)
    monkeypatch.setattr(job, "SECONDS", 0.02)


def test_the_entries_are_the_calls_of_the_program():
    result = profile(CONFIG)
    built = build(load(CONFIG))
    program = built.model.step(built.train, result.rows).program
    assert sum(entry.calls for entry in result.entries) == len(program.calls)
    assert sum(entry.multiply_adds for entry in result.entries) == sum(program.products)
    layers = {entry.layer for entry in result.entries}
    assert layers == {*built.model.layer_names, "loss", "optimizer"}
    keys = [(entry.layer, entry.operation) for entry in result.entries]
    assert len(keys) == len(set(keys))
    seconds = [entry.seconds for entry in result.entries]
    assert seconds == sorted(seconds, reverse=True) and min(seconds) >= 0
    assert result.rows == 32 and result.threads == 1
    assert min(result.step_seconds, result.program_seconds, result.product_seconds) > 0


@pytest.mark.parametrize("batch_size", ["full", 50])
def test_the_work_of_all_parts_is_counted(batch_size, monkeypatch):
    monkeypatch.setattr(parts, "parts_worth", lambda model, loss, data, rows: 4)
    monkeypatch.setattr(machine, "available_threads", lambda processes=1: 2)
    overrides = [f"batch_size={batch_size}"]
    result = profile(CONFIG, overrides=overrides)
    built = build(load(CONFIG, overrides=overrides))
    step = built.model.step(built.train, result.rows)
    assert (step.parts, result.threads) == (4, 2)
    assert sum(entry.calls for entry in result.entries) == len(step.calls)
    assert sum(entry.multiply_adds for entry in result.entries) == sum(step.products)
    assert {entry.layer for entry in result.entries} >= {"gradient", "optimizer"}


def test_the_json_says_it_all():
    values = profile(CONFIG, overrides=["batch_size=16"]).as_json()
    assert values["rows"] == 16
    assert values["product_share"] == values["product_seconds"] / values["step_seconds"]
    first = values["operations"][0]
    assert set(first) == {"layer", "operation", "calls", "seconds", "multiply_adds"}


@pytest.mark.slow
def test_every_kind_of_run_can_be_profiled(tmp_path):
    for path in write(tmp_path).values():
        assert profile(path).entries


def test_a_run_that_diverges_is_measured_all_the_same():
    steep = ["optimizer={type: sgd, learning_rate: 1e30}"]
    assert profile(CONFIG, overrides=steep).step_seconds > 0

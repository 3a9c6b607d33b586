"""`lr-find`: what it suggests, that it is the same for a seed, and what it writes."""

from pathlib import Path

import pytest
import yaml

from nnctl.errors import NnctlError
from nnctl.jobs.looking.lr_find import find_rate
from nnctl.jobs.train import train

ROOT = Path(__file__).parents[3]


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "c.yaml"
    text = (ROOT / "configs/softmax-regression.yaml").read_text()
    text = text.replace("../datasets", str(ROOT / "datasets"))
    path.write_text(text.replace("epochs: 100", "epochs: 5"))
    return path


@pytest.mark.slow
def test_it_is_the_same_for_a_seed_and_leaves_nothing(config, tmp_path):
    before = config.read_text()
    one, two = find_rate(config), find_rate(config)
    assert one == two and one.as_json()["curve"] == [list(point) for point in one.curve]
    assert find_rate(config, seed=5).curve != one.curve
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml"]
    assert config.read_text() == before and not one.written


@pytest.mark.slow
def test_the_rate_trains_nearly_as_well_as_the_best_of_a_sweep(tmp_path):
    config = ROOT / "configs/logistic-regression.yaml"

    def loss(rate):
        setting = f"optimizer.learning_rate={rate}"
        done = train(config, output=tmp_path / f"run-{rate}", overrides=[setting])
        return done.results["train"]["loss"]

    best = min(loss(10.0 ** (k / 2 - 4)) for k in range(9))
    assert loss(find_rate(config).rate) <= 1.05 * best + 0.01


def test_the_config_is_given_the_rate_and_keeps_its_comments(config):
    before = config.read_text()
    found = find_rate(config, write=True)
    after = config.read_text()
    changed = [
        (old, new)
        for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
        if old != new
    ]
    assert len(changed) == 1 and f"learning_rate: {found.rate:g}" in changed[0][1]
    assert yaml.safe_load(after)["optimizer"]["learning_rate"] == found.rate


def test_a_schedule_is_not_overwritten(config):
    values = yaml.safe_load(config.read_text())
    values["optimizer"]["learning_rate"] = {
        "type": "exponential_decay",
        "initial_learning_rate": 0.1,
        "decay_steps": 10,
        "decay_rate": 0.9,
    }
    config.write_text(yaml.safe_dump(values))
    before = config.read_text()
    assert find_rate(config).rate > 0
    with pytest.raises(NnctlError, match="is a schedule, so no learning rate can be written"):
        find_rate(config, write=True)
    assert config.read_text() == before


def test_the_config_of_a_run_is_left_as_it_is(config, tmp_path):
    run = train(config, output=tmp_path / "run", epochs=1).folder
    before = (run / "config.yaml").read_text()
    with pytest.raises(NnctlError, match="this is the config of a run"):
        find_rate(run, write=True)
    assert (run / "config.yaml").read_text() == before
    assert find_rate(run).curve == find_rate(config).curve


def test_full_batches_of_few_rows_do(tmp_path):
    found = find_rate(ROOT / "configs/backprop-one-neuron.yaml")
    assert len(found.curve) <= 100 and found.rate > 0


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [1, 40])
def test_it_is_the_best_of_the_rates_that_were_tried(config, epochs):
    found = find_rate(config, overrides=[f"epochs={epochs}", "optimizer=sgd"])
    assert {each.share for each in found.tried} == {1.0}
    best = min(found.tried, key=lambda each: each.loss)
    own = next(each for each in found.tried if each.rate == found.rate)
    assert own.loss <= 1.05 * best.loss

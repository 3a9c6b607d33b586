"""`summary`: parameters, shapes and work, against what the course's network has."""

from pathlib import Path

import pytest

from nnctl.jobs.summary import summary
from nnctl.jobs.train import train
from nnctl.system import machine
from nnctl.training import parts

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_digits_network():
    result = summary(ROOT / "configs/mnist.yaml")
    assert [layer.name for layer in result.layers] == ["dense_1", "dense_2", "dense_3"]
    assert [layer.output_shape for layer in result.layers] == [(25,), (15,), (10,)]
    assert [layer.parameters for layer in result.layers] == [785 * 25, 26 * 15, 16 * 10]
    # Two operations a multiply-add, one for each bias and each ReLU.
    flops = [2 * 784 * 25 + 50, 2 * 25 * 15 + 30, 2 * 15 * 10 + 10]
    assert [layer.flops for layer in result.layers] == flops
    assert result.parameter_bytes == 4 * result.parameters
    # Parameters, gradients and two slots at the least, and a batch of 32 images with its labels.
    least = 4 * 4 * result.parameters + 32 * (784 * 4 + 8)
    assert least <= result.step_bytes <= 2 * least
    # 5000 images to train with and 1000 for the test, with labels, and the order of the first.
    assert result.data_bytes == 6000 * (784 * 4 + 8) + 5000 * 8
    assert result.blocks is None
    assert result.data_bytes + result.step_bytes < result.peak_bytes < machine.memory()
    assert (result.speed.rows, result.speed.threads) == (32, 1)
    assert result.cores == machine.usable_cores()
    assert 0 < result.speed.product_seconds < result.speed.step_seconds


@pytest.mark.slow
def test_the_memory_of_a_step_in_parts_is_that_of_a_part_a_thread(monkeypatch):
    config, overrides = ROOT / "configs/mnist.yaml", ["batch_size=full"]
    found = {}
    for threads in (1, 2):
        monkeypatch.setattr(machine, "available_threads", lambda processes=1, n=threads: n)
        found[threads] = summary(config, overrides=overrides)
        speed = found[threads].speed
        assert (speed.rows, speed.threads) == (5000, threads)
        assert speed.parts > 10
    monkeypatch.setattr(parts, "parts_worth", lambda model, loss, data, rows: 1)
    whole = summary(config, overrides=overrides)
    assert whole.speed.parts == 1
    assert found[1].step_bytes < found[2].step_bytes < whole.step_bytes / 4


@pytest.mark.slow
def test_a_weights_file_has_the_same_layers_and_nothing_to_train(tmp_path):
    config = ROOT / "configs/softmax-regression.yaml"
    run = train(config, output=tmp_path / "run", epochs=1)
    result = summary(run.weights)
    assert result.layers == summary(config).layers
    assert result.step_bytes is None
    assert result.speed is None

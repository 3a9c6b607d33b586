"""The race to a loss: what is raced on, and when it is over."""

import numpy as np
import pytest

from tests.benchmarks import to_a_loss
from tests.benchmarks.to_a_loss import PEERS, Arrays, arrays, epochs_to, least_of


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The inputs of a small table."""
    folder = tmp_path_factory.mktemp("race")
    draws = np.random.default_rng(0)
    x = draws.normal(size=(300, 2))
    y = x[:, 0] - x[:, 1] ** 2 + draws.normal(scale=0.1, size=300)
    lines = [f"{a:.4f},{b:.4f},{c:.4f}" for (a, b), c in zip(x, y, strict=True)]
    (folder / "t.csv").write_text("\n".join(["a,b,y", *lines]))
    arrays(str(folder / "arrays.npz"), folder / "t.csv", "y")
    return Arrays.load(str(folder / "arrays.npz"))


def test_rows_that_train_and_rows_that_do_not_are_apart(data):
    assert (len(data.x), len(data.x_val)) == (240, 60)
    assert data.x.shape[1] == data.x_val.shape[1] > 2  # the numbers, and pieces of them
    assert data.y.std() == pytest.approx(1, abs=0.01) and data.y.shape == (240, 1)
    assert data.x.dtype == np.float32 and data.hidden.tolist() == [128, 32]


def test_a_loss_that_is_in_reach_is_reached(data):
    first = next(PEERS["nnctl"](data, 1))
    assert 1 < epochs_to(PEERS["nnctl"](data, 1), 0.6 * first) < 60


def test_the_end_is_the_first_epoch_without_more_than_that():
    assert epochs_to(iter([0.5, 0.3, 0.4, 0.1]), 0.3) == 2
    with pytest.raises(RuntimeError, match=r"after 200 epochs the loss is 1, not 0\.3"):
        epochs_to(iter([1.0] * 300), 0.3)


def test_the_least_is_that_before_a_long_wait(monkeypatch):
    monkeypatch.setattr(to_a_loss, "PATIENCE", 2)
    assert least_of(iter([0.5, 0.4, 0.45, 0.3, 0.35, 0.31, 0.1])) == 0.3

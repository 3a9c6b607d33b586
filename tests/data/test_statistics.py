"""What is kept of the rows that train."""

import numpy as np
import pytest

from nnctl.data import statistics
from nnctl.data.statistics import sample_of
from nnctl.training.seeds import generator


@pytest.mark.parametrize("at_once", [7, 4000, 1 << 20])
def test_a_sample_is_drawn_from_the_rows_that_train(at_once, monkeypatch) -> None:
    monkeypatch.setattr(statistics, "SAMPLED_AT_ONCE", at_once)
    trains = np.random.default_rng(0).random(5_000) < 0.7
    rows = np.flatnonzero(trains)
    drawn = generator(3, "quantiles").choice(len(rows), 2_000, replace=False, shuffle=False)
    assert np.flatnonzero(sample_of(trains, 3)).tolist() == sorted(rows[drawn].tolist())

"""Every metric agrees with scikit-learn, in whatever pieces the examples come."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnctl.network.metrics import METRICS

GOLDEN = json.loads(Path(__file__).with_name("scikit_learn.json").read_text())["cases"]
TOLERANCE = 1e-6
PAIRS = [(case, metric) for case, golden in GOLDEN.items() for metric in golden["figures"]]


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize(("case", "metric"), PAIRS)
def test_metrics_agree_with_scikit_learn(case, metric, pieces):
    golden = GOLDEN[case]
    made = METRICS[metric](k=2) if metric == "top_k_accuracy" else METRICS[metric]()
    state = made.start()
    parts = (np.array_split(np.array(golden[name]), pieces) for name in ("y", "a"))
    for y, a in zip(*parts, strict=True):
        made.add(state, y, a, golden["task"])
    assert made.result(state) == pytest.approx(golden["figures"][metric], rel=TOLERANCE)


def test_every_metric_is_compared_tightly():
    assert {metric for _, metric in PAIRS} == set(METRICS)
    assert TOLERANCE <= 1e-6

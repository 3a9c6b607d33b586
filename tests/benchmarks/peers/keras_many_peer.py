"""Keras with several steps in one compiled call, where an epoch has several."""

import math

import numpy as np

from tests.benchmarks.peers import NOT_FOR_IT, Made
from tests.benchmarks.peers.keras_peer import trainer
from tests.benchmarks.workloads import PREDICTED_AT_ONCE, Workload

MOST_AT_ONCE = 50


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    if workload.one_batch:
        raise SystemExit(NOT_FOR_IT)
    size = PREDICTED_AT_ONCE if workload.predicts else workload.rows_a_step
    return trainer(workload, x, y, min(MOST_AT_ONCE, math.ceil(len(x) / size)))

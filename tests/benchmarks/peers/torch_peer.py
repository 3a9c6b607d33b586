"""PyTorch, eager, with batches taken by index."""

import numpy as np

from tests.benchmarks.peers import Made
from tests.benchmarks.peers.torch_model import trainer
from tests.benchmarks.workloads import Workload


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    return trainer(workload, x, y)

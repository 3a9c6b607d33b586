"""PyTorch with network and loss compiled, for whole batches and for the short last one."""

from functools import partial

import numpy as np
import torch

from tests.benchmarks.peers import Made
from tests.benchmarks.peers.torch_model import trainer
from tests.benchmarks.workloads import Workload


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    return trainer(workload, x, y, partial(torch.compile, dynamic=False))

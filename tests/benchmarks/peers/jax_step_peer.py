"""JAX with optax: one jitted call a batch."""

import jax
import numpy as np

from tests.benchmarks.peers import Made
from tests.benchmarks.peers.jax_model import order_of, predictor, start
from tests.benchmarks.workloads import SEED, Workload


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    arrays, state, step = start(workload)
    now, compiled = [arrays, state], jax.jit(step)
    generator = np.random.default_rng(SEED)

    def train(epochs: int, shuffle: bool) -> None:
        for _ in range(epochs):
            order = order_of(x, shuffle, generator)
            for first in range(0, len(x), workload.rows_a_step):
                rows = order[first : first + workload.rows_a_step]
                now[:] = compiled(*now, x[rows], y[rows])
        jax.block_until_ready(now)

    return train, predictor(workload, now, x)

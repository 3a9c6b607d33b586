"""JAX with optax: one jitted call a batch, which updates its arrays where they lie."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.benchmarks.peers import Made
from tests.benchmarks.peers.jax_model import order_of, predictor, start
from tests.benchmarks.workloads import SEED, Workload


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    arrays, state, step = start(workload)
    now, compiled = [arrays, state], jax.jit(step, donate_argnums=(0, 1))
    generator = np.random.default_rng(SEED)
    inputs, targets = (jnp.asarray(x), jnp.asarray(y)) if workload.one_batch else (x, y)

    def train(epochs: int, shuffle: bool) -> None:
        for _ in range(epochs):
            if workload.one_batch:
                now[:] = compiled(*now, inputs, targets)
                continue
            order = order_of(x, shuffle, generator)
            for first in range(0, len(x), workload.rows_a_step):
                rows = order[first : first + workload.rows_a_step]
                now[:] = compiled(*now, inputs[rows], targets[rows])
        jax.block_until_ready(now)

    return train, predictor(workload, now, x)

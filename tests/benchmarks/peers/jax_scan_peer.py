"""JAX with optax: one jitted call an epoch, a scan over its batches and the short last one."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.benchmarks.peers import Made
from tests.benchmarks.peers.jax_model import order_of, predictor, start
from tests.benchmarks.workloads import SEED, Workload


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    arrays, state, step = start(workload)
    now = [arrays, state]
    size = workload.rows_a_step
    whole = len(x) // size * size
    inputs, targets = jnp.asarray(x), jnp.asarray(y)
    generator = np.random.default_rng(SEED)

    @jax.jit
    def epoch(arrays: Any, state: Any, order: Any) -> Any:
        def one(carried: Any, rows: Any) -> Any:
            return step(*carried, inputs[rows], targets[rows]), None

        carried, _ = jax.lax.scan(one, (arrays, state), order[:whole].reshape(-1, size))
        if whole < len(x):
            carried, _ = one(carried, order[whole:])
        return carried

    def train(epochs: int, shuffle: bool) -> None:
        for _ in range(epochs):
            now[:] = epoch(*now, order_of(x, shuffle, generator))
        jax.block_until_ready(now)

    return train, predictor(workload, now, x)

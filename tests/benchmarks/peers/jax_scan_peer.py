"""JAX with optax: one jitted call an epoch, a scan over its batches and the short last one.

An epoch of one batch is a step, which `jax step` compiles.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.benchmarks.peers import NOT_FOR_IT, Made
from tests.benchmarks.peers.jax_model import order_of, predictor, start
from tests.benchmarks.workloads import SEED, Workload


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    if workload.one_batch or workload.predicts:
        raise SystemExit(NOT_FOR_IT)
    arrays, state, step = start(workload)
    now = [arrays, state]
    size = workload.rows_a_step
    whole = len(x) // size * size
    data = jnp.asarray(x), jnp.asarray(y)
    generator = np.random.default_rng(SEED)

    @partial(jax.jit, donate_argnums=(0, 1))
    def epoch(arrays: Any, state: Any, inputs: Any, targets: Any, order: Any) -> Any:
        def one(carried: Any, rows: Any) -> Any:
            return step(*carried, inputs[rows], targets[rows]), None

        carried, _ = jax.lax.scan(one, (arrays, state), order[:whole].reshape(-1, size))
        if whole < len(x):
            carried, _ = one(carried, order[whole:])
        return carried

    def train(epochs: int, shuffle: bool) -> None:
        for _ in range(epochs):
            now[:] = epoch(*now, *data, order_of(x, shuffle, generator))
        jax.block_until_ready(now)

    return train, predictor(workload, now, x)

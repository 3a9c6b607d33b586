"""Times one workload with one peer in a process of its own; prints a JSON line of what it took."""

import importlib
import json
import math
import sys
import time
from typing import Any

import numpy as np

from tests.benchmarks.peers import PEERS
from tests.benchmarks.workloads import WORKLOADS, Workload, examples

EPOCHS_COMPARED, ROWS_COMPARED = 2, 5_000


def measure(peer: str, workload: Workload, mnist: str | None) -> dict[str, float]:
    """Seconds a step (of prediction: a pass), after one to warm up, and a loss to compare.

    That loss is of a short training of its own over rows that are not shuffled, where all that do
    the same work come to the same; after a shuffled one it is several percent more or less. nnctl
    also tells the `limit`: the seconds that the matrix products of a step (of a pass) take alone.
    """
    x, y = examples(workload, mnist)
    module = module_of(peer)
    limit = module.product_seconds(workload, x, y) if peer == "nnctl" else math.nan
    if workload.predicts:
        _, predict = module.made(workload, x, y)
        seconds = timed(predict, workload.epochs)
        return {"seconds": seconds, "loss": loss_of(predict(), y), "limit": limit}
    seconds = measure_training(peer, workload, x, y)
    x, y = x[:ROWS_COMPARED], y[:ROWS_COMPARED]
    train, predict = module.made(workload, x, y)
    train(EPOCHS_COMPARED, False)
    return {"seconds": seconds, "loss": loss_of(predict(), y), "limit": limit}


def module_of(peer: str) -> Any:
    return importlib.import_module(f"tests.benchmarks.peers.{PEERS[peer].module}")


def measure_training(peer: str, workload: Workload, x: np.ndarray, y: np.ndarray) -> float:
    """Seconds a step, after an epoch to warm up."""
    train, _ = module_of(peer).made(workload, x, y)
    train(1, True)
    start = time.perf_counter()
    train(workload.epochs, True)
    steps = workload.epochs * math.ceil(len(x) / workload.rows_a_step)
    return (time.perf_counter() - start) / steps


def timed(work, times: int) -> float:
    work()
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def loss_of(logits: np.ndarray, y: np.ndarray) -> float:
    """The mean cross-entropy over all rows, in double precision."""
    z = np.asarray(logits, np.float64)
    if z.shape[1] == 1:
        return float((np.logaddexp(0, z) - y * z).mean())
    top = z.max(axis=1, keepdims=True)
    whole = top[:, 0] + np.log(np.exp(z - top).sum(axis=1))
    return float((whole - z[np.arange(len(z)), y]).mean())


if __name__ == "__main__":
    peer, workload, *mnist = sys.argv[1:]
    print(json.dumps(measure(peer, WORKLOADS[workload], mnist[0] if mnist else None)))

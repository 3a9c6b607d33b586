"""Times one workload with one peer in a process of its own; prints a JSON line of what it took."""

import importlib
import json
import math
import sys
import time

import numpy as np

from tests.benchmarks.peers import PEERS
from tests.benchmarks.workloads import WORKLOADS, Workload, examples


def measure(peer: str, workload: Workload, mnist: str | None) -> dict[str, float]:
    """Seconds a step (of prediction: a pass), after one to warm up, and the final loss."""
    x, y = examples(workload, mnist)
    module = importlib.import_module(f"tests.benchmarks.peers.{PEERS[peer][0]}")
    train, predict = module.made(workload, x, y)
    if workload.predicts:
        return {"seconds": timed(predict, workload.epochs), "loss": loss_of(predict(), y)}
    train(1)
    start = time.perf_counter()
    train(workload.epochs)
    seconds = time.perf_counter() - start
    steps = workload.epochs * math.ceil(len(x) / workload.rows_a_step)
    return {"seconds": seconds / steps, "loss": loss_of(predict(), y)}


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

"""Trains one workload with one peer in a process of its own; prints a JSON line of what it took."""

import json
import math
import sys
import time

from tests.benchmarks.peers import PEERS
from tests.benchmarks.workloads import WORKLOADS, examples


def measure(peer: str, name: str, epochs: int) -> dict[str, float]:
    """Seconds a step, after one epoch to warm up, and the loss over all rows at the end."""
    workload = WORKLOADS[name]
    x, y = examples(workload)
    train = PEERS[peer](workload, x, y)
    train(1)
    start = time.perf_counter()
    loss = train(epochs)
    steps = epochs * math.ceil(len(x) / workload.batch_size)
    return {"seconds": (time.perf_counter() - start) / steps, "loss": loss}


if __name__ == "__main__":
    peer, workload, epochs = sys.argv[1:]
    print(json.dumps(measure(peer, workload, int(epochs))))

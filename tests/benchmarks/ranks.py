"""How a step's time changes with the processes that share it: one JSON line a workload.

`mpirun -n 2 python -m tests.benchmarks.ranks --mnist mnist.npz W2 W4`
"""

import argparse
import json
import statistics
import time
from typing import Any

import numpy as np

from nnctl import Sequential
from nnctl.training.mpi import World, world
from nnctl.training.shares import Part
from tests.benchmarks.peers.nnctl_peer import model_of
from tests.benchmarks.workloads import WORKLOADS, Workload, examples

SUMS = 200


def step_seconds(model: Sequential, workload: Workload, x: Any, y: Any, rounds: int) -> float:
    """The median over the rounds of a step's time within `fit`, in seconds."""
    steps = workload.epochs * -(-len(x) // workload.rows_a_step)
    model.fit(x, y, batch_size=workload.rows_a_step, epochs=1, verbose=0)
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        model.fit(x, y, batch_size=workload.rows_a_step, epochs=workload.epochs, verbose=0)
        taken.append((time.perf_counter() - began) / steps)
    return statistics.median(taken)


def sum_seconds(ranks: World, numbers: int) -> float:
    """What the sum of a gradient of so many numbers takes over all ranks, in seconds.

    Where each rank updates its part of the parameters, with the fetching of the others' parts.
    """
    array = np.zeros(numbers, np.float32)
    part = Part.of(ranks.size, ranks)
    parts, own = part.stretches(numbers), np.empty_like(array[part.own(numbers)])
    divided = ranks.divides(array.nbytes)
    began = time.perf_counter()
    for _ in range(SUMS):
        if divided:
            ranks.sum_parts(array, parts, own)
            ranks.unite(array, parts)
        else:
            ranks.sum(array)
    return (time.perf_counter() - began) / SUMS


def main() -> None:
    """Trains each workload with all processes, and prints what a step and its sum take."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", nargs="+", choices=sorted(WORKLOADS))
    parser.add_argument("--mnist", help="MNIST as one .npz, for the workloads on all of it")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ranks = world()
    for name in given.workloads:
        workload = WORKLOADS[name]
        x, y = examples(workload, given.mnist)
        model = model_of(workload, ranks)
        step = step_seconds(model, workload, x, y, given.rounds)
        total = sum_seconds(ranks, model.layout.trainable_size)
        if ranks.rank == 0:
            line = {
                "workload": name,
                "ranks": ranks.size,
                "step_us": round(step * 1e6, 1),
                "sum_us": round(total * 1e6, 1),
                "sum_share": round(total / step, 3),
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()

"""What one training step of each workload consists of: repeatable, unlike its time.

`python -m tests.benchmarks.counts` writes `counts.json` anew, for a change that is meant.
"""

import json
from pathlib import Path

import numpy as np

from nnctl import Sequential
from nnctl.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from nnctl.optimizers import SGD, Adam
from nnctl.training.step import Examples
from tests.benchmarks.peers.nnctl_peer import layer_of
from tests.benchmarks.workloads import LIST, Workload

RECORDED = Path(__file__).with_name("counts.json")
TRAINED = [workload for workload in LIST if not workload.predicts]


def counts(workload: Workload) -> dict[str, int]:
    """The calls of a step, the multiply-adds of its products, and the bytes of batch and values."""
    model = Sequential([layer_of(layer) for layer in workload.layers])
    model.build(workload.shape)
    loss = SparseCategoricalCrossentropy if workload.classes else BinaryCrossentropy
    optimizer = Adam(workload.adam) if workload.adam else SGD(workload.sgd)
    model.compile(optimizer, loss(from_logits=True))
    rows = workload.rows_a_step
    shape, kind = ((rows,), np.intp) if workload.classes else ((rows, 1), np.float32)
    data = Examples(np.zeros((rows, *workload.shape), np.float32), np.zeros(shape, kind))
    step = model.step(data, rows)
    return {
        "calls": len(step.calls),
        "multiply-adds": sum(step.products),
        "bytes": step.nbytes,
    }


if __name__ == "__main__":
    found = {workload.name: counts(workload) for workload in TRAINED}
    RECORDED.write_text(json.dumps(found, indent=2) + "\n")

"""What is trained: data, network, initial weights. The same numbers for every peer."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

MNIST = Path(__file__).parents[2] / "datasets" / "mnist-train.csv.gz"
SEED = 20240607


@dataclass(frozen=True)
class Workload:
    """A stack of dense layers `(units, activation)`, trained from logits in float32."""

    name: str
    inputs: int
    layers: tuple[tuple[int, str], ...]
    batch_size: int
    adam: float | None = None
    sgd: float | None = None

    @property
    def classes(self) -> bool:
        """Whether the targets are classes (softmax), or one binary label (sigmoid)."""
        return self.layers[-1][0] > 1


WORKLOADS = {
    "digits": Workload("digits", 784, ((25, "relu"), (15, "relu"), (10, "linear")), 32, adam=1e-3),
    "table": Workload("table", 30, ((25, "sigmoid"), (15, "sigmoid"), (1, "linear")), 32, sgd=0.1),
}


def examples(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    """5,000 images of digits and their classes, or 569 random rows of 30 with a label each."""
    if workload.name == "digits":
        table = np.loadtxt(MNIST, delimiter=",", skiprows=1, dtype=np.float32)
        return np.ascontiguousarray(table[:, 1:] / np.float32(255)), table[:, 0].astype(np.int64)
    generator = np.random.default_rng(SEED)
    x = generator.standard_normal((569, 30)).astype(np.float32)
    score = x @ generator.standard_normal((30, 1)) + generator.standard_normal((569, 1))
    return x, (score > 0).astype(np.float32)


def initial_weights(workload: Workload, inputs: int) -> list[np.ndarray]:
    """Glorot-uniform kernels and zero biases, in turn."""
    generator = np.random.default_rng(SEED + 1)
    arrays = []
    for units, _ in workload.layers:
        limit = np.sqrt(6 / (inputs + units))
        arrays.append(generator.uniform(-limit, limit, (inputs, units)).astype(np.float32))
        arrays.append(np.zeros(units, np.float32))
        inputs = units
    return arrays

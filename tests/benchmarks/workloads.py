"""What is trained: data, network, initial weights. The same numbers for every peer."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

DIGITS = Path(__file__).parents[2] / "datasets" / "mnist-train.csv.gz"
SEED = 20240607
PREDICTED_AT_ONCE = 512


@dataclass(frozen=True)
class Layer:
    """A layer as all peers have it: dense, conv1d (valid), conv2d (same), max_pooling2d, flatten.

    `units` are filters in a convolution; `window` is its kernel, or the pool.
    """

    kind: Literal["dense", "conv1d", "conv2d", "max_pooling2d", "flatten"]
    units: int = 0
    activation: str = "linear"
    window: int = 1
    stride: int = 1


def dense(*units: int, activation: str = "relu") -> tuple[Layer, ...]:
    """Dense layers, the last one linear."""
    hidden = (Layer("dense", n, activation) for n in units[:-1])
    return *hidden, Layer("dense", units[-1])


POOL, FLATTEN = Layer("max_pooling2d", window=2), Layer("flatten")
IMAGES = (
    Layer("conv2d", 8, "relu", 3),
    POOL,
    Layer("conv2d", 16, "relu", 3),
    POOL,
    FLATTEN,
    *dense(10),
)
SERIES = (
    Layer("conv1d", 9, "relu", 20, 10),
    Layer("conv1d", 3, "relu", 5, 2),
    FLATTEN,
    *dense(1),
)


@dataclass(frozen=True)
class Workload:
    """Training, or prediction, of a network in float32 from logits.

    `batch_size` 0 stands for all rows; `epochs` are those of a round. `all_of_mnist` says that the
    5,000 digits in `datasets/` do not do.
    """

    name: str
    what: str
    rows: int
    shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    epochs: int
    batch_size: int = 32
    adam: float = 0.0
    sgd: float = 0.0
    predicts: bool = False
    all_of_mnist: bool = False

    @property
    def classes(self) -> bool:
        """Whether the targets are classes (softmax), or one binary label (sigmoid)."""
        return self.layers[-1].units > 1

    @property
    def rows_a_step(self) -> int:
        return self.batch_size or self.rows

    @property
    def one_batch(self) -> bool:
        """Whether an epoch is one batch of all rows, which nobody shuffles or gathers."""
        return not self.batch_size and not self.predicts


MLP, WIDE = dense(25, 15, 10), dense(512, 512, 10)
LIST = [
    Workload("W1", "784-25-15-10", 5000, (784,), MLP, 10, adam=1e-3),
    Workload("W2", "784-512-512-10", 60000, (784,), WIDE, 2, 128, 1e-3, all_of_mnist=True),
    Workload("W3", "30-25-15-1", 569, (30,), dense(25, 15, 1, activation="sigmoid"), 50, sgd=0.1),
    Workload("W4", "two conv2d", 5000, (28, 28, 1), IMAGES, 3, adam=1e-3),
    Workload("W5", "two conv1d", 2000, (100, 1), SERIES, 20, adam=1e-3),
    Workload("W6", "784-10, all rows", 5000, (784,), dense(10), 50, 0, sgd=0.1),
    Workload("W7a", "predict W2's", 10000, (784,), WIDE, 5, predicts=True, all_of_mnist=True),
    Workload(
        "W7b", "predict W4's", 10000, (28, 28, 1), IMAGES, 3, predicts=True, all_of_mnist=True
    ),
]
WORKLOADS = {workload.name: workload for workload in LIST}


def of_size(parameters: int, batch_size: int, steps: int, epochs: int) -> Workload:
    """A network of 100 inputs and two equal hidden layers with about so many parameters."""
    inputs = 100
    hidden = round((math.sqrt((inputs + 3) ** 2 + 4 * parameters) - inputs - 3) / 2)
    name, layers = f"{parameters}-{batch_size}", dense(hidden, hidden, 1)
    what = f"{inputs}-{hidden}-{hidden}-1"
    return Workload(
        name, what, batch_size * steps, (inputs,), layers, epochs, batch_size, adam=1e-3
    )


def examples(workload: Workload, mnist: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Digits and their classes, or random rows with a label each."""
    rows, shape = workload.rows, workload.shape
    if math.prod(shape) == 784:
        if mnist:
            with np.load(mnist) as arrays:
                pixels, classes = arrays["x_train"][:rows], arrays["y_train"][:rows]
        else:
            table = np.loadtxt(DIGITS, delimiter=",", skiprows=1, dtype=np.float32)[:rows]
            pixels, classes = table[:, 1:], table[:, 0]
        x = pixels.astype(np.float32).reshape(rows, *shape) / np.float32(255)
        return np.ascontiguousarray(x), classes.astype(np.int64)
    generator = np.random.default_rng(SEED)
    x = generator.standard_normal((rows, *shape)).astype(np.float32)
    score = x.reshape(rows, -1) @ generator.standard_normal((math.prod(shape), 1))
    return x, (score + generator.standard_normal((rows, 1)) > 0).astype(np.float32)


def initial_weights(workload: Workload) -> list[np.ndarray]:
    """Glorot-uniform kernels, channels last, and zero biases, in turn."""
    generator = np.random.default_rng(SEED + 1)
    arrays, shape = [], workload.shape
    for layer in workload.layers:
        if layer.kind == "flatten":
            shape = (math.prod(shape),)
        elif layer.kind == "max_pooling2d":
            shape = (shape[0] // layer.window, shape[1] // layer.window, shape[2])
        else:
            axes = {"dense": 0, "conv1d": 1, "conv2d": 2}[layer.kind]
            window = (layer.window,) * axes
            limit = math.sqrt(6 / (math.prod(window) * (shape[-1] + layer.units)))
            kernel = generator.uniform(-limit, limit, (*window, shape[-1], layer.units))
            arrays += [kernel.astype(np.float32), np.zeros(layer.units, np.float32)]
            if layer.kind == "conv1d":
                shape = ((shape[0] - layer.window) // layer.stride + 1, layer.units)
            else:
                shape = (*shape[:-1], layer.units)
    return arrays

"""nnctl, through its public `fit` and `predict`."""

from typing import Any

import numpy as np

from nnctl import Sequential
from nnctl.layers import LAYERS
from nnctl.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from nnctl.optimizers import SGD, Adam
from tests.benchmarks.peers import Made
from tests.benchmarks.workloads import Layer, Workload, initial_weights


def layer_of(layer: Layer) -> Any:
    arguments: dict[str, Any] = {}
    if layer.units:
        arguments["activation"] = layer.activation
    if layer.kind == "dense":
        arguments["units"] = layer.units
    elif layer.kind == "max_pooling2d":
        arguments["pool_size"] = layer.window
    elif layer.kind != "flatten":
        arguments |= {"filters": layer.units, "kernel_size": layer.window, "strides": layer.stride}
        arguments["padding"] = "same" if layer.kind == "conv2d" else "valid"
    return LAYERS[layer.kind](**arguments)


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    model = Sequential([layer_of(layer) for layer in workload.layers])
    model.build(workload.shape)
    model.set_weights(initial_weights(workload))
    loss = SparseCategoricalCrossentropy if workload.classes else BinaryCrossentropy
    optimizer = Adam(workload.adam) if workload.adam else SGD(workload.sgd or 0.01)
    model.compile(optimizer, loss(from_logits=True))

    def train(epochs: int) -> None:
        model.fit(x, y, batch_size=workload.rows_a_step, epochs=epochs, verbose=0)

    return train, lambda: model.predict(x, verbose=0)

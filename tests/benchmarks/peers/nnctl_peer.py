"""nnctl, through its public `fit` and `predict`."""

from typing import Any

import numpy as np

from nnctl import Sequential
from nnctl.jobs import profile
from nnctl.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from nnctl.network.layers import LAYERS
from nnctl.optimizers import SGD, Adam
from nnctl.system import machine
from nnctl.training.ranks import Ranks
from nnctl.training.step import Forward
from nnctl.training.team import Team
from tests.benchmarks.peers import Made
from tests.benchmarks.workloads import PREDICTED_AT_ONCE, Layer, Workload, initial_weights


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


def model_of(workload: Workload, ranks: Ranks | None = None) -> Sequential:
    model = Sequential([layer_of(layer) for layer in workload.layers], ranks=ranks)
    model.build(workload.shape)
    model.set_weights(initial_weights(workload))
    loss = SparseCategoricalCrossentropy if workload.classes else BinaryCrossentropy
    optimizer = Adam(workload.adam) if workload.adam else SGD(workload.sgd or 0.01)
    model.compile(optimizer, loss(from_logits=True))
    return model


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    model = model_of(workload)

    def train(epochs: int, shuffle: bool) -> None:
        size = workload.rows_a_step
        model.fit(x, y, batch_size=size, epochs=epochs, shuffle=shuffle, verbose=0)

    return train, lambda: model.predict(x, verbose=0)


def product_seconds(workload: Workload, x: np.ndarray, y: np.ndarray) -> float:
    """What the matrix products of a training step, or of a pass of prediction, take alone."""
    model = model_of(workload)
    if workload.predicts:
        calls = Forward(model, PREDICTED_AT_ONCE).program.calls
        times = len(x) / PREDICTED_AT_ONCE / machine.available_threads()  # a block each
        with machine.thread_limit(1):
            return profile.product_seconds(calls) * times
    step = model.step(model.examples(x, y), workload.rows_a_step)
    threads = min(step.most_threads, machine.available_threads())
    with machine.thread_limit(1), Team(threads) as team:
        seconds = profile.product_seconds(profile.calls_shared(step, team))
        return seconds / profile.parts_at_once(step, team)

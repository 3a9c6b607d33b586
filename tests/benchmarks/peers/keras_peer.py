"""Keras, through `fit` as most people call it; on the backend that KERAS_BACKEND names."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np

from tests.benchmarks.peers import Made
from tests.benchmarks.workloads import PREDICTED_AT_ONCE, Layer, Workload, initial_weights


def layer_of(layer: Layer) -> keras.Layer:
    if layer.kind == "flatten":
        return keras.layers.Flatten()
    if layer.kind == "max_pooling2d":
        return keras.layers.MaxPooling2D(layer.window)
    if layer.kind == "dense":
        return keras.layers.Dense(layer.units, layer.activation)
    made, padding = keras.layers.Conv1D, "valid"
    if layer.kind == "conv2d":
        made, padding = keras.layers.Conv2D, "same"
    return made(layer.units, layer.window, layer.stride, padding, activation=layer.activation)


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    return trainer(workload, x, y, 1)


def trainer(workload: Workload, x: np.ndarray, y: np.ndarray, steps_at_once: int) -> Made:
    """The two functions of a peer; so many steps are one compiled call."""
    keras.utils.set_random_seed(0)
    layers = [layer_of(layer) for layer in workload.layers]
    model = keras.Sequential([keras.Input(workload.shape), *layers])
    model.set_weights(initial_weights(workload))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    if workload.classes:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rate = workload.adam or workload.sgd or 0.01
    optimizer = (keras.optimizers.Adam if workload.adam else keras.optimizers.SGD)(rate)
    model.compile(optimizer, loss, steps_per_execution=steps_at_once)

    def train(epochs: int, shuffle: bool) -> None:
        size, shuffle = workload.rows_a_step, shuffle and not workload.one_batch
        model.fit(x, y, batch_size=size, epochs=epochs, shuffle=shuffle, verbose=0)

    return train, lambda: model.predict(x, batch_size=PREDICTED_AT_ONCE, verbose=0)

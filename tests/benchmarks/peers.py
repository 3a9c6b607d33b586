"""The trainers that are timed. Each is made for a workload and then trains epoch after epoch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.workloads import SEED, Workload, initial_weights

Epochs = Callable[[int], float]  # trains so many epochs; returns the loss over all rows afterwards


def nnctl(workload: Workload, x: np.ndarray, y: np.ndarray) -> Epochs:
    from nnctl import Sequential
    from nnctl.layers import Dense
    from nnctl.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
    from nnctl.optimizers import SGD, Adam

    model = Sequential([Dense(units, activation) for units, activation in workload.layers])
    model.build(x.shape[1:])
    model.set_weights(initial_weights(workload, x.shape[1]))
    loss = SparseCategoricalCrossentropy if workload.classes else BinaryCrossentropy
    optimizer = Adam(workload.adam) if workload.adam else SGD(workload.sgd)
    model.compile(optimizer, loss(from_logits=True))

    def train(epochs: int) -> float:
        model.fit(x, y, batch_size=workload.batch_size, epochs=epochs, verbose=0)
        return float(model.evaluate(x, y, verbose=0))

    return train


def torch(workload: Workload, x: np.ndarray, y: np.ndarray) -> Epochs:
    """PyTorch, eager, with batches taken by index."""
    import torch
    from torch import nn

    torch.manual_seed(SEED)
    activations = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "linear": nn.Identity}
    arrays, inputs = iter(initial_weights(workload, x.shape[1])), x.shape[1]
    modules: list[Any] = []
    for units, activation in workload.layers:
        layer = nn.Linear(inputs, units)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(next(arrays).T.copy()))
            layer.bias.copy_(torch.from_numpy(next(arrays)))
        modules += [layer, activations[activation]()]
        inputs = units
    model = nn.Sequential(*modules)
    loss_of = nn.CrossEntropyLoss() if workload.classes else nn.BCEWithLogitsLoss()
    if workload.adam:
        optimizer: Any = torch.optim.Adam(model.parameters(), lr=workload.adam)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=workload.sgd)
    inputs_all, targets = torch.from_numpy(x), torch.from_numpy(y)

    def train(epochs: int) -> float:
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(workload.batch_size):
                optimizer.zero_grad()
                loss_of(model(inputs_all[rows]), targets[rows]).backward()
                optimizer.step()
        with torch.inference_mode():
            return float(loss_of(model(inputs_all), targets))

    return train


def jax(workload: Workload, x: np.ndarray, y: np.ndarray) -> Epochs:
    """JAX with optax: one jitted call a batch."""
    import jax
    import jax.numpy as jnp
    import optax

    functions = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "linear": lambda z: z}
    tx = optax.adam(workload.adam) if workload.adam else optax.sgd(workload.sgd)
    losses = optax.softmax_cross_entropy_with_integer_labels
    if not workload.classes:
        losses = optax.sigmoid_binary_cross_entropy

    def loss_of(arrays: list[Any], x: Any, y: Any) -> Any:
        a = x
        for k, (_, activation) in enumerate(workload.layers):
            a = functions[activation](a @ arrays[2 * k] + arrays[2 * k + 1])
        return losses(a, y).mean()

    @jax.jit
    def step(arrays: list[Any], state: Any, x: Any, y: Any) -> tuple[list[Any], Any]:
        updates, state = tx.update(jax.grad(loss_of)(arrays, x, y), state, arrays)
        return optax.apply_updates(arrays, updates), state

    arrays = [jnp.asarray(array) for array in initial_weights(workload, x.shape[1])]
    now = [arrays, tx.init(arrays)]
    generator = np.random.default_rng(SEED)

    def train(epochs: int) -> float:
        for _ in range(epochs):
            order = generator.permutation(len(x))
            for start in range(0, len(x), workload.batch_size):
                rows = order[start : start + workload.batch_size]
                now[:] = step(*now, x[rows], y[rows])
        return float(loss_of(now[0], x, y))

    return train


PEERS = {"nnctl": nnctl, "torch": torch, "jax": jax}

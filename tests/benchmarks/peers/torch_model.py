"""What both ways of using PyTorch share: network and training. Channels come first there."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from tests.benchmarks.peers import Made
from tests.benchmarks.workloads import PREDICTED_AT_ONCE, SEED, Workload, initial_weights

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "linear": nn.Identity}


def network(workload: Workload) -> nn.Sequential:
    arrays = iter(initial_weights(workload))
    modules: list[Any] = []
    filters = channels = 0  # channels are flattened first here, so the next kernel's rows move
    for layer in workload.layers:
        if layer.kind == "flatten":
            modules.append(nn.Flatten())
            channels = filters
            continue
        if layer.kind == "max_pooling2d":
            modules.append(nn.MaxPool2d(layer.window))
            continue
        kernel, bias = next(arrays), next(arrays)
        if channels:
            places = kernel.reshape(-1, channels, layer.units)
            kernel, channels = places.swapaxes(0, 1).reshape(kernel.shape), 0
        weight = torch.from_numpy(np.moveaxis(kernel, (-1, -2), (0, 1)).copy())
        if layer.kind == "dense":
            made: Any = nn.Linear(kernel.shape[0], layer.units)
        elif layer.kind == "conv1d":
            made = nn.Conv1d(kernel.shape[-2], layer.units, layer.window, layer.stride)
        else:
            made = nn.Conv2d(kernel.shape[-2], layer.units, layer.window, padding="same")
        with torch.no_grad():
            made.weight.copy_(weight)
            made.bias.copy_(torch.from_numpy(bias))
        filters = layer.units
        modules += [made, ACTIVATIONS[layer.activation]()]
    return nn.Sequential(*modules)


def trainer(
    workload: Workload,
    x: np.ndarray,
    y: np.ndarray,
    compiled: Callable[[Any], Any] = lambda work: work,
) -> Made:
    """The two functions of a peer; `compiled` makes a quicker one of a loss or of a network."""
    torch.manual_seed(SEED)
    model = network(workload)
    layout = torch.channels_last if x.ndim == 4 else torch.contiguous_format  # quicker for images
    model = model.to(memory_format=layout)
    loss_of: Any = nn.CrossEntropyLoss() if workload.classes else nn.BCEWithLogitsLoss()
    rate = workload.adam or workload.sgd or 0.01
    kind: Any = torch.optim.Adam if workload.adam else torch.optim.SGD
    optimizer = kind(model.parameters(), lr=rate, fused=True)  # one call for all arrays
    inputs = torch.from_numpy(np.moveaxis(x, -1, 1).copy() if x.ndim > 2 else x)
    inputs = inputs.contiguous(memory_format=layout)
    targets = torch.from_numpy(y)
    loss = compiled(lambda batch, labels: loss_of(model(batch), labels))
    forward = compiled(model)

    def step(batch: torch.Tensor, labels: torch.Tensor) -> None:
        optimizer.zero_grad()
        loss(batch, labels).backward()
        optimizer.step()

    def train(epochs: int, shuffle: bool) -> None:
        for _ in range(epochs):
            if workload.one_batch:
                step(inputs, targets)
                continue
            order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
            for rows in order.split(workload.rows_a_step):
                step(inputs[rows], targets[rows])

    def predict() -> np.ndarray:
        with torch.inference_mode():
            parts = [forward(part) for part in inputs.split(PREDICTED_AT_ONCE)]
            return torch.cat(parts).numpy()

    return train, predict

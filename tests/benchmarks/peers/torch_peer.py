"""PyTorch, eager, with batches taken by index. Channels come first there."""

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
    for layer in workload.layers:
        if layer.kind == "flatten":
            modules.append(nn.Flatten())
            continue
        if layer.kind == "max_pooling2d":
            modules.append(nn.MaxPool2d(layer.window))
            continue
        kernel, bias = next(arrays), next(arrays)
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
        modules += [made, ACTIVATIONS[layer.activation]()]
    return nn.Sequential(*modules)


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    torch.manual_seed(SEED)
    model = network(workload)
    loss_of: Any = nn.CrossEntropyLoss() if workload.classes else nn.BCEWithLogitsLoss()
    rate = workload.adam or workload.sgd or 0.01
    optimizer: Any = (torch.optim.Adam if workload.adam else torch.optim.SGD)(
        model.parameters(), lr=rate
    )
    inputs = torch.from_numpy(np.moveaxis(x, -1, 1).copy() if x.ndim > 2 else x)
    targets = torch.from_numpy(y)

    def train(epochs: int) -> None:
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(workload.rows_a_step):
                optimizer.zero_grad()
                loss_of(model(inputs[rows]), targets[rows]).backward()
                optimizer.step()

    def predict() -> np.ndarray:
        with torch.inference_mode():
            parts = [model(part) for part in inputs.split(PREDICTED_AT_ONCE)]
            return torch.cat(parts).numpy()

    return train, predict

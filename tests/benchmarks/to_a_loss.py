"""The race to a loss: `python -m tests.benchmarks.to_a_loss race PEER ARRAYS LOSS`.

Each library trains the network that `nnctl init` writes for a table, on the inputs that nnctl makes
of it, until rows that do not train show no more than a given loss; after each epoch it looks.
Prints as JSON the seconds that it took, the mean of a few seeds, and the epochs. `arrays FILE`
writes the inputs, `least PEER ARRAYS` prints the least loss that a library comes to.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.benchmarks.tables.tables import DATASETS

TABLE, TARGET = DATASETS / "tables" / "california.csv.gz", "median_house_value"
SEEDS = (1, 2, 3)
MOST_EPOCHS, PATIENCE = 200, 10
Losses = Iterator[float]


class Arrays(NamedTuple):
    """Inputs and targets, of rows that train and of rows that do not, and the network's training.

    Targets are in units of their deviation. `hidden` are the units of its layers.
    """

    x: np.ndarray
    y: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    hidden: np.ndarray
    dropout: np.ndarray
    batch_size: np.ndarray
    learning_rate: np.ndarray

    @classmethod
    def load(cls, path: str) -> "Arrays":
        """Those of an `.npz` file."""
        with np.load(path) as file:
            return cls(**{name: file[name] for name in cls._fields})


def arrays(name: str, table: Path = TABLE, target: str = TARGET) -> None:
    """Writes what nnctl makes of a table by the config that `init` writes for it."""
    from nnctl.assembly.build import build
    from nnctl.config import load
    from nnctl.jobs.init import init

    path = Path(name)
    written = init(table, target, output=path.with_suffix(".yaml"))
    config = load(written.path, overrides=["ensemble=1"])
    built, recipe = build(config), written.plan.recipe
    train, validation = built.train, built.validation
    assert validation is not None
    rows = train.x[:], train.y, validation.x[:], validation.y
    given = *rows, recipe.hidden, recipe.dropout, recipe.batch_size, recipe.learning_rate
    np.savez(path, **dict(zip(Arrays._fields, map(np.asarray, given), strict=True)))


def of_nnctl(data: Arrays, seed: int) -> Losses:
    from nnctl import Sequential
    from nnctl.layers import Dense, Dropout
    from nnctl.optimizers import Adam

    layers = [
        layer
        for units in data.hidden.tolist()
        for layer in (Dense(units, "relu"), Dropout(float(data.dropout)))
    ]
    model = Sequential([*layers, Dense(1)], seed=seed)
    model.build(data.x.shape[1:])
    model.compile(Adam(float(data.learning_rate)), "mean_squared_error")
    batch = int(data.batch_size)
    while True:
        # A call takes up where the one before left off.
        model.fit(data.x, data.y, batch_size=batch, epochs=1, verbose=0)
        yield model.evaluate(data.x_val, data.y_val, verbose=0)


def of_torch(data: Arrays, seed: int) -> Losses:
    import torch
    from torch import nn

    torch.manual_seed(seed)
    sizes = [data.x.shape[1], *data.hidden.tolist()]
    modules: list[nn.Module] = []
    for before, units in pairwise(sizes):
        modules += [nn.Linear(before, units), nn.ReLU(), nn.Dropout(float(data.dropout))]
    model = nn.Sequential(*modules, nn.Linear(sizes[-1], 1))
    rate = float(data.learning_rate)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    x, y, x_val, y_val = (torch.from_numpy(array) for array in data[:4])
    loss = nn.MSELoss()
    while True:
        model.train()
        for rows in torch.randperm(len(x)).split(int(data.batch_size)):
            optimizer.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            optimizer.step()
        model.eval()
        with torch.inference_mode():
            yield float(loss(model(x_val), y_val))


def of_sklearn(data: Arrays, seed: int) -> Losses:
    """It has no dropout."""
    from sklearn.neural_network import MLPRegressor

    model = MLPRegressor(
        hidden_layer_sizes=tuple(data.hidden.tolist()),
        batch_size=int(data.batch_size),
        learning_rate_init=float(data.learning_rate),
        random_state=seed,
    )
    y, y_val = data.y.ravel(), data.y_val.ravel()
    while True:
        model.partial_fit(data.x, y)
        yield float(np.square(model.predict(data.x_val) - y_val).mean())


PEERS: dict[str, Callable[[Arrays, int], Losses]] = {
    "nnctl": of_nnctl,
    "torch": of_torch,
    "sklearn": of_sklearn,
}


def least_of(losses: Losses) -> float:
    """The least loss before so many epochs without a lesser one."""
    best, behind = math.inf, 0
    for loss in losses:
        best, behind = (loss, 0) if loss < best else (best, behind + 1)
        if behind == PATIENCE:
            break
    return best


def epochs_to(losses: Losses, loss: float) -> int:
    """The epochs until there is no more than that loss. Raises `RuntimeError` where it is never."""
    for epoch, found in zip(count(1), losses, strict=False):
        if found <= loss:
            return epoch
        if epoch == MOST_EPOCHS:
            raise RuntimeError(f"after {epoch} epochs the loss is {found:.4g}, not {loss:.4g}")
    raise AssertionError("losses have no end")


def least(peer: str, path: str) -> None:
    print(json.dumps({"loss": least_of(PEERS[peer](Arrays.load(path), 0))}))


def race(peer: str, path: str, loss: str) -> None:
    data = Arrays.load(path)
    next(PEERS[peer](data, 0))  # what is loaded and made for the first time
    start = time.perf_counter()
    epochs = [epochs_to(PEERS[peer](data, seed), float(loss)) for seed in SEEDS]
    seconds = (time.perf_counter() - start) / len(SEEDS)
    print(json.dumps({"seconds": seconds, "epochs": epochs}))


if __name__ == "__main__":
    name, *words = sys.argv[1:]
    made: dict[str, Callable[..., None]] = {"arrays": arrays, "least": least, "race": race}
    made[name](*words)

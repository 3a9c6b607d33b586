"""The programs that commands of nnctl are raced against: `python -m tests.benchmarks.programs`.

A program that counts its own seconds, after its imports, prints them as JSON.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.peers import PEERS
from tests.benchmarks.workloads import WORKLOADS, examples

ROWS = 60_000  # of the table that is read
PIXELS = 784


def table(path: str) -> None:
    """A table like MNIST's: 60,000 rows of 784 grey values, of which most are 0, and a label."""
    generator = np.random.default_rng(0)
    rows = generator.integers(0, 256, (ROWS, PIXELS + 1), np.uint8)
    rows *= generator.random(rows.shape, np.float32) < 0.2
    rows[:, 0] = generator.integers(0, 10, ROWS)
    with Path(path).open("w") as file:
        file.write(",".join(["y", *(f"x{k}" for k in range(PIXELS))]) + "\n")
        digits = [str(number) for number in range(256)]
        for row in rows:
            file.write(",".join([digits[number] for number in row]) + "\n")


def digits(path: str) -> None:
    """W1's digits as arrays."""
    x, y = examples(WORKLOADS["W1"])
    np.savez(path, x=x, y=y)


def cold(peer: str, output: str) -> None:
    """W3's network for 100 epochs, and its output saved."""
    workload = WORKLOADS["W3"]
    x, y = examples(workload)
    module = importlib.import_module(f"tests.benchmarks.peers.{PEERS[peer].module}")
    train, predict = module.made(workload, x, y)
    train(100, True)
    np.save(output, predict())


def command(config: str, run: str) -> None:
    """`nnctl train`, once for the imports and once for the time."""
    from nnctl.cli.app import app

    def train(*more: str) -> None:
        words = ["train", config, "-o", run, "--overwrite", "-q", *more]
        app(words, standalone_mode=False)

    train("--epochs", "1")
    counted(train)


def fit(arrays: str, epochs: str) -> None:
    """What a user would write who has the arrays in a file."""
    from nnctl import Sequential
    from nnctl.layers import Dense
    from nnctl.losses import SparseCategoricalCrossentropy
    from nnctl.optimizers import Adam

    def train(epochs: int = int(epochs)) -> None:
        with np.load(arrays) as file:
            x, y = file["x"], file["y"]
        model = Sequential([Dense(25, "relu"), Dense(15, "relu"), Dense(10)])
        model.compile(Adam(), SparseCategoricalCrossentropy(from_logits=True), ["accuracy"])
        model.fit(x, y, epochs=epochs, verbose=0)

    train(1)
    counted(train)


def read(reader: str, table: str) -> None:
    """A whole table of numbers, to an array of float32 and labels, or to a frame."""
    if reader == "pandas":
        import pandas as pd

        counted(lambda: pd.read_csv(table))
        return
    from nnctl.data.prepare import Wanted, prepare
    from nnctl.data.rules import Treatment
    from nnctl.reading.files import DataFile

    file, treatment = DataFile(Path(table), None, ("y",)), Treatment(scaling="rescale", by=255.0)
    wanted = Wanted("multiclass", 10)
    counted(lambda: prepare(file, wanted, treatment))


def predict(weights: str, table: str, output: str) -> None:
    """The same predictions by pandas and PyTorch."""
    import pandas as pd
    import torch
    from torch import nn

    with np.load(weights) as arrays:
        named = {name: arrays[name] for name in arrays.files if name != "metadata"}
    layers: list[nn.Module] = []
    for name in ("dense_1", "dense_2", "dense_3"):
        kernel, bias = named[f"{name}/kernel"], named[f"{name}/bias"]
        layer = nn.Linear(*kernel.shape)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(kernel.T.copy()))
            layer.bias.copy_(torch.from_numpy(bias))
        layers += [layer, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    frame = pd.read_csv(table)
    x = torch.from_numpy(frame.drop(columns="y").to_numpy("float32"))
    with torch.inference_mode():
        probabilities = torch.softmax(model(x), 1).numpy()
    columns = [f"probability_{k}" for k in range(probabilities.shape[1])]
    found = pd.DataFrame(probabilities, columns=columns)
    found.insert(0, "prediction", probabilities.argmax(1))
    found.to_csv(output, index=False)


def counted(work: Callable[[], object]) -> None:
    """Does the work, and prints the seconds it took."""
    start = time.perf_counter()
    work()
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    name, *words = sys.argv[1:]
    made: dict[str, Callable[..., None]] = {
        "table": table,
        "digits": digits,
        "cold": cold,
        "command": command,
        "fit": fit,
        "read": read,
        "predict": predict,
    }
    made[name](*words)

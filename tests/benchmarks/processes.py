"""Whole commands, timed as processes: wall time, processor time and the most memory they held.

What is compared besides training: a cold start (W8), the start alone, the command's own cost,
tables read, and predictions made of a table.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from tests.benchmarks.noise import Spread
from tests.benchmarks.programs import PIXELS, ROWS
from tests.benchmarks.workloads import WORKLOADS, Layer, examples

COLD = ("torch", "jax scan", "sklearn")
PROGRAMS = "tests.benchmarks.programs"
ROOT = Path(__file__).parents[2]
IRIS = """\
data: {{train: {table}, target: species, validation: 0.2, scale: standardize}}
layers:
  - {{type: dense, units: 64, activation: relu}}
  - {{type: dropout, rate: 0.2}}
  - {{type: dense, units: 3}}
loss: {{type: sparse_categorical_crossentropy, from_logits: true}}
optimizer: adam
metrics: [accuracy]
epochs: 1
"""


@dataclass(frozen=True)
class Race:
    """Commands that do the same; `made(folder)` writes what they need and gives them by name.

    A command may print a JSON line with the `seconds` that count, where its start does not.
    """

    name: str
    what: str
    made: Callable[[Path], dict[str, list[str]]]


def program(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", PROGRAMS, *map(str, words)]


def cold(folder: Path) -> dict[str, list[str]]:
    """W8: W3's table and network, 100 epochs, weights saved, from nothing."""
    workload = WORKLOADS["W3"]
    x, y = examples(workload)
    head = ",".join([*(f"x{k}" for k in range(x.shape[1])), "y"])
    table = np.c_[x, y.astype(int)]
    np.savetxt(folder / "table.csv", table, "%.8g", ",", header=head, comments="")
    config = write_config(folder, workload.layers, "binary_crossentropy", 100)
    train = [sys.executable, "-m", "nnctl", "train", str(config), "-q"]
    peers = {peer: program("cold", peer, folder / f"{peer}.npy") for peer in COLD}
    return {"nnctl": [*train, "-o", str(folder / "run"), "--overwrite"], **peers}


def write_config(folder: Path, layers: tuple[Layer, ...], loss: str, epochs: int) -> Path:
    """A config for `table.csv` or `table.npz` of that folder."""
    tables = [file.name for file in folder.glob("table.*")]
    config = {
        "data": {"train": tables[0], "target": "y"},
        "layers": [
            {"type": layer.kind, "units": layer.units, "activation": layer.activation}
            for layer in layers
        ],
        "loss": {"type": loss, "from_logits": True},
        "optimizer": {"type": "sgd", "learning_rate": 0.1} if "binary" in loss else "adam",
        "epochs": epochs,
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


def starting(folder: Path) -> dict[str, list[str]]:
    """One epoch on the irises, which is all start, and the imports that no command goes without."""
    config = folder / "config.yaml"
    config.write_text(IRIS.format(table=ROOT / "datasets" / "iris.csv"))
    train = [sys.executable, "-m", "nnctl", "train", str(config), "-q", "--overwrite"]
    return {
        "nnctl": [*train, "-o", str(folder / "run")],
        "imports": [sys.executable, "-c", "import numpy, typer, rich.progress, yaml, pydantic"],
    }


def own_cost(folder: Path) -> dict[str, list[str]]:
    """W1's digits as arrays: the command, and `fit` on what np.load reads, both after imports."""
    arrays = folder / "table.npz"
    subprocess.run(program("digits", arrays), check=True)
    layers = WORKLOADS["W1"].layers
    config = write_config(folder, layers, "sparse_categorical_crossentropy", 50)
    return {
        "nnctl": program("command", config, folder / "run"),
        "fit": program("fit", arrays, 50),
    }


def reading(folder: Path) -> dict[str, list[str]]:
    table = write_table(folder)
    return {"nnctl": program("read", "nnctl", table), "pandas": program("read", "pandas", table)}


def write_table(folder: Path) -> Path:
    """A table like MNIST's, written by another process.

    A process counts what the one that started it held, so this one is to hold little.
    """
    path = folder / "table.csv"
    subprocess.run(program("table", path), check=True)
    return path


def predicting(folder: Path) -> dict[str, list[str]]:
    """W1's network on the table, from one CSV file to another."""
    table = write_table(folder)
    with table.open() as file:
        (folder / "small.csv").write_text("".join([next(file) for _ in range(200)]))
    config = write_config(folder, WORKLOADS["W1"].layers, "sparse_categorical_crossentropy", 1)
    config.write_text(config.read_text().replace("table.csv", "small.csv"))
    run = folder / "run"
    subprocess.run(
        [sys.executable, "-m", "nnctl", "train", str(config), "-q", "-o", str(run)],
        check=True,
        capture_output=True,
    )
    command = [sys.executable, "-m", "nnctl", "predict", str(run), str(table)]
    return {
        "nnctl": [*command, "-o", str(folder / "predictions.csv")],
        "pandas, torch": program("predict", run / "weights.npz", table, folder / "theirs.csv"),
    }


def to_a_loss(folder: Path) -> dict[str, list[str]]:
    """`init`'s network on a table, until it is as good as scikit-learn's MLP becomes."""
    program = [sys.executable, "-m", "tests.benchmarks.to_a_loss"]
    arrays = str(folder / "arrays.npz")
    subprocess.run([*program, "arrays", arrays], check=True)
    line = [*program, "least", "sklearn", arrays]
    done = subprocess.run(line, check=True, capture_output=True, text=True)
    loss = str(json.loads(done.stdout)["loss"])
    return {name: [*program, "race", name, arrays, loss] for name in ("nnctl", "torch", "sklearn")}


RACES = {
    race.name: race
    for race in [
        Race("W8", "569 rows, 100 epochs, from a cold start", cold),
        Race("start", "the irises, 1 epoch, against five imports", starting),
        Race("command", "784-25-15-10, 50 epochs: nnctl train against fit", own_cost),
        Race("table", "init's network for california, to the loss of scikit-learn's", to_a_loss),
        Race("csv", f"reading {ROWS:,} × {PIXELS + 1} numbers", reading),
        Race("predict", f"predictions of {ROWS:,} × {PIXELS} numbers, CSV to CSV", predicting),
    ]
}


def timed(command: list[str]) -> dict[str, float]:
    """Seconds of wall time (or those that the command counts), seconds of processor time, and the
    peak memory in bytes."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)}:\n{errors.read().decode()}")
        last = (output.read().decode().strip().splitlines() or [""])[-1]
    counted = json.loads(last)["seconds"] if last.startswith("{") else seconds
    cpu = used.ru_utime + used.ru_stime
    return {"seconds": counted, "cpu": cpu, "bytes": used.ru_maxrss * 1024}


def run(race: Race, rounds: int, arguments: argparse.Namespace) -> None:
    """The commands in turn, after once to warm up, and a table."""
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, list[dict[str, float]]] = {}
        commands = race.made(Path(folder))
        for name, command in commands.items():
            try:
                timed(command)
                found[name] = []
            except RuntimeError as error:
                print(f"{name} is left out: {str(error).splitlines()[-1]}")
        for _ in range(rounds):
            for name, each in found.items():
                each.append(timed(commands[name]))
                if arguments.json:
                    print(json.dumps({"race": race.name, "command": name, **each[-1]}))
    print(f"\n{race.name}: {race.what}")
    heads = f"{'seconds':>9}{'least':>9}{'most':>9}{'CPU s':>9}{'MB':>8}"
    print(f"{'':14}{heads}{'time':>8}{'CPU':>8}{'memory':>8}  of nnctl's to theirs")
    middle = {
        name: [statistics.median(one[key] for one in each) for key in ("seconds", "cpu", "bytes")]
        for name, each in found.items()
    }
    for name, figures in middle.items():
        seconds, cpu, nbytes = figures
        ratios = [a / b for a, b in zip(middle["nnctl"], figures, strict=True)]
        spread = Spread.of([one["seconds"] for one in found[name]])
        apart = f"{spread.least:9.3f}{spread.most:9.3f}"
        print(f"{name:14}{seconds:9.3f}{apart}{cpu:9.3f}{nbytes / 1e6:8.0f}", end="")
        print("" if name == "nnctl" else "".join(f"{ratio:8.2f}" for ratio in ratios))

"""How time grows: with the size of a network and of its batch, with rows and with epochs.

`python -m tests.benchmarks.curves` measures and draws; with `draw` it draws what was measured last.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.peers import PEERS, installed
from tests.benchmarks.workloads import examples, of_size

MEASURED = Path(__file__).with_name("curves.json")
PICTURES = Path(__file__).parents[2] / "nnctl/docs/pictures"
SHOWN = ["nnctl", "torch", "jax step", "jax scan", "keras"]
SIZES = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
BATCHES = [1, 8, 32, 128, 512, 2048]
SIZE, BATCH = 100_000, 32  # of the one while the other grows
ROUNDS = 3
ROWS, EPOCHS = [1_000, 10_000, 100_000, 1_000_000], [1, 10, 100, 1000]


def steps_for(parameters: int, batch_size: int) -> tuple[int, int]:
    """Steps and epochs that take a moment, for any size."""
    work = parameters * batch_size
    steps = max(4, min(200, 10**9 // work))
    return steps, 20 if work < 10**7 else 5 if work < 10**8 else 2


def one(peer: str, parameters: int, batch_size: int) -> float:
    """Seconds a step, of a peer in a process of its own."""
    command = [sys.executable, "-m", __spec__.name, "one", peer, str(parameters), str(batch_size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout)["seconds"])


def print_one(peer: str, parameters: int, batch_size: int) -> None:
    from tests.benchmarks.worker import measure_training

    workload = of_size(parameters, batch_size, *steps_for(parameters, batch_size))
    print(json.dumps({"seconds": measure_training(peer, workload, *examples(workload))}))


def measure() -> None:
    """All points, in turn by peer, and the medians of the rounds."""
    peers = [peer for peer in SHOWN if installed(peer)]
    points = [(size, BATCH) for size in SIZES] + [(SIZE, batch) for batch in BATCHES]
    found: dict[str, dict[str, list[float]]] = {peer: {} for peer in peers}
    for _ in range(ROUNDS):
        for parameters, batch_size in dict.fromkeys(points):
            for peer in peers:
                key = f"{parameters}-{batch_size}"
                seconds = one(peer, parameters, batch_size)
                found[peer].setdefault(key, []).append(seconds)
                print(f"{key:16}{peer:10}{seconds * 1e6:12.1f} µs a step", flush=True)
    medians = {
        peer: {key: statistics.median(each) for key, each in values.items()}
        for peer, values in found.items()
    }
    growth = {
        "rows": {rows: fit_seconds(rows, 1) for rows in ROWS},
        "epochs": {epochs: fit_seconds(1_000, epochs) for epochs in EPOCHS},
    }
    MEASURED.write_text(json.dumps({"steps": medians, "growth": growth}, indent=1) + "\n")


def fit_seconds(rows: int, epochs: int) -> float:
    """What `fit` takes for so many rows and epochs, model and program made before."""
    from tests.benchmarks.peers.nnctl_peer import made

    workload = of_size(10_000, BATCH, rows // BATCH, epochs)
    train, _ = made(workload, *examples(workload))
    train(1, True)
    spent = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        train(epochs, True)
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def draw() -> None:
    """The pictures of the documentation, readable on light and dark ground."""
    measured = json.loads(MEASURED.read_text())
    PICTURES.mkdir(parents=True, exist_ok=True)
    left, right = [(size, BATCH) for size in SIZES], [(SIZE, batch) for batch in BATCHES]
    picture = Picture(2)
    for place, (points, label) in enumerate(
        [(left, f"parameters (batch {BATCH})"), (right, f"batch size ({SIZE:,} parameters)")]
    ):
        axes = picture.axes(place, label, "microseconds a step")
        for peer, seconds in measured["steps"].items():
            known = [p for p in points if f"{p[0]}-{p[1]}" in seconds]
            micro = [seconds[f"{p[0]}-{p[1]}"] * 1e6 for p in known]
            heavy = {"linewidth": 2.5, "zorder": 3} if peer == "nnctl" else {"linewidth": 1.2}
            axes.plot([p[place] for p in known], micro, marker="o", ms=4, label=peer, **heavy)
    picture.save("step-time.svg", legend=True)
    picture = Picture(2)
    for place, (name, label) in enumerate([("rows", "rows (1 epoch)"), ("epochs", "epochs")]):
        values = {int(key): seconds for key, seconds in measured["growth"][name].items()}
        axes = picture.axes(place, label, "seconds of fit")
        axes.plot(list(values), list(values.values()), marker="o", ms=4, linewidth=2.5)
        last = max(values)
        line = [values[last] * each / last for each in values]
        axes.plot(list(values), line, color="#888888", linewidth=1, linestyle=":")
    picture.save("growth.svg", legend=False)


class Picture:
    """A row of charts with logarithmic axes, in greys that both themes show."""

    def __init__(self, columns: int):
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        style = {"svg.hashsalt": "nnctl", "svg.fonttype": "none", "font.family": "sans-serif"}
        self._style: Any = rc_context(style)
        self.figure = Figure(figsize=(9, 3.6), layout="constrained")
        self._all: Any = self.figure.subplots(1, columns)

    def axes(self, place: int, x: str, y: str) -> Any:
        axes = self._all[place]
        axes.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
        axes.grid(True, color="#888888", alpha=0.25, linewidth=0.6)
        for part in (axes.xaxis.label, axes.yaxis.label):
            part.set_color("#808080")
        axes.tick_params(which="both", colors="#808080")
        axes.set_facecolor("none")
        for spine in axes.spines.values():
            spine.set_color("#808080")
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return axes

    def save(self, name: str, legend: bool) -> None:
        if legend:
            self._all[0].legend(frameon=False, labelcolor="#808080")
        with self._style:
            path, plain = PICTURES / name, {"Date": None}
            self.figure.savefig(path, transparent=True, metadata=plain)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["one", peer, parameters, batch_size] if peer in PEERS:
            print_one(peer, int(parameters), int(batch_size))
        case ["draw"]:
            draw()
        case _:
            measure()
            draw()

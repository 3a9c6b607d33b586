"""Times the peers in alternating rounds, and prints a table for each workload."""

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys

from tests.benchmarks.peers import PEERS
from tests.benchmarks.workloads import WORKLOADS, Workload


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20, help="epochs a round")
    arguments = parser.parse_args()
    peers = [name for name in PEERS if installed(name)]
    for workload in WORKLOADS.values():
        compare(workload, peers, arguments.rounds, arguments.epochs)


def installed(peer: str) -> bool:
    found = importlib.util.find_spec(peer) is not None
    if not found:
        print(f"{peer} is left out: it is not installed")
    return found


def compare(workload: Workload, peers: list[str], rounds: int, epochs: int) -> None:
    """Each peer in a process of its own, in turn, so that none disturbs another."""
    found: dict[str, list[dict[str, float]]] = {peer: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            command = [sys.executable, "-m", "tests.benchmarks.worker", peer, workload.name]
            printed = subprocess.run([*command, str(epochs)], check=True, capture_output=True)
            found[peer].append(json.loads(printed.stdout))
    middle = {p: statistics.median(r["seconds"] for r in runs) for p, runs in found.items()}
    layers = "-".join(str(units) for units, _ in workload.layers)
    print(f"\n{workload.name}: {workload.inputs}-{layers}, batch {workload.batch_size}")
    print(f"{'':10}{'µs a step':>12}{'to nnctl':>10}{'final loss':>12}")
    for peer, seconds in middle.items():
        loss = statistics.median(run["loss"] for run in found[peer])
        print(f"{peer:10}{seconds * 1e6:12.1f}{seconds / middle['nnctl']:10.2f}{loss:12.4f}")


if __name__ == "__main__":
    main()

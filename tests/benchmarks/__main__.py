"""Times the peers in alternating rounds, and prints a table for each workload."""

import argparse
import json
import os
import statistics
import subprocess
import sys

from tests.benchmarks.peers import PEERS, installed
from tests.benchmarks.processes import RACES, run
from tests.benchmarks.workloads import WORKLOADS, Workload

NOT_FOR_IT = 3  # the exit status of a peer that has no such network
SAME_LOSS = 0.02  # beyond which the table says by how much a loss differs


def parsed(words: list[str] | None = None) -> argparse.Namespace:
    """The options and workloads of a command line; without a name, all of them."""
    names = [*WORKLOADS, *RACES]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mnist", help="an .npz file with all of MNIST: x_train, y_train")
    parser.add_argument("--threads", help="BLAS and library threads, the same for all")
    parser.add_argument("--json", action="store_true", help="print a JSON line a measurement")
    parser.add_argument("workloads", nargs="*", metavar="NAME", help=", ".join(names))
    arguments = parser.parse_args(words)
    for name in arguments.workloads:
        if name not in names:
            parser.error(f"there is no {name}; there are {', '.join(names)}")
    arguments.workloads = arguments.workloads or names
    return arguments


def main() -> None:
    arguments = parsed()
    peers = [name for name in PEERS if installed(name)]
    environment = dict(os.environ)
    if arguments.threads:
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            environment[name] = arguments.threads
    for name in arguments.workloads:
        if name in RACES:
            run(RACES[name], arguments.rounds, arguments)
            continue
        workload = WORKLOADS[name]
        if workload.all_of_mnist and not arguments.mnist:
            print(f"{name} is left out: it needs --mnist")
            continue
        compare(workload, peers, arguments, environment)


def compare(
    workload: Workload,
    peers: list[str],
    arguments: argparse.Namespace,
    environment: dict[str, str],
) -> None:
    """Each peer in a process of its own, in turn, so that none disturbs another."""
    found: dict[str, list[dict[str, float]]] = {peer: [] for peer in peers}
    for _ in range(arguments.rounds):
        for peer in peers:
            command = [sys.executable, "-m", "tests.benchmarks.worker", peer, workload.name]
            command += [arguments.mnist] if arguments.mnist else []
            done = subprocess.run(command, capture_output=True, text=True, env=environment)
            if done.returncode == NOT_FOR_IT:
                continue
            if done.returncode:
                sys.exit(f"{peer}, {workload.name}:\n{done.stderr}")
            found[peer].append(json.loads(done.stdout))
            if arguments.json:
                print(json.dumps({"peer": peer, "workload": workload.name, **found[peer][-1]}))
    print_table(workload, {peer: runs for peer, runs in found.items() if runs})


def print_table(workload: Workload, found: dict[str, list[dict[str, float]]]) -> None:
    """A row a peer; the limit is what the matrix products of nnctl take alone."""
    middle = {p: statistics.median(r["seconds"] for r in runs) for p, runs in found.items()}
    losses = {p: statistics.median(r["loss"] for r in runs) for p, runs in found.items()}
    fastest = min((s for peer, s in middle.items() if peer != "nnctl"), default=float("nan"))
    batch = "" if workload.predicts else f", batch {workload.rows_a_step}"
    unit = "µs a pass" if workload.predicts else "µs a step"
    print(f"\n{workload.name}: {workload.what}{batch}")
    limit = statistics.median(run["limit"] for run in found["nnctl"])
    print(f"{'':10}{unit:>12}{'to fastest peer':>17}{'of the limit':>14}{'loss':>10}")
    for peer, seconds in middle.items():
        off = losses[peer] / losses["nnctl"] - 1
        note = f"  {off:+.0%}" if abs(off) > SAME_LOSS else ""
        note = "  (another start)" if peer == "sklearn" else note
        print(f"{peer:10}{seconds * 1e6:12.1f}{seconds / fastest:17.2f}", end="")
        print(f"{limit / seconds:14.0%}{losses[peer]:10.4f}{note}")


if __name__ == "__main__":
    main()

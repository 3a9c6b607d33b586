"""Times the peers in alternating rounds, and prints a table for each workload."""

import argparse
import json
import os
import subprocess
import sys

from tests.benchmarks.noise import Rounds, summary, table
from tests.benchmarks.peers import NOT_FOR_IT, PEERS, installed
from tests.benchmarks.processes import RACES, run
from tests.benchmarks.workloads import WORKLOADS, Workload


def parsed(words: list[str] | None = None) -> argparse.Namespace:
    """The options and workloads of a command line; without a name, all of them."""
    names = [*WORKLOADS, *RACES]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mnist", help="an .npz file with all of MNIST: x_train, y_train")
    parser.add_argument("--threads", type=int, help="cores that each peer may use")
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
            environment[name] = str(arguments.threads)
        if hasattr(os, "sched_setaffinity"):  # JAX asks for nothing else
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, cores[: arguments.threads])
    found: dict[str, Rounds] = {}
    for name in arguments.workloads:
        if name in RACES:
            run(RACES[name], arguments.rounds, arguments)
            continue
        workload = WORKLOADS[name]
        if workload.all_of_mnist and not arguments.mnist:
            print(f"{name} is left out: it needs --mnist")
            continue
        found[name] = compare(workload, peers, arguments, environment)
        print(table(workload, found[name]), flush=True)
    if found:
        print(summary(found), flush=True)


def compare(
    workload: Workload,
    peers: list[str],
    arguments: argparse.Namespace,
    environment: dict[str, str],
) -> Rounds:
    """Each peer in a process of its own, in turn, so that none disturbs another."""
    found: Rounds = {peer: [] for peer in peers}
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
    return {peer: runs for peer, runs in found.items() if runs}


if __name__ == "__main__":
    main()

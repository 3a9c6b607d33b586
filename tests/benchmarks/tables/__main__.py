"""Measures how right predictions on real tables are, beside other tools with their defaults.

Every run is a process of its own on one core; results.json keeps its scores and seconds, and the
page nnctl/docs/tables.md is made of it.
"""

import argparse
import json
import os
import subprocess
import sys

from tests.benchmarks.tables.methods import METHODS, installed, one_thread
from tests.benchmarks.tables.results import Results, key_of
from tests.benchmarks.tables.scores import scores
from tests.benchmarks.tables.tables import TABLES, split

LONGEST = 1800.0  # seconds of a run


def parsed(words: list[str] | None = None) -> argparse.Namespace:
    """The options of a command line; without any, all that results.json lacks is measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.tables", description=__doc__)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--again", action="store_true", help="measure anew what is there")
    parser.add_argument("--one", nargs=3, metavar=("TABLE", "SEED", "METHOD"))
    arguments = parser.parse_args(words)
    for given, known in ((arguments.tables, TABLES), (arguments.methods, METHODS)):
        for name in given.split(","):
            if name not in known:
                parser.error(f"there is no {name}; there are {', '.join(known)}")
    return arguments


def main() -> None:
    arguments = parsed()
    if arguments.one:
        name, seed, method = arguments.one
        print(json.dumps(measured(name, int(seed), method)))
        return
    results = Results.load()
    for seed in arguments.seeds.split(","):
        for method in arguments.methods.split(","):
            if not installed(method):
                print(f"{method} is left out: it is not installed", file=sys.stderr)
                continue
            for name in arguments.tables.split(","):
                if arguments.again or key_of(name, int(seed), method) not in results.runs:
                    found = in_its_own_process(name, seed, method)
                    results.keep(key_of(name, int(seed), method), found)
                    print(name, seed, method, found, flush=True)


def measured(name: str, seed: int, method: str) -> dict[str, float]:
    """The scores of one method on one split, and the processor's seconds of all of it."""
    table = TABLES[name]
    train, test = split(table, seed)
    classes, prediction = METHODS[method](table, seed, train, test.without(table.target))
    used = os.times()
    found = scores(table.task, test.column(table.target), prediction, classes)
    processor = used.user + used.system + used.children_user + used.children_system
    return {**found, "processor_seconds": round(processor, 2)}


def in_its_own_process(name: str, seed: str, method: str) -> dict[str, float]:
    """As `measured`, on one core, so that no run disturbs or helps another."""
    words = [sys.executable, "-m", "tests.benchmarks.tables", "--one", name, seed, method]
    done = subprocess.run(words, capture_output=True, text=True, env=one_thread(), timeout=LONGEST)
    if done.returncode:
        sys.exit(f"{name}, {seed}, {method}:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()

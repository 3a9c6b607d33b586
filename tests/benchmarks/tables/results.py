"""What was measured, kept beside the code, and what it comes to."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.tables.scores import PRIMARY
from tests.benchmarks.tables.tables import TABLES

FILE = Path(__file__).with_name("results.json")
FLOOR = 0.01  # added to an error, so that a table solved by all does not decide a ratio


def key_of(table: str, seed: int, method: str) -> str:
    return f"{table}/{seed}/{method}"


@dataclass
class Results:
    """Runs by table, seed and method: scores and `processor_seconds`."""

    runs: dict[str, dict[str, float]]

    @classmethod
    def load(cls) -> "Results":
        """Those of results.json, none where it is not there."""
        return cls(json.loads(FILE.read_text()) if FILE.exists() else {})

    def keep(self, key: str, run: dict[str, float]) -> None:
        """Adds a run to the file, read anew, so that two measurements may go on side by side."""
        self.runs = {**Results.load().runs, key: run}
        part = FILE.with_suffix(".part")
        lines = [f"{json.dumps(name)}: {json.dumps(self.runs[name])}" for name in sorted(self.runs)]
        part.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        part.replace(FILE)

    def tables(self, methods: tuple[str, ...]) -> list[str]:
        """The tables on which all of these methods have the same seeds, at least one."""
        return [name for name in TABLES if self.seeds(name, methods)]

    def seeds(self, table: str, methods: tuple[str, ...]) -> list[int]:
        """The seeds that all of these methods have of a table."""
        found = {
            method: {int(key.split("/")[1]) for key in self.runs if is_run(key, table, method)}
            for method in methods
        }
        return sorted(set.intersection(*found.values()))

    def figure(self, table: str, seed: int, method: str, name: str) -> float:
        return self.runs[key_of(table, seed, method)][name]

    def scores(self, table: str, methods: tuple[str, ...], name: str = "score") -> np.ndarray:
        """A figure of each method and common seed, shape (seeds, methods).

        `score` is the task's own: the area under the curve of two classes, the accuracy of more,
        R2 of numbers.
        """
        name = PRIMARY[TABLES[table].task] if name == "score" else name
        return np.array(
            [
                [self.figure(table, seed, method, name) for method in methods]
                for seed in self.seeds(table, methods)
            ]
        )


def is_run(key: str, table: str, method: str) -> bool:
    name, _, other = key.split("/")
    return (name, other) == (table, method)


def ranks(values: np.ndarray) -> np.ndarray:
    """Mean ranks over the rows of (seeds, methods), 1 for the greatest, equals sharing theirs."""
    above = (values[:, None, :] > values[:, :, None]).sum(axis=2)
    equal = (values[:, None, :] == values[:, :, None]).sum(axis=2)
    mean: np.ndarray = (above + (equal + 1) / 2).mean(axis=0)
    return mean


def errors_to_best(results: Results, methods: tuple[str, ...]) -> dict[str, float]:
    """By table, the first method's error (1 − score + 0.01) as a ratio to the best other's."""
    found = {}
    for table in results.tables(methods):
        errors = 1 - results.scores(table, methods).mean(axis=0) + FLOOR
        found[table] = float(errors[0] / errors[1:].min())
    return found

"""Tries inputs of every kind, some of each, and counts what came of them."""

import tempfile
import time
from pathlib import Path

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from nnctl.system.npz import read_arrays
from tests.fuzz import inputs
from tests.fuzz.examples import CHECKPOINT, WEIGHTS, Arrays, Files
from tests.fuzz.trial import Input, Trials

MEMORY = 2 << 30  # bytes that a process may map, its libraries included


def a_run(trials: Trials) -> tuple[Arrays, Files]:
    """A run that is trained here: the arrays of its two files, and all its files with the data."""
    config = inputs.array_config("data.csv")
    config["early_stopping"] = {"monitor": "loss", "patience": 1}
    config["data"] |= {"target": "kind", "scale": "standardize"}
    data = {"config.yaml": yaml.safe_dump(config).encode(), "data.csv": inputs.TABLE}
    assert trials.run(Input(inputs.TRAIN, data)) == 0
    place = trials.folder / "trial"
    files = {f"run/{path.name}": path.read_bytes() for path in (place / "run").iterdir()}
    arrays = {name: read_arrays(place / name) for name in (WEIGHTS, CHECKPOINT)}
    return arrays, {**data, **files}


def work(count: int, start: int) -> dict[str, float]:
    """Runs so many inputs. Raises what a command should have handled, with the smallest input."""
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(Path(folder).resolve())
        kinds = {
            "config": (inputs.with_odd_config(), 0.35),
            "table": (inputs.with_odd_table(), 0.25),
            "typed table": (inputs.with_odd_typed_table(), 0.1),
            "arrays": (inputs.with_odd_arrays(), 0.12),
            "idx": (inputs.with_odd_idx(), 0.06),
            "run": (inputs.with_odd_run(*a_run(trials)), 0.12),
        }
        trials.statuses.clear()
        trials.trained = 0
        counts: dict[str, float] = {}
        for kind, (strategy, share) in kinds.items():
            before, began = trials.trained, time.perf_counter()
            try_all(trials, strategy, round(count * share), start)
            counts[f"{kind} trained"] = trials.trained - before
            counts[f"{kind} seconds"] = round(time.perf_counter() - began, 1)
        statuses = {f"status {status}": n for status, n in sorted(trials.statuses.items())}
        inputs_run = sum(trials.statuses.values())
        return {"inputs": inputs_run, "trained": trials.trained, **statuses, **counts}


def try_all(trials: Trials, strategy: st.SearchStrategy[Input], count: int, start: int) -> None:
    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def ends_well(one: Input) -> None:
        trials.run(one)

    ends_well()

"""What the fuzz test has found, made small: inputs that once ended in a traceback or a warning."""

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from nnctl.system.npz import write_arrays
from tests.formats.mutations import sealed
from tests.fuzz.inputs import ARRAYS, HEADER, ROWS, TRAIN, array_config, dumped, table_bytes
from tests.fuzz.trial import Input

Files = dict[str, bytes]
Arrays = dict[str, dict[str, Any]]
WEIGHTS, CHECKPOINT = "run/weights.npz", "run/checkpoint.npz"
COMMANDS = {
    WEIGHTS: [("predict", "run", "data.csv"), ("evaluate", "run", "data.csv"), ("summary", "run")],
    CHECKPOINT: [("resume", "run", "-q"), ("resume", "run", "--epochs", "3", "-q")],
}
# By file: where in its metadata something stood that no run writes.
METADATA: list[tuple[str, str, Any]] = [
    (WEIGHTS, "input_shape", [1e400]),
    (WEIGHTS, "input_shape", [2**63]),
    (WEIGHTS, "input_shape", [-4]),
    (WEIGHTS, "input_shape", [0]),
    (WEIGHTS, "preprocessing.delimiter", {"a": 1}),
    (WEIGHTS, "preprocessing.delimiter", '"'),
    (WEIGHTS, "preprocessing.features", ["a", "a", "c", "d", "yes", "price", "p", "q", "w"]),
    (WEIGHTS, "preprocessing.classes", [{"type": "dense"}, 1, 2]),
    (WEIGHTS, "preprocessing.sample_weight", ["w"]),
    (CHECKPOINT, "training.history", {"loss": [1.0], "a": [1.0]}),
    (CHECKPOINT, "training.learning_rates", [0.1, 0.1]),
    (CHECKPOINT, "training.batch", 7),
    (CHECKPOINT, "training.epoch", -1),
    (CHECKPOINT, "training.generator.state.state", 10**40),
    (CHECKPOINT, "training.generator.uinteger", 10**20),
    (CHECKPOINT, "training.learning_rate", "0.1"),
    (CHECKPOINT, "callbacks.0.best_epoch", 100),
]
ARRAY_CHANGES: list[tuple[str, str, Any]] = [
    (WEIGHTS, "dense_1/kernel", np.complex64(1)),
    (WEIGHTS, "dense_1/kernel", np.bytes_(b"")),
    (WEIGHTS, "dense_1/bias", np.float32(np.inf)),
    (WEIGHTS, "dense_1/bias", np.float64(1e300)),
    (CHECKPOINT, "vector", np.complex64(1)),
    (CHECKPOINT, "vector", np.float64(1)),
    (CHECKPOINT, "order", np.float64(1)),
]


def examples(arrays: Arrays, files: Files) -> Iterator[tuple[str, Input, int]]:
    """Each input with a name and the status it must end with; `files` are those of a run."""
    for name, x in {
        "examples of nothing": np.zeros((18, 0)),
        "numbers too far apart": np.array([[1e308], [-1e308]] * 9),
    }.items():
        config = array_config("data.npz")
        config["data"]["scale"] = "standardize"
        content = packed({**ARRAYS, "x": x})
        yield name, Input(TRAIN, {"config.yaml": dumped(config), "data.npz": content}), 2
    for column, key in (("w", "sample_weight"), ("d", "scale"), ("a", "missing")):
        config = array_config("data.csv")
        value = {"sample_weight": "w", "scale": "standardize", "missing": "mean"}[key]
        config["data"] |= {"target": "kind", key: value}
        text = table_bytes([HEADER, *with_cell(with_cell(ROWS, column, 0), column, 1)])
        yield f"{key} 1e308", Input(TRAIN, {"config.yaml": dumped(config), "data.csv": text}), 2
    for file, path, value in METADATA:
        stated = json.loads(str(arrays[file]["metadata"]))
        put(stated, path, value)
        content = packed({**arrays[file], "metadata": np.array(sealed(stated))})
        for command in COMMANDS[file]:
            if command[0] == "resume" and "--epochs" not in command:
                continue  # there is nothing to do
            if (command[0], path) == ("predict", "preprocessing.sample_weight"):
                continue
            yield f"{command[0]} {path}: {value}", Input(command, {**files, file: content}), 2
    for file, name, value in ARRAY_CHANGES:
        array = np.full(np.shape(arrays[file][name]), value)
        content = packed({**arrays[file], name: array})
        for command in COMMANDS[file]:
            if command[0] != "resume" or "--epochs" in command:
                what = f"{command[0]} {name} of {value!r}"
                yield what, Input(command, {**files, file: content}), 2


def with_cell(rows: list[list[str]], column: str, row: int) -> list[list[str]]:
    """The rows with the largest number of either sign in one cell."""
    changed = [list(each) for each in rows]
    changed[row][HEADER.index(column)] = "1.7e308"
    return changed


def put(values: Any, path: str, value: Any) -> None:
    """Puts a value at a dotted path in plain data."""
    *above, last = path.split(".")
    for key in above:
        values = values[int(key)] if isinstance(values, list) else values[key]
    values[last] = value


def packed(arrays: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    write_arrays(stream, arrays)
    return stream.getvalue()

"""Checks of rows: which stand in train and in another file, too."""

from collections.abc import Iterator

import numpy as np

from nnctl.advice.advice import Finding
from nnctl.advice.samples import rows_at_once
from nnctl.assembly.build import Built
from nnctl.graph import Array
from nnctl.rules import data as rules
from nnctl.training.step import Examples

MOST_NUMBERS = 1 << 25  # of inputs in a file, beyond which it would cost seconds
BY_CHANCE = 2  # times the share of rows that repeat within train
BASE = 0x9E3779B97F4A7C15  # odd, and as irregular as the golden ratio


def shared_rows(built: Built) -> Iterator[Finding]:
    data = built.config.data
    aside = {"validation": built.validation, "calibration": built.calibration}
    drawn = {part for part in aside if isinstance(getattr(data, part), float)}
    parts = {part: None if part in drawn else rows for part, rows in aside.items()}
    parts["test"] = built.test
    changes = {"validation": 0.2, "calibration": 0.1, "test": None}
    train = built.train
    for part, others in parts.items():
        if others is None or max(train.x.size, others.x.size) > MOST_NUMBERS:
            continue
        keys = row_keys(train)
        shared = count_shared(train, keys, others)
        if shared and shared / len(others) > BY_CHANCE * repeated_share(keys):
            verb = "is" if shared == 1 else "are"
            found = f"{shared:,} of the {len(others):,} {part} rows {verb} in train"
            path = f"data.{part}"
            yield Finding(rules.SHARED_ROWS, path, found, {path: changes[part]})


def row_keys(examples: Examples) -> Array:
    """A number for each row, `(rows,)`: equal for rows with equal inputs, and hardly else.

    The inputs' bits are the digits of a number in base `BASE`, modulo 2^64.
    """
    flat = examples.x.reshape(len(examples), -1)
    words = flat.shape[1] * flat.itemsize // 4
    powers = np.cumprod(np.full(words, BASE, dtype=np.uint64))
    keys = np.empty(len(flat), dtype=np.uint64)
    rows = rows_at_once(flat.shape[1])
    for start in range(0, len(flat), rows):
        part = flat[start : start + rows] + 0.0  # in which 0 and -0 are the same
        np.einsum("ij,j->i", part.view(np.uint32), powers, out=keys[start : start + rows])
    return keys


def count_shared(train: Examples, keys: Array, others: Examples) -> int:
    """How many rows of `others` stand in `train`, inputs and targets alike."""
    own = row_keys(others)
    candidates = np.flatnonzero(is_among(own, keys))
    rows = np.flatnonzero(is_among(keys, own[candidates]))
    known = {content(train, row) for row in rows.tolist()}
    return sum(content(others, row) in known for row in candidates.tolist())


def repeated_share(keys: Array) -> float:
    """The share of rows, of which these are the keys, whose inputs come more than once."""
    ordered = np.sort(keys)
    twins = ordered[1:][ordered[1:] == ordered[:-1]]
    return float(is_among(keys, twins).mean())


def is_among(keys: Array, others: Array) -> Array:
    """Which of the keys are among the others, `(keys,)`."""
    if not len(others):
        return np.zeros(len(keys), dtype=np.bool_)
    ordered = np.sort(others)  # not np.isin, which imports numpy.ma
    places = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    found: Array = ordered[places] == keys
    return found


def content(examples: Examples, row: int) -> bytes:
    """A row's inputs and targets as bytes, in which 0 and -0 are the same."""
    inputs: bytes = (examples.x[row] + 0.0).tobytes()
    targets: bytes = (examples.y[row : row + 1] + 0.0).tobytes()
    return inputs + targets


ROW_CHECKS = (shared_rows,)

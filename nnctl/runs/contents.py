"""What the numbers of a checkpoint must be like, so that a run can go on from them."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nnctl.graph import Array
from nnctl.system import stated


def check_numbers(
    numbers: Mapping[str, Any], rows: int, batch_size: int | str, figures: Collection[str]
) -> None:
    """Raises an error of its kind for what the state of a run on so many rows cannot be.

    `figures` are what the run computes of each epoch.
    """
    epochs = stated.whole("epoch", numbers["epoch"])
    stated.whole("step", numbers["step"])
    size = rows if batch_size == "full" else min(int(batch_size), rows)
    if stated.whole("batch", numbers["batch"]) > math.ceil(rows / size):
        raise ValueError("it has more batches than the data")
    stated.whole("rows", numbers["totals"]["rows"])
    stated.number("loss", numbers["totals"]["loss"])
    rate = numbers["learning_rate"]
    if rate is not None and not 0 < stated.number("learning_rate", rate) < math.inf:
        raise ValueError(f"learning_rate is {rate!r}")
    best = numbers["best_epoch"]
    if best is not None and stated.whole("best_epoch", best) > epochs:
        raise ValueError(f"best_epoch is {best}, after {epochs} epochs")
    if numbers["first_loss"] is not None:
        stated.number("first_loss", numbers["first_loss"])
    if epochs and set(numbers["history"]) != set(figures):
        raise ValueError(f"its history has {', '.join(numbers['history'])}")
    lists = {**numbers["history"], **{k: numbers[k] for k in ("learning_rates", "seconds")}}
    for name, values in lists.items():
        if len(values) != epochs:
            raise ValueError(f"{name} does not have {epochs} values")
        for value in values:
            stated.number(name, value)


def check_order(order: Array, batch: int, rows: int, in_blocks: bool = False) -> None:
    """Raises ValueError unless the rows of an epoch that has begun come once each.

    The order of rows that come `in_blocks` is known by a seed, if they are shuffled.
    """
    if order.ndim != 1 or order.dtype.kind != "i":
        raise ValueError("order is not a list of rows")
    if in_blocks:
        if len(order) > 1 or (order < 0).any():
            raise ValueError("order is not the seed of one")
        return
    if batch and sorted(order.tolist()) != list(range(rows)):
        raise ValueError("order does not have each row once")


def check_totals(arrays: Mapping[str, Array], expected: Sequence[Mapping[str, Array]]) -> None:
    """Raises ValueError unless the figures of an epoch are gathered as the metrics start to."""
    names = {f"totals/{k}/{name}" for k, state in enumerate(expected) for name in state}
    found = {name for name in arrays if name.startswith("totals/")}
    if names != found or any(arrays[name].dtype.kind not in "biuf" for name in found):
        raise ValueError("its totals are not those of the metrics")


def check_callback(state: Mapping[str, Any], epochs: int) -> None:
    """Raises ValueError unless a callback's state is of a run of so many epochs."""
    for name, value in state.items():
        if name == "best" and value is not None:
            stated.number(name, value)
        elif value is not None and stated.whole(name, value) > epochs and name == "best_epoch":
            raise ValueError(f"{name} is {value}, after {epochs} epochs")

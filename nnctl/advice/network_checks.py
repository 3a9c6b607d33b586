"""Checks of the hidden layers and of the learning rate, from the config alone."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnctl.advice.advice import Finding
from nnctl.advice.network import Hidden, hidden_layers
from nnctl.advice.rates import BANDS, RATE, highest_rate, usual_rate
from nnctl.config import Config, Entry
from nnctl.rules import network as rules

SATURATING = ("sigmoid", "tanh")
DEEP = 3  # layers
MOST_WORDS = 8  # in a list within a sentence
RANDOM = "glorot_uniform"
NORMALIZING = ("batch_normalization", "layer_normalization")


def network_findings(config: Config) -> Iterator[Finding]:
    """What keeps the layers from learning."""
    hidden = hidden_layers(config)
    yield from linear_hidden(hidden)
    yield from saturating_hidden(config, hidden)
    yield from equal_units(hidden)
    yield from learning_rate(config)


def linear_hidden(hidden: list[Hidden]) -> Iterator[Finding]:
    paths = [layer.path for layer in hidden if not layer.bends]
    if paths:
        subject = f"{enumeration(paths)} {'is' if len(paths) == 1 else 'are'} linear"
        change = {f"{path}.activation": "relu" for path in paths}
        yield Finding(rules.LINEAR_HIDDEN, f"{paths[0]}.activation", subject, change)


def saturating_hidden(config: Config, hidden: list[Hidden]) -> Iterator[Finding]:
    if any(layer.type in NORMALIZING for layer in config.layers):
        return
    found = [pair for layer in hidden for pair in layer.activations if pair[1] in SATURATING]
    if len(found) >= DEEP:
        names = " and ".join(sorted({name for _, name in found}))
        layers = enumeration([path.removesuffix(".activation") for path, _ in found])
        subject = f"{len(found)} hidden layers ({layers}) have {names}"
        change = {path: "relu" for path, _ in found}
        yield Finding(rules.SATURATING_HIDDEN, found[0][0], subject, change)


def equal_units(hidden: list[Hidden]) -> Iterator[Finding]:
    found = [(layer, change) for layer in hidden if (change := change_to_random(layer))]
    if found:
        units = sorted({layer.size for layer, _ in found})
        count = f"{units[0]}" if len(units) == 1 else f"{units[0]} to {units[-1]}"
        paths = enumeration([layer.path for layer, _ in found])
        subject = f"the {count} units of {paths} start with the same weights"
        change = {path: value for _, own in found for path, value in own.items()}
        yield Finding(rules.EQUAL_UNITS, next(iter(change)), subject, change)


def change_to_random(layer: Hidden) -> dict[str, Any]:
    """What a layer needs whose units all start alike; nothing for others."""
    arguments = layer.entry.arguments()
    kernel = (arguments["weights"] or {}).get("kernel")
    if layer.size > 1 and kernel is not None and are_columns_equal(kernel):
        return {f"{layer.path}.weights": None}
    if layer.size > 1 and kernel is None and is_constant(arguments["kernel_initializer"]):
        return {f"{layer.path}.kernel_initializer": RANDOM}
    return {}


def are_columns_equal(kernel: Any) -> bool:
    """Whether a literal kernel has the same weights for each unit; not of one that is no table."""
    try:
        values = np.asarray(kernel, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return bool((values == values[..., :1]).all())


def is_constant(initializer: Entry) -> bool:
    """Whether the initializer gives every weight the same value."""
    same = initializer.type in ("zeros", "ones", "constant")
    return same or initializer.arguments().get("stddev") == 0


def learning_rate(config: Config) -> Iterator[Finding]:
    optimizer = config.optimizer
    highest = highest_rate(optimizer.arguments()["learning_rate"])
    band = BANDS[optimizer.type]
    if highest in band:
        return
    side = "above" if highest > band.high else "below"
    bound = band.high if highest > band.high else band.low
    found = f"{optimizer.type} has the learning rate {highest:g}, {side} {bound:g}"
    yield Finding(rules.LEARNING_RATE, RATE, found, usual_rate(config))


def enumeration(words: list[str]) -> str:
    """Words as a sentence lists them, of many the first few and the last."""
    if len(words) > MOST_WORDS:
        words = [*words[: MOST_WORDS - 2], "…", words[-1]]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

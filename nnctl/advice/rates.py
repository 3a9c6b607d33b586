"""The learning rate to try instead of a config's: one place for all that find a reason to."""

from collections.abc import Callable
from typing import Any

from nnctl.config import Config, Entry
from nnctl.network.annotations import Range

RATE = "optimizer.learning_rate"
PER_PARAMETER, PER_GRADIENT = Range(1e-6, 0.2), Range(1e-6, 5)
BANDS = {  # of learning rates that work with scaled data
    "adam": PER_PARAMETER,
    "adamw": PER_PARAMETER,
    "rmsprop": PER_PARAMETER,
    "adagrad": PER_GRADIENT,
    "gradient_descent": PER_GRADIENT,
    "sgd": PER_GRADIENT,
}
USUAL = {"adagrad": 0.01, "gradient_descent": 0.01, "sgd": 0.01}
USUAL_PER_PARAMETER = 0.001
FACTOR = 10
RATES = ("initial_learning_rate", "warmup_target", "values")  # of schedules


def usual_rate(config: Config) -> dict[str, Any]:
    """The change to what the optimizer is commonly given; a schedule begins, or peaks, there."""
    usual = USUAL.get(config.optimizer.type, USUAL_PER_PARAMETER)
    given = config.optimizer.arguments()["learning_rate"]
    highest = highest_rate(given)
    return rates_as(given, lambda rate: rate / highest * usual) if highest else {RATE: usual}


def lower_rate(config: Config) -> dict[str, Any]:
    """The change to a tenth of the rate, or from above all that works to the usual one."""
    given = config.optimizer.arguments()["learning_rate"]
    far = highest_rate(given) > BANDS[config.optimizer.type].high
    return usual_rate(config) if far else rates_as(given, lambda rate: rate / FACTOR)


def higher_rate(config: Config) -> dict[str, Any]:
    """The change to ten times the rate, or from below all that works to the usual one."""
    given = config.optimizer.arguments()["learning_rate"]
    far = highest_rate(given) < BANDS[config.optimizer.type].low
    return usual_rate(config) if far else rates_as(given, lambda rate: rate * FACTOR)


def highest_rate(given: Any) -> float:
    """The highest rate of a number or a schedule, as far as its arguments state it."""
    if not isinstance(given, Entry):
        return float(given)
    arguments = given.arguments()
    rates = [*arguments.get("values", ()), arguments.get("initial_learning_rate")]
    return max(float(rate) for rate in (*rates, arguments.get("warmup_target")) if rate is not None)


def rates_as(given: Any, change: Callable[[float], float]) -> dict[str, Any]:
    """The change of a rate to what `change` makes of it: of a schedule, of all its rates."""
    if not isinstance(given, Entry):
        return {RATE: rounded(change(given))}
    rates = {key: value for key, value in given.arguments().items() if key in RATES}
    return {
        f"{RATE}.{key}": [rounded(change(each)) for each in value]
        if isinstance(value, list | tuple)
        else rounded(change(value))
        for key, value in rates.items()
        if value is not None
    }


def rounded(rate: float) -> float:
    return float(f"{rate:.6g}")

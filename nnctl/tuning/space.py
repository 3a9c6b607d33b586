"""What is searched, as Optuna knows it: a distribution for each key."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from nnctl.config import Config
from nnctl.config.schema import judge
from nnctl.config.searching import is_whole
from nnctl.config.tuning import SearchRange


@dataclass(frozen=True)
class Key:
    """A searched key: its path, its distribution, and the values that the choices stand for."""

    path: str
    distribution: BaseDistribution
    choices: tuple[Any, ...] = ()

    def suggest(self, trial: Any) -> None:
        """Has the trial draw a value, unless it has one."""
        limits: Any = self.distribution
        if isinstance(limits, CategoricalDistribution):
            trial.suggest_categorical(self.path, limits.choices)
        elif isinstance(limits, IntDistribution):
            trial.suggest_int(self.path, limits.low, limits.high, step=limits.step, log=limits.log)
        else:
            trial.suggest_float(
                self.path, limits.low, limits.high, step=limits.step, log=limits.log
            )

    def value(self, drawn: Any) -> Any:
        """The config's value for what was drawn."""
        if isinstance(self.distribution, CategoricalDistribution):
            return self.choices[self.distribution.choices.index(drawn)]
        return drawn

    @property
    def size(self) -> float:
        """How many values there are to draw: infinitely many of a range without steps."""
        limits: Any = self.distribution
        if isinstance(limits, CategoricalDistribution):
            return len(limits.choices)
        if limits.step is None:
            return math.inf
        steps: int = round((limits.high - limits.low) / limits.step)
        return steps + 1


@dataclass(frozen=True)
class Space:
    """All searched keys, in the order of the config."""

    keys: tuple[Key, ...]

    @classmethod
    def of(cls, config: Config) -> "Space":
        assert config.tune is not None
        return cls(
            tuple(
                range_key(config, path, entry)
                if isinstance(entry, SearchRange)
                else choice_key(path, entry)
                for path, entry in config.tune.search.items()
            )
        )

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(key.path for key in self.keys)

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        return {key.path: key.distribution for key in self.keys}

    @property
    def size(self) -> float:
        """How many combinations of values there are."""
        return math.prod(key.size for key in self.keys)

    def suggest(self, trial: Any) -> None:
        """Has the trial draw all values."""
        for key in self.keys:
            key.suggest(trial)

    def values(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """The config's values, by path, for what a trial has drawn so far."""
        return {key.path: key.value(drawn[key.path]) for key in self.keys if key.path in drawn}


def choice_key(path: str, values: Sequence[Any]) -> Key:
    """A key that has one of some values."""
    return Key(path, CategoricalDistribution(names_of(values)), tuple(values))


def names_of(values: Sequence[Any]) -> list[Any]:
    """What the choices are called in the storage: themselves if they are plain and of one kind."""
    for kind in (bool, int, float, str):
        if all(type(value) is kind for value in values):
            return list(values)
    return [json.dumps(value) for value in values]


def range_key(config: Config, path: str, limits: SearchRange) -> Key:
    """A key that has a number of a range: a whole one if it takes no other."""
    whole = is_whole(config.source, path, limits, lambda source: judge(source)[1])
    if whole:
        step = int(limits.step or 1)
        return Key(
            path, IntDistribution(int(limits.low), int(limits.high), log=limits.log, step=step)
        )
    low, high = float(limits.low), float(limits.high)
    return Key(path, FloatDistribution(low, high, log=limits.log, step=limits.step))

"""Optuna's samplers and pruners, as the `tune` section names them."""

from collections.abc import Callable
from typing import Any

from optuna import pruners, samplers
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from nnctl.config.types import Entry

Make = Callable[[int], BaseSampler]  # from a seed
SAMPLERS: dict[str, Callable[..., BaseSampler]] = {
    "brute_force": samplers.BruteForceSampler,
    "random": samplers.RandomSampler,
    "tpe": samplers.TPESampler,
}
PRUNERS: dict[str, Callable[..., pruners.BasePruner]] = {
    "hyperband": pruners.HyperbandPruner,
    "median": pruners.MedianPruner,
    "none": pruners.NopPruner,
    "percentile": pruners.PercentilePruner,
    "successive_halving": pruners.SuccessiveHalvingPruner,
    "threshold": pruners.ThresholdPruner,
}


def sampler_of(entry: Entry, seed_of: Callable[[FrozenTrial], int]) -> BaseSampler:
    """The sampler that an entry names; `seed_of` gives the seed of a trial."""
    arguments = entry.arguments()
    if entry.type == "tpe":
        arguments["constant_liar"] = True  # keeps trials apart that are drawn at the same time
    return Seeded(lambda seed: SAMPLERS[entry.type](seed=seed, **arguments), seed_of)


def pruner_of(entry: Entry, epochs: int) -> pruners.BasePruner:
    """The pruner that an entry names, for trials of so many epochs."""
    arguments = entry.arguments()
    if entry.type == "hyperband":
        arguments["max_resource"] = max(epochs, arguments["min_resource"])
    return PRUNERS[entry.type](**arguments)


class Seeded(BaseSampler):  # type: ignore[misc]  # Optuna is not there for all who check
    """A sampler whose draws depend on the trial and on those before it, and on nothing else.

    Each trial has a fresh one with a seed of its own, so that a study that was broken off draws on
    as if it had not been.
    """

    def __init__(self, make: Make, seed_of: Callable[[FrozenTrial], int]):
        self._make = make
        self._seed_of = seed_of
        self._own = make(0)

    def before_trial(self, study: Any, trial: FrozenTrial) -> None:
        self._own = self._make(self._seed_of(trial))
        self._own.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Any, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        space: dict[str, BaseDistribution] = self._own.infer_relative_search_space(study, trial)
        return space

    def sample_relative(
        self, study: Any, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        drawn: dict[str, Any] = self._own.sample_relative(study, trial, search_space)
        return drawn

    def sample_independent(
        self, study: Any, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._own.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Any, trial: FrozenTrial, state: TrialState, values: Any) -> None:
        """Nothing: samplers that would end the study here do not know of trials that are lost."""

"""The `tune` section: which keys are searched, by which sampler, pruner and figure.

Samplers and pruners are Optuna's, by their names in snake case; these are their arguments alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    Strict,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from nnctl.config.constraints import Filled, Limits, Phrase
from nnctl.config.problems import detail, errors
from nnctl.config.types import Entry, Named, OrSection, Section
from nnctl.config.wording import excerpt
from nnctl.errors import ArgumentError
from nnctl.network.annotations import LARGEST_WHOLE, NonNegativeInt, OneOf, PositiveInt, Range
from nnctl.network.arguments import Component

MOST_STEPS = 1_000_000
Rate = Annotated[int, Range(2)]
Percent = Annotated[float, Range(0, 100)]


@dataclass(eq=False, repr=False)
class TPE(Component):
    """Draws where good trials lie more densely than bad ones, after `n_startup_trials` random ones.

    The tree-structured Parzen estimator, Optuna's default.
    """

    n_startup_trials: NonNegativeInt = 10
    n_ei_candidates: PositiveInt = 24
    multivariate: bool = False


class RandomSearch(Component):
    """Draws each value by itself, evenly over its range or list."""


class BruteForce(Component):
    """Tries every combination once, in a random order; ranges of numbers need a `step`."""


class NoPruner(Component):
    """Every trial goes on to its end."""


@dataclass(eq=False, repr=False)
class Median(Component):
    """Stops a trial whose best figure so far is worse than the median of the others at that epoch.

    Not in the first `n_startup_trials` trials, nor in a trial's first `n_warmup_steps` epochs.
    """

    n_startup_trials: NonNegativeInt = 5
    n_warmup_steps: NonNegativeInt = 0


@dataclass(eq=False, repr=False)
class Percentile(Component):
    """Like `median`, but keeps the best `percentile` percent of the trials."""

    percentile: Percent = 25.0
    n_startup_trials: NonNegativeInt = 5
    n_warmup_steps: NonNegativeInt = 0


@dataclass(eq=False, repr=False)
class SuccessiveHalving(Component):
    """Lets one in `reduction_factor` trials go on at each rung.

    Rungs are `min_resource` epochs high, then `reduction_factor` times more each.
    """

    min_resource: PositiveInt = 1
    reduction_factor: Rate = 4
    min_early_stopping_rate: NonNegativeInt = 0


@dataclass(eq=False, repr=False)
class Hyperband(Component):
    """Successive halving with several heights of the first rung at once."""

    min_resource: PositiveInt = 1
    reduction_factor: Rate = 3


@dataclass(eq=False, repr=False)
class Threshold(Component):
    """Stops a trial whose figure is below `lower` or above `upper`, or no number."""

    lower: float | None = None
    upper: float | None = None
    n_warmup_steps: NonNegativeInt = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lower is None and self.upper is None:
            raise ArgumentError("a threshold needs lower, or upper, or both", path="upper")


SAMPLERS: dict[str, type[Component]] = {
    "brute_force": BruteForce,
    "random": RandomSearch,
    "tpe": TPE,
}
PRUNERS: dict[str, type[Component]] = {
    "hyperband": Hyperband,
    "median": Median,
    "none": NoPruner,
    "percentile": Percentile,
    "successive_halving": SuccessiveHalving,
    "threshold": Threshold,
}


def whole_if_it_is(value: float) -> float:
    """A whole number as one, so that it is written as it was."""
    return int(value) if value.is_integer() and abs(value) < LARGEST_WHOLE else value


Bound = Annotated[float, Limits(), AfterValidator(whole_if_it_is)]


class SearchRange(Section):
    """Numbers from `low` to `high`, both included."""

    noun: ClassVar[str] = "a range"
    low: Bound
    high: Bound
    log: Annotated[bool, Strict()] = False
    step: Annotated[float, Limits(0, low_open=True), AfterValidator(whole_if_it_is)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        found = []
        if self.low > self.high:
            message = f"low is {excerpt(self.low)} and high {excerpt(self.high)}"
            found.append(detail(f"{message}; high must not be less", "swap them", ("low",)))
        if self.log and self.low <= 0:
            message = f"low is {excerpt(self.low)}; with log: true it must be greater than 0"
            found.append(detail(message, "raise low, or leave log out", ("low",)))
        if self.log and self.step is not None:
            message = "step and log exclude each other: equal steps are not equal factors"
            found.append(detail(message, "remove one of them", ("step",)))
        if self.step is not None and (self.high - self.low) / self.step > MOST_STEPS:
            message = (
                f"step is {excerpt(self.step)}, of which the range has more than {MOST_STEPS:g}"
            )
            found.append(detail(message, "raise step, or leave it out", ("step",)))
        if found:
            raise errors(*found)
        return self


Choices = Annotated[tuple[Any, ...], Filled()]


def entries(value: Any) -> Any:
    """What is searched, if each entry is a list or a mapping; raises worded errors."""
    if not isinstance(value, Mapping) or not value:
        allowed = "{KEY: [VALUE, …]} or {KEY: {low: …, high: …}}"
        raise errors(detail(f"{excerpt(value)} stands here; search is {allowed}"))
    found = [each for path, entry in value.items() for each in details_of(str(path), entry)]
    if found:
        raise errors(*found)
    return {str(path): entry for path, entry in value.items()}


def details_of(path: str, entry: Any) -> Iterator[InitErrorDetails]:
    """What is wrong with one entry."""
    if isinstance(entry, list | tuple) and entry:
        return
    if isinstance(entry, Mapping | Section):
        try:
            SearchRange.model_validate(entry)
        except ValidationError as error:
            for each in error.errors(include_url=False):
                told = each["ctx"]
                yield detail(told["message"], told["fix"], (path, *each["loc"]))
        return
    yield detail(
        f"{excerpt(entry)} stands here; it must be a list of values, not empty, "
        "or a range {low: …, high: …}",
        f"write [{excerpt(entry)}]" if isinstance(entry, int | float | str) else None,
        (path,),
    )


class TuneConfig(Section):
    """What `nnctl tune` searches, and how."""

    noun: ClassVar[str] = "tune"
    search: Annotated[
        dict[str, Annotated[Choices | SearchRange, OrSection(SearchRange)]],
        BeforeValidator(entries),
    ]
    trials: Annotated[int, Limits(1)] = 100
    sampler: Annotated[Entry, Named(OneOf("sampler", SAMPLERS))] = Field(
        "tpe", validate_default=True
    )
    pruner: Annotated[Entry, Named(OneOf("pruner", PRUNERS))] = Field(
        "median", validate_default=True
    )
    monitor: Annotated[str, Phrase("text", "text")] = "val_loss"
    direction: Literal["minimize", "maximize"] | None = None

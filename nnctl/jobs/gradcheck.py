"""`nnctl gradcheck`: proof of the package's derivatives, or of a config's on its own data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.derivatives.gradcheck import (
    CaseResult,
    Method,
    builtin_cases,
    check,
    model_case,
    parts_of,
)
from nnctl.errors import ArgumentError
from nnctl.jobs.finding import find_config, find_start, member_or_first
from nnctl.system import machine
from nnctl.training.seeds import generator

MOST_ROWS = 32


KINDS = ("layer", "activation", "loss", "regularizer", "operation")


@dataclass(frozen=True)
class PartResult:
    """What the cases of a layer, an activation, … have come to, all together."""

    kind: str
    name: str
    cases: int
    checked: int
    max_relative_error: float
    passed: bool


@dataclass(frozen=True)
class GradcheckResult:
    """The verdicts, in the order of the checks; and, of the package, by what they are about."""

    method: Method
    cases: tuple[CaseResult, ...]
    parts: tuple[PartResult, ...] = ()

    @property
    def passed(self) -> bool:
        return all(case.passed for case in self.cases)

    def as_json(self) -> dict[str, Any]:
        """The verdicts as plain data."""
        return {
            "passed": self.passed,
            "method": self.method,
            "cases": [
                {
                    "name": case.name,
                    "checked": case.checked,
                    "max_relative_error": case.max_relative_error,
                    "passed": case.passed,
                }
                for case in self.cases
            ],
        }


def gradcheck(
    config: Path | None = None,
    *,
    overrides: Sequence[str] = (),
    method: Method = "complex-step",
    init_weights: Path | None = None,
    seed: int | None = None,
    member: int | None = None,
) -> GradcheckResult:
    """Checks every built-in case, or a config's model on a batch of its training rows.

    Of an ensemble it is the model of a `member`, by default the first.

    Raises `NnctlError` for what cannot be read or built, or for options that need a config.
    """
    if config is None:
        own = {"--set": overrides, "--init-weights": init_weights, "--member": member}
        for option, value in own.items():
            if value:
                raise ArgumentError(f"{option} is for a model of your own", "name its config")
        if seed is not None and seed < 0:
            raise ArgumentError(f"--seed is {seed}; it must be a whole number at least 0")
        found = tuple(builtin_results(method, generator(seed or 0, "gradcheck")))
        return GradcheckResult(method, found, tuple(by_part(found)))
    results = config_results(config, overrides, method, init_weights, seed, member)
    return GradcheckResult(method, tuple(results))


def by_part(cases: Sequence[CaseResult]) -> Iterator[PartResult]:
    """The built-in cases by what they check, each under every part that it has."""
    grouped: dict[tuple[str, str], list[CaseResult]] = {}
    for case in cases:
        for part in parts_of(case.name):
            grouped.setdefault(part, []).append(case)
    for (kind, name), own in sorted(grouped.items(), key=lambda item: KINDS.index(item[0][0])):
        worst = max(case.max_relative_error for case in own)
        checked = sum(case.checked for case in own)
        yield PartResult(kind, name, len(own), checked, worst, all(case.passed for case in own))


def builtin_results(method: Method, draws: np.random.Generator) -> Iterator[CaseResult]:
    for name, case in builtin_cases(draws):
        yield from check(case, method, draws, name=name)


def config_results(
    path: Path,
    overrides: Sequence[str],
    method: Method,
    init_weights: Path | None,
    seed: int | None,
    member: int | None,
) -> list[CaseResult]:
    """One result a parameter array, in float64, on rows drawn by the seed."""
    config = load(find_config(path), overrides=overrides, named={"seed": seed})
    start = find_start(init_weights)
    built = build(config, dtype="float64", init_weights=start, member=member_or_first(member))
    draws = generator(config.seed, "gradcheck")
    count = min(MOST_ROWS, len(built.train))
    rows = np.sort(draws.choice(len(built.train), count, replace=False))
    case = model_case(built.model, built.model.loss, built.train.rows(rows))
    with machine.thread_limit(1), np.errstate(all="ignore"):  # data have numbers of any size
        return check(case, method, draws, each_array=True)

"""`nnctl validate`: what is wrong with configs, without training."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnctl.build import build
from nnctl.config import dump_yaml, load, resolved
from nnctl.errors import NnctlError, Problem


@dataclass(frozen=True)
class ValidateResult:
    """The problems of all files, in the order of the files; and what was looked at."""

    errors: tuple[Problem, ...]
    files: tuple[str, ...]
    advice: tuple[Any, ...] = field(default=())
    warnings: tuple[Problem, ...] = ()


def validate(configs: Sequence[Path], *, overrides: Sequence[str] = ()) -> ValidateResult:
    """Checks each config: its keys and values, its data, and the shapes of its model."""
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for path in configs:
        try:
            warnings += build(load(path, overrides=overrides)).prepared.warnings
        except NnctlError as error:
            problems += [problem.located(file=str(path)) for problem in error.problems]
    files = tuple(map(str, configs))
    return ValidateResult(tuple(problems), files, warnings=tuple(warnings))


def resolved_config(path: Path, *, overrides: Sequence[str] = ()) -> str:
    """The config as YAML, with every default filled in; paths stay as they are written.

    Raises `NnctlError` with all that is wrong with its keys and values.
    """
    return dump_yaml(resolved(load(path, overrides=overrides)))


def as_json(result: ValidateResult) -> dict[str, Any]:
    """The findings as plain data."""
    return {
        "valid": not result.errors,
        "errors": [
            {
                "file": problem.file,
                "line": problem.line,
                "path": problem.path,
                "message": problem.message,
                **({"fix": problem.fix} if problem.fix else {}),
            }
            for problem in result.errors
        ],
        "advice": list(result.advice),
    }

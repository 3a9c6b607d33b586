"""`nnctl validate`: what is wrong with configs, and what could be better, without training."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnctl.advice import Advice, advice_for, advice_on
from nnctl.assembly.build import build
from nnctl.config import dump_yaml, load, resolved
from nnctl.data.overview import ColumnFacts
from nnctl.errors import ExitStatus, NnctlError, Problem
from nnctl.jobs.finding import find_config

if TYPE_CHECKING:
    from nnctl.jobs.images.sheet import Sheets


@dataclass(frozen=True)
class ValidateResult:
    """The problems of all files and the advice on them, in the order of the files.

    `files` are those looked at; `warnings` tell what a user should know of their data. Of a single
    config `columns` tells what the rows that train hold, where they come from a table, and `sheets`
    what the images are, where they are images.
    """

    errors: tuple[Problem, ...]
    files: tuple[str, ...]
    advice: tuple[Advice, ...] = ()
    warnings: tuple[Problem, ...] = ()
    columns: tuple[ColumnFacts, ...] = ()
    sheets: "Sheets | None" = None

    def as_json(self) -> dict[str, Any]:
        """The findings as plain data."""
        return {
            "valid": not self.errors,
            "errors": [
                {
                    "file": problem.file,
                    "line": problem.line,
                    "path": problem.path,
                    "message": problem.message,
                    **({"fix": problem.fix} if problem.fix else {}),
                }
                for problem in self.errors
            ],
            "advice": [advice.as_json() for advice in self.advice],
        }


def validate(configs: Sequence[Path], *, overrides: Sequence[str] = ()) -> ValidateResult:
    """Checks each config: its keys and values, its data, and the shapes of its model.

    Where the data or shapes are at fault, the advice is on the config alone.
    """
    problems: list[Problem] = []
    advice: list[Advice] = []
    warnings: list[Problem] = []
    columns: tuple[ColumnFacts, ...] = ()
    sheets = None
    for path in configs:
        config = None
        try:
            config = load(find_config(path), overrides=overrides)
            built = build(config, survey=len(configs) == 1)
            if config.tune is not None:
                from nnctl.jobs.studies.search_check import (
                    check_search,  # which few configs ask for
                )

                check_search(built)
        except NnctlError as error:
            if error.status is not ExitStatus.COULD_NOT_RUN:
                raise  # a full disk is no mistake of the config
            problems += [problem.located(file=str(path)) for problem in error.problems]
            advice += () if config is None else advice_on(config)
            continue
        warnings += built.prepared.warnings
        columns = built.prepared.columns
        if config.data.image is not None and len(configs) == 1:
            from nnctl.jobs.images.sheet import sheets_of  # few data are images

            sheets = sheets_of(built)
        advice += advice_for(built)
    files = tuple(map(str, configs))
    return ValidateResult(tuple(problems), files, tuple(advice), tuple(warnings), columns, sheets)


def resolved_config(path: Path, *, overrides: Sequence[str] = ()) -> str:
    """The config as YAML, with every default filled in; paths stay as they are written.

    Raises `NnctlError` with all that is wrong with its keys and values.
    """
    return dump_yaml(
        resolved(load(find_config(path), overrides=overrides), tune=True, unasked=True)
    )

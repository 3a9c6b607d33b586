"""`nnctl report`: one HTML file about a run, or about several side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnctl.errors import ArgumentError
from nnctl.jobs.finding import find_run
from nnctl.jobs.studies.so_far import study_so_far
from nnctl.runs.folder import REPORT
from nnctl.runs.study_folder import is_study
from nnctl.system.atomic import atomic_file
from nnctl.system.extras import load_extra

PACKAGES = ("matplotlib", "jinja2")


@dataclass(frozen=True)
class ReportResult:
    """The file that was written, its size in bytes, and by run what it lacks, with the reason."""

    path: Path
    size: int
    missing: dict[str, dict[str, str]]


def report(runs: Sequence[Path], *, output: Path | None = None) -> ReportResult:
    """Writes the report on some run folders to `output`, or else into the folder of a single one.

    The folder of a study makes a report of its own. A run may also be named by its weights or
    checkpoint. Raises `NnctlError` where a package of the extra is not installed, for what is no
    run, and where several runs have no `output`.
    """
    for package in PACKAGES:
        load_extra(package, "report")
    if output is None and len(runs) > 1:
        message = "several runs make one report, which belongs into none of their folders"
        raise ArgumentError(message, "name its file: -o comparison.html")
    folders = [find_run(run) for run in runs]
    path = folders[0] / REPORT if output is None else output
    with np.errstate(all="ignore"):  # a run that went astray has numbers of any size
        text, missing = run_or_study_page(folders)
    with atomic_file(path, "w") as file:
        file.write(text)
    return ReportResult(path, len(text.encode()), missing)


def run_or_study_page(folders: Sequence[Path]) -> tuple[str, dict[str, dict[str, str]]]:
    """The page on some runs, or on one study, and by run what it lacks."""
    from nnctl.report.collecting import collect
    from nnctl.report.page import page

    names = names_of(folders)
    if studies := [folder for folder in folders if is_study(folder)]:
        if len(folders) > 1:
            message = f"{studies[0]} is a study, which makes a report of its own"
            raise ArgumentError(message, "name it alone, or name runs")
        return study_page_of(folders[0], names[0])
    collected = [collect(*each) for each in zip(folders, names, strict=True)]
    return page(collected), {run.name: run.missing for run in collected}


def study_page_of(folder: Path, name: str) -> tuple[str, dict[str, dict[str, str]]]:
    """The page on a study, and what it lacks where that has not ended."""
    from nnctl.report.study import ended_study, study_page, study_report

    so_far = study_so_far(folder)
    if so_far is None:
        return study_page(ended_study(folder, name)), {}
    study = study_report(name, *so_far)
    return study_page(study), {name: {"importance": study.progress}}


def names_of(folders: Sequence[Path]) -> list[str]:
    """What the runs are called: as their folders are, or, where two are alike, by their paths."""
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) == len(names):
        return names
    return [str(folder) for folder in folders]

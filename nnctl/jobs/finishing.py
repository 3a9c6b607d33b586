"""How a run ends: its weights, its figures, and what there is to say of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnctl.advice import Advice
from nnctl.advice.verdict import Ending, climb_of, verdict_of_divergence, verdict_on
from nnctl.assembly.build import Built
from nnctl.assembly.comparison import absence, baselines
from nnctl.errors import ExitStatus, Problem
from nnctl.jobs.job import Job, TrainResult, data_facts, file_to_try, metadata_of, stopping_of
from nnctl.rules.judging import UNDEFINED_MONITOR
from nnctl.runs.folder import RESULTS, RunFolder
from nnctl.runs.results import results_of, save_results
from nnctl.runs.weights import save_weights
from nnctl.training.callbacks import Reason
from nnctl.training.ranks import is_first

PARTS = ("train", "validation", "test")
SLOWER = "lower optimizer.learning_rate, or scale the data"


def notes_of(warnings: Sequence[Problem], advice: Sequence[Advice]) -> dict[str, list[Any]]:
    """Warnings and advice as `results.json` has them."""
    texts = [": ".join(filter(None, (warning.path, warning.message))) for warning in warnings]
    keys = ("code", "path", "message", "change")
    plain = [{key: getattr(each, key) for key in keys} for each in advice]
    return {"warnings": texts, "advice": plain}


def finish(
    job: Job, folder: RunFolder, reason: Reason, advice: tuple[Advice, ...] = ()
) -> TrainResult:
    """Writes weights and results; `advice` is what training itself has shown."""
    built = job.built
    model = built.model
    if is_first(model.ranks):
        save_weights(folder.weights, model.named_arrays(), metadata_of(job))
    test = None if built.test is None else model.evaluator.figures(built.test)
    results = final_results(job, folder.path, folder.weights, reason, test)
    figures = {part: results[part] for part in PARTS if part in results}
    guessed = {part: baselines_of(built, part, figures[part]) for part in figures}
    ending = Ending(built, reason, figures, guessed, stopping_of(job))
    verdict = verdict_on(ending)
    climb = climb_of(ending)
    warnings = (*undefined_figures(job), *absences(job, figures))
    results["baselines"] = guessed
    results["verdict"] = verdict.as_json()
    results["status"] = reason if climb is None else "diverged"
    results |= job_facts(job, notes_of(warnings, advice))
    write_results(job, folder, results)
    return TrainResult(
        folder.path,
        folder.weights,
        results,
        ExitStatus.DONE if climb is None else ExitStatus.NO,
        file_to_try(built.config),
        problems=() if climb is None else (Problem(climb, SLOWER),),
        warnings=warnings,
        advice=advice,
        verdict=verdict,
    )


def baselines_of(built: Built, part: str, figures: Mapping[str, float]) -> dict[str, float]:
    """What those figures of a part of the data that have a baseline would be without a model.

    A single row has none: it is its own mean.
    """
    if len(built.examples(part)) < 2:
        return {}
    targets = built.prepared.preprocessing.targets
    known = baselines(built.model.loss.task, targets, built.examples(part).y)
    return {name: value for name, value in known.items() if name in figures}


def undefined_figures(job: Job) -> list[Problem]:
    """What to tell of figures that were to decide something, and were not defined.

    Nothing where advice has said so before.
    """
    if any(each["code"] == UNDEFINED_MONITOR.code for each in job.told.get("advice", ())):
        return []
    found = [each.undefined_problem() for each in job.watching]
    return [problem for problem in found if problem is not None]


def absences(job: Job, figures: Mapping[str, Mapping[str, float]]) -> list[Problem]:
    """What to tell of the parts of the data that lack a class."""
    targets = job.built.prepared.preprocessing.targets
    told = {each.monitor for each in job.watching if each.undefined}
    found = []
    for part in figures:
        ahead = "val_" if part == "validation" else ""
        names = [name for name in figures[part] if f"{ahead}{name}" not in told]
        found.append(absence(targets, job.built.examples(part).y, f"no {part} row", names))
    return [problem for problem in found if problem is not None]


def final_results(
    job: Job,
    folder: Path,
    weights: Path | None,
    status: str,
    test: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """The figures of the weights that a run ends with, and what they come from."""
    stopping = stopping_of(job)
    return results_of(
        job.built.model.state(),
        folder=folder,
        weights=weights,
        seed=job.built.config.seed,
        status=status,
        test=test,
        best_epoch=stopping.best_epoch if stopping else None,
    )


def unfinished_results(job: Job, folder: RunFolder, status: str) -> dict[str, Any]:
    """What `results.json` holds of a run that has not come to its end."""
    return final_results(job, folder.path, None, status) | job_facts(job, notes_of((), ()))


def diverged_result(job: Job, folder: RunFolder, problems: Sequence[Problem]) -> TrainResult:
    """What there is of a run whose numbers are not finite any more."""
    verdict = verdict_of_divergence(job.built, problems)
    results = unfinished_results(job, folder, "diverged")
    results["verdict"] = verdict.as_json()
    write_results(job, folder, results)
    result = result_without_weights(job, folder, results, ExitStatus.NO)
    return result._replace(problems=tuple(problems), verdict=verdict)


def result_without_weights(
    job: Job, folder: RunFolder, results: dict[str, Any], status: ExitStatus
) -> TrainResult:
    """The result of a run that a checkpoint alone is left of."""
    file = file_to_try(job.built.config)
    return TrainResult(folder.path, folder.weights, results, status, file)


def write_results(job: Job, folder: RunFolder, results: Mapping[str, Any]) -> None:
    """Writes `results.json`, if this process is the one that writes."""
    if is_first(job.built.model.ranks):
        save_results(folder.path / RESULTS, results)


def job_facts(job: Job, notes: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What a run is about, for `results.json`: its config, its data, all that was told of it."""
    told = {key: [*job.told.get(key, ()), *notes[key]] for key in notes}
    return {**told, "config": job.about.config, "data": data_facts(job)}

"""How a run ends: its weights, its figures, and what there is to say of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nnctl.advice import Advice
from nnctl.advice.verdict import Ending, climb_of, verdict_of_divergence, verdict_on
from nnctl.assembly.build import Built
from nnctl.assembly.comparison import absence, baselines
from nnctl.calibration.readout import AS_IT_IS, Readout
from nnctl.errors import ExitStatus, Problem
from nnctl.graph import Array
from nnctl.jobs.job import (
    Job,
    TrainResult,
    arrays_of,
    data_facts,
    file_apart,
    file_to_try,
    metadata_of,
    stopping_among,
    stopping_of,
)
from nnctl.rules.judging import UNDEFINED_MONITOR
from nnctl.runs.folder import RESULTS, RunFolder
from nnctl.runs.results import (
    Epochs,
    final_figures,
    results_of,
    results_of_members,
    save_results,
)
from nnctl.runs.weights import save_weights
from nnctl.training.callbacks import Reason
from nnctl.training.ranks import is_first
from nnctl.training.sequential import Sequential
from nnctl.training.state import TrainingState

if TYPE_CHECKING:
    from nnctl.training.ensemble import Predicting
    from nnctl.training.monitors import Monitor

SLOWER = "lower optimizer.learning_rate, or scale the data"


def notes_of(warnings: Sequence[Problem], advice: Sequence[Advice]) -> dict[str, list[Any]]:
    """Warnings and advice as `results.json` has them."""
    texts = [": ".join(filter(None, (warning.path, warning.message))) for warning in warnings]
    keys = ("code", "path", "message", "change")
    plain = [{key: getattr(each, key) for key in keys} for each in advice]
    return {"warnings": texts, "advice": plain}


class Product(NamedTuple):
    """What a training has come to: the model, its figures by part of the data.

    `truth` has the targets of the parts' rows. Each of the `members`, one unless it is an ensemble,
    has its callbacks that belong to the run in `watching`; `tests` are their own figures on the
    test rows. `readout` is what follows the output, of which `notices` tell.
    """

    model: "Predicting"
    figures: Mapping[str, Mapping[str, float]]
    truth: Mapping[str, Array]
    members: tuple[Sequential, ...]
    watching: "tuple[tuple[Monitor, ...], ...]"
    tests: tuple[Mapping[str, float], ...] = ()
    readout: Readout = AS_IT_IS
    notices: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, job: Job) -> "Product":
        """That of a single model, whose figures are those of its epoch, or of its answers."""
        built, model = job.built, job.built.model
        if built.config.asks_of_answers:
            return cls.of_answers(built, model, (model,), (job.watching,))
        train, validation = final_figures(model.state())
        test = None if built.test is None else model.evaluator.figures(built.test)
        figures = {"train": train, "validation": validation, "test": test or {}}
        figures = {part: found for part, found in figures.items() if found}
        truth = {part: built.examples(part).y for part in figures}
        return cls(model, figures, truth, (model,), (job.watching,))

    @classmethod
    def of_members(
        cls,
        built: Built,
        models: Sequence[Sequential],
        watching: "Sequence[tuple[Monitor, ...]]",
    ) -> "Product":
        """That of several members, whose training is over; `built` has the data of the first."""
        from nnctl.training.ensemble import Ensemble

        tests: list[Mapping[str, float]] = []
        if built.test is not None:
            tests = [model.evaluator.figures(built.test) for model in models]
        return cls.of_answers(built, Ensemble(models), models, watching, tests)

    @classmethod
    def of_answers(
        cls,
        built: Built,
        model: "Predicting",
        members: Sequence[Sequential],
        watching: "Sequence[tuple[Monitor, ...]]",
        tests: Sequence[Mapping[str, float]] = (),
    ) -> "Product":
        """That of what answers: a model, or several together, with what follows their output."""
        from nnctl.assembly.out_of_bag import figures_by_part

        readout, notices = AS_IT_IS, tuple[Problem, ...]()
        if built.config.asks_of_answers:
            from nnctl.assembly.answering import fit_readout

            model, readout, notices = fit_readout(built, model)
        parts = figures_by_part(built, model)
        return cls(
            model,
            {name: part.figures for name, part in parts.items()},
            {name: part.truth for name, part in parts.items()},
            tuple(members),
            tuple(watching),
            tuple(tests),
            readout,
            notices,
        )

    @property
    def is_ensemble(self) -> bool:
        """Whether there are several members."""
        return len(self.members) > 1

    @property
    def states(self) -> tuple[TrainingState, ...]:
        """Where the training of each member stands."""
        return tuple(member.state() for member in self.members)


def finish(
    job: Job,
    folder: RunFolder,
    reason: Reason,
    advice: tuple[Advice, ...] = (),
    product: Product | None = None,
) -> TrainResult:
    """Writes weights and results; `advice` is what training itself has shown.

    `product` is that of an ensemble, whose first member `job` trains.
    """
    built = job.built
    made = product or Product.of(job)
    if is_first(built.model.ranks):
        save_weights(folder.weights, arrays_of(job, made.members), metadata_of(job, made.readout))
    results = results_of_product(job, folder, reason, made)
    guessed = {part: baselines_of(built, made, part) for part in made.figures}
    stopping = tuple(map(stopping_among, made.watching))
    figures, truth = made.figures, made.truth
    ending = Ending(built, made.model, reason, figures, guessed, truth, made.states, stopping)
    verdict = verdict_on(ending)
    climb = climb_of(ending)
    warnings = (*made.notices, *undefined_figures(job, made), *absences(built, made))
    warnings += tuple(unasked_rows(built))
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
        has_trained=file_apart(built.config) is None,
    )


def results_of_product(job: Job, folder: RunFolder, status: str, made: Product) -> dict[str, Any]:
    """The figures of what a training has come to."""
    if not made.is_ensemble:
        results = final_results(job, folder.path, folder.weights, status, made.figures.get("test"))
        results |= {part: dict(figures) for part, figures in made.figures.items()}
    else:
        results = results_of_members(
            made.states,
            made.figures,
            made.tests,
            folder=folder.path,
            weights=folder.weights,
            seed=job.built.config.seed,
            status=status,
        )
    if made.readout != AS_IT_IS:
        results["readout"] = made.readout.to_json()
    return results


def baselines_of(built: Built, made: Product, part: str) -> dict[str, float]:
    """What those figures of a part of the data that have a baseline would be without a model.

    A single row has none: it is its own mean.
    """
    truth = made.truth[part]
    if len(truth) < 2:
        return {}
    known = baselines(built.model.loss.task, built.prepared.preprocessing.targets, truth)
    return {name: value for name, value in known.items() if name in made.figures[part]}


def undefined_figures(job: Job, made: Product) -> list[Problem]:
    """What to tell of figures that were to decide something, and were not defined.

    Nothing where advice has said so before; of several members once, with the first of them.
    """
    if any(each["code"] == UNDEFINED_MONITOR.code for each in job.told.get("advice", ())):
        return []
    found: dict[str, Problem] = {}
    for number, watching in enumerate(made.watching, start=1):
        for each in watching:
            problem = each.undefined_problem()
            if problem is not None and made.is_ensemble:
                problem = problem._replace(message=f"member {number}: {problem.message}")
            if problem is not None:
                found.setdefault(problem.path, problem)
    return list(found.values())


def absences(built: Built, made: Product) -> list[Problem]:
    """What to tell of the parts of the data that lack a class."""
    targets = built.prepared.preprocessing.targets
    monitors = [each for watching in made.watching for each in watching]
    told = {each.monitor for each in monitors if each.undefined}
    found = []
    for part, figures in made.figures.items():
        ahead = "val_" if part == "validation" else ""
        names = [name for name in figures if f"{ahead}{name}" not in told]
        found.append(absence(targets, made.truth[part], f"no {part} row", names))
    return [problem for problem in found if problem is not None]


def unasked_rows(built: Built) -> list[Problem]:
    """What to tell of calibration rows that nothing is fitted to, and that have not trained."""
    if built.calibration is None or built.config.asks_of_answers:
        return []
    message = f"{len(built.calibration):,} rows were kept from the training, and nothing used them"
    fix = 'add "calibrate: true", a threshold or intervals, or remove it'
    return [Problem(message, fix, path="data.calibration")]


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


def unfinished_results(
    job: Job, folder: RunFolder, status: str, members: Sequence[Epochs] = ()
) -> dict[str, Any]:
    """What `results.json` holds of a run that has not come to its end, of an ensemble's members."""
    results = final_results(job, folder.path, None, status)
    if members:
        path, seed = folder.path, job.built.config.seed
        results = results_of_members(
            members, {}, folder=path, weights=None, seed=seed, status=status
        )
    return results | job_facts(job, notes_of((), ()))


def diverged_result(
    job: Job, folder: RunFolder, problems: Sequence[Problem], members: Sequence[Epochs] = ()
) -> TrainResult:
    """What there is of a run whose numbers are not finite any more."""
    verdict = verdict_of_divergence(job.built, problems)
    results = unfinished_results(job, folder, "diverged", members)
    results["verdict"] = verdict.as_json()
    write_results(job, folder, results)
    result = result_without_weights(job, folder, results, ExitStatus.NO)
    return result._replace(problems=tuple(problems), verdict=verdict)


def result_without_weights(
    job: Job, folder: RunFolder, results: dict[str, Any], status: ExitStatus
) -> TrainResult:
    """The result of a run that a checkpoint alone is left of."""
    file = file_to_try(job.built.config)
    trained = file_apart(job.built.config) is None
    return TrainResult(folder.path, folder.weights, results, status, file, has_trained=trained)


def write_results(job: Job, folder: RunFolder, results: Mapping[str, Any]) -> None:
    """Writes `results.json`, if this process is the one that writes."""
    if is_first(job.built.model.ranks):
        save_results(folder.path / RESULTS, results)


def job_facts(job: Job, notes: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What a run is about, for `results.json`: its config, its data, all that was told of it."""
    told = {key: [*job.told.get(key, ()), *notes[key]] for key in notes}
    return {**told, "config": job.about.config, "data": data_facts(job)}

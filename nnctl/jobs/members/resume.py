"""`nnctl resume` of a run of several members, each with a checkpoint of its own."""

from collections.abc import Callable, Sequence

from nnctl.advice import advice_for
from nnctl.assembly.build import build, compiled_for
from nnctl.config import Config
from nnctl.errors import Problem
from nnctl.jobs.finishing import notes_of
from nnctl.jobs.job import Job, TrainResult, monitors
from nnctl.jobs.members.course import reason_of_all, save_history_of_members
from nnctl.jobs.members.run import finish_members, go_on_with_members, members_of, read_members
from nnctl.jobs.members.standing import Standing
from nnctl.jobs.run import digests_of
from nnctl.jobs.saved_run import check_data, check_unchanged, config_of, is_done, write_config
from nnctl.runs.checkpoint import Saved, rewrite_checkpoint
from nnctl.runs.folder import HISTORY, RESULTS, RunFolder
from nnctl.runs.results import epochs_of_members
from nnctl.training.callbacks import Callback, Reason


def resume_ensemble(
    folder: RunFolder,
    epochs: int | None,
    callbacks: Sequence[Callback],
    processes: int | None,
    warn: Callable[[Problem], object],
) -> TrainResult | None:
    """Goes on with the members whose training is not over, as `resume` says."""
    saved = read_members(folder, members_of(folder))
    # Where a resume to more epochs was broken off, some members know of them, and the others not.
    latest = max(saved, key=lambda each: int(each.about.config["epochs"]))
    furthest = max(saved, key=lambda each: (each.epoch, each.batch))
    check_unchanged(folder, latest)
    config = config_of(furthest._replace(about=latest.about), epochs)
    over = [is_over(each, config, epochs) for each in saved]
    if all(over) and is_written_whole(folder, saved):
        return None
    job = job_of_members(saved, config)
    folder.clear_away()
    write_config(folder, job)
    for place, each in enumerate(saved):
        if not over[place]:
            saved[place] = going_on(each, job)
            rewrite_checkpoint(saved[place])
    standings = [Standing.of(each, job, ended_of(each)) for each in saved]
    if all(over):
        save_history_of_members(folder.path / HISTORY, standings)  # which may lack the last epochs
        return finish_members(job, folder, reason_of_all(standings))
    for problem in job.built.prepared.warnings:
        warn(problem)
    return go_on_with_members(job, folder, standings, callbacks, processes)


def is_over(saved: Saved, config: Config, epochs: int | None) -> bool:
    """Whether there is nothing left to train of a member."""
    if epochs is None and saved.about.config["epochs"] != config.epochs:
        epochs = config.epochs  # which were asked for, when it was not told of them any more
    return is_done(saved, config, epochs)


def is_written_whole(folder: RunFolder, saved: Sequence[Saved]) -> bool:
    """Whether weights and results are those of the checkpoints, not of an earlier end."""
    told = epochs_of_members(folder.path / RESULTS)
    return folder.weights.is_file() and told == [each.epoch for each in saved]


def job_of_members(saved: Sequence[Saved], config: Config) -> Job:
    """The job of the first member, for which the data are read.

    Raises `NnctlError` for other data than the run's, and for checkpoints that are not its.
    """
    digests = digests_of(config)
    built = build(config)
    job = Job.of(built, digests, notes_of(built.prepared.warnings, advice_for(built)))
    check_data(saved[0], job)
    targets = built.prepared.preprocessing.targets
    for each in saved:
        validated = built.validation is not None
        each.check(built.train, config.batch_size, built.model.metrics, validated)
        model = compiled_for(config, targets, built.model.input_shape, each.member)
        each.restore(model.state(), monitors(config))
    return job


def going_on(saved: Saved, job: Job) -> Saved:
    """The checkpoint of a member whose training is to go on.

    Where it was stopped, further epochs are asked for, and the patience counts anew.
    """
    states = saved.callbacks
    if saved.ended == "stopped":
        states = [{**state, "wait": 0} for state in states]
    return saved._replace(about=job.about, ended=None, callbacks=states)


def ended_of(saved: Saved) -> Reason | None:
    """Why a member's training is over, if it is."""
    if saved.ended is None and saved.epoch < int(saved.about.config["epochs"]):
        return None
    return "stopped" if saved.ended == "stopped" else "finished"

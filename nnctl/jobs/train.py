"""`nnctl train`: from a config to a run folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nnctl.advice import Advice, advice_for
from nnctl.assembly.build import build
from nnctl.config import Config, load
from nnctl.errors import NnctlError, Problem
from nnctl.jobs.finding import find_config, find_start
from nnctl.jobs.job import TrainResult
from nnctl.jobs.run import digests_of, run_in
from nnctl.runs.folder import choose
from nnctl.training.callbacks import Callback
from nnctl.training.ranks import Ranks, first_alone, together


def train(
    config: Path,
    *,
    output: Path | None = None,
    overrides: Sequence[str] = (),
    epochs: int | None = None,
    seed: int | None = None,
    ensemble: int | None = None,
    init_weights: Path | None = None,
    overwrite: bool = False,
    processes: int | None = None,
    callbacks: Sequence[Callback] = (),
    ranks: Ranks | None = None,
    warn: Callable[[Problem], object] = lambda problem: None,
    advise: Callable[[Sequence[Advice]], object] = lambda advice: None,
) -> TrainResult:
    """Trains what the config says, and writes the run's folder.

    `callbacks` watch, and may stop the run; before it starts, what a user should know of the data
    is told to `warn`, and to `advise` what looks like a mistake. Nothing is written before the
    config, the data and the folder are known to be sound. Raises `NnctlError` where they are not.
    Several `ranks` train together; the first alone writes. The members of an ensemble are trained
    by up to so many `processes`, by default one a core.
    """
    given = {"epochs": epochs, "seed": seed, "ensemble": ensemble}
    checked = together(ranks, lambda: load(find_config(config), overrides=overrides, named=given))
    together(ranks, lambda: refuse_members(checked, ranks))
    folder = first_alone(ranks, lambda: choose(checked.name, output, overwrite))
    digests = digests_of(checked)
    start = together(ranks, lambda: find_start(init_weights))
    built = together(ranks, lambda: build(checked, init_weights=start, ranks=ranks))
    for problem in built.prepared.warnings:
        warn(problem)
    if checked.data.image is not None:
        from nnctl.jobs.images.sheet import warn_of_twins  # few data are images

        for problem in warn_of_twins(built):
            warn(problem)
    advice = advice_for(built)
    advise(advice)
    if checked.members == 1:
        return run_in(folder, built, callbacks, digests, advice)
    from nnctl.jobs.members.run import train_ensemble  # with what starts processes

    return train_ensemble(
        folder, built, callbacks, digests, advice, init_weights=start, processes=processes
    )


def refuse_members(config: Config, ranks: Ranks | None) -> None:
    """Raises `NnctlError` for members that several processes of mpirun are to train."""
    if ranks is not None and config.members > 1:
        message = f"ensemble is {config.members}; members are trained without mpirun"
        fix = "run it without mpirun: it starts processes of its own; or take ensemble out"
        raise NnctlError(config.problem("ensemble", message, fix))

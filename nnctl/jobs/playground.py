"""`nnctl playground`: a page on which a network can be watched while it learns."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnctl.assembly.answering import fit_readout
from nnctl.assembly.build import build
from nnctl.assembly.trained import load_trained
from nnctl.calibration.readout import AS_IT_IS
from nnctl.config import Config, load
from nnctl.errors import ArgumentError, ExitStatus, NnctlError, Problem
from nnctl.jobs.finding import find_config, find_run, look, member_or_first
from nnctl.jobs.job import monitors, training_of
from nnctl.playground.contents import contents_of
from nnctl.playground.page import playground_page
from nnctl.playground.recording import Recording, check_showable, frames_to_keep
from nnctl.report.collecting import kept_epochs, read_histories, run_facts
from nnctl.report.files import used_files
from nnctl.runs.folder import HISTORY, RESULTS, is_run
from nnctl.runs.results import read_results
from nnctl.system.atomic import atomic_file
from nnctl.training.callbacks import Callback
from nnctl.training.frames import Frame, Frames
from nnctl.training.loop import TrainingDiverged

Display = Callable[[], AbstractContextManager[Sequence[Callback] | None]]


@dataclass(frozen=True)
class PlaygroundResult:
    """The page that was written, its size in bytes, and the frames of each model.

    `frames` are in the order of the models, each with its name; `problems` are those of trainings
    that diverged: the page shows them up to there.
    """

    path: Path
    size: int
    frames: tuple[tuple[str, int], ...]
    status: ExitStatus = ExitStatus.DONE
    problems: tuple[Problem, ...] = ()


def playground(
    given: Sequence[Path],
    *,
    output: Path | None = None,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    epochs: int | None = None,
    member: int | None = None,
    display: Display = nullcontext,
) -> PlaygroundResult:
    """Writes the page on some configs, which are trained for it, or runs, to `output`.

    By default that is `NAME.html` here, the names of several joined by `-`: a run is called as its
    folder is, a training as its config. Of an ensemble it shows a `member`, the first unless that
    is given. Each training has a `display` of its own. Raises `NnctlError` for what cannot be read
    or built, and for models that the page cannot show.
    """
    recordings, problems = [], list[Problem]()
    for path in given:
        named = {"seed": seed, "epochs": epochs}
        if look(path).kind in ("run", "weights"):
            refuse_changes(path, {"set": overrides or None, **named})
            recordings.append(finished(path, member_or_first(member)))
            continue
        config = load(find_config(path), overrides=overrides, named=named)
        recording, diverged = watched(config, member_or_first(member), display)
        recordings.append(recording)
        problems += diverged
    target = output or Path("-".join(recording.name for recording in recordings) + ".html")
    recordings = told_apart(recordings)
    text = playground_page([contents_of(recording) for recording in recordings])
    with atomic_file(target, "w") as file:
        file.write(text)
    frames = tuple((recording.name, len(recording.frames)) for recording in recordings)
    status = ExitStatus.NO if problems else ExitStatus.DONE
    return PlaygroundResult(target, len(text.encode()), frames, status, tuple(problems))


def told_apart(recordings: Sequence[Recording]) -> list[Recording]:
    """The same, those of the same name numbered."""
    names = [recording.name for recording in recordings]
    numbers = [names[: place + 1].count(name) for place, name in enumerate(names)]
    return [
        replace(each, name=f"{each.name} ({number})") if names.count(each.name) > 1 else each
        for each, number in zip(recordings, numbers, strict=True)
    ]


def refuse_changes(run: Path, options: Mapping[str, Any]) -> None:
    """Raises `ArgumentError` for options that would train a run anew."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        message = f"--{given[0]} changes a training, and {run} is a run, which is shown as it is"
        raise ArgumentError(message, "name its config in its place")


def watched(config: Config, member: int, display: Display) -> tuple[Recording, tuple[Problem, ...]]:
    """A config's model, trained with frames, and why the training diverged if it did.

    It is the training that `nnctl train` does, number for number.
    """
    built = build(config, member=member)
    check_showable(built)
    training = training_of(built)
    frames = Frames(training, frames_to_keep(built.model))
    problems: tuple[Problem, ...] = ()
    with training.on_threads(), display() as shown:
        try:
            training.run([frames, *monitors(config), *(shown or ())])
        except TrainingDiverged as error:
            problems = tuple(error.problems)
    state = built.model.state()
    history = {**state.history, "learning_rate": state.learning_rates}
    # What diverged has no answers to correct.
    readout = AS_IT_IS if problems else fit_readout(built, built.model).readout
    told = [f"The training diverged: {problem.message}." for problem in problems]
    if state.restored:
        kept = f"those of epoch {state.weights_epoch}"
        told.append(f"The last moment has the weights that were kept, {kept}.")
    recording = Recording(
        config.name, built, frames.frames, history, training.batches, readout, True, tuple(told)
    )
    return recording, problems


def finished(path: Path, member: int) -> Recording:
    """A run in its last state. Raises `NnctlError` where its data are not those of then."""
    folder = find_run(path)
    if not is_run(folder):
        message = "these weights lie in no run, so that nobody knows the rows that trained them"
        raise NnctlError(Problem(message, "name the run folder, or a config", str(path)))
    config, digests, _ = run_facts(folder)
    trained = load_trained(path)
    faults = [
        Problem(f"{file.name}: {file.fault}", "put the file back as it was", str(folder))
        for file in used_files(config, digests)
        if file.fault is not None and file.part.startswith("train")
    ]
    if faults:
        raise NnctlError(faults)
    built = build(config, init_weights=folder, member=member)
    batches = training_of(built).batches
    history = read_histories(folder / HISTORY)[member - 1]
    kept = kept_epochs(config, read_results(folder / RESULTS) or {})
    epoch = kept[member - 1] if kept else len(history["loss"])
    frame = Frame(epoch * batches, built.model.vector.copy())
    return Recording(
        folder.resolve().name, built, [frame], history, batches, trained.readout, False
    )

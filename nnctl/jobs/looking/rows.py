"""The rows that a trained model is looked at with: those of a file, or of its own run."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from nnctl.assembly.build import Built
from nnctl.assembly.examples import examples_for, given_file, nbytes
from nnctl.assembly.out_of_bag import own_rows
from nnctl.assembly.trained import Trained, load_trained
from nnctl.data.prepare import read_examples
from nnctl.errors import NnctlError, Problem
from nnctl.jobs.finding import find_weights, find_weights_and_data
from nnctl.runs.folder import CONFIG
from nnctl.training.step import Examples


class Looked(NamedTuple):
    """A trained model, and rows with their targets; `warnings` tell what to know of them."""

    trained: Trained
    examples: Examples
    warnings: tuple[Problem, ...] = ()


def rows_to_look_at(
    run: Path,
    data: Path | None,
    features: Sequence[str] = (),
    target: Sequence[str] = (),
    table: str | None = None,
) -> Looked:
    """The model of a run with the rows of `data`, or else with those that the run validated on.

    A run without any has the rows that it trained on, with a notice. Raises `NnctlError` for what
    cannot be read, and where a run's own data are not what they were.
    """
    if data is not None:
        run, data = find_weights_and_data(run, data)
        trained = load_trained(run)
        warnings: list[Problem] = []
        file = given_file(trained.config, data, features, target, table)
        memory = nbytes(trained.config.data.memory)
        prepared = read_examples(trained.preprocessing, file, warnings, memory)
        return Looked(trained, examples_for(trained.model, prepared), tuple(warnings))
    trained = load_trained(find_weights(run))
    built = built_again(run, "name a file of data, behind it")
    part = "train" if built.validation is None else "validation"
    notices: tuple[Problem, ...] = ()
    if part == "train":
        message = "the run has no rows to validate on, so these are the rows that trained the model"
        notices = (Problem(message, "name a file of other rows, behind the run"),)
    if (shared := own_rows(built, part)) is not None:
        return Looked(trained.judged_by(shared.said), shared.examples, notices)
    return Looked(trained, built.examples(part), notices)


def built_again(run: Path, otherwise: str) -> Built:
    """A run's config with its data, prepared anew.

    Raises `NnctlError` where they have changed, or are not known; `otherwise` is what to do then.
    """
    from nnctl.report.collecting import rebuild, run_facts
    from nnctl.report.files import used_files

    found = find_weights(run)
    folder = found if found.is_dir() else found.parent
    if not (folder / CONFIG).is_file():
        message = f"there is no {CONFIG} beside it, so its run's own rows are not known"
        raise NnctlError(Problem(message, otherwise, str(found)))
    config, digests, _ = run_facts(folder)
    return rebuild(config, used_files(config, digests))

"""The members of a config trained one after another in this process, for a fold or a trial."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from nnctl.assembly.build import Built, build
from nnctl.jobs.job import monitors, training_of
from nnctl.system import machine
from nnctl.training.callbacks import Callback, TrainEnd
from nnctl.training.ensemble import Ensemble, Predicting
from nnctl.training.loop import TrainingDiverged
from nnctl.training.monitors import Monitor
from nnctl.training.sequential import Sequential


class TrainedMember(NamedTuple):
    """A member that has been trained: its model, what watched it, and how it ended."""

    model: Sequential
    watching: tuple[Monitor, ...]
    end: TrainEnd


def train_members(
    built: Built, callbacks_of: Callable[[int], Sequence[Callback]] = lambda member: ()
) -> Iterator[TrainedMember]:
    """Trains all members, of which `built` is the first, and gives each when it is done.

    `callbacks_of` gives those of a member, which counts from 1. Raises `TrainingDiverged`, which
    names the member, if there are several.
    """
    count = built.config.members
    for member in range(1, count + 1):
        own = built
        if member > 1:
            own = build(built.config, prepared=built.prepared, member=member)
        watching = tuple(monitors(built.config))
        try:
            with machine.thread_limit(1):
                end = training_of(own).run([*watching, *callbacks_of(member)])
        except TrainingDiverged as error:
            whose = f"member {member}: " if count > 1 else ""
            raise TrainingDiverged(
                problem._replace(message=f"{whose}{problem.message}") for problem in error.problems
            ) from None
        yield TrainedMember(own.model, watching, end)


def model_of(trained: Sequence[TrainedMember]) -> Predicting:
    """What the members predict with: one alone, or all together."""
    models = [member.model for member in trained]
    return models[0] if len(models) == 1 else Ensemble(models)

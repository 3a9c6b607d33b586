"""A study: hands out trials to be run, prunes them, and takes down what came of them.

Several processes, on several machines, may each have one on the same storage.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from nnctl.config import Config
from nnctl.errors import NnctlError, Problem
from nnctl.training.seeds import seed_of
from nnctl.tuning.heartbeats import heartbeats_of
from nnctl.tuning.processes import is_gone, this_process
from nnctl.tuning.samplers import pruner_of, sampler_of
from nnctl.tuning.slots import (
    EPOCHS,
    ERROR,
    PROCESS,
    REPEATS,
    SAME_AS,
    SECONDS,
    STATES,
    SURPLUS,
    WEIGHTS,
    Slot,
    notes_of,
    slots_of,
)
from nnctl.tuning.space import Space
from nnctl.tuning.storages.base import Storage
from nnctl.tuning.trial import Outcome, Task, TrialRow, direction_of

ENDED = (UpdateFinishedTrialError, KeyError)  # by another process; or its study was removed
REDRAWS = 5  # where another process runs the same values just now
OnEnd = Callable[[TrialRow, bytes | None], object]  # with the weights of one that ran here


class Study:
    """A study in a storage, as one process sees it.

    `epochs` are the most that a trial may train. `on_end` hears of each trial that this process
    brings to its end.
    """

    def __init__(
        self,
        storage: Storage,
        config: Config,
        space: Space,
        *,
        epochs: int,
        on_end: OnEnd = lambda row, weights: None,
    ):
        assert config.tune is not None
        self.name = config.name
        self.space = space
        self.trials = config.tune.trials
        self.direction = direction_of(config)
        self.on_end = on_end
        self._seed = config.seed
        self._redraws = 0
        self._running: dict[int, Trial] = {}
        self._read: optuna.Study | None = None
        self.heartbeats = heartbeats_of(storage, lambda: list(self._running.values()))
        self._storage = optuna.storages.get_storage(storage.own)
        self._sampler = sampler_of(config.tune.sampler, self._seed_of)
        self._pruner = pruner_of(config.tune.pruner, epochs)

    def exists(self) -> bool:
        """Whether the storage has a study of that name."""
        return self.name in optuna.study.get_all_study_names(self._storage)

    def create(self) -> None:
        """Makes the study, unless it is there."""
        optuna.create_study(
            storage=self._storage,
            study_name=self.name,
            direction=self.direction,
            load_if_exists=True,
        )

    def delete(self) -> None:
        """Removes the study with all its trials."""
        optuna.delete_study(study_name=self.name, storage=self._storage)
        self._read = None

    @property
    def notes(self) -> dict[str, Any]:
        """What was noted of the study."""
        return dict(self.load().user_attrs)

    def note(self, key: str, value: Any) -> None:
        self.load().set_user_attr(key, value)

    def load(self) -> optuna.Study:
        """Optuna's study, anew: one that has drawn a trial remembers those before it for good."""
        with self._there():
            return optuna.load_study(
                study_name=self.name,
                storage=self._storage,
                sampler=self._sampler,
                pruner=self._pruner,
            )

    @contextmanager
    def _there(self) -> Iterator[None]:
        """Inside, what Optuna does not find any more is a study that another command removed."""
        try:
            yield
        except KeyError:
            message = f'the study "{self.name}" was removed from its storage meanwhile'
            raise NnctlError(Problem(message, "begin it again, or join it where it is")) from None

    @property
    def _study_id(self) -> int:
        with self._there():
            number: int = self._storage.get_study_id_from_name(self.name)
            return number

    def slots(self) -> list[Slot]:
        """All trials so far, also of other processes."""
        self._read = self._read or self.load()
        with self._there():
            return slots_of(self._read.get_trials(deepcopy=False))

    def rows(self) -> list[TrialRow]:
        """The trials that are over, in their order."""
        return [self._row(slot) for slot in self.slots() if slot.is_over]

    def is_done(self) -> bool:
        """Whether all trials are over."""
        slots = self.slots()
        return all(slot.is_over for slot in slots) and not self._is_more_to_draw(slots)

    def _is_more_to_draw(self, slots: list[Slot]) -> bool:
        # Not every storage gives values back in their order.
        tried = {frozenset(slot.first.params.items()) for slot in slots}
        return len(slots) < self.trials and len(tried) < self.space.size

    def take(self) -> Task | None:
        """The next trial for this process to run; None where all are taken or over."""
        while True:
            slots = self._slots_without_lost_processes()
            lost = next((slot for slot in slots if slot.state == "lost"), None)
            if lost is not None:
                task = self._repeat(lost)
            elif self._is_more_to_draw(slots):
                task = self._draw()
            else:
                return None
            if task is not None:
                return task

    def _slots_without_lost_processes(self) -> list[Slot]:
        """The slots; what runs in processes that have ended, or seem to, is noted as lost."""
        slots = self.slots()
        own = {trial.number for trial in self._running.values()}
        others = [
            attempt
            for slot in slots
            for attempt in slot.attempts
            if attempt.state is TrialState.RUNNING and attempt.number not in own
        ]
        gone = [each for each in others if is_gone(each.user_attrs.get(PROCESS, ""))]
        gone += self.heartbeats.silent_trials(self._study_id, others)
        for attempt in gone:
            self._tell(attempt.number, state=TrialState.FAIL)
        return self.slots() if gone else slots

    def _begin(self, first: FrozenTrial | None = None) -> Trial:
        """A new attempt, of this process, in the storage; it may repeat another."""
        whole = first is not None and set(first.params) == set(self.space.paths)
        template = create_trial(
            state=TrialState.RUNNING,
            params=first.params if first is not None and whole else {},
            distributions=first.distributions if first is not None and whole else {},
            user_attrs={
                PROCESS: this_process(),
                **({} if first is None else {REPEATS: first.number}),
            },
        )
        trial = Trial(
            self.load(), self._storage.create_new_trial(self._study_id, template_trial=template)
        )
        self.heartbeats.beat([trial])
        return trial

    def _repeat(self, slot: Slot) -> Task | None:
        """Runs a lost trial again, unless another process was faster."""
        trial = self._begin(slot.first)
        if self._slot_of(trial).current.number != trial.number:
            self._give_up(trial)
            return None
        return self._hand_over(slot.number, trial)

    def _draw(self) -> Task | None:
        """A trial of new values; None where it turned out not to be needed."""
        trial = self._begin()
        slot = self._slot_of(trial)
        if slot.number > self.trials:
            self._give_up(trial)
            return None
        self.space.suggest(trial)
        twin = self._twin(trial)
        if twin is None:
            self._redraws = 0
            return self._hand_over(slot.number, trial)
        if twin.is_over:
            self._redraws = 0
            self._copy(trial, slot, twin)
            return None
        self._redraws += 1
        self._give_up(trial)
        return None

    def _slot_of(self, trial: Trial) -> Slot:
        return next(
            slot
            for slot in self.slots()
            if any(attempt.number == trial.number for attempt in slot.attempts)
        )

    def _seed_of(self, trial: FrozenTrial) -> int:
        """The seed of a trial, which its slot decides."""
        slots = self.slots()
        number = next(s.number for s in slots if trial.number in [a.number for a in s.attempts])
        return seed_of(self._seed, "tune", number, self._redraws)

    def _hand_over(self, number: int, trial: Trial) -> Task:
        self.space.suggest(trial)  # what a lost one had not come to draw
        self._running[number] = trial
        return Task(number, self.space.values(trial.params))

    def _give_up(self, trial: Trial) -> None:
        """Ends an attempt that no slot needs."""
        trial.set_user_attr(SURPLUS, True)
        self._tell(trial, state=TrialState.FAIL)

    def _twin(self, trial: Trial) -> Slot | None:
        """Another trial of the very same values, of those that can be counted."""
        if self.space.size == float("inf"):
            return None
        twins = [
            slot
            for slot in self.slots()
            if slot.first.params == trial.params and slot.current.number != trial.number
        ]
        known = [s for s in twins if s.is_over and SAME_AS not in s.current.user_attrs]
        if known:
            return known[0]
        return twins[0] if twins and self._redraws < REDRAWS else None

    def _copy(self, trial: Trial, slot: Slot, twin: Slot) -> None:
        """Ends a trial with what came of an earlier one of the same values."""
        known = twin.current
        for key in (EPOCHS, ERROR):
            if key in known.user_attrs:
                trial.set_user_attr(key, known.user_attrs[key])
        trial.set_user_attr(SAME_AS, twin.number)
        for step, value in known.intermediate_values.items():
            trial.report(value, step)
        if self._tell(
            trial, known.value if known.state is TrialState.COMPLETE else None, known.state
        ):
            self.on_end(self._row(self._slot_of(trial)), None)

    def report(self, number: int, epoch: int, value: float) -> bool:
        """Takes down the figure of an epoch; whether the trial is to stop."""
        trial = self._running[number]
        try:
            trial.report(value, epoch)
            return bool(trial.should_prune())
        except ENDED:  # it was taken for lost, and is run by another process
            return True

    def end(self, number: int, outcome: Outcome) -> TrialRow | None:
        """Takes down how a trial ended; None where another process has run it by now."""
        trial = self._running.pop(number)
        try:
            for key, value in notes_of(outcome).items():
                trial.set_user_attr(key, value)
        except ENDED:
            return None
        value = outcome.value if outcome.state == "complete" else None
        if not self._tell(trial, value, STATES[outcome.state]):
            return None
        row = self._row(self._slot_of(trial))
        self.on_end(row, outcome.weights)
        return row

    def release(self) -> None:
        """Leaves the trials that this process has not brought to their end to be run again."""
        for number in list(self._running):
            self._tell(self._running.pop(number), state=TrialState.FAIL)

    def _tell(self, trial: Trial | int, value: float | None = None, state: Any = None) -> bool:
        """Ends an attempt; False where it was ended already."""
        try:
            self.load().tell(trial, value, state)
        except (*ENDED, ValueError):
            return False
        return True

    def _row(self, slot: Slot) -> TrialRow:
        attempt = slot.current
        notes = slot.current.user_attrs
        return TrialRow(
            slot.number,
            slot.state,
            attempt.value,
            notes.get(EPOCHS, 0),
            notes.get(SECONDS, 0.0),
            self.space.values(attempt.params),
            notes.get(ERROR),
            notes.get(WEIGHTS),
            notes.get(SAME_AS),
        )

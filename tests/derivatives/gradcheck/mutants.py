"""Mutants of derivatives and of memory plans, made from the graphs of cases: gradcheck must fail.

A mutant is the program of a case's derivatives with one fault: one derivative operation gives
another result, or the planner takes one value's lifetime to end an operation early. It is *caught*
if the check itself, run on that program, fails. Of each survivor it is worked out why: because no
derivative differs from the true ones, or none by more than the check tolerates.

`python -m tests.derivatives.gradcheck.mutants` makes all mutants of all built-in cases; with a
number N, those of each N-th case.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from nnctl.derivatives.gradcheck import Case, builtin_cases
from nnctl.derivatives.gradcheck.check import FLOOR, TOLERANCE, ZERO, CasePrograms, verdicts
from nnctl.graph import Array, Program, Value, program
from nnctl.graph.memory import Plan
from nnctl.graph.program import dependencies_of

CAUGHT = "caught"
MISSED = "MISSED"
ZERO_VALUE = "what it changes is zero there"
NO_READER = "no derivative depends on it there"
SAME_MEMORY = "the plan puts every value in the same place"
NOT_OVERWRITTEN = "nobody overwrites it before its last reader"
NEGLIGIBLE = "the derivatives change by less than the tolerance"
ROUNDING = "the derivatives of the array count as zero"


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: `CAUGHT`, `MISSED`, or why it could not be caught."""

    case: str
    mutation: str
    value: str
    fate: str


def negate(array: Array) -> None:
    (np.logical_not if array.dtype == bool else np.negative)(array, out=array)


def stretch(array: Array) -> None:
    array *= 1.001


def clear(array: Array) -> None:
    array.fill(0)


def negate_last_row(array: Array) -> None:
    negate(array[-1:])


MUTATIONS: dict[str, Callable[[Array], None]] = {
    "negated": negate,
    "times 1.001": stretch,
    "zeroed": clear,
    "last row negated": negate_last_row,
}
LIFETIME = "lifetime one operation short"


class Subject(CasePrograms):
    """A case whose program of derivatives is to be replaced by mutants.

    No mutant changes the forward pass, so what experiments say of it is kept from the first check.
    """

    def __init__(self, case: Case, name: str = ""):
        super().__init__(case, "complex-step")
        self.name, self.original = name, self.analytic
        self.derivatives = list(self._derivatives.values())
        self.wanted = [*self.derivatives, *case.arrays.values()]
        self._slopes: list[float | None] = []
        self._ties: list[Array] = []
        assert self.passes(), name
        self.right = self.seen

    def passes(self) -> bool:
        """Whether the check of the present program passes; `seen` are the derivatives it took."""
        self.seen: list[dict[str, Array]] = []
        self._slope, self._tie = 0, 0
        return all(r.passed for r in verdicts(self, np.random.default_rng(0), False, self.name))

    def move(self, generator: np.random.Generator | None) -> dict[str, Array]:
        self.seen.append(super().move(generator))
        return self.seen[-1]

    def ties(self) -> Array:
        self._tie += 1
        if self._tie > len(self._ties):
            self._ties.append(super().ties())
        return self._ties[self._tie - 1]

    def slope(self, name: str, direction: Array) -> float | None:
        self._slope += 1
        if self._slope > len(self._slopes):
            self._slopes.append(super().slope(name, direction))
        return self._slopes[self._slope - 1]

    def difference(self) -> str:
        """How the derivatives that a passing check took differ from the right ones."""
        fates = set()
        for seen, right in zip(self.seen, self.right, strict=True):
            largest = max((np.abs(d).max(initial=0.0) for d in right.values()), default=0.0)
            for key, d in seen.items():
                g = max(np.abs(d).max(initial=0.0), np.abs(right[key]).max(initial=0.0))
                apart = np.abs(d - right[key])
                scale = np.maximum(
                    np.maximum(np.abs(d), np.abs(right[key])), FLOOR[self.method] * g
                )
                if not apart.any():
                    fates.add(NO_READER)
                elif g <= ZERO * largest:
                    fates.add(ROUNDING)
                elif (apart <= 2 * TOLERANCE[self.method] * scale).all():
                    fates.add(NEGLIGIBLE)
                else:
                    fates.add(MISSED)
        return next(fate for fate in (MISSED, NEGLIGIBLE, ROUNDING, NO_READER) if fate in fates)


def mutations_of(array: Array) -> dict[str, Callable[[Array], None]]:
    """Those that make sense: truth values have no multiples, a single row is the whole."""
    left_out = {"times 1.001"} if array.dtype == bool else set()
    if array.ndim == 0 or len(array) < 2:
        left_out.add("last row negated")
    return {name: change for name, change in MUTATIONS.items() if name not in left_out}


def derivative_mutants(subject: Subject) -> Iterator[Outcome]:
    """Each operation that the derivatives need and the loss does not, changed in each way."""
    computed = {named.value for named in subject.original.calls}
    forward = set(dependencies_of([subject.case.loss]))
    for value in dependencies_of(subject.derivatives):
        array = subject.original.arrays[value]
        fixed = value not in subject.original.plan.position  # computed once, from constants
        operation = value.op is not None and value.op.calls is not None
        if value in forward or not operation or not (fixed or value in computed):
            continue
        for name, change in mutations_of(array).items():
            with changed(subject.original, value, change) as differs:
                fate = CAUGHT if not subject.passes() else subject.difference()
            if fate == NO_READER and not differs:
                fate = ZERO_VALUE
            yield Outcome(subject.name, name, repr(value), fate)


@contextmanager
def changed(
    mutated: Program, value: Value, change: Callable[[Array], None]
) -> Iterator[list[bool]]:
    """While inside, runs change that value after its last call; lists True once that matters."""
    array = mutated.arrays[value]
    differs: list[bool] = []

    def call() -> None:
        before = array.copy()
        change(array)
        if not np.array_equal(before, array):
            differs.append(True)

    places = [k for k, named in enumerate(mutated.calls) if named.value is value]
    if places:
        mutated.replay.insert(places[-1] + 1, call)
        yield differs
        del mutated.replay[places[-1] + 1]
    else:
        kept = array.copy()
        call()
        compute_again(mutated, after=value)
        yield differs
        array[...] = kept
        compute_again(mutated, after=value)


def compute_again(mutated: Program, after: Value) -> None:
    """Computes what depends on constants alone, which a program does once when it is made."""
    for value, array in mutated.arrays.items():
        fixed = value.op is not None and value not in mutated.plan.position
        if fixed and value.index > after.index and value.op.calls is not None:
            for call in value.op.calls(array, *(mutated.arrays[x] for x in value.reads)):
                call()


def lifetime_mutants(subject: Subject) -> Iterator[Outcome]:
    """Each computed value, together with the views of it, freed one operation early."""
    original = subject.original
    right = places_of(original.plan)
    for value in original.plan.order:
        if value.is_view:
            continue
        plan = shortened(value)
        if places_of(replanned(plan, subject)) == right:
            fate = SAME_MEMORY
        else:
            with in_place_of_plan(plan):
                mutated = Program(subject.case.loss.graph, subject.wanted, np.float64)
            subject.analytic = mutated
            fate = CAUGHT if not subject.passes() else subject.difference()
            subject.analytic = original
            fate = NOT_OVERWRITTEN if fate == NO_READER else fate
        yield Outcome(subject.name, LIFETIME, repr(value), fate)


def shortened(value: Value) -> type[Plan]:
    """A planner that takes a value's last read to be one operation earlier than it is."""

    class Shortened(Plan):
        def _last_reads(self, *arguments):
            last = super()._last_reads(*arguments)
            alike = [other for other in last if memory_of(other) is value]
            end = max((last[other] for other in alike), default=-1)
            for other in alike:
                last[other] = min(last[other], min(end, len(self.order) - 1) - 1)
            return last

    return Shortened


def memory_of(value: Value) -> Value:
    """The value that a view is a view of, in the end; others are their own."""
    while value.is_view:
        value = value.inputs[0]
    return value


def replanned(plan: type[Plan], subject: Subject) -> Plan:
    """What that planner makes of the original program."""
    original = subject.original
    given = {v: a for v, a in original.arrays.items() if v not in original.plan.position}
    return plan(
        original.plan.order,
        given,
        set(subject.wanted),
        subject.case.loss.graph.assignments,
        original.dtypes,
        share=True,
    )


def places_of(plan: Plan) -> list[tuple[int, int]]:
    """Where each value lies: in a given array, or at an offset in the arena."""
    found = []
    for value in plan.order:
        storage, offset = plan.storage[value], 0
        while storage.within is not None:
            offset, storage = offset + storage.offset, storage.within
        found.append((id(storage.array), offset + storage.offset))
    return found


@contextmanager
def in_place_of_plan(plan: type[Plan]) -> Iterator[None]:
    """While inside, programs are planned by that planner."""
    kept, program.Plan = program.Plan, plan
    yield
    program.Plan = kept


def outcomes(subject: Subject) -> Iterator[Outcome]:
    yield from derivative_mutants(subject)
    yield from lifetime_mutants(subject)


def main(every: int) -> int:
    """Prints how many mutants there were and what became of them; 1 if one was missed."""
    np.seterr(all="ignore")  # a mutant may divide by zero
    fates: Counter[tuple[str, str]] = Counter()
    for k, (name, case) in enumerate(builtin_cases(np.random.default_rng(0))):
        if k % every:
            continue
        for outcome in outcomes(Subject(case, name)):
            fates[outcome.mutation, outcome.fate] += 1
            if outcome.fate == MISSED:
                print(f"{MISSED}: {outcome.case}: {outcome.value} {outcome.mutation}", flush=True)
    for (mutation, fate), count in sorted(fates.items()):
        print(f"{count:>8}  {mutation}: {fate}")
    caught = sum(count for (_, fate), count in fates.items() if fate == CAUGHT)
    missed = sum(count for (_, fate), count in fates.items() if fate == MISSED)
    total = sum(fates.values())
    print(
        f"{total} mutants: {caught} caught, {total - caught - missed} survive for the reasons "
        f"above, {missed} missed"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))

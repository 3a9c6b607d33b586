"""Compares derivatives found by the graph with derivatives found by experiment.

The complex step, `Im f(x + ih) / h`, has no subtractive cancellation, so that a step of 1e-20 gives
the derivative to about machine precision (Squire and Trapp, Using complex variables to estimate
derivatives of real functions, SIAM Review 40, 1998). Central differences of four points around
(Abramowitz and Stegun, Handbook of Mathematical Functions, 25.3.6) know nothing of complex numbers
and are the second opinion: their error is what rounding leaves of the losses' difference, and no
more than that is allowed for. Both replay the graph's own program, with memory shared as in
training: forward in complex128, derivatives in float64.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from nnctl.graph import UFUNCS, Array, Name, Program, Value, gradients, join
from nnctl.graph.operations import COMPARISONS
from nnctl.network.losses import Loss
from nnctl.training.step import Examples, Model, Trace, trace

Method = Literal["complex-step", "central"]
COMPLEX_STEP = 1e-20
LAST_PLACE = float(np.finfo(np.float64).eps)
CENTRAL_STEPS = (3e-4, 1e-5, 2e-6)  # the first that no kink is within reach of
TOLERANCE: dict[Method, float] = {"complex-step": 1e-9, "central": 1e-5}
FLOOR: dict[Method, float] = {"complex-step": 1e-6, "central": 1e-3}  # of the largest gradient
ZERO = 1e-13  # of the model's largest gradient
KINKED = (Name.MAXIMUM, Name.MINIMUM, Name.SIGN, *(UFUNCS[ufunc].name for ufunc in COMPARISONS))
ROUNDING = 1e-12  # no gap: the equal cells of an image's black corner may differ by so much
MOST_ENTRIES = 40
MOVES = 30
MOVE_BY = 1e-3


@dataclass(frozen=True)
class Case:
    """A scalar value of a graph, and the leaves or parts of leaves to derive it by.

    `arrays` maps a name to a value (a leaf, or a view of one); `point` holds the leaves' float64
    arrays, with integer leaves as they are. `zero_because` declares why all derivatives are zero.
    """

    loss: Value
    arrays: Mapping[str, Value]
    point: Mapping[Value, Array]
    zero_because: str | None = None


@dataclass(frozen=True)
class Entry:
    """One compared derivative: its index in the array, or None for a random direction.

    `rounding` is how far apart the two may be because the losses were rounded; it is worked out
    where they are further apart than their sizes allow.
    """

    index: tuple[int, ...] | None
    analytic: float
    numeric: float
    relative_error: float
    rounding: float = 0.0


@dataclass(frozen=True)
class CaseResult:
    """What was found for one array or case.

    `checked` counts entries and directions, `moved` the points that were moved off a kink; `zero`
    says that all derivatives are zero; `worst` lists the entries of largest error first.
    """

    name: str
    checked: int
    max_relative_error: float
    passed: bool
    zero: bool = False
    moved: int = 0
    worst: tuple[Entry, ...] = ()


def model_case(model: Model, loss: Loss, batch: Examples, by_input: bool = False) -> Case:
    """The loss of a float64 model on a batch, by each trainable parameter, and maybe the input."""
    traced = trace(model, loss, batch, len(batch))
    layout = model.layout
    arrays = {name: traced.graph.lift(layout.parameters[name]) for name in layout.trainable}
    if by_input:
        arrays["input"] = traced.x
    return Case(traced.loss, arrays, point_of(traced, model, batch))


def point_of(traced: Trace, model: Model, batch: Examples) -> dict[Value, Array]:
    """The arrays of a traced step's leaves: parameters, batch, and what layers draw, held fixed."""
    point = model.layout.given(traced.model_leaves(), model.vector)
    point.update(zip(traced.batch_leaves(), batch.held(), strict=True))
    held = np.random.default_rng(0)
    for leaf in traced.graph.held:
        point[leaf] = held.random(leaf.shape)
    return point


class CasePrograms:
    """The programs of a case: derivatives in float64, the loss in the method's dtype.

    `move` goes to a point, where `slope` reads how the loss changes along a direction.
    """

    def __init__(self, case: Case, method: Method):
        self.case = case
        self.method = method
        graph = case.loss.graph
        forward = list(graph.values)
        derivatives = gradients(case.loss, list(case.arrays.values()))
        self.analytic = Program(graph, [*derivatives, *case.arrays.values()], np.float64)
        self._derivatives = dict(zip(case.arrays, derivatives, strict=True))
        # Only what is derived by moves: noise in an image would spread what lies on one kink.
        self._varied = {leaf_of(value) for value in case.arrays.values()}
        gaps = [gap_of(value).reshape(value.size) for value in forward if value.operation in KINKED]
        apart = [join(gaps)] if gaps else []
        dtype = np.complex128 if method == "complex-step" else np.float64
        following = dependents_of(self._varied, graph.values)
        still = [x for value in following for x in value.reads if x not in following]
        # What the batch and its draws alone decide is computed once, and not anew for each slope.
        self.still = Program(graph, still, dtype, assign=False)
        given = {value: self.still[value] for value in still if value not in graph.constants}
        wanted = [case.loss, *apart, *case.arrays.values()]
        self.forward = Program(graph, wanted, dtype, given)
        self._apart = self.forward[apart[0]].real if apart else np.empty(0)
        self._around = np.empty((4, self._apart.size))
        self._parts = {name: self.forward[value] for name, value in case.arrays.items()}
        own = [value for value in forward if value.op is not None and not value.is_view]
        self._rounded = [value for value in (*own, *case.arrays.values()) if value.kind == "real"]
        self._step = math.inf  # of the last central difference

    def move(self, generator: np.random.Generator | None) -> dict[str, Array]:
        """Goes to the case's point, or near it; returns the derivatives by each array there."""
        for leaf, array in self.case.point.items():
            moved = array
            if generator is not None and leaf in self._varied:
                moved = array + generator.uniform(-MOVE_BY, MOVE_BY, array.shape)
            for program in (self.analytic, self.still, self.forward):
                if leaf in program:
                    program[leaf][...] = moved
        if generator is None:
            self.still.run()
        self.analytic.run()
        return {name: self.analytic[d].copy() for name, d in self._derivatives.items()}

    def ties(self) -> Array:
        """Which points of the forward pass lie exactly on a kink, as one vector of truth values."""
        self.forward.run()
        return np.asarray(self._apart == 0)

    def slope(self, name: str, direction: Array) -> float | None:
        """The derivative of the loss along `direction` in one array.

        None where a kink lies within reach of a central difference.
        """
        part = self._parts[name]
        before = part.copy()
        if self.method == "complex-step":
            part += 1j * COMPLEX_STEP * direction
            self.forward.run()
            part[...] = before
            return float(self.forward[self.case.loss].imag) / COMPLEX_STEP
        found = None
        for step in CENTRAL_STEPS:
            found = self._difference(part, before, step * direction)
            if found is not None:
                found /= step
                self._step = step
                break
        part[...] = before
        return found

    def _difference(self, part: Array, before: Array, step: Array) -> float | None:
        """How much the loss changes with a step, from four points around; None across a kink."""
        losses = []
        for k, factor in enumerate((1, -1, 2, -2)):
            part[...] = before + factor * step
            self.forward.run()
            losses.append(float(self.forward[self.case.loss]))
            self._around[k] = self._apart
        sides = np.sign(self._around)
        if (sides != sides[0]).any():
            sides[np.abs(self._around) <= ROUNDING * max(1.0, np.abs(self._around).max())] = 0
            if (sides != sides[0]).any():
                return None
        return (8 * (losses[0] - losses[1]) - (losses[2] - losses[3])) / 12

    @cached_property
    def _last_places(self) -> float:
        """How much the loss may be off near this point, where each value is by its last place.

        0, so that nothing is excused, where that has no bound.
        """
        graph = self.case.loss.graph
        slopes = gradients(self.case.loss, self._rounded)
        shares = (d * value for d, value in zip(slopes, self._rounded, strict=True))
        sizes = [graph.ufunc(np.maximum, share, -share).sum() for share in shares]
        total = sum(sizes, graph.constant(0.0))
        program = Program(graph, [total], np.float64)
        for leaf in self.case.point:
            if leaf in program:
                present = self.analytic if leaf in self.analytic else self.case.point
                program[leaf][...] = present[leaf]
        program.run()
        found = float(program[total])
        return LAST_PLACE * found if math.isfinite(found) else 0.0

    def rounding(self) -> float:
        """How far the last slope may be off because the losses that it was read from are rounded.

        A complex step is no difference of losses, so it has no such share.
        """
        return 0.0 if self.method == "complex-step" else 1.5 * self._last_places / self._step


def leaf_of(value: Value) -> Value:
    """The leaf that a value is a view of, in the end."""
    while value.is_view:
        value = value.inputs[0]
    return value


def dependents_of(leaves: Collection[Value], recorded: Sequence[Value]) -> set[Value]:
    """The leaves, and all that any of them decides."""
    following = set(leaves)
    for value in recorded:
        if not following.isdisjoint(value.reads):
            following.add(value)
    return following


def gap_of(value: Value) -> Value:
    """What is zero where the slope of the value jumps, or the value itself does."""
    a, *others = value.inputs
    return a - others[0] if others else a * 1.0


def check(
    case: Case,
    method: Method,
    generator: np.random.Generator,
    each_array: bool = False,
    name: str = "",
) -> list[CaseResult]:
    """Compares entries of every array of the case, and a random direction in each.

    All entries of small arrays, a sample drawn by `generator` of larger ones. One result an array
    with `each_array`, else one for the whole case, called `name`.
    """
    return verdicts(CasePrograms(case, method), generator, each_array, name)


def verdicts(
    programs: CasePrograms, generator: np.random.Generator, each_array: bool, name: str
) -> list[CaseResult]:
    """What `check` finds by an programs."""
    case = programs.case
    probes = [probe for key in case.arrays for probe in probes_of(key, case, generator)]
    found: dict[str, list[Entry]] = {key: [] for key in case.arrays}
    largest: dict[str, float] = dict.fromkeys(case.arrays, 0.0)
    analytic, moved = off_kinks(programs, generator)
    for attempt in range(MOVES):
        if attempt:
            analytic = programs.move(generator)
        for key, array in analytic.items():
            largest[key] = max(largest[key], float(np.abs(array).max(initial=0.0)))
        left = []
        for probe in probes:
            numeric = programs.slope(probe.array, probe.direction)
            if numeric is None:
                left.append(probe)
                continue
            expected = float((analytic[probe.array] * probe.direction).sum())
            sizes = max(abs(expected), abs(numeric))
            apart = abs(expected - numeric) > TOLERANCE[programs.method] * sizes
            rounding = programs.rounding() if apart else 0.0
            found[probe.array].append(Entry(probe.index, expected, numeric, 0.0, rounding))
        moved += len(left)
        probes = left
        if not probes:
            break
    for probe in probes:  # every move left a kink within reach
        found[probe.array].append(Entry(probe.index, math.nan, math.nan, math.inf))
    return results(case, programs.method, found, largest, moved, each_array, name)


def off_kinks(
    programs: CasePrograms, generator: np.random.Generator
) -> tuple[dict[str, Array], int]:
    """Moves until no point lies on a kink; the derivatives there, and how many points have moved.

    A tie that no move resolves is none of the parameters' doing (a dropped input), and harmless.
    """
    analytic = programs.move(None)
    first = fixed = ties = programs.ties()
    for _ in range(MOVES if first.any() else 0):
        analytic = programs.move(generator)
        ties = programs.ties()
        fixed = fixed & ties
        if not (ties & ~fixed).any():
            break
    return analytic, int((first & ~fixed).sum())


@dataclass(frozen=True)
class Probe:
    """A direction in one array along which both derivatives are taken."""

    array: str
    index: tuple[int, ...] | None
    direction: Array


def probes_of(key: str, case: Case, generator: np.random.Generator) -> list[Probe]:
    """Single entries of an array, all or a sample, and one random direction over all of it."""
    shape = case.arrays[key].shape
    size = math.prod(shape)
    chosen = np.arange(size)
    if size > MOST_ENTRIES:
        chosen = np.sort(generator.choice(size, MOST_ENTRIES, replace=False))
    probes = []
    for flat, *index in zip(
        chosen.tolist(), *(i.tolist() for i in np.unravel_index(chosen, shape)), strict=True
    ):
        direction = np.zeros(size)
        direction[flat] = 1
        probes.append(Probe(key, tuple(index), direction.reshape(shape)))
    everywhere = generator.standard_normal(shape) / math.sqrt(max(1, size))
    return [*probes, Probe(key, None, everywhere)]


def results(
    case: Case,
    method: Method,
    found: Mapping[str, Sequence[Entry]],
    largest: Mapping[str, float],
    moved: int,
    each_array: bool,
    name: str,
) -> list[CaseResult]:
    """The verdicts: errors relative to the greater derivative, but to no less than a floor."""
    of_model = max(largest.values(), default=0.0)
    per_array = []
    for key, entries in found.items():
        numeric = max((abs(entry.numeric) for entry in entries), default=0.0)
        rounding = max((entry.rounding for entry in entries), default=0.0)
        zero = max(largest[key], numeric) <= max(ZERO * of_model, rounding)
        judged = [judge(entry, FLOOR[method] * largest[key], zero) for entry in entries]
        per_array.append((key, judged, zero))
    if not each_array:
        entries = [entry for _, judged, _ in per_array for entry in judged]
        per_array = [(name, entries, all(zero for *_, zero in per_array))]
    return [
        result(key, entries, zero, moved, method, case.zero_because is not None or each_array)
        for key, entries, zero in per_array
    ]


def judge(entry: Entry, floor: float, zero: bool) -> Entry:
    """The entry with its relative error."""
    if math.isinf(entry.relative_error):
        return entry
    scale = max(abs(entry.analytic), abs(entry.numeric), floor)
    difference = abs(entry.analytic - entry.numeric)
    error = 0.0 if zero or difference <= entry.rounding else (difference - entry.rounding) / scale
    return Entry(entry.index, entry.analytic, entry.numeric, error, entry.rounding)


def result(
    name: str, entries: Sequence[Entry], zero: bool, moved: int, method: Method, may_be_zero: bool
) -> CaseResult:
    ranked = sorted(entries, key=lambda entry: -rank(entry))
    worst = rank(ranked[0]) if ranked else 0.0
    passed = worst <= TOLERANCE[method] and (not zero or may_be_zero)
    return CaseResult(name, len(entries), worst, passed, zero, moved, tuple(ranked[:5]))


def rank(entry: Entry) -> float:
    """The relative error, infinite where it is not a number."""
    return math.inf if math.isnan(entry.relative_error) else entry.relative_error

"""What the nodes of a drawing are worth: values, derivatives, and the course's own experiment.

The experiment raises one number by ε, computes all that comes after it anew, and asks how much J
has risen: `(J(v + ε) - J(v)) / ε`. The graph is lowered without sharing memory, so that every value
stands in an array of its own.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from nnctl.derivatives.explain.drawing import Drawing
from nnctl.derivatives.explain.formulas import LETTERS, Formulas, Index, suffix
from nnctl.graph import Array, Program, Value, gradients

FEW = 16  # entries: as many have a nudge each
MOST_NODES = 60  # of a graph that is drawn number by number; likewise its parameters
FEWEST_PASSES, MOST_PASSES = 100, 1000
MEASURED_SECONDS = 0.5  # at most, for each way


@dataclass(frozen=True)
class Finding:
    """A node or a parameter, a number or a tensor: its value and the derivative of J by it.

    `nudge` has the same shape where there are a few entries. For more it is one number, of one
    experiment: ε shared out evenly among all entries, so that it stands beside the derivatives'
    mean.
    """

    name: str
    formula: str
    value: Array
    gradient: Array
    nudge: Array


@dataclass(frozen=True)
class Work:
    """What all derivatives by the parameters cost, in both ways.

    `nodes` and `parameters` count numbers. `backpropagation` is the time in seconds of a forward
    and a backward pass, `one_by_one` that of a nudged forward pass for each parameter, from
    `passes` that were measured.
    """

    nodes: int
    parameters: int
    backpropagation: float
    one_by_one: float
    passes: int


class Experiment:
    """The programs of a drawing at a point, which holds the float64 arrays of its leaves.

    `is_small`: the graph is drawn number by number, each entry a node of its own.
    """

    def __init__(self, drawing: Drawing, point: Mapping[Value, Array], epsilon: float):
        self.drawing = drawing
        self.point = point
        self.epsilon = epsilon
        self.trained = drawing.trained
        self.nodes = sum(node.size for node in drawing.nodes)
        self.parameters = sum(value.size for value in self.trained)
        sizes = [value.size for value in (*drawing.nodes, *self.trained)]
        few = max(self.nodes, self.parameters) <= MOST_NODES
        self.is_small = few and max(sizes, default=0) <= FEW
        loss = drawing.traced.loss
        wanted = [*drawing.nodes, *self.trained]
        graph = loss.graph
        self.forward = Program(
            graph, [loss, *wanted, *point], np.float64, assign=False, share=False
        )
        derivatives = gradients(loss, wanted)
        self._backward = Program(graph, [*derivatives, *point], np.float64, assign=False)
        self._derivatives = dict(zip(wanted, derivatives, strict=True))
        for program in (self.forward, self._backward):
            self._go(program)
        self.loss = self._loss_now()
        self._values = {value: self.forward[value].copy() for value in wanted}

    def node_findings(self) -> list[Finding]:
        """Each node from left to right, entry by entry in a small graph."""
        formulas = Formulas(self.drawing)
        names = self.drawing.names
        found = [
            self._finding(node, names[node], formulas.of(node, entry), entry)
            for node in self.drawing.nodes
            for entry in (range(node.size) if self.is_small else [None])
        ]
        return [squeeze(finding) for finding in found]

    def parameter_findings(self) -> list[Finding]:
        """Each trainable parameter, in the layout's order; its formula is its letter."""
        found = []
        for value in self.trained:
            name = self.drawing.parameters[value]
            own = name.rpartition("/")[2]
            found.append(self._finding(value, name, LETTERS.get(own, own), None))
        return found

    def measured(self, node: Value) -> Finding:
        """A node as a whole, whether it is a number or a tensor; without an experiment on it."""
        value, gradient = self._values[node], self._backward[self._derivatives[node]]
        return Finding(self.drawing.names[node], "", value, gradient.copy(), np.zeros(()))

    def value_of(self, leaf: Value) -> Array:
        """The numbers of a leaf of the graph, such as the input or the target."""
        return self.point[leaf] if leaf in self.point else self.forward[leaf].copy()

    def work(self) -> Work:
        """Counts and measures both ways, with programs lowered as for training."""
        loss = self.drawing.traced.loss
        by_parameters = [self._derivatives[value] for value in self.trained]
        leaf = self.drawing.traced.parameters
        both = Program(loss.graph, [loss, *by_parameters, *self.point], np.float64, assign=False)
        forward = Program(loss.graph, [loss, *self.point], np.float64, assign=False)
        for program in (both, forward):
            self._go(program)
        vector = forward[leaf]

        def nudged(k: int) -> None:
            before = vector[k % self.parameters]
            vector[k % self.parameters] = before + self.epsilon
            forward.run()
            vector[k % self.parameters] = before

        backpropagation, _ = measure(lambda k: both.run(), FEWEST_PASSES)
        passes = min(max(self.parameters, FEWEST_PASSES), MOST_PASSES)
        each, passes = measure(nudged, passes)
        return Work(self.nodes, self.parameters, backpropagation, each * self.parameters, passes)

    def _go(self, program: Program) -> None:
        """Runs a program at the point."""
        for leaf, array in self.point.items():
            if leaf in program:
                program[leaf][...] = array
        program.run()

    def _loss_now(self) -> float:
        return float(self.forward[self.drawing.traced.loss])

    def _finding(self, value: Value, name: str, formula: str, entry: Index) -> Finding:
        array, gradient = self._values[value], self._backward[self._derivatives[value]]
        if entry is not None:
            step = np.zeros(value.size)
            step[entry] = self.epsilon
            name += suffix(value.shape, entry)
            nudge = np.asarray(self._rise(value, step.reshape(value.shape)))
            number, slope = np.asarray(array.flat[entry]), np.asarray(gradient.flat[entry])
            return Finding(name, formula, number, slope, nudge)
        if value.size > FEW:
            nudge = np.asarray(self._rise(value, np.full(value.shape, self.epsilon / value.size)))
        else:
            steps = np.eye(value.size) * self.epsilon
            rises = [self._rise(value, step.reshape(value.shape)) for step in steps]
            nudge = np.reshape(rises, value.shape)
        return Finding(name, formula, array, gradient.copy(), nudge)

    def _rise(self, value: Value, step: Array) -> float:
        """By how much J rises, in ε, where `step` is added to a value."""
        self._go(self.forward)
        array = self.forward[value]
        array += step
        source = value
        while source.is_view:
            source = source.inputs[0]
        for made in self.forward.calls:
            if made.value.index > source.index:
                made.call()
        return (self._loss_now() - self.loss) / self.epsilon


def squeeze(finding: Finding) -> Finding:
    """The same without axes of length one, such as that of the batch's only row."""
    arrays = (array.squeeze() for array in (finding.value, finding.gradient, finding.nudge))
    return Finding(finding.name, finding.formula, *arrays)


def entries_of(finding: Finding) -> list[Finding]:
    """Each entry of a finding that has a nudge an entry, as a finding of its own."""
    found = []
    for k in range(finding.value.size):
        place = suffix(finding.value.shape, k)
        arrays = (
            np.asarray(array.flat[k]) for array in (finding.value, finding.gradient, finding.nudge)
        )
        found.append(Finding(finding.name + place, finding.formula + place, *arrays))
    return found


def measure(action: Callable[[int], None], times: int) -> tuple[float, int]:
    """The seconds that an action takes, and how often it was done: so often, but not for long."""
    action(0)
    start = time.perf_counter()
    for done in range(1, times + 1):
        action(done)
        if time.perf_counter() - start > MEASURED_SECONDS:
            break
    return (time.perf_counter() - start) / done, done

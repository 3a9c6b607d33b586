"""The boxes of a drawn graph, what each is computed of, and the column and row where each stands.

A box is a node of the drawing, which may be a tensor, a parameter, or what is given: `x`, `y`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nnctl.derivatives.explain.drawing import Drawing, number_of, operands
from nnctl.derivatives.explain.experiment import Experiment, Finding, squeeze
from nnctl.derivatives.explain.formulas import LETTERS, Formulas
from nnctl.graph import Array, Value


@dataclass(frozen=True)
class Box:
    """A box: `label` is its name within its layer, `name` that of `explain --json`.

    `sources` are the boxes of nodes that it is computed of, `feeds` what else: parameters and what
    is given, which stand below it. What is given has no gradient, and parameters alone a nudge.
    """

    kind: Literal["node", "parameter", "given"]
    name: str
    label: str
    layer: str
    value: Array
    formula: str = ""
    gradient: Array | None = None
    nudge: Array | None = None
    sources: tuple[str, ...] = ()
    feeds: "tuple[Box, ...]" = ()


@dataclass(frozen=True)
class Placed:
    """A box of a node, in its column from the left and its row from the top, both from 0."""

    box: Box
    column: int
    row: int


def boxes_of(experiment: Experiment, found: Sequence[Finding]) -> list[Box]:
    """The boxes of all nodes, in the order in which they are computed.

    `found` is what was found of the parameters.
    """
    drawing = experiment.drawing
    formulas = Formulas(drawing)
    parameters = {finding.name: finding for finding in found}
    boxes = []
    for node in drawing.nodes:
        known, others = direct_inputs(drawing, node)
        finding = squeeze(experiment.measured(node))
        box = Box(
            "node",
            drawing.names[node],
            drawing.labels[node],
            node.scope,
            finding.value,
            formulas.of(node, 0 if node.size == 1 and experiment.is_small else None),
            finding.gradient,
            None,
            tuple(drawing.names[each] for each in known),
            tuple(feed_of(experiment, parameters, each) for each in others),
        )
        boxes.append(box)
    return boxes


def direct_inputs(drawing: Drawing, node: Value) -> tuple[list[Value], list[Value]]:
    """The nodes that a node is computed of, and the parameters and given values."""
    nodes: dict[Value, None] = {}
    others: dict[Value, None] = {}
    pending = list(operands(node))[::-1]
    seen: set[Value] = set()
    while pending:
        value = drawing.behind(pending.pop())
        if value in seen:
            continue
        seen.add(value)
        if value in drawing.labels:
            nodes[value] = None
        elif value in drawing.parameters or (value.op is None and number_of(value) is None):
            others[value] = None
        elif value.op is not None:
            pending += list(operands(value))[::-1]
    return list(nodes), list(others)


def feed_of(experiment: Experiment, parameters: Mapping[str, Finding], value: Value) -> Box:
    """The box of a parameter, or of what is given."""
    drawing = experiment.drawing
    name = drawing.parameters.get(value)
    if name is None:
        given = "y" if value is drawing.traced.y_true else value.name
        return Box("given", given, given, value.scope, experiment.value_of(value).squeeze())
    layer, _, own = name.rpartition("/")
    label = LETTERS.get(own, own)
    finding = parameters.get(name)
    if finding is None:  # a moving mean is no parameter that J is derived by
        return Box("given", name, label, layer, experiment.value_of(value).squeeze())
    return Box("parameter", name, label, layer, finding.value, "", finding.gradient, finding.nudge)


def place(boxes: Sequence[Box]) -> list[Placed]:
    """Where each box stands: one column left of the first that needs it, J in the last.

    The first row has the longest way to J.
    """
    readers: dict[str, list[str]] = {box.name: [] for box in boxes}
    for box in boxes:
        for source in box.sources:
            readers[source].append(box.name)
    left: dict[str, int] = {}  # columns that lie right of it
    for box in reversed(boxes):
        left[box.name] = 1 + max((left[name] for name in readers[box.name]), default=-1)
    last = max(left.values(), default=0)
    depth: dict[str, int] = {}
    for box in boxes:
        depth[box.name] = 1 + max((depth[name] for name in box.sources), default=-1)
    taken = [0] * (last + 1)
    placed = []
    for box in sorted(boxes, key=lambda box: -depth[box.name] - left[box.name]):
        column = last - left[box.name]
        placed.append(Placed(box, column, taken[column]))
        taken[column] += 1
    return placed

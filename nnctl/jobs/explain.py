"""`nnctl explain`: the computation graph of one example of a config's training data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.assembly.build import Built, build
from nnctl.config import load
from nnctl.derivatives.explain import FEW, Drawing, Experiment, Finding, Work
from nnctl.derivatives.gradcheck import point_of
from nnctl.errors import ArgumentError
from nnctl.graph import Array
from nnctl.jobs.finding import find_config, find_start, member_or_first
from nnctl.system import machine
from nnctl.system.atomic import atomic_file
from nnctl.training.step import Examples, trace

EPSILON = 0.001
PICTURE = ".svg"


@dataclass(frozen=True)
class Explanation:
    """What was found of the example in a row of the data that `rows` speaks of.

    `is_small`: every node is one number. `inputs` names the numbers of the example, where columns
    of a table became others than one each. `work` is None where nobody wanted it measured.
    """

    row: int
    rows: str
    epsilon: float
    example: Examples
    loss: float
    nodes: tuple[Finding, ...]
    parameters: tuple[Finding, ...]
    is_small: bool
    work: Work | None
    inputs: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The graph as plain data."""
        return {
            "loss": self.loss,
            "nodes": [
                {"name": node.name, "op": node.formula, **figures_as_json(node)}
                for node in self.nodes
            ],
            "parameters": {finding.name: figures_as_json(finding) for finding in self.parameters},
        }


def explain(
    config: Path,
    *,
    row: int = 0,
    epsilon: float = EPSILON,
    weights: Path | None = None,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    member: int | None = None,
    measure: bool = True,
    output: Path | None = None,
) -> Explanation:
    """Draws the graph of a training step on one row, in float64.

    `row` counts from 0 through the training rows as they are prepared, in the order of the file;
    where the config sets a fraction aside to validate, through the rows left to train. Parameters
    are those of the config or its seed, or of `weights`; of an ensemble, those of a `member`, by
    default the first. `output`, an SVG file, gets the course's drawing. Raises `NnctlError` for
    what cannot be read, built or written, a row that is not there, or an ε that is no positive
    number.
    """
    check_arguments(epsilon, output)
    loaded = load(find_config(config), overrides=overrides, named={"seed": seed})
    start = find_start(weights)
    built = build(loaded, dtype="float64", init_weights=start, member=member_or_first(member))
    example = example_of(built, row)
    model, inputs = built.model, built.prepared.preprocessing.inputs
    traced = trace(model, model.loss, example, 1)
    drawing = Drawing(traced, model.layout, loaded.loss.type)
    with np.errstate(all="ignore"), machine.thread_limit(1):
        experiment = Experiment(drawing, point_of(traced, model, example), epsilon)
        nodes = experiment.node_findings()
        parameters = experiment.parameter_findings()
        work = experiment.work() if measure else None
    if output is not None:
        title = f"{loaded.name}: row {row} of {rows_of(built)}, J = {experiment.loss:.6g}"
        draw(experiment, parameters, title, output)
    return Explanation(
        row,
        rows_of(built),
        epsilon,
        example,
        experiment.loss,
        tuple(nodes),
        tuple(parameters),
        experiment.is_small,
        work,
        tuple(inputs.input_names()) if inputs.categories or inputs.columns else (),
    )


def check_arguments(epsilon: float, output: Path | None) -> None:
    """Raises `ArgumentError` for an ε that is no positive number, and a file that is no SVG."""
    if output is not None and output.suffix.lower() != PICTURE:
        message = f"-o {output}: the drawing is an SVG file"
        raise ArgumentError(message, f"name it {output.with_suffix(PICTURE).name}")
    if not (math.isfinite(epsilon) and epsilon > 0):
        raise ArgumentError(f"--epsilon is {epsilon:g}; it must be a number greater than 0")


def draw(experiment: Experiment, parameters: Sequence[Finding], title: str, path: Path) -> None:
    """Writes the course's drawing of a graph. Raises `NnctlError` where that fails."""
    from nnctl.derivatives.explain.picture import picture_of

    drawn = picture_of(experiment, parameters, title)
    with atomic_file(path, "w") as file:
        file.write(drawn)


def example_of(built: Built, row: int) -> Examples:
    """One of the rows that train, with every input. Raises `ArgumentError` if it is not there."""
    count = len(built.train)
    if not 0 <= row < count:
        raise ArgumentError(
            f"--row is {row}; {rows_of(built)} has {count:,} row{'' if count == 1 else 's'}",
            "give 0, the only one" if count == 1 else f"rows count from 0: give 0 to {count - 1}",
        )
    held = built.train.rows(slice(row, row + 1))
    return Examples(held.x[:], held.y, held.weight)


def rows_of(built: Built) -> str:
    """Where the rows are that are counted."""
    if isinstance(built.config.data.validation, float):
        return "the part of data.train that trains"
    return "data.train"


def figures_as_json(finding: Finding) -> dict[str, Any]:
    """Value, derivative and nudge; that of a tensor has a mean, for its norm is not known."""
    nudge = array_as_json(finding.nudge)
    if finding.value.size > FEW:
        nudge = {"shape": list(finding.value.shape), "mean": nudge}
    return {
        "value": array_as_json(finding.value),
        "gradient": array_as_json(finding.gradient),
        "nudge": nudge,
    }


def array_as_json(array: Array) -> Any:
    """A number, nested lists of a few, or `{shape, mean, norm}` of more."""
    if array.size == 1:
        return array.item()
    if array.size <= FEW:
        return array.tolist()
    return {
        "shape": list(array.shape),
        "mean": float(array.mean()),
        "norm": float(np.linalg.norm(array)),
    }

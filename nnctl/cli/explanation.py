"""How `nnctl explain` prints a graph: a row a node, then what its derivatives cost both ways."""

import math
import sys
from typing import TYPE_CHECKING

from nnctl.cli.printing import fold_name, print_columns
from nnctl.cli.spelling import say, spell
from nnctl.errors.visible import visible

if TYPE_CHECKING:
    from rich.table import Table

    from nnctl.derivatives.explain import Finding, Work
    from nnctl.graph import Array
    from nnctl.jobs.explain import Explanation

NUMBERS_BESIDE = 60  # columns from which numbers stand beside their node
ALL_COLUMNS_FROM = 76  # columns from which the table of tensors is whole
NUMBERS_SHOWN = 8  # of an example
INPUTS_SHOWN = 50
SMALL = ("node", "value", "∂J/∂node", "nudge")
LARGE = ("node", "shape", "mean", "norm", "∂J mean", "∂J norm", "nudge")
KEPT = (0, 3, 5)  # of LARGE, where there is little room


def print_explanation(explanation: "Explanation") -> None:
    """The example, its graph from left to right, and the work."""
    rows = [*node_rows(explanation), *parameter_rows(explanation)]
    head = SMALL if explanation.is_small else LARGE
    table = [[spell(visible(cell)) for cell in row] for row in (head, *rows)]
    say(f"Row {explanation.row} of {explanation.rows}: {example_text(explanation)}\n")
    if explanation.inputs:
        print_inputs(explanation)
    if sys.stdout.isatty():
        from nnctl.cli.console import open_console

        console = open_console()
        if explanation.is_small and console.width < NUMBERS_BESIDE:
            print_stacked(table)
        else:
            console.print(graph_table(table, console.width))
    else:
        print_columns(table[0], table[1:])
    say(
        "\nValues are computed from top to bottom, derivatives from bottom to top.\n"
        f"The nudge of v is (J(v+ε) − J(v))/ε with ε = {explanation.epsilon:g}, "
        "all behind v computed anew."
    )
    if not explanation.is_small:
        say("A tensor's nudge is the mean of its entries': compare it with the mean of ∂J.")
    if explanation.work is not None:
        print_work(explanation.work)


def print_inputs(explanation: "Explanation") -> None:
    """The example's numbers, each with what it is of which column."""
    values = explanation.example.x[0].reshape(-1).tolist()
    pairs = list(zip(explanation.inputs, values, strict=True))
    print_columns(["input", "value"], [[name, f"{x:.6g}"] for name, x in pairs[:INPUTS_SHOWN]])
    if len(pairs) > INPUTS_SHOWN:
        say(f"and {len(pairs) - INPUTS_SHOWN:,} more inputs")
    say("")


def print_work(work: "Work") -> None:
    """Steps and time of backpropagation, and of nudging the parameters one by one."""
    nodes, parameters = work.nodes, work.parameters
    say(f"\nThe derivatives by P = {parameters:,} parameters, in a graph of N = {nodes:,} nodes:")
    passes = f"{parameters:,} forward passes"
    if work.passes < parameters:
        passes += f", estimated from {work.passes:,}"
    print_columns(
        ["", "steps", "", "measured"],
        [
            [
                "backpropagation",
                spell("N + P"),
                f"{nodes + parameters:,}",
                seconds(work.backpropagation),
            ],
            ["one by one", spell("N × P"), f"{nodes * parameters:,}", seconds(work.one_by_one)],
        ],
    )
    say(f"measured: a forward and a backward pass; {passes}")


def node_rows(explanation: "Explanation") -> list[list[str]]:
    """Name and formula of each node, with its figures."""
    return [
        [f"{node.name} = {node.formula}", *figures(node, explanation.is_small)]
        for node in explanation.nodes
    ]


def parameter_rows(explanation: "Explanation") -> list[list[str]]:
    """Name and letter of each parameter with its figures; in a small graph, of each entry."""
    from nnctl.derivatives.explain import entries_of

    rows = []
    for parameter in explanation.parameters:
        parts = entries_of(parameter) if explanation.is_small else [parameter]
        for part in parts:
            rows.append([f"{part.name} ({part.formula})", *figures(part, explanation.is_small)])
    return rows


def figures(finding: "Finding", is_small: bool) -> list[str]:
    """The cells beside a name: numbers, or what sums tensors up."""
    value, gradient, nudge = finding.value, finding.gradient, finding.nudge
    if is_small:
        return [f"{array.item() + 0.0:.6g}" for array in (value, gradient, nudge)]
    shape = "×".join(str(n) for n in value.shape if n > 1) or "1"
    numbers = [value.mean(), norm(value), gradient.mean(), norm(gradient), nudge.mean()]
    return [shape, *(f"{number + 0.0:.3g}" for number in numbers)]


def norm(array: "Array") -> float:
    return math.hypot(*array.ravel().tolist())


def example_text(explanation: "Explanation") -> str:
    """The example's input and target, and the loss of it: `x = -2, y = 2, J = 2`."""
    example = explanation.example
    parts = {"x": example.x[0], "y": example.y[0]}
    if example.weight is not None:
        parts["weight"] = example.weight[0]
    texts = [f"{name} = {array_text(array)}" for name, array in parts.items()]
    return ", ".join([*texts, f"J = {explanation.loss:.6g}"])


def array_text(array: "Array") -> str:
    if array.size == 1:
        return f"{array.item():.6g}"
    if array.size > NUMBERS_SHOWN:
        return f"({' × '.join(map(str, array.shape))} numbers)"
    return f"[{', '.join(f'{number:.6g}' for number in array.ravel())}]"


def graph_table(rows: list[list[str]], width: int) -> "Table":
    """The table for a terminal of so many columns; long formulas go over several lines."""
    from rich.table import Table

    kept = tuple(range(len(rows[0])))
    if width < ALL_COLUMNS_FROM and len(rows[0]) == len(LARGE):
        kept = KEPT
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    for k in kept:
        if k == 0:
            table.add_column(rows[0][k], overflow="fold", ratio=1)
        else:
            table.add_column(rows[0][k], justify="right", no_wrap=True)
    figures = sum(max(len(row[k]) for row in rows) + 1 for k in kept[1:])
    for row in rows[1:]:
        name = fold_name(row[0], max(1, width - figures))
        table.add_row(name, *(row[k] for k in kept[1:]))
    return table


def print_stacked(rows: list[list[str]]) -> None:
    """Each row in two lines: the node, and its numbers."""
    for node, *numbers in rows:
        print(node)
        print("  ".join(f"{cell:>12}" for cell in numbers))


def seconds(duration: float) -> str:
    """A duration for people: `12.3 µs`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if duration >= size or unit == "µs":
            return spell(f"{duration / size:.3g} {unit}")
    raise AssertionError

"""A case for each operation of the graph alone, and for those that layers make of it."""

from collections.abc import Callable, Iterator

import numpy as np

from nnctl.derivatives.gradcheck.check import Case
from nnctl.graph import UFUNCS, Graph, Value
from nnctl.graph.choices import with_ones
from nnctl.graph.operations import broadcast, copy
from nnctl.graph.sampling import Lookup, sample
from nnctl.network.layers.windows import OUTSIDE, Windows, average, gather, greatest, sum_cells

NamedCase = tuple[str, Case]
STEPWISE = "the function is constant between its steps"
SAME = Windows(4, 3, padding="same")


def structural_operations() -> dict[str, Callable[[Value, Value], Value]]:
    """Formulas of two `(4, 3)` values, each around one operation that changes or joins shapes."""
    cells = np.array([[2, 0], [OUTSIDE, 3], [0, 0]])  # of 4, with one outside and one never seen
    return {
        "matmul": lambda a, b: a @ b.transpose(),
        "matmul of rank 3": lambda a, b: a.reshape(2, 2, 3) @ b.transpose(),
        "sum of rows": lambda a, b: a.sum(0) * b.sum(0),
        "sum of columns": lambda a, b: a.sum(1, keepdims=True) * b.sum(1, keepdims=True),
        "sum of middle axis": lambda a, b: (a * b).reshape(2, 2, 3).sum(1),
        "sum of all": lambda a, b: a.sum() * b.sum(),
        "mean": lambda a, b: a.mean(1) * b.mean(1),
        "reshape": lambda a, b: a.reshape(2, 6) @ b.reshape(6, 2),
        "reshape of a transpose": lambda a, b: a.transpose().reshape(12) * b.reshape(12),
        "broadcast": lambda a, b: (
            broadcast(a.sum(0, keepdims=True), (4, 3)).reshape(12) * b.reshape(12)
        ),
        "transpose": lambda a, b: a.transpose() * b.transpose().reshape(3, 4),
        "copy": lambda a, b: copy(a.transpose()) * copy(b.transpose()),
        "gather": lambda a, b: gather((a * b).reshape(1, 4, 3), cells),
        "sum of gathered": lambda a, b: sum_cells((a * b).reshape(1, 4, 3), cells),
        "greatest of windows": lambda a, b: greatest((a * b).reshape(2, 2, 3), Windows(2, 2)),
        "average of windows": lambda a, b: average((a * b).reshape(1, 4, 3), SAME),
        "lookup along each axis": lambda a, b: looked_up(a * b, by_axes=True),
        "lookup in a plane": lambda a, b: looked_up(a * b, by_axes=False),
    }


def looked_up(image: Value, by_axes: bool) -> Value:
    """An image `(4, 3)` at places between its cells, some twice, some outside of it."""
    rows = np.array([0.25, 2.5, 2.5, 3.75]).reshape(1, 4, 1)
    columns = np.array([-0.5, 1.25, 1.0]).reshape(1, 1, 3)
    if not by_axes:
        rows, columns = rows + 0.25 * columns, columns - 0.5 * rows
    where = image.graph.constant(rows), image.graph.constant(columns)
    return sample(image.reshape(1, 4, 3, 1), *where, Lookup())


def operation_cases(generator: np.random.Generator) -> Iterator[NamedCase]:
    """Each operation alone, on operands that broadcast where it takes two."""
    for ufunc in UFUNCS:
        yield f"operation {ufunc.__name__}", ufunc_case(ufunc, generator)
    for name, formula in structural_operations().items():
        graph = Graph()
        a, b = graph.leaf("a", (4, 3)), graph.leaf("b", (4, 3))
        yield f"operation {name}", weighted_case(formula(a, b), {"a": a, "b": b}, generator)
    for name, formula in formulas_with_ones().items():
        yield f"operation {name}", case_with_ones(formula, generator)


def formulas_with_ones() -> dict[str, Callable[[Value, Value], Value]]:
    """Formulas of a matrix `(4, 7)` that is known by its ones, and of one `(7, 3)`."""
    return {
        "matrix with ones": lambda x, kernel: (x * kernel.sum(1)).sum(1),
        "choice of rows": lambda x, kernel: x @ kernel,
    }


def case_with_ones(
    formula: Callable[[Value, Value], Value], generator: np.random.Generator
) -> Case:
    """A formula of that matrix: rows without ones, and columns that several rows have or none."""
    graph = Graph()
    ones, kernel = graph.leaf("ones", (4, 2), "integer"), graph.leaf("kernel", (7, 3))
    numbers = graph.leaf("numbers", (4, 2))
    y = formula(with_ones(numbers, ones, np.array([4, 1]), 7), kernel)
    case = weighted_case(y, {"numbers": numbers, "kernel": kernel}, generator)
    chosen = np.array([[0, 6], [2, -1], [2, 6], [-1, -1]])
    return Case(case.loss, case.arrays, {**case.point, ones: chosen})


def ufunc_case(ufunc: np.ufunc, generator: np.random.Generator) -> Case:
    graph = Graph()
    shapes = {"a": (4, 3), "b": (1, 3)}
    leaves = {name: graph.leaf(name, shapes[name]) for name in list(shapes)[: ufunc.nin]}
    case = weighted_case(ufunc(*leaves.values()) * 1.0, leaves, generator)
    stepwise = all(rule is None for rule in UFUNCS[ufunc].rules)
    # Positive, so that logarithms and roots exist, and apart, so that no two operands tie.
    point = {leaf: np.abs(array) + 0.1 for leaf, array in case.point.items()}
    return Case(case.loss, case.arrays, point, STEPWISE if stepwise else None)


def weighted_case(y: Value, arrays: dict[str, Value], generator: np.random.Generator) -> Case:
    """The sum of a value's elements, each with a random weight, so that none can hide another."""
    weights = generator.standard_normal(y.shape)
    point = {leaf: generator.standard_normal(leaf.shape) for leaf in arrays.values()}
    return Case((y * y.graph.constant(weights)).sum(), arrays, point)

"""The bound of SPEC: 4 units in the last place, and the effect of half a unit in the input."""

from decimal import Decimal
from typing import Any

import numpy as np

from nnctl.graph import Graph, Program, gradients
from nnctl.losses import Loss

UNITS = 4
DTYPES = [np.float32, np.float64]


def exact(number: Any) -> Decimal:
    """A number of any dtype, without rounding."""
    return Decimal(float(number))


def unit(right: Decimal, dtype: Any) -> Decimal:
    """The unit in the last place of a result, of the smallest subnormal number at least."""
    smallest = np.finfo(dtype).smallest_subnormal
    return exact(max(np.spacing(np.abs(dtype(float(right)))), smallest))


def half_unit(z: Any) -> Decimal:
    """Half a unit in the last place of an input, which it may have been rounded by."""
    return exact(np.spacing(np.abs(z))) / 2


def half_units(row: Any) -> Decimal:
    """The same of a row of logits that are subtracted from each other: of the greatest in size."""
    return half_unit(np.abs(row).max())


def excess(found: Any, right: Decimal, effect: Decimal, dtype: Any) -> float:
    """By how many units the error exceeds the effect of the input's rounding; `UNITS` may be."""
    assert np.isfinite(found)
    return float((abs(exact(found) - right) - effect) / unit(right, dtype))


def logits(dtype: Any) -> np.ndarray:
    """Numbers of both signs: tiny ones, usual ones, and where powers end, up to 10,000."""
    generator = np.random.default_rng(20240607)
    sizes = [
        np.logspace(-10, 4, 60),
        generator.uniform(0, 3, 80),
        generator.uniform(0, 40, 50),
        np.linspace(86, 106, 30),  # exp(-z) becomes subnormal and then zero in float32
        np.linspace(706, 750, 30),  # and in float64
    ]
    z = np.concatenate(sizes)
    return np.concatenate([-z, [0.0], z]).astype(dtype)


def computed(loss: Loss, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each row, and its gradient by the row."""
    graph = Graph()
    y_pred = graph.leaf("z", z.shape)
    y_true = graph.leaf("y", y.shape, "integer" if y.dtype.kind == "i" else "real")
    losses = loss.forward(y_true, y_pred)
    (slope,) = gradients(losses.sum(), [y_pred])
    given = {y_pred: z, y_true: y if y.dtype.kind == "i" else y.astype(z.dtype)}
    program = Program(graph, [losses, slope], z.dtype, given)
    program.run()
    return program[losses], program[slope]

"""`nnctl derivative`: a symbolic derivative, its value, and the course's experiment beside it."""

import math
import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing.connection import Connection
from typing import Any

from nnctl.derivatives.algebra import Algebra
from nnctl.derivatives.expression import Expression, parse
from nnctl.errors import ArgumentError, NnctlError, did_you_mean
from nnctl.jobs.signals import hold_signals_back, ignore_interrupts
from nnctl.system import forks
from nnctl.system.extras import load_extra

EPSILONS = (0.002, 0.001, 0.0001)
LONGEST_SECONDS = 10.0  # that a formula may take


@dataclass(frozen=True)
class Rise:
    """One experiment: J where the variable is raised by `epsilon`, by how much it rose, and ratio.

    All three are None where J is no real number there.
    """

    epsilon: float
    value: float | None
    rise: float | None
    ratio: float | None


@dataclass(frozen=True)
class Derivative:
    """The derivative by one variable, as a formula and at the point, and the experiments."""

    formula: str
    value: float
    rises: tuple[Rise, ...]


@dataclass(frozen=True)
class DerivativeResult:
    """An expression's value at a point, and its derivative by each variable there."""

    expression: str
    at: Mapping[str, float]
    value: float
    derivatives: Mapping[str, Derivative]

    def as_json(self) -> dict[str, Any]:
        """The self as plain data."""
        return {
            "expression": self.expression,
            "at": dict(self.at),
            "value": self.value,
            "derivatives": {
                name: {
                    "derivative": found.formula,
                    "value": found.value,
                    "rises": [vars(rise) for rise in found.rises],
                }
                for name, found in self.derivatives.items()
            },
        }


def derivative(
    expression: str, at: Sequence[str], epsilons: Sequence[float] = ()
) -> DerivativeResult:
    """Derives an expression by each of its variables, the others held fixed.

    `at` gives each variable its value, as in `w=3`. Values are worked out exactly, or to 20 digits.
    Raises `NnctlError` where SymPy is not installed, for what is no expression, or has no value or
    derivative at the point.
    """
    sympy = load_extra("sympy", "derive")
    for epsilon in epsilons:
        if not (math.isfinite(epsilon) and epsilon != 0):
            raise ArgumentError(f"--epsilon is {epsilon:g}; it must be a number other than 0")
    formula = parse(expression)
    point = point_of(formula, at)
    algebra = Algebra(sympy, load_extra("mpmath", "derive"), formula)
    exact = {name: algebra.number(value) for name, value in point.items()}
    value = algebra.value(exact)
    if value is None:
        raise ArgumentError(
            f"J is no real number at {point_text(point)}, or too large a one",
            "choose another point",
        )
    found = {}
    for name in formula.variables:
        rises = tuple(rise_of(algebra, exact, name, epsilon) for epsilon in epsilons or EPSILONS)
        slope = algebra.slope(exact, name)
        if slope is None:
            raise ArgumentError(
                f"J has no derivative by {name} at {point_text(point)}, or too large a one",
                "choose another point",
            )
        found[name] = Derivative(str(algebra.derivative(name)), slope, rises)
    floats = {name: float(algebra.worth(exact[name]) or 0) for name in formula.variables}
    return DerivativeResult(formula.text, floats, float(value), found)


def derivative_in_time(
    expression: str,
    at: Sequence[str],
    epsilons: Sequence[float] = (),
    seconds: float = LONGEST_SECONDS,
) -> DerivativeResult:
    """What `derivative` finds, in a process of its own, which is ended where it takes too long.

    No bound on a formula's size keeps SymPy from working on some of them for hours. Raises
    `NnctlError` then, and as `derivative` does.
    """
    method = forks.start_method()
    context: Any = multiprocessing.get_context(method)
    line, other = context.Pipe(duplex=False)
    process = context.Process(target=answer, args=(other, expression, at, epsilons), daemon=True)
    with hold_signals_back(method):
        process.start()
    other.close()
    found: DerivativeResult | NnctlError | None = None
    try:
        line.recv()  # it is ready
        found = line.recv() if line.poll(seconds) else None
    except EOFError:
        pass  # it has ended: it came to no end, or was killed for its memory
    finally:
        process.kill()
        process.join()
    if found is None:
        message = f"the derivative could not be worked out within {seconds:g} s"
        raise ArgumentError(message, "write a shorter formula, or numbers with fewer digits")
    if isinstance(found, NnctlError):
        raise found
    return found


def answer(
    line: "Connection[Any, Any]", expression: str, at: Sequence[str], epsilons: Sequence[float]
) -> None:
    """Sends that it begins, and then what `derivative` finds or raises."""
    ignore_interrupts()
    try:
        load_extra("sympy", "derive")
        line.send(None)
        line.send(derivative(expression, at, epsilons))
    except NnctlError as error:
        line.send(error)
        line.send(error)
    except (MemoryError, RecursionError):
        return


def point_of(formula: Expression, given: Sequence[str]) -> dict[str, Expression]:
    """The value of each variable, from texts such as `w=3`, `w=1/2` or `w=3,b=1`."""
    point: dict[str, Expression] = {}
    for text in (part for written in given for part in written.split(",")):
        name, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not name:
            raise ArgumentError(f'"{text}" gives no variable a value', "write --at w=3")
        number = parse(value)
        if number.variables or number.at({}) is None:
            raise ArgumentError(f'--at {name} is "{value}"; it must be a number')
        if name not in formula.variables:
            known = ", ".join(formula.variables) or "none"
            fix = did_you_mean(name, formula.variables)
            raise ArgumentError(
                f'"{name}" is no variable of the expression; those are: {known}', fix
            )
        if name in point:
            raise ArgumentError(f'--at gives "{name}" twice')
        point[name] = number
    if missing := [name for name in formula.variables if name not in point]:
        example = " ".join(f"--at {name}=…" for name in missing)
        raise ArgumentError(f"{', '.join(missing)} has no value", f"add {example}")
    if not point:
        raise ArgumentError("the expression has no variable to derive it by")
    return point


def point_text(point: Mapping[str, Expression]) -> str:
    return ", ".join(f"{name} = {value.text}" for name, value in point.items())


def rise_of(algebra: Algebra, point: Mapping[str, Any], name: str, epsilon: float) -> Rise:
    """How much J rises where one variable does by `epsilon`."""
    step = Fraction(repr(epsilon))
    raised = point[name] + algebra.sympy.Rational(step.numerator, step.denominator)
    before, after = algebra.value(point), algebra.value({**point, name: raised})
    if before is None or after is None:
        return Rise(epsilon, None, None, None)
    rise = after - before
    return Rise(epsilon, float(after), float(rise), float(rise / step))

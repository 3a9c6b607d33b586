"""`nnctl derivative`: a symbolic derivative, its value, and the course's experiment beside it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnctl.derivatives.expression import FUNCTIONS, Arithmetic, Expression, parse
from nnctl.errors import ArgumentError, did_you_mean
from nnctl.system.extras import load_extra

EPSILONS = (0.002, 0.001, 0.0001)
GREATEST = 1e308  # that a float holds
DIGITS = 20  # to which SymPy works out values, before they become floats


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
    algebra = Algebra(sympy, formula)
    exact = {name: algebra.number(value) for name, value in point.items()}
    value = algebra.value(exact)
    if value is None:
        raise ArgumentError(
            f"J is no real number at {point_text(point)}, or too large a one",
            "choose another point",
        )
    found = {}
    for name in formula.variables:
        rises = tuple(algebra.rise(exact, name, epsilon) for epsilon in epsilons or EPSILONS)
        slope = algebra.slope(exact, name)
        if slope is None:
            raise ArgumentError(
                f"J has no derivative by {name} at {point_text(point)}, or too large a one",
                "choose another point",
            )
        found[name] = Derivative(str(algebra.derivative(name)), slope, rises)
    floats = {name: float(exact[name]) for name in formula.variables}
    return DerivativeResult(formula.text, floats, float(value), found)


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


class Algebra:
    """An expression in SymPy's terms, built from its checked tree, never from text."""

    def __init__(self, sympy: Any, formula: Expression):
        self.sympy = sympy
        self.formula = formula
        self.symbols = {name: sympy.Symbol(name, real=True) for name in formula.variables}
        self.term = formula.work_out(self._arithmetic())

    def _arithmetic(self) -> Arithmetic:
        functions = {name: getattr(self.sympy, name) for name in FUNCTIONS if name != "abs"}
        # Its own Abs SymPy derives in a roundabout way unless it knows the argument to be real.
        functions["abs"] = lambda term: self.sympy.sqrt(term**2)
        return Arithmetic(self.sympy.Rational, self.symbols.__getitem__, functions)

    def number(self, value: Expression) -> Any:
        """The exact number of an expression without variables."""
        return value.work_out(self._arithmetic())

    def derivative(self, name: str) -> Any:
        return self.sympy.diff(self.term, self.symbols[name])

    def value(self, point: Mapping[str, Any]) -> Any:
        """J at the point; None where it is no real number, or beyond what floats hold."""
        if self.formula.at({name: float(number) for name, number in point.items()}) is None:
            return None
        return self._number_at(self.term, point)

    def slope(self, point: Mapping[str, Any], name: str) -> float | None:
        """The derivative at the point; None where there is none."""
        corners = [term.args[0] for term in self.term.atoms(self.sympy.Abs)]
        symbol = self.symbols[name]
        for corner in corners:
            if corner.has(symbol) and self._number_at(corner, point) == 0:
                return None
        value = self._number_at(self.derivative(name), point)
        return None if value is None else float(value)

    def rise(self, point: Mapping[str, Any], name: str, epsilon: float) -> Rise:
        """How much J rises where one variable does by `epsilon`."""
        step = self.sympy.Rational(repr(epsilon))
        before, after = (
            self.value({**point, name: point[name] + by}) for by in (self.sympy.Integer(0), step)
        )
        if before is None or after is None:
            return Rise(epsilon, None, None, None)
        rise = after - before
        return Rise(epsilon, float(after), float(rise), float(rise / step))

    def _number_at(self, term: Any, point: Mapping[str, Any]) -> Any:
        """A term's value at the point; None where that is no real, finite number."""
        there = term.xreplace({self.symbols[name]: number for name, number in point.items()})
        value = there.evalf(DIGITS)
        is_real = value.is_Number and value.is_finite
        return value if is_real and abs(value) < GREATEST else None

"""Formulas typed by a user, such as `1/2*(w*x + b - y)**2`: read, checked, and worked out.

Nothing of the text is ever run. Python's parser makes a tree of it, of which only numbers, names,
arithmetic and a few functions pass, within bounds that keep every later step short.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from nnctl.errors import ArgumentError, did_you_mean

Number = TypeVar("Number")
MOST_CHARACTERS = 400  # characters
MOST_PARTS = 150  # numbers, names and operations
DEEPEST = 25  # operations within each other
GREATEST_NUMBER = 1e15
SMALLEST_NUMBER = 1e-15  # besides 0
GREATEST_POWER = 300.0  # of all powers within each other together
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "cos": math.cos,
    "cosh": math.cosh,
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "sinh": math.sinh,
    "sqrt": math.sqrt,
    "tan": math.tan,
    "tanh": math.tanh,
}
ALLOWED = f"allowed are numbers, names, + - * / **, brackets and {', '.join(FUNCTIONS)}"


@dataclass(frozen=True)
class Arithmetic:
    """How to work out an expression: with floats, with a computer algebra system's terms, …

    `constant` is given a number as text, `name` a name; `functions` has those of `FUNCTIONS`.
    `power` is given a base and an exponent.
    """

    constant: Callable[[str], Any]
    name: Callable[[str], Any]
    functions: Mapping[str, Callable[[Any], Any]]
    power: Callable[[Any, Any], Any] = operator.pow


@dataclass(frozen=True)
class Expression:
    """A checked formula, with its variables in the order in which they appear."""

    text: str
    tree: ast.expr
    variables: tuple[str, ...]

    def work_out(self, arithmetic: Arithmetic) -> Any:
        """The result in that arithmetic."""
        return result_of(self.tree, arithmetic)

    def at(self, point: Mapping[str, float]) -> float | None:
        """The value as a float; None where it is no real number, or too large."""
        try:
            value = self.work_out(Arithmetic(float, point.__getitem__, FUNCTIONS, math.pow))
        except (ArithmeticError, ValueError):
            return None
        return value if isinstance(value, float) and math.isfinite(value) else None


def parse(text: str) -> Expression:
    """The expression that a text stands for. Raises `ArgumentError` for any other text."""
    if len(text) > MOST_CHARACTERS:
        raise ArgumentError(
            f"the expression has {len(text):,} characters; at most {MOST_CHARACTERS} may be"
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ArgumentError(f'"{text}" is no expression; {ALLOWED}') from None
    if sum(1 for _ in ast.walk(tree)) > 3 * MOST_PARTS:  # operators and contexts count there, too
        raise ArgumentError(f"the expression has too many parts; at most about {MOST_PARTS} may be")
    variables: dict[str, None] = {}
    check_node(tree, variables, 1.0, 0)
    return Expression(text.strip(), tree, tuple(variables))


def check_node(node: ast.expr, variables: dict[str, None], power: float, depth: int) -> None:
    """Refuses all but what is allowed; collects the variables.

    `power` is the product of the constant exponents of all powers around the node.
    """
    if depth > DEEPEST:
        raise ArgumentError(f"the expression is nested more than {DEEPEST} deep")
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            check_size(number)
        case ast.Name(id=name) if name not in FUNCTIONS:
            variables.setdefault(name)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            check_node(operand, variables, power, depth + 1)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
            inside = power * exponent(right) if isinstance(sign, ast.Pow) else power
            check_power(inside)
            check_node(left, variables, inside, depth + 1)
            check_node(right, variables, power, depth + 1)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            check_node(argument, variables, power, depth + 1)
        case _:
            refuse(node)


def check_size(number: float) -> None:
    if number and not SMALLEST_NUMBER <= abs(number) <= GREATEST_NUMBER:
        bounds = f"{SMALLEST_NUMBER:g} to {GREATEST_NUMBER:g}"
        raise ArgumentError(f"the number {number:g} is out of bounds; allowed are 0 and {bounds}")


def exponent(node: ast.expr) -> float:
    """The size of an exponent without variables, at least 1; of one that varies 1.

    Infinite where it cannot be worked out.
    """
    variables: dict[str, None] = {}
    check_node(node, variables, 1.0, 0)
    if variables:
        return 1.0
    value = Expression("", node, ()).at({})
    return math.inf if value is None else max(1.0, abs(value))


def check_power(power: float) -> None:
    if power > GREATEST_POWER:
        raise ArgumentError(
            f"powers within each other go beyond {GREATEST_POWER:g} together",
            "choose smaller exponents",
        )


def refuse(node: ast.expr) -> None:
    """Says what is not allowed, and what to write instead, if that is known."""
    found = ast.unparse(node)
    fix = None
    match node:
        case ast.BinOp(op=ast.BitXor()):
            fix = "write ** for powers"
        case ast.Call(func=ast.Name(id=name)):
            fix = did_you_mean(name, list(FUNCTIONS))
        case ast.Name(id=name):
            fix = f"{name} is a function: give it an argument, as in {name}(w)"
    raise ArgumentError(f'"{found}" is not allowed in an expression; {ALLOWED}', fix)


def result_of(node: ast.expr, arithmetic: Arithmetic) -> Any:
    """The result of a checked tree."""
    match node:
        case ast.Constant(value=number):
            return arithmetic.constant(repr(number))
        case ast.Name(id=name):
            return arithmetic.name(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -result_of(operand, arithmetic)
        case ast.UnaryOp(operand=operand):
            return result_of(operand, arithmetic)
        case ast.BinOp(left=left, op=sign, right=right):
            a, b = result_of(left, arithmetic), result_of(right, arithmetic)
            return operate(OPERATORS[type(sign)], a, b, arithmetic)
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return arithmetic.functions[name](result_of(argument, arithmetic))
    raise AssertionError(ast.dump(node))


def operate(sign: str, a: Any, b: Any, arithmetic: Arithmetic) -> Any:
    match sign:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b
    return arithmetic.power(a, b)

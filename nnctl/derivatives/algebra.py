"""A formula in SymPy's terms: its derivatives as formulas, and what both are worth at a point."""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from nnctl.derivatives.evaluation import Evaluation, NoNumber
from nnctl.derivatives.expression import FUNCTIONS, Arithmetic, Expression

GREATEST_VALUE = 1e308  # that a float holds
SYMPY_BITS = 256  # bits of a number that SymPy may work with
MOST_DECIMALS = 30
NOWHERE: Mapping[str, Any] = MappingProxyType({})
ROOTS = 48  # what the denominators of exponents divide, where a number is beneath them


class Algebra:
    """An expression in SymPy's terms, built from its checked tree, never from text.

    A power that SymPy would take apart for ever is hidden from it: a symbol stands for its
    exponent, or for all of it, called as that is decimal_text.
    """

    def __init__(self, sympy: Any, mpmath: Any, formula: Expression):
        self.sympy, self.mpmath, self.formula = sympy, mpmath, formula
        self.symbols = {name: sympy.Symbol(name, real=True) for name in formula.variables}
        self._hidden: dict[Any, Any] = {}
        self._arithmetic = Arithmetic(
            sympy.Rational,
            self.symbols.__getitem__,
            {
                **{name: getattr(sympy, name) for name in FUNCTIONS if name != "abs"},
                # Its own Abs SymPy derives in a roundabout way unless it knows that this is real.
                "abs": lambda term: self._power(term**2, sympy.S.Half),
                "exp": lambda term: sympy.exp(self._without_long(term)),
                "sqrt": lambda term: self._power(term, sympy.S.Half),
            },
            self._power,
        )
        self.term = formula.work_out(self._arithmetic)

    def number(self, value: Expression) -> Any:
        """The term of an expression without variables."""
        return value.work_out(self._arithmetic)

    def derivative(self, name: str) -> Any:
        return self.sympy.diff(self.term, self.symbols[name])

    def value(self, point: Mapping[str, Any]) -> Fraction | None:
        """J at the point; None where it is no real number, or beyond what floats hold."""
        numbers = {name: self.worth(term) for name, term in point.items()}
        floats = {name: float(number) for name, number in numbers.items() if number is not None}
        if len(floats) < len(point) or self.formula.at(floats) is None:
            return None
        return self.worth(self.term, point)

    def slope(self, point: Mapping[str, Any], name: str) -> float | None:
        """The derivative at the point; None where there is none."""
        corners = [term.args[0] for term in self.term.atoms(self.sympy.Abs)]
        symbol = self.symbols[name]
        for corner in corners:
            if corner.has(symbol) and self.worth(corner, point) == 0:
                return None
        value = self.worth(self.derivative(name), point)
        return None if value is None else float(value)

    def worth(self, term: Any, point: Mapping[str, Any] = NOWHERE) -> Fraction | None:
        """A term's value at the point; None where that is no real, finite number."""
        given = {self.symbols[name]: number for name, number in point.items()}
        try:
            value = Evaluation(self.mpmath, {**self._hidden, **given}).number(term)
        except NoNumber:
            return None
        return value if abs(value) < GREATEST_VALUE else None

    def _power(self, base: Any, exponent: Any) -> Any:
        """`base**exponent`, as much of it as SymPy may see."""
        if not exponent.is_Rational or self._is_short(base, exponent):
            return base**exponent
        if base.is_Rational:
            power = self.sympy.Pow(base, exponent, evaluate=False)
            return self._hide(f"({decimal_text(base)}**{decimal_text(exponent)})", power)
        return base ** self._hide(decimal_text(exponent), exponent)

    def _is_short(self, base: Any, exponent: Any) -> bool:
        """Whether a power comes to numbers that are no longer than SymPy may work with."""
        if base in (0, 1):
            return True
        rationals = base.atoms(self.sympy.Rational)
        longest = max((max(int(abs(r.p)), int(r.q)) for r in rationals), default=0).bit_length()
        if exponent.is_Integer:
            return bool(abs(exponent) * longest <= max(SYMPY_BITS, longest))
        roots = [power.exp.q for power in base.atoms(self.sympy.Pow) if power.exp.is_Rational]
        is_root = ROOTS % (int(exponent.q) * max(roots, default=1)) == 0
        is_plain = base.is_Symbol or base.is_Add  # there is no number to be taken out of it
        return longest <= SYMPY_BITS and (is_root or (is_plain and int(exponent.q) <= 10**4))

    def _without_long(self, term: Any) -> Any:
        """The term, its long fractions hidden: of those SymPy makes powers where logarithms are."""
        if not term.has(self.sympy.log):
            return term
        rationals = term.atoms(self.sympy.Rational)
        return term.xreplace({r: self._hide(decimal_text(r), r) for r in rationals if ROOTS % r.q})

    def _hide(self, text: str, term: Any) -> Any:
        """The symbol for a number."""
        kind = {"positive": True} if term.is_positive is True else {"real": True}
        symbol = self.sympy.Symbol(text, **kind)
        self._hidden[symbol] = term
        return symbol


def decimal_text(number: Any) -> str:
    """A fraction in decimals where they end soon, else as one; in brackets unless it is plain."""
    sign, p, q = "-" if number < 0 else "", abs(int(number.p)), int(number.q)
    for places in range(MOST_DECIMALS + 1):
        if 10**places % q == 0:
            whole, rest = divmod(p * 10**places // q, 10**places)
            text = f"{sign}{whole}" + (f".{rest:0{places}d}" if places else "")
            return f"({text})" if sign else text
    return f"({sign}{p}/{q})"

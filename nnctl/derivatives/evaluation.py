"""What SymPy's terms are worth at a point: exactly where that is short, else to so many digits.

SymPy itself would put the numbers in and simplify what comes of it, exactly: it takes powers apart
into primes and multiplies out roots, and with long numbers never comes to an end.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

DIGITS = 20  # of a value that are right
PRECISIONS = (40, 80, 160, 320, 640)  # digits to compute with, until so many of them are right
EXACT_BITS = 4096  # bits of a number that is kept exactly
MOST_BITS = 4096  # bits before the point of a number, and zeros behind it


class NoNumber(Exception):
    """There is no real number, or none that can be worked out."""


class Evaluation:
    """The numbers of terms in which each symbol stands for a term of `meanings`.

    While it works, numbers are `Fraction`s where they are exact, else mpmath's.
    """

    def __init__(self, mpmath: Any, meanings: Mapping[Any, Any]):
        self.meanings = meanings
        self._context = mpmath.MPContext()
        self._known: dict[Any, Any] = {}

    def number(self, term: Any) -> Fraction:
        """The value of a term, right to `DIGITS` digits. Raises `NoNumber`."""
        found: Any = None
        for digits in PRECISIONS:
            before, self._context.dps = found, digits
            self._known.clear()
            found = self._worth(term)
            if isinstance(found, Fraction):
                return found
            if before is not None and abs(found - before) * 10**DIGITS <= abs(found):
                return self._fraction(found)
        if self._context.mag(found) < -PRECISIONS[-1]:
            return Fraction(0)  # all digits cancel, as in sin(w)**2 + cos(w)**2 - 1
        raise NoNumber

    def _fraction(self, number: Any) -> Fraction:
        """mpmath's number, exactly; 0 where it is far below the least that a float holds."""
        if number == 0 or self._context.mag(number) < -MOST_BITS:
            return Fraction(0)
        sign, mantissa, exponent, _ = self._within(number)._mpf_
        return Fraction(int(mantissa) * (-1) ** sign) * Fraction(2) ** int(exponent)

    def _worth(self, term: Any) -> Any:
        if term not in self._known:
            self._known[term] = self._work_out(term)
        return self._known[term]

    def _work_out(self, term: Any) -> Any:
        if term.is_Rational:
            return Fraction(int(term.p), int(term.q))
        if term.is_Symbol:
            return self._worth(self.meanings[term])
        parts = [self._worth(part) for part in term.args]
        if term.is_Add:
            return self._total(parts)
        if term.is_Mul:
            return self._product(parts)
        if term.is_Pow:
            return self._power(*parts)
        if term.is_Function:
            return self._function(term.func.__name__, *parts)
        if term.is_NumberSymbol:
            return +getattr(self._context, {"E": "e"}.get(str(term), str(term)))
        raise NoNumber  # infinite, undefined or imaginary

    def _total(self, parts: list[Any]) -> Any:
        total: Any = Fraction(0)
        for part in parts:
            total = self._sum(total, part)
        return total

    def _sum(self, a: Any, b: Any) -> Any:
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return self._kept(a + b)
        return self._float(a) + self._float(b)

    def _product(self, parts: list[Any]) -> Any:
        product: Any = Fraction(1)
        for part in parts:
            if isinstance(product, Fraction) and isinstance(part, Fraction):
                product = self._kept(product * part)
            else:
                product = self._float(product) * self._float(part)
        return product

    def _power(self, base: Any, exponent: Any) -> Any:
        if isinstance(base, Fraction) and isinstance(exponent, Fraction):
            exact = exact_power(base, exponent)
            if exact is not None:
                return exact
        if base == 0 and exponent > 0:
            return Fraction(0)
        by = self._within(exponent)
        if base == 0 or (base < 0 and by != self._context.floor(by)):
            raise NoNumber
        size = self._context.power(self._float(abs(base)), by)
        return -size if base < 0 and by % 2 else size

    def _function(self, name: str, argument: Any) -> Any:
        if name == "Abs":
            return abs(argument)
        if name == "sign":
            return Fraction((argument > 0) - (argument < 0))
        if argument == 0 and name != "log":
            return Fraction(name in ("cos", "cosh", "exp"))
        if name == "log" and (argument <= 0 or argument == 1):
            if argument == 1:
                return Fraction(0)
            raise NoNumber
        return getattr(self._context, name)(self._within(argument))

    def _within(self, number: Any) -> Any:
        """The number, where a function of it can be worked out."""
        found = self._float(number)
        if found and self._context.mag(found) > MOST_BITS:
            raise NoNumber
        return found

    def _kept(self, number: Fraction) -> Any:
        return number if bits(number) <= EXACT_BITS else self._float(number)

    def _float(self, number: Any) -> Any:
        if isinstance(number, Fraction):
            return self._context.mpf(number.numerator) / number.denominator
        return number


def exact_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """The power, where it is a short fraction itself; of roots, square ones alone."""
    if base == 0 or abs(exponent) * bits(base) > EXACT_BITS:
        return None
    if exponent.denominator == 1:
        return base ** int(exponent)
    roots = Fraction(isqrt(abs(base.numerator)), isqrt(base.denominator))
    if exponent.denominator == 2 and base > 0 and roots**2 == base:
        return Fraction(roots**exponent.numerator)
    return None


def bits(number: Fraction) -> int:
    """The bits of its longer part."""
    return max(number.numerator.bit_length(), number.denominator.bit_length())

"""Terms are worth what they are, exactly where that is short, and in no time where it is long."""

import math
from fractions import Fraction

import pytest

from nnctl.derivatives.evaluation import DIGITS, Evaluation, NoNumber, exact_power

sympy = pytest.importorskip("sympy")
mpmath = pytest.importorskip("mpmath")
W = sympy.Symbol("w", real=True)
RATIONALS = [Fraction(3), Fraction(-2), Fraction(7, 10), Fraction(1, 3), Fraction(-1, 999)]


def worth(term, **values):
    meanings = {sympy.Symbol(name, real=True): sympy.Rational(v) for name, v in values.items()}
    return Evaluation(mpmath, meanings).number(sympy.sympify(term))


@pytest.mark.parametrize("w", RATIONALS)
@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (W**3 - 2 / W, lambda w: w**3 - 2 / w),
        ((W + sympy.Rational(1, 3)) ** -2 * W, lambda w: (w + Fraction(1, 3)) ** -2 * w),
        (sympy.sqrt(W**2) - W, lambda w: abs(w) - w),
        (sympy.sign(W) * abs(W - 1), lambda w: (1 if w > 0 else -1) * abs(w - 1)),
        (sympy.sin(W - W) + sympy.cos(0 * W) + sympy.log(W**0), lambda w: 1),
    ],
)
def test_rational_terms_are_exact(term, expected, w):
    assert worth(term, w=w) == expected(w)


@pytest.mark.parametrize("w", [3, -2, Fraction(7, 10), Fraction(1, 3), 40, -40])
@pytest.mark.parametrize(
    "term",
    [
        sympy.exp(W), sympy.sin(W) * sympy.cos(W), sympy.tan(W), sympy.tanh(W), sympy.cosh(W),
        sympy.sinh(W), sympy.log(W**2), sympy.sqrt(W**2 + 1), 2**W, sympy.exp(1) * sympy.pi * W,
        (W**2 + 1) ** sympy.Rational(-7, 3),
        sympy.exp(W) - sympy.exp(W + sympy.Rational(1, 10**15)),
    ],
)  # fmt: skip
def test_others_are_right_to_many_digits(term, w):
    expected = Fraction(str(term.subs(W, sympy.Rational(w)).evalf(2 * DIGITS, maxn=200)))
    assert abs(worth(term, w=w) - expected) <= abs(expected) / 10 ** (DIGITS - 1)


def test_what_cancels_is_zero():
    assert worth(sympy.sin(W) ** 2 + sympy.cos(W) ** 2 - 1, w=Fraction(1, 7)) == 0


def test_a_symbol_may_stand_for_a_term():
    c = sympy.Symbol("c", positive=True)
    power = sympy.Pow(sympy.Integer(9), sympy.Rational(1, 2), evaluate=False)
    assert Evaluation(mpmath, {c: power}).number(c + 1) == 4


@pytest.mark.parametrize(
    "term", [1 / W, sympy.log(W), sympy.log(W - 1), (W - 1) ** sympy.Rational(1, 3), W**-2,
             sympy.zoo * (W + 1), sympy.I * (W + 1), sympy.exp(sympy.exp(sympy.exp(W + 9)))],
)  # fmt: skip
def test_what_is_no_number_is_told(term):
    with pytest.raises(NoNumber):
        worth(term, w=0)


@pytest.mark.parametrize(
    ("term", "w", "expected"),
    [
        ((1 + 1 / W) ** W, 10**15, math.e),
        ((W + sympy.Rational(1, 3)) ** sympy.Rational("299.123456789"), "0.67", 1.003333333333333),
        (sympy.Integer(999999999999999) ** W, "0.123456789", 999999999999999**0.123456789),
        (sympy.Rational(999999, 10**6) ** W, 10**15, 0.0),
    ],
)
def test_long_numbers_take_no_time(term, w, expected):
    found = worth(term, w=sympy.Rational(w))
    if expected == 1.003333333333333:
        expected = (0.67 + 1 / 3) ** 299.123456789
    assert float(found) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [
        (Fraction(2, 3), Fraction(-2), Fraction(9, 4)),
        (Fraction(4, 9), Fraction(1, 2), Fraction(2, 3)),
        (Fraction(4, 9), Fraction(-3, 2), Fraction(27, 8)),
        (Fraction(2), Fraction(1, 2), None),
        (Fraction(8), Fraction(1, 3), None),
        (Fraction(3), Fraction(10**9), None),
        (Fraction(0), Fraction(-1), None),
    ],
)
def test_powers_that_are_short_fractions(base, exponent, expected):
    assert exact_power(base, exponent) == expected

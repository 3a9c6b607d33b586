"""Terms are SymPy's, but for powers that it would work on for ever: symbols stand for those."""

import pytest

from nnctl.derivatives.algebra import Algebra, decimal_text
from nnctl.derivatives.expression import parse

sympy = pytest.importorskip("sympy")
mpmath = pytest.importorskip("mpmath")


def algebra(text):
    return Algebra(sympy, mpmath, parse(text))


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("w**300", "300*w**299"),
        ("w**0.123", "123/(1000*w**(877/1000))"),
        ("(2*w)**3", "24*w**2"),
        ("sqrt(2*w)", "sqrt(2)/(2*sqrt(w))"),
        ("sqrt(sqrt(16*w))", "1/(2*w**(3/4))"),
        ("w**299.123456789", "299.123456789*w**299.123456789/w"),
        ("(5*w)**0.123456789", "0.123456789*(5*w)**0.123456789/w"),
        ("(5*w)**-0.3", "(-0.3)*(5*w)**(-0.3)/w"),
        ("(5*w)**(1/7)", "(1/7)*(5*w)**(1/7)/w"),
        ("2**0.123456789*w", "(2**0.123456789)"),
        ("7**300*w", "(7**300)"),
        ("1**0.123456789*w", "1"),
        ("exp(log(5*w)*0.123456789)", "0.123456789*exp(0.123456789*log(5*w))/w"),
        ("abs(w)", "sign(w)"),
    ],
)
def test_derivatives(text, formula):
    assert str(algebra(text).derivative("w")) == formula


@pytest.mark.parametrize(
    ("text", "w", "value"),
    [
        ("(2**0.123456789)*w", "3", 3 * 2**0.123456789),
        ("7**-250*w", "1", 7.0**-250),
        ("(5*w)**-0.3", "2", 10**-0.3),
        ("w", "7**0.123456789", 7**0.123456789),
    ],
)
def test_what_symbols_stand_for_is_in_the_value(text, w, value):
    mine = algebra(text)
    assert float(mine.value({"w": mine.number(parse(w))})) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("3", "3"),
        ("-3", "(-3)"),
        ("0.5", "0.5"),
        ("-0.0625", "(-0.0625)"),
        ("299.123456789", "299.123456789"),
        ("1/3", "(1/3)"),
        ("-2/7", "(-2/7)"),
        ("1e-15", "0.000000000000001"),
    ],
)
def test_numbers_are_written_so_that_they_can_stand_in_a_formula(number, text):
    assert decimal_text(sympy.Rational(number)) == text

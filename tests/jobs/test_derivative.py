"""`nnctl derivative`: the course's page to the digit, and derivatives against experiments."""

import math
import sys

import pytest

from nnctl.errors import ArgumentError, NnctlError
from nnctl.jobs.derivative import EPSILONS, derivative, derivative_in_time
from tests.limits import within
from tests.processes import run

ENDLESS = 30  # seconds: what these formulas took before was minutes, or hours


def test_without_sympy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(NnctlError, match=r"sympy.*\n.*pip install 'nnctl\[derive\]'"):
        derivative("w**2", ["w=3"])


@pytest.fixture
def derived():
    """`derivative`, where SymPy is installed."""
    pytest.importorskip("sympy")
    return derivative


# The course's examples: J, w, the derivative, its value, and J(w + 0.001).
COURSE = [
    ("w**2", "3", "2*w", 6, 9.006001),
    ("w**2", "2", "2*w", 4, 4.004001),
    ("w**2", "-3", "2*w", -6, 8.994001),
    ("w**3", "2", "3*w**2", 12, 8.012006001),
    ("w", "2", "1", 1, 2.001),
    ("1/w", "2", "-1/w**2", -0.25, 1 / 2.001),
]


@pytest.mark.parametrize(("text", "w", "formula", "value", "raised"), COURSE)
def test_the_course_s_examples(text, w, formula, value, raised, derived):
    result = derived(text, [f"w={w}"], [0.001])
    (found,) = result.derivatives.values()
    assert (found.formula, found.value) == (formula, value)
    (rise,) = found.rises
    assert rise.value == raised
    assert rise.ratio == pytest.approx(value, abs=0.0061)


def test_the_course_s_table(derived):
    printed = derived("w**2", ["w=3"], [0.002, 0.001]).as_json()
    assert printed == {
        "expression": "w**2",
        "at": {"w": 3.0},
        "value": 9.0,
        "derivatives": {
            "w": {
                "derivative": "2*w",
                "value": 6.0,
                "rises": [
                    {"epsilon": 0.002, "value": 9.012004, "rise": 0.012004, "ratio": 6.002},
                    {"epsilon": 0.001, "value": 9.006001, "rise": 0.006001, "ratio": 6.001},
                ],
            }
        },
    }


def test_partial_derivatives_are_those_of_the_course_s_neuron(derived):
    result = derived("1/2*(w*x + b - y)**2", ["w=2,b=8", "x=-2", "y = 2"])
    assert result.value == 2
    slopes = {name: found.value for name, found in result.derivatives.items()}
    assert slopes == {"w": -4, "x": 4, "b": 2, "y": -2}
    assert list(slopes) == ["w", "x", "b", "y"]
    assert [rise.epsilon for rise in result.derivatives["w"].rises] == list(EPSILONS)


@pytest.mark.parametrize(
    "text",
    [
        "exp(-w)*x",
        "1/(1 + exp(-(w*x)))",
        "log(1 + exp(w)) - abs(x)",
        "abs(log(w) - x)",
        "tanh(w)**2 + sinh(x)/cosh(w)",
        "sqrt(w**2 + x**2)",
        "sin(w)*cos(x) + tan(w*x)",
        "w**x + 2**w",
        "(w + 0.1)**-2.5*x",
    ],
)
def test_each_derivative_is_what_the_ratios_tend_to(text, derived):
    result = derived(text, ["w=0.7", "x=-3/10"], [1e-7, -1e-7])
    assert result.at == {"w": 0.7, "x": -0.3}
    for found in result.derivatives.values():
        up, down = (rise.ratio for rise in found.rises)
        assert found.value == pytest.approx((up + down) / 2, rel=1e-10)


@pytest.mark.parametrize(
    ("text", "formula"),
    [("abs(w)", "sign(w)"), ("abs(log(w))", "sqrt(log(w)**2)/(w*log(w))")],
)
def test_the_size_of_a_term_has_a_plain_derivative(text, formula, derived):
    assert derived(text, ["w=2"]).derivatives["w"].formula == formula


def test_where_j_is_no_number_there_is_no_ratio(derived):
    result = derived("sqrt(1 - w)", ["w=0.999"], [0.002, 0.001])
    beyond, edge = result.derivatives["w"].rises
    assert (beyond.value, beyond.rise, beyond.ratio) == (None, None, None)
    assert edge.value == 0
    assert result.derivatives["w"].value == pytest.approx(-1 / (2 * math.sqrt(0.001)))


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("w*x", ["w=1"], r"x has no value\nfix: add --at x=…"),
        ("w*x", [], r"w, x has no value\nfix: add --at w=… --at x=…"),
        ("w", ["w=1", "w=2"], 'gives "w" twice'),
        ("w", ["v=1"], "no variable of the expression; those are: w"),
        ("wide", ["wid=1"], 'did you mean "wide"'),
        ("w", ["w"], "write --at w=3"),
        ("w", ["=3"], "write --at w=3"),
        ("w", ["w=x"], "must be a number"),
        ("w", ["w=1/0"], "must be a number"),
        ("w", ["w=nan"], "must be a number"),
        ("w", ["w=9**9**9**9"], "powers"),
        ("2 + 3", [], "no variable"),
        ("log(w)", ["w=0"], "no real number at w = 0"),
        ("1/w", ["w=0"], "no real number at w = 0"),
        ("exp(exp(w))", ["w=9"], "too large"),
        ("exp(1000000000000000*w)", ["w=6.9e-13"], "too large"),
        ("sqrt(w)", ["w=0"], "no derivative by w at w = 0"),
        ("abs(w)", ["w=0"], "no derivative by w at w = 0"),
        ("abs(log(w))", ["w=1"], "no derivative by w at w = 1"),
    ],
)
def test_what_has_no_answer_is_explained(text, at, message, derived):
    with pytest.raises(ArgumentError, match=message):
        derived(text, at)


@pytest.mark.parametrize("epsilon", [0.0, math.nan, math.inf])
def test_epsilon_is_a_number(epsilon, derived):
    with pytest.raises(ArgumentError, match="--epsilon is"):
        derived("w", ["w=1"], [epsilon])


@pytest.mark.parametrize(
    "text",
    [
        "**".join(["w"] * 15),
        "sqrt((123456789012345**15*987654321)**(1/3))*w",
        "(((2*w + 3)**6 + 1)**7 + w)**7",
        "*".join(f"(w + {k})" for k in range(20)),
        "sin(cos(tan(exp(sinh(sin(cos(tanh(sin(exp(cos(w)))))))))))",
    ],
)
def test_what_is_allowed_ends(text, derived):
    with within(ENDLESS):
        assert derived(text, ["w=1"]).derivatives["w"].value is not None


@pytest.mark.slow
@pytest.mark.parametrize("w", ["1", "1/3", "0.123456789012345", "2**0.123456789", "1e15"])
@pytest.mark.parametrize(
    "text",
    [
        "(1/3 + w)**299.123456789",
        "999999999999999**w",
        "(w + 0.5)**-299.123456789",
        "(2 + 1/3)**299.123456789*w",
        "(123456789*w)**0.123456789",
        "(1 + 1/w)**w",
        "0.999999**w",
        "(w + 1/999999999999999)**0.123456789012345",
        "exp(log(5*w)*0.123456789)",
        "(123456789012345.5*w)**300",
        "sqrt(sqrt(sqrt(sqrt(6*w)**0.3)**0.7)**0.9)**0.1",
    ],
)
def test_long_numbers_are_worked_out_or_refused(text, w, derived):
    with within(ENDLESS):
        try:
            (found,) = derived(text, [f"w={w}"]).derivatives.values()
            assert math.isfinite(found.value)
        except ArgumentError as error:
            assert "too large" in str(error)


@pytest.mark.parametrize("text", ["cosh(w**w)", "cos(w**-0.3)", "sqrt(w**2.5)", "log(w**w) + w"])
def test_a_root_of_less_than_nothing_is_no_number(text, derived):
    with pytest.raises(ArgumentError, match="no real number"):
        derived(text, ["w=-0.3"])


@pytest.mark.process
@pytest.mark.slow
def test_formulas_of_all_kinds_end_in_time_and_right(derived):
    """In a process that can be ended; `python -m tests.derivatives.formulas 20000` tries more."""
    command = [sys.executable, "-m", "tests.derivatives.formulas", "200"]
    done = run(command, limit=90)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


@pytest.mark.slow
def test_in_a_process_of_its_own_it_finds_and_says_the_same(derived):
    assert derivative_in_time("w**2*x", ["w=3", "x=2"]) == derived("w**2*x", ["w=3", "x=2"])
    for text, at in (("w +", ["w=1"]), ("1/w", ["w=0"]), ("wide", ["wid=1"])):
        with pytest.raises(ArgumentError) as wanted:
            derived(text, at)
        with pytest.raises(ArgumentError) as caught:
            derivative_in_time(text, at)
        assert str(caught.value) == str(wanted.value)


@pytest.mark.slow
def test_what_takes_too_long_is_refused_in_words(derived):
    long = "**".join(["w"] * 15)  # a tenth of a second at the least
    with pytest.raises(ArgumentError, match=r"not be worked out within 0 s\nfix: write a shorter"):
        derivative_in_time(long, ["w=1"], seconds=0)

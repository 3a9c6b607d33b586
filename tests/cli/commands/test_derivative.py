"""`nnctl derivative`: what it prints, JSON, statuses."""

import json

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def derive(invoke):
    """The command, where SymPy is installed."""
    pytest.importorskip("sympy")
    return lambda *arguments: invoke("derivative", *arguments)


def test_the_course_s_page(derive):
    result = derive("w**2", "--at", "w=3", "--epsilon", "0.002", "--epsilon", "0.001")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "J(w) = w**2",
        "J = 9 at w = 3",
        "",
        "dJ/dw = 2*w = 6",
        "",
        "raise by ε  J(w + ε)  J rises by  rise/ε",
        "0.002       9.012004    0.012004   6.002",
        "0.001       9.006001    0.006001   6.001",
    ]


def test_several_variables_have_partial_derivatives(derive):
    result = derive("1/2*(w*x + b - y)**2", "--at", "w=2", "b=8", "x=-2", "--at", "y=2")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:2] == [
        "J(w, x, b, y) = 1/2*(w*x + b - y)**2",
        "J = 2 at w = 2, x = -2, b = 8, y = 2",
    ]
    assert [line for line in lines if line.startswith("∂")] == [
        "∂J/∂w = x*(b + w*x - y) = -4",
        "∂J/∂x = w*(b + w*x - y) = 4",
        "∂J/∂b = b + w*x - y = 2",
        "∂J/∂y = -b - w*x + y = -2",
    ]


def test_a_constant_derivative_is_printed_once(derive):
    assert "\ndJ/dw = 2\n" in derive("2*w", "--at", "w=3").stdout


def test_json(derive):
    result = derive("w**3", "--at", "w=2", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    printed = json.loads(result.stdout)
    assert (printed["value"], printed["derivatives"]["w"]["value"]) == (8, 12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["w^2", "--at", "w=3"], "write ** for powers"),
        (["w**2"], "add --at w=…"),
        (["9**9**9**9", "--at", "w=3"], "powers"),
        (["w", "--at", "w=3", "--epsilon", "0"], "--epsilon is 0"),
    ],
)
def test_errors_are_status_2(arguments, message, derive):
    result = derive(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_without_sympy_it_says_what_to_install(invoke, monkeypatch, tmp_path):
    """Its process looks where this one does."""
    (tmp_path / "sympy.py").write_text("raise ModuleNotFoundError(name='sympy')")
    monkeypatch.syspath_prepend(tmp_path)
    result = invoke("derivative", "w**2", "--at", "w=3")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pip install 'nnctl[derive]'" in result.stderr

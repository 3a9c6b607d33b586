"""`nnctl explain`: the table in any width and encoding, JSON, statuses."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from nnctl.cli.explanation import LARGE, SMALL, graph_table, print_stacked

CONFIGS = Path(__file__).parents[3] / "configs"
NEURON = str(CONFIGS / "backprop-one-neuron.yaml")
LONG = "J = sparse_categorical_crossentropy(dense_12/a, y)"


def test_a_drawing_that_was_written_is_told_of_behind_the_table(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain = invoke("explain", NEURON, "--json")
    result = invoke("explain", NEURON, "-o", "graph.svg")
    assert result.stdout.startswith("Row 0 of data.train")
    assert result.stdout.endswith("\n\nwrote    graph.svg\n") and Path("graph.svg").exists()
    assert invoke("explain", NEURON, "-o", "graph.svg", "--json").stdout == plain.stdout


def test_the_course_s_neuron_is_drawn(invoke):
    result = invoke("explain", NEURON)
    assert (result.exit_code, result.stderr) == (0, "")
    graph, _, rest = result.stdout.partition("\n\nValues")
    assert graph.splitlines() == [
        "Row 0 of data.train: x = -2, y = 2, J = 2",
        "",
        "node                value  ∂J/∂node   nudge",
        "dense_1/c = w·x        -4         2  2.0005",
        "dense_1/a = c + b       4         2  2.0005",
        "d = dense_1/a − y       2         2  2.0005",
        "J = ½·d²                2         1       1",
        "dense_1/kernel (w)      2        -4  -3.998",
        "dense_1/bias (b)        8         2  2.0005",
    ]
    lines = [line.split() for line in rest.splitlines()]
    assert ["backpropagation", "N", "+", "P", "6"] in [line[:5] for line in lines]
    assert ["one", "by", "one", "N", "×", "P", "8"] in [line[:7] for line in lines]
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_large_network_is_summed_up(project, invoke):
    result = invoke("explain", "small.yaml", "--set", "layers.0.units=30", "--row", "39")
    assert (result.exit_code, result.stderr) == (0, "")
    head, first, *_ = result.stdout.splitlines()[2:]
    assert head.split("  ")[0] == "node"
    assert first.split()[:6] == ["dense_1/c", "=", "x", "@", "w", "30"]
    assert "2×30" in result.stdout
    assert "the mean of its entries'" in result.stdout


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.process
def test_plain_letters_where_the_encoding_lacks_signs(process):
    result = process("explain", NEURON, PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert "J = 0.5*d^2" in result.stdout
    assert "d = dense_1/a - y" in result.stdout
    assert "\\" not in result.stdout


def test_json(invoke):
    result = invoke("explain", NEURON, "--json", "--epsilon", "0.002")
    assert (result.exit_code, result.stderr) == (0, "")
    printed = json.loads(result.stdout)
    assert sorted(printed) == ["loss", "nodes", "parameters"]
    assert printed["nodes"][0] == {
        "name": "dense_1/c",
        "op": "w·x",
        "value": -4.0,
        "gradient": 2.0,
        "nudge": pytest.approx(2.001, abs=1e-10),
    }
    kernel = printed["parameters"]["dense_1/kernel"]
    assert kernel == {"value": 2.0, "gradient": -4.0, "nudge": pytest.approx(-3.996, abs=1e-10)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--row", "1"], "--row is 1; data.train has 1 row"),
        (["--row", "-1"], "--row is -1"),
        (["--row", "0.5"], "--row"),
        (["--epsilon", "0"], "--epsilon is 0"),
        (["--weights", "nowhere.npz"], "nowhere.npz"),
    ],
)
def test_what_cannot_be_is_explained(arguments, message, invoke):
    result = invoke("explain", NEURON, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_the_table_of_tensors_fits(width):
    numbers = ["784×25", "-4.02e-05", "-1.23e-05", "-6.94e-18", "-1.23e-05", "-4.44e-13"]
    lines = drawn([list(LARGE), [LONG, *numbers]], width)
    assert max(map(len, lines)) <= width
    for cell in (numbers[2], numbers[4]) if width < 76 else numbers:
        assert cell in "\n".join(lines)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_table_of_numbers_fits(width):
    numbers = ["-0.123456", "-1.23456e-05", "-1.23457e-05"]
    lines = drawn([list(SMALL), [LONG, *numbers]], width)
    assert max(map(len, lines)) <= width
    assert all(cell in "\n".join(lines) for cell in numbers)


def drawn(rows, width):
    console = Console(width=width, file=io.StringIO())
    console.print(graph_table(rows, width))
    return console.file.getvalue().splitlines()


def test_numbers_stand_in_a_line_of_their_own_where_there_is_no_room(capsys):
    print_stacked([["J = ½·d²", "-0.123456", "-1.23456e-05", "-1.23457e-05"]])
    assert capsys.readouterr().out.splitlines() == [
        "J = ½·d²",
        "   -0.123456  -1.23456e-05  -1.23457e-05",
    ]

"""Sums over the parts of a batch, by a kind of part that knows nothing of processes."""

import ast
from pathlib import Path

import numpy as np
import pytest

from nnctl.graph import Graph, Program, gradients
from nnctl.graph.parts import mean_over_parts, own_sum, sum_over_parts, unite

GRAPH = Path(__file__).parents[2] / "nnctl" / "graph"


class Second:
    """The second of two parts of a batch; the first one's arrays are all ones."""

    batch, share = 5, 0.6
    rows = slice(2, 5)

    def own(self, size):
        return slice(size // 2, size)

    def sum(self, array):
        array += 1

    def sum_own(self, vector, out):
        out[...] = vector[self.own(len(vector))] + 1

    def unite(self, vector):
        vector[: len(vector) // 2] = 1


@pytest.fixture
def graph():
    return Graph(part=Second())


def run(wanted, given, share=True):
    program = Program(wanted[0].graph, [*given, *wanted], np.float64, share=share)
    for leaf, array in given.items():
        program[leaf][...] = array
    program.run()
    return [program[value].tolist() for value in wanted]


@pytest.mark.parametrize("share", [True, False])
def test_a_sum_over_parts_adds_the_others_and_leaves_its_operand_alone(graph, share):
    x = graph.leaf("x", (3,))
    found = run([sum_over_parts(x), x * 2], {x: [1, 2, 3]}, share)
    assert found == [[2, 3, 4], [2, 4, 6]]


def test_the_mean_over_parts_weighs_this_one_by_its_share(graph):
    x = graph.leaf("x", ())
    assert run([mean_over_parts(x)], {x: 10}) == [7]


@pytest.mark.parametrize("share", [True, False])
def test_the_derivative_of_a_sum_is_the_sum_of_the_parts_derivatives(graph, share):
    x = graph.leaf("x", ())
    loss = sum_over_parts(x * 3) * 5
    assert run(gradients(loss, [x]), {x: 10}, share) == [(5 + 1) * 3]


@pytest.mark.parametrize("share", [True, False])
def test_a_stretch_of_the_sum_is_updated_and_all_are_united(graph, share):
    x = graph.leaf("x", (4,))
    stretch = own_sum(x)
    found = run([stretch, unite(stretch * 10, 4)], {x: [1, 2, 3, 4]}, share)
    assert found == [[4, 5], [1, 1, 40, 50]]


def test_without_parts_nothing_is_recorded():
    graph = Graph()
    x = graph.leaf("x", (4,))
    for same in (sum_over_parts(x), mean_over_parts(x), own_sum(x), unite(x, 4)):
        assert same is x
    assert graph.values == [x]


def test_of_all_random_numbers_of_a_batch_the_part_takes_its_own():
    whole, part = Graph(generator=np.random.default_rng(1)), Graph(part=Second())
    part.generator = np.random.default_rng(1)
    (every,), (own,) = run([whole.draw((5, 2))], {}), run([part.draw((3, 2))], {})
    assert own == every[2:]


def test_the_graph_imports_nothing_of_training_even_for_its_types():
    files = list(GRAPH.glob("*.py"))
    assert files
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nnctl"):
                assert node.module.split(".")[1] == "graph", file

"""Lowering: fewest calls, memory shared without a trace in the bits, state after the step."""

import tracemalloc

import numpy as np
import pytest

from nnctl.graph import Graph, Program, gradients, join
from nnctl.graph.choices import MOST_ROWS_READY, one_hot


def network(graph, rows=7):
    x = graph.leaf("x", (rows, 6))
    vector = graph.leaf("vector", (6 * 5 + 5 + 5 * 4,))
    w1, b1, w2 = vector[:30].reshape(6, 5), vector[30:35], vector[35:].reshape(5, 4)
    a = np.maximum(x @ w1 + b1, 0.0)
    loss = np.square(np.exp(-(a @ w2)).sum(1)).mean()
    return x, vector, [w1, b1, w2], loss


def trained(share, steps=5, dtype=np.float32):
    graph = Graph(training=True)
    x, vector, parts, loss = network(graph)
    slot = graph.leaf("slot", vector.shape)
    g = join([d.reshape(d.size) for d in gradients(loss, parts)])
    moved = slot * 0.9 + g
    graph.assign(vector, vector - moved * 0.01)
    graph.assign(slot, moved)
    generator = np.random.default_rng(1)
    given = {vector: generator.standard_normal(vector.shape).astype(dtype)}
    program = Program(graph, [loss, g], dtype, given, share=share)
    for _ in range(steps):
        program[x][...] = generator.standard_normal(x.shape)
        program.run()
    return program, given[vector], program[slot], program[g]


def test_sharing_memory_changes_no_bit_and_saves_some():
    shared, *with_sharing = trained(share=True)
    alone, *without = trained(share=False)
    for one, other in zip(with_sharing, without, strict=True):
        assert one.tobytes() == other.tobytes()
    assert shared.nbytes < alone.nbytes / 2


def test_assignments_are_computed_in_the_memory_of_their_leaves():
    program, vector, slot, _ = trained(share=True)
    assert not program.plan.copies
    written = [call.call.args[-1] for call in program.calls[-6:]]  # `out` comes last
    assert any(out is vector for out in written)
    assert any(out is slot for out in written)


def test_the_parts_of_a_join_are_computed_in_place():
    program, *_ = trained(share=True)
    assert not [call for call in program.calls if call.value.name == "join"]


def test_assigned_values_that_swap_read_the_old_state():
    graph = Graph()
    a, b = graph.leaf("a", (2,)), graph.leaf("b", (2,))
    graph.assign(a, b + 0)
    graph.assign(b, a + 0)
    program = Program(graph, [], np.float64)
    program[a][...], program[b][...] = 1, 2
    program.run()
    assert (program[a].tolist(), program[b].tolist()) == ([2, 2], [1, 1])


def test_a_leaf_may_be_assigned_another_leaf():
    graph = Graph()
    a, b = graph.leaf("a", (2,)), graph.leaf("b", (2,))
    graph.assign(a, b)
    program = Program(graph, [], np.float64)
    program[b][...] = 3
    program.run()
    assert program[a].tolist() == [3, 3]


def test_a_later_reader_of_the_old_state_still_finds_it():
    graph = Graph()
    a = graph.leaf("a", (3,))
    graph.assign(a, a * 2)
    later = np.exp(a * 2 + a)
    program = Program(graph, [later], np.float64)
    program[a][...] = 0.5
    program.run()
    np.testing.assert_allclose(program[later], np.exp(1.5))
    assert program[a].tolist() == [1, 1, 1]


def test_what_nobody_wants_is_not_computed():
    graph = Graph()
    x, *_, loss = network(graph)
    names = [call.value.name for call in Program(graph, [loss], np.float32).calls]
    (unwanted,) = gradients(loss, [x])
    assert [call.value.name for call in Program(graph, [loss], np.float32).calls] == names
    assert len(Program(graph, [unwanted], np.float32).calls) > 0


def test_what_depends_on_constants_alone_is_computed_once():
    graph = Graph()
    a = graph.leaf("a", (2,))
    constant = np.exp(graph.constant(1.0)) * 2
    program = Program(graph, [a * constant], np.float64)
    assert [call.value.name for call in program.calls] == ["multiply"]


def test_held_values_survive_the_run():
    graph = Graph()
    a = graph.leaf("a", (50,))
    values = [a + 1]
    for _ in range(6):
        values.append(values[-1] * 2)
    program = Program(graph, [values[0], values[3], values[-1]], np.float64)
    program[a][...] = 1
    program.run()
    assert [float(program[values[k]][0]) for k in (0, 3, -1)] == [2, 16, 128]


def test_elementwise_chains_run_in_one_stretch_of_memory():
    graph = Graph()
    value = graph.leaf("a", (1000,))
    for _ in range(10):
        value = np.exp(-value)
    program = Program(graph, [value], np.float64)
    assert program.nbytes == 8000


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_all_real_values_have_the_dtype_of_the_program(dtype):
    graph = Graph()
    *_, loss = network(graph)
    program = Program(graph, [loss], dtype)
    assert {program[call.value].dtype for call in program.calls} == {np.dtype(dtype)}


def test_a_leaf_given_in_another_dtype_or_shape_is_refused():
    graph = Graph()
    a = graph.leaf("a", (2,))
    for wrong in (np.zeros(2, np.float64), np.zeros(3, np.float32)):
        with pytest.raises(ValueError, match="was given"):
            Program(graph, [a + 1], np.float32, {a: wrong})


def test_what_another_program_computes_is_read_and_never_written_nor_computed():
    graph = Graph()
    x = graph.leaf("x", (3,))
    halved = np.exp(x) * 0.5
    loss = (halved * halved).sum() + halved.sum()
    own = np.arange(3.0)
    program = Program(graph, [loss], np.float64, {halved: own})
    assert x not in program
    for _ in range(2):
        program.run()
        assert program[loss] == 5 + 3
    np.testing.assert_array_equal(own, [0, 1, 2])


def test_products_are_counted():
    graph = Graph()
    *_, loss = network(graph, rows=7)
    assert Program(graph, [loss], np.float32).products == [7 * 6 * 5, 7 * 5 * 4]


def test_a_constant_beyond_the_dtype_is_infinite_there():
    graph = Graph()
    x = graph.leaf("x", (2,))
    y = x + 1e300
    program = Program(graph, [y], np.float32)
    assert program[y].dtype == np.float32
    program[x][...] = 1
    program.run()
    assert np.isposinf(program[y]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("classes", [3, MOST_ROWS_READY, MOST_ROWS_READY + 1])
def test_a_label_has_a_one_in_its_own_place(classes, dtype):
    graph = Graph()
    labels = graph.leaf("labels", (2, 3), "integer")
    program = Program(graph, [marked := one_hot(labels, classes), labels], dtype)
    program[labels][...] = [[0, 1, 2], [classes - 1, 1, 0]]
    program.run()
    np.testing.assert_array_equal(program[marked], np.eye(classes, dtype=dtype)[program[labels]])


def test_marking_many_classes_takes_no_memory_a_pair_of_them():
    classes = 5000
    tracemalloc.start()
    graph = Graph()
    labels = graph.leaf("labels", (4,), "integer")
    program = Program(graph, [one_hot(labels, classes), labels], np.float32)
    program.run()
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 10 * 4 * classes * 4 < classes**2

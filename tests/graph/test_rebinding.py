"""Runs that read a leaf elsewhere, next to the usual one."""

from functools import partial

import numpy as np

from nnctl.graph import Graph, Program
from nnctl.graph.choices import one_hot
from nnctl.graph.rebinding import rebound


def test_a_rebound_replay_reads_a_leaf_elsewhere_and_the_usual_one_does_not():
    graph = Graph()
    x, total = graph.leaf("x", (4, 3)), graph.leaf("total", (3,))
    flat = x.reshape(12)  # a view: what reads it must follow
    wanted = np.exp(flat) + flat * 0.5
    graph.assign(total, total + x.sum(0))
    program = Program(graph, [wanted], np.float64)
    here, there = np.random.default_rng(2).standard_normal((2, 4, 3))
    program[x][...] = here
    for named in rebound(program, {x: there}):
        named.call()
    np.testing.assert_array_equal(program[wanted], np.exp(there.ravel()) + there.ravel() * 0.5)
    np.testing.assert_allclose(program[total], there.sum(0))
    program.run()
    np.testing.assert_array_equal(program[wanted], np.exp(here.ravel()) + here.ravel() * 0.5)
    np.testing.assert_allclose(program[total], there.sum(0) + here.sum(0))


def test_a_rebound_replay_makes_the_copies_at_the_end_as_well():
    graph = Graph()
    a, b, c = graph.leaf("a", (2,)), graph.leaf("b", (2,)), graph.leaf("c", (2,))
    graph.assign(a, b + 0)
    graph.assign(b, a + c)
    program = Program(graph, [], np.float64)
    assert program.plan.copies
    program[a][...], program[b][...] = 1, 2
    for named in rebound(program, {c: np.array([5.0, 6.0])}):
        named.call()
    assert (program[a].tolist(), program[b].tolist()) == ([2, 2], [6, 7])


def test_rebound_replays_share_all_but_what_they_read():
    graph = Graph()
    x, labels = graph.leaf("x", (3000, 120)), graph.leaf("labels", (3000,), "integer")
    kernel = graph.leaf("kernel", (120, 3))
    d = x @ kernel - one_hot(labels, 3)
    wanted = [x.transpose() @ d, x.sum(0)]  # which need room of their own
    program = Program(graph, [d, *wanted], np.float64)
    generator = np.random.default_rng(2)
    program[kernel][...] = generator.standard_normal((120, 3))
    own = memory_of(program.calls)
    for _ in range(2):
        there = generator.standard_normal((3000, 120)), generator.integers(0, 3, 3000)
        calls = rebound(program, dict(zip((x, labels), there, strict=True)))
        for named in calls:
            named.call()
        expected = there[0] @ program[kernel] - np.eye(3)[there[1]]
        np.testing.assert_allclose(program[wanted[0]], there[0].T @ expected)
        np.testing.assert_allclose(program[wanted[1]], there[0].sum(0))
        assert memory_of(calls) - own <= {there[0].ctypes.data, there[1].ctypes.data}


def memory_of(calls):
    """Where the memory lies that some calls read and write."""
    found = set()
    for named in calls:
        assert isinstance(named.call, partial)
        given = [*named.call.args, getattr(named.call.func, "__self__", None)]
        for array in given:
            while isinstance(getattr(array, "base", None), np.ndarray):
                array = array.base
            if isinstance(array, np.ndarray):
                found.add(array.ctypes.data)
    return found

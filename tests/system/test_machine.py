"""What the machine has, and on how many threads products run."""

import ctypes
import os
import sys
from pathlib import Path

import pytest

from nnctl.system import machine


def threads_of_products() -> set[int]:
    return {info["num_threads"] for info in machine.blas().info() if info["user_api"] == "blas"}


def test_a_limit_holds_inside_and_ends_outside():
    before = threads_of_products()
    with machine.thread_limit(1):
        assert threads_of_products() == {1}
    assert threads_of_products() == before


def test_a_limit_that_holds_already_is_not_set_again(monkeypatch):
    """In a fork that would begin threads, though no product is to have them."""
    told = []
    with machine.thread_limit(1), monkeypatch.context() as patch:
        for library in machine.blas().lib_controllers:
            patch.setattr(library, "set_num_threads", told.append)
        with machine.thread_limit(1):
            assert threads_of_products() == {1}
        assert told == []
        with machine.thread_limit(2):
            assert told


def test_no_more_threads_than_cores_and_at_least_one():
    assert 1 <= machine.available_threads(processes=1000) <= machine.available_threads()
    assert machine.available_threads() <= (os.cpu_count() or 1)


def test_a_limit_of_the_environment_is_not_passed():
    with machine.thread_limit(1):
        assert machine.available_threads() == 1


def test_products_are_on_one_thread_until_the_last_who_wants_it_is_gone():
    before, available = threads_of_products(), machine.available_threads()
    first, second = machine.products_on_one_thread(), machine.products_on_one_thread()
    for entered in (first, second):
        entered.__enter__()
        assert threads_of_products() == {1} and machine.available_threads() == available
    first.__exit__(None, None, None)
    assert threads_of_products() == {1} and machine.available_threads() == available
    second.__exit__(None, None, None)
    assert threads_of_products() == before and machine.available_threads() == available


def test_the_process_has_had_less_memory_than_the_computer_has():
    assert 10**6 < machine.peak_memory() < machine.memory()


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries keep nothing, or all")
def test_memory_that_is_free_is_given_back():
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("this C library keeps nothing, or all")
    sizes = 100_000, 2_000
    pairs = [tuple(b"x" * size for size in sizes) for _ in range(400)]
    pinned = [small for _, small in pairs]  # between what is free, so that the heap cannot shrink
    del pairs
    before = resident()
    machine.give_memory_back()
    assert resident() <= before - 20_000_000 and len(pinned) == 400


def resident() -> int:
    """The bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

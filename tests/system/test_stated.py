"""Plain data of the kind that belongs somewhere pass, and nothing else does."""

import math

import numpy as np
import pytest

from nnctl.system import stated

GOOD = [
    (stated.whole, 0),
    (stated.whole, 2**53 - 1),
    (stated.number, -1),
    (stated.number, math.inf),
    (stated.finite, 1e308),
    (stated.finite, 2**53),
    (stated.truth, False),
    (stated.text, "é\u2028"),
    (stated.texts, ["a", ""]),
    (stated.texts, []),
    (stated.items, [None]),
    (stated.mapping, {"a": 1}),
]
BAD = [
    *((stated.whole, value) for value in (-1, 1.0, True, None, "1", 2**53, 10**400)),
    *((stated.number, value) for value in (True, "1", None, 10**400, [1])),
    *((stated.finite, value) for value in (math.nan, -math.inf, True, "1")),
    *((stated.truth, value) for value in (0, 1, None, "true")),
    *((stated.text, value) for value in (None, 1, ["a"], "\ud800", "a\udcff")),
    *((stated.texts, value) for value in ("ab", ["a", 1], ["a", "a"], {"a": 1}, [["a"]], None)),
    *((stated.items, value) for value in ((), "a", {}, None)),
    *((stated.mapping, value) for value in ([], "a", None)),
]


@pytest.mark.parametrize(("read", "value"), GOOD)
def test_what_belongs_there_passes(read, value):
    found = read("place", value)
    assert list(found) == list(value) if isinstance(value, list) else found == value


@pytest.mark.parametrize(("read", "value"), BAD)
def test_what_does_not_is_named_with_its_place(read, value):
    with pytest.raises(ValueError, match=r"^place ") as caught:
        read("place", value)
    assert len(str(caught.value)) < 100


def test_a_count_may_have_a_least():
    assert stated.whole("place", 1, least=1) == 1
    with pytest.raises(ValueError, match="place is 0"):
        stated.whole("place", 0, least=1)


@pytest.mark.parametrize("value", ["b", None, ["a"], 1])
def test_a_choice_is_one_of_those(value):
    assert stated.choice("place", "a", ("a", "c")) == "a"
    with pytest.raises(ValueError, match="place is "):
        stated.choice("place", value, ("a", "c"))


def test_doubles_are_so_many_finite_numbers():
    found = stated.doubles("place", [1, -2.5], 2)
    np.testing.assert_array_equal(found, np.array([1, -2.5]), strict=True)
    assert stated.doubles("place", [], 0).shape == (0,)
    for wrong in ([1.0], [1, 2, 3], [1, None], [1, math.inf], [[1], [2]], 1.0, "12", [True, 1]):
        with pytest.raises(ValueError, match=r"^place "):
            stated.doubles("place", wrong, 2)


def test_values_are_counted_but_for_null():
    assert stated.count_values({"a": [1, None, {}], "b": {"c": None, "d": False}, "e": ""}) == 3

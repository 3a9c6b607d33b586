"""Piecewise-linear pieces of numbers."""

import numpy as np
import pytest

from nnctl.encoding.pieces import edges_of, pieces_of, stated_edges

X = np.random.default_rng(0).normal(size=(200, 3))


def test_a_piece_is_how_far_a_number_has_come_within_it() -> None:
    made = pieces_of(np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 5.0]), np.array([0.0, 1.0, 3.0]))
    assert made.tolist() == [[0, 0], [0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1]]


@pytest.mark.parametrize("bins", [1, 4, 12])
def test_edges_are_quantiles_and_the_pieces_the_formula(bins: int) -> None:
    edges = edges_of(lambda: np.array_split(X, 3), [bins] * 3, seed=0)
    for own, column in zip(edges, X.T, strict=True):
        np.testing.assert_array_equal(own, np.quantile(column, np.linspace(0, 1, bins + 1)))
        made = pieces_of(column, own)
        for i in range(bins):
            piece = np.clip((column - own[i]) / (own[i + 1] - own[i]), 0, 1)
            np.testing.assert_array_equal(made[:, i], piece)


def test_each_column_has_its_own_number_and_equal_edges_are_one() -> None:
    x = np.column_stack([np.arange(100.0), np.arange(100) % 3 > 1, np.full(100, 3.0)])
    edges = edges_of(lambda: [x], [4, 8, 5], seed=0)
    assert [each.tolist() for each in edges] == [[0, 24.75, 49.5, 74.25, 99], [0, 1], [3]]
    assert pieces_of(x[:, 2], edges[2]).shape == (100, 0)


def test_edges_as_near_as_numbers_can_be_give_no_nan() -> None:
    edges = np.array([1.0, np.nextafter(1.0, 2)])
    with np.errstate(over="ignore"):
        assert pieces_of(np.array([-1e308, 1.0, 1e308]), edges).tolist() == [[0], [0], [1]]


@pytest.mark.parametrize("edges", [[], [1, 1], [2, 1], ["a"], [np.nan], 3, None, [0] * 2000])
def test_garbled_edges_are_refused(edges: object) -> None:
    with pytest.raises(ValueError, match="edges"):
        stated_edges("edges", edges)

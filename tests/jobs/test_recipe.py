"""What init chooses by the size of a table."""

from itertools import pairwise

import pytest

from nnctl.jobs.recipe import MANY_ROWS, MOST_INPUTS, recipe_for


@pytest.mark.parametrize(
    ("rows", "hidden", "members"),
    [
        (20, (128, 32), 5),
        (MANY_ROWS - 1, (128, 32), 5),
        (MANY_ROWS, (256, 128), 5),
        (50_001, (256, 128), 3),
        (200_001, (256, 128), 1),
    ],
)
def test_rows_decide_the_width_and_the_members(rows, hidden, members):
    recipe = recipe_for(rows, 5)
    assert (recipe.hidden, recipe.members) == (hidden, members)


@pytest.mark.parametrize("rows", [100, 100_000])
def test_numbers_are_cut_into_pieces_while_their_inputs_stay_few(rows):
    bins = [recipe_for(rows, numbers).bins for numbers in range(400)]
    assert bins[0] == 0, "there is nothing to cut"
    wide = next(numbers for numbers in range(1, 400) if not bins[numbers])
    pieces = bins[1]
    assert (wide - 1) * (pieces + 1) <= MOST_INPUTS < wide * (pieces + 1)
    assert all(before >= after for before, after in pairwise(bins[1:]))

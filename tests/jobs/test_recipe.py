"""What init chooses by the size of a table."""

from itertools import pairwise

import pytest

from nnctl.jobs.recipe import MANY_ROWS, MOST_INPUTS, MOST_PARAMETERS, recipe_for


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
    recipe = recipe_for(rows, 5, 20)
    assert (recipe.hidden, recipe.members) == (hidden, members)


@pytest.mark.parametrize("rows", [100, 100_000])
def test_numbers_are_cut_into_pieces_while_their_inputs_stay_few(rows):
    bins = [recipe_for(rows, numbers, 0).bins for numbers in range(400)]
    assert bins[0] == 0, "there is nothing to cut"
    wide = next(numbers for numbers in range(1, 400) if not bins[numbers])
    pieces = bins[1]
    assert (wide - 1) * (pieces + 1) <= MOST_INPUTS < wide * (pieces + 1)
    assert all(before >= after for before, after in pairwise(bins[1:]))


@pytest.mark.parametrize("rows", [100, 300_000])
@pytest.mark.parametrize("kinds", [10, 8_000, 20_000, 100_000, 10**7])
def test_many_kinds_of_text_make_the_network_narrow_and_its_steps_fewer(rows, kinds):
    usual, found = recipe_for(rows, 3, 0), recipe_for(rows, 3, kinds)
    if kinds * usual.hidden[0] <= MOST_PARAMETERS:
        assert found == usual
        return
    assert found.many_kinds and found.batch_size == 4 * usual.batch_size
    assert max(found.hidden) == found.hidden[0] < usual.hidden[0]
    assert kinds * found.hidden[0] <= MOST_PARAMETERS or found.hidden[0] == 8
    assert 2 * kinds * found.hidden[0] > MOST_PARAMETERS, "no narrower than need be"

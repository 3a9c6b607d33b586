"""What `init` chooses by the size of a table: the network, its training, and how many predict.

The choices were made on inner splits of public tables; nnctl/docs/tables.md has how right they are
on rows that were held out.
"""

from typing import NamedTuple

MANY_ROWS = 8000  # from which on a wide network learns more than it learns by heart
MOST_INPUTS = 2000  # that pieces of numbers may make
# Rows up to which so many members are trained; beyond, one has learnt what there is.
MEMBERS = ((50_000, 5), (200_000, 3))


class Recipe(NamedTuple):
    """A network with hidden layers of `hidden` units, and how it is trained.

    `bins` are the pieces that each number becomes beside itself, 0 for none; `members` the networks
    whose mean predicts. A wide network takes smaller steps where it gets no better.
    """

    hidden: tuple[int, ...]
    dropout: float
    batch_size: int
    learning_rate: float
    bins: int
    is_wide: bool
    members: int = 1


SMALL = Recipe((128, 32), 0.2, 32, 0.002, 16, is_wide=False)
LARGE = Recipe((256, 128), 0.1, 128, 0.002, 24, is_wide=True)


def recipe_for(rows: int, numbers: int) -> Recipe:
    """What suits a table of so many rows that have a target, and so many columns of numbers."""
    recipe = LARGE if rows >= MANY_ROWS else SMALL
    members = next((count for most, count in MEMBERS if rows <= most), 1)
    bins = recipe.bins if 0 < numbers * (recipe.bins + 1) <= MOST_INPUTS else 0
    return recipe._replace(bins=bins, members=members)

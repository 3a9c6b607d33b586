"""What `init` chooses by the size of a table: the network, its training, and how many predict.

The choices were made on inner splits of public tables; nnctl/docs/tables.md has how right they are
on rows that were held out. `init --try` tries others in their place, see `jobs.studies.recipes`.
"""

from typing import NamedTuple

MANY_ROWS = 8000  # from which on a wide network learns more than it learns by heart
MOST_INPUTS = 2000  # that pieces of numbers may make
FINER = (1, 2, 4)  # times the rule's pieces, that are tried
# Rows up to which so many members are trained; beyond, one has learnt what there is.
MEMBERS = ((50_000, 5), (200_000, 3))
MOST_PARAMETERS = 1 << 21  # of the first layer, all of which every step updates
FEWEST_UNITS = 8
LARGER = 4  # times the rows of a batch, and as many steps fewer, where there are so many kinds


class Recipe(NamedTuple):
    """A network with hidden layers of `hidden` units, and how it is trained.

    `bins` are the pieces that each number becomes beside itself, 0 for none; `members` the networks
    whose mean predicts. A wide network takes smaller steps where it gets no better. Where there are
    `many_kinds` of text, of which each has a parameter for each unit, it has fewer units.
    """

    hidden: tuple[int, ...]
    dropout: float
    batch_size: int
    learning_rate: float
    bins: int
    is_wide: bool
    members: int = 1
    many_kinds: bool = False


SMALL = Recipe((128, 32), 0.2, 32, 0.002, 16, is_wide=False)
LARGE = Recipe((256, 128), 0.1, 128, 0.002, 24, is_wide=True)


def recipe_for(rows: int, numbers: int, kinds: int) -> Recipe:
    """What suits a table of so many rows that have a target, columns of numbers and kinds of text.

    The kinds are those of all columns together.
    """
    recipe = LARGE if rows >= MANY_ROWS else SMALL
    members = next((count for most, count in MEMBERS if rows <= most), 1)
    bins = recipe.bins if 0 < numbers * (recipe.bins + 1) <= MOST_INPUTS else 0
    recipe = recipe._replace(bins=bins, members=members)
    units = recipe.hidden[0]
    while units * kinds > MOST_PARAMETERS and units > FEWEST_UNITS:
        units //= 2
    if units == recipe.hidden[0]:
        return recipe
    hidden = tuple(min(units, each) for each in recipe.hidden)
    batch_size = LARGER * recipe.batch_size
    return recipe._replace(hidden=hidden, batch_size=batch_size, many_kinds=True)


def recipes_to_try(rule: Recipe, numbers: int) -> list[Recipe]:
    """The rule's recipe for so many columns of numbers, and what may suit the table better.

    What tables differ in most is how finely their numbers are cut: not at all, as finely as the
    rule has it, twice and four times so, as far as the inputs do not become too many. Fewest pieces
    first; the rule's recipe alone where there is nothing to try.
    """
    finer = [rule.bins * times for times in FINER if rule.bins]
    bins = [each for each in finer if numbers * (each + 1) <= MOST_INPUTS]
    return [rule._replace(bins=each) for each in dict.fromkeys((0 if bins else rule.bins, *bins))]

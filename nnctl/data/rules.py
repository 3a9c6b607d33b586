"""What a config wants of single columns, and of all of them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from nnctl.data.streamed import MEMORY
from nnctl.encoding.scaling import Scale
from nnctl.encoding.words import ColumnType, Missing, Part
from nnctl.reading.files import PLAIN, TextFormat


class Rule(NamedTuple):
    """What is said of one column: see the keys of the same names in a config.

    What is None is as for all columns, or as the data have it.
    """

    type: ColumnType | None = None
    scale: Scale | None = None
    missing: Missing | None = None
    indicator: bool = False
    bins: int | None = None
    min_count: int = 1
    format: str | None = None
    parts: tuple[Part, ...] | None = None


NO_RULE = Rule()


class Treatment(NamedTuple):
    """What becomes of the columns: see the keys of the same names under `data` in a config.

    `text` are columns of categories, whatever they hold; `by` is what `rescale` divides by, and
    `clip` is for `robust`. `columns` are the rules of single ones. Inputs of more than `memory`
    bytes stay on the disk; `seed` draws the rows that stand for all where these are too many.
    """

    text_format: TextFormat = PLAIN
    text: tuple[str, ...] = ()
    missing: Missing = "error"
    scaling: str = "none"
    by: float | None = None
    clip: bool = False
    bins: int | None = None
    columns: Mapping[str, Rule] = MappingProxyType({})
    target_scaling: str = "none"
    sample_weight: str | None = None
    group: str | None = None
    memory: int = MEMORY
    seed: int = 0

    def rule(self, name: str) -> Rule:
        """The rule of a column."""
        return self.columns.get(name, NO_RULE)

    def scale_of(self, name: str) -> Scale:
        """How the numbers of a column are to be scaled."""
        return self.rule(name).scale or Scale(self.scaling, self.by, self.clip)

    def missing_of(self, name: str) -> Missing:
        """What becomes of a column's missing values."""
        return self.rule(name).missing or self.missing

    def with_missing(self, names: Sequence[str], wanted: Missing) -> list[str]:
        """Those of the columns whose missing values meet with that."""
        if not self.columns:
            return list(names) if self.missing == wanted else []
        return [name for name in names if self.missing_of(name) == wanted]

    def bins_of(self, name: str) -> int | None:
        """The pieces that a column of numbers is cut into."""
        return self.rule(name).bins or self.bins

    def of_type(self, *types: ColumnType) -> list[str]:
        """The columns that are said to be of one of those types."""
        return [name for name, rule in self.columns.items() if rule.type in types]


AS_IS = Treatment()

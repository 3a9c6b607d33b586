"""What a config says of the cut above which an answer is yes: `threshold`."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import model_validator

from nnctl.config.constraints import Limits
from nnctl.config.problems import detail, errors
from nnctl.config.schema import Cell, Fraction
from nnctl.config.types import OrSection, Section

AIMS = ("maximize", "recall", "precision", "cost")
Price = Annotated[float, Limits(0, low_open=True)]


class CostConfig(Section):
    """What wrong answers cost, in any unit."""

    noun: ClassVar[str] = "a cost"
    false_negative: Price
    false_positive: Price


class ThresholdConfig(Section):
    """What the cut is chosen for: one aim, and the label that an alarm is about.

    Without `positive` that is the second label in sorted order.
    """

    noun: ClassVar[str] = "a threshold"
    maximize: Literal["accuracy", "f1"] | None = None
    recall: Fraction | None = None
    precision: Fraction | None = None
    cost: Annotated[CostConfig | None, OrSection(CostConfig)] = None
    positive: Cell | None = None

    @property
    def aims(self) -> list[str]:
        """The aims that are given: one, in a config that is sound."""
        return [key for key in AIMS if getattr(self, key) is not None]

    @model_validator(mode="after")
    def _has_one_aim(self) -> Self:
        if not self.aims:
            message = f"there is no aim; a threshold is a number, or has one of {', '.join(AIMS)}"
            raise errors(detail(message, 'write "{maximize: f1}", or a number'))
        if len(self.aims) > 1:
            message = f"there are several aims, {' and '.join(self.aims)}, and one cut"
            raise errors(detail(message, "remove all but one", (self.aims[1],)))
        return self

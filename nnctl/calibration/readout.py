"""What follows a model's output, in one place, for all who predict: temperature, cuts, ranges."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nnctl.system import stated

if TYPE_CHECKING:
    from nnctl.calibration.intervals import Intervals, Kind
    from nnctl.calibration.temperature import Temperature


class Readout(NamedTuple):
    """The steps, in their order; None for one that is not taken.

    `cuts` has for each output of yes or no from above which probability it is a yes.
    """

    temperature: "Temperature | None" = None
    cuts: tuple[float, ...] | None = None
    intervals: "Intervals | None" = None

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same of; empty where no step is taken."""
        values: dict[str, Any] = {}
        if self.temperature is not None:
            values["temperature"] = self.temperature.to_json()
        if self.cuts is not None:
            values["cuts"] = list(self.cuts)
        if self.intervals is not None:
            values["intervals"] = self.intervals.to_json()
        return values

    @classmethod
    def from_json(
        cls, data: Mapping[str, Any], outputs: int, targets: int, single: bool, kind: "Kind"
    ) -> "Readout":
        """That of a model with so many outputs for so many targets.

        With a `single` temperature for all outputs, or one for each, and ranges of a `kind`. Raises
        KeyError or ValueError for anything that `to_json` does not give.
        """
        if unknown := data.keys() - set(cls._fields):
            raise stated.unfit("the steps behind the output", sorted(unknown))
        temperature = cuts = intervals = None
        # What few runs ask for is loaded for those alone.
        if "temperature" in data:
            from nnctl.calibration.temperature import Temperature

            temperature = Temperature.from_json(data["temperature"], outputs, single)
        if "cuts" in data:
            cuts = tuple(stated.doubles("cuts", data["cuts"], outputs).tolist())
        if "intervals" in data:
            from nnctl.calibration.intervals import Intervals

            intervals = Intervals.from_json(data["intervals"], targets, kind)
        return cls(temperature, cuts, intervals)


AS_IT_IS = Readout()

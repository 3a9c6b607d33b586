"""Scaling of numeric columns: formulas whose statistics travel with the weights."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.reading.array_types import Doubles
from nnctl.system import stated

LARGEST = 3.0  # in size, that a squashed number can come to
QUANTILES = 257  # at most, that tell how a column is distributed
BY_COLUMN = ("standardize", "minmax", "robust", "log")  # those that have numbers for each column
TYPES = ("none", "rescale", *BY_COLUMN, "quantile")


class Scale(NamedTuple):
    """A scaling that is wanted, by its type; `rescale` divides by `by`, `robust` may `clip`."""

    type: str = "none"
    by: float | None = None
    clip: bool = False


class Scaling(NamedTuple):
    """`(x - shift) / divisor`, column by column, in double precision.

    `type` is that of a `Scale`. `shift` and `divisor` have a value for each column, or are single
    numbers. `log` takes `sign(x) log(1 + |x|)` before; `clip` takes `y / sqrt(1 + (y / 3)^2)` of
    the result, which stays within 3. `quantile` goes by the `quantiles` (shares, columns) alone:
    to the number below which the same share of a standard normal lies.
    """

    type: str
    shift: Doubles
    divisor: Doubles
    clip: bool = False
    quantiles: Doubles | None = None

    def apply(self, x: NDArray[Any]) -> NDArray[Any]:
        """`x` (rows, columns) scaled, as float64; with `none`, `x` itself."""
        if self.type == "none":
            return x
        if self.quantiles is not None:
            from nnctl.encoding.to_normal import to_normal  # which few models need

            return to_normal(x.astype(np.float64), self.quantiles)
        if self.type == "log":
            x = signed_log(x.astype(np.float64))
        # Where nothing is taken off, there is no pass for it.
        moved = x if self.type == "rescale" else x - self.shift
        scaled: Doubles = np.divide(moved, self.divisor, dtype=np.float64)
        return scaled / np.sqrt(1 + np.square(scaled / LARGEST)) if self.clip else scaled

    def invert(self, scaled: NDArray[Any]) -> NDArray[Any]:
        """The numbers that `apply` made `scaled` of; where it took several to one, one of them."""
        if self.type == "none":
            return scaled
        if self.quantiles is not None:
            from nnctl.encoding.to_normal import from_normal

            return from_normal(scaled, self.quantiles)
        if self.clip:
            inside = np.clip(scaled, -LARGEST, LARGEST) / LARGEST
            with np.errstate(divide="ignore"):
                scaled = scaled / np.sqrt((1 - inside) * (1 + inside))
        found = scaled * self.divisor + self.shift
        return np.copysign(np.expm1(np.abs(found)), found) if self.type == "log" else found

    def wanted(self, columns: int) -> list[Scale]:
        """The scale that each of so many columns was to have."""
        by = float(self.divisor) if self.type == "rescale" else None
        return [Scale(self.type, by, self.clip)] * columns

    def by_column(self, columns: int) -> tuple[Doubles, Doubles]:
        """The shift and the divisor of each of so many columns."""
        return np.broadcast_to(self.shift, columns), np.broadcast_to(self.divisor, columns)

    def to_json(self) -> Any:
        """Plain data that `from_json` makes the same scaling of, bit for bit."""
        return {
            "type": self.type,
            "shift": self.shift.tolist(),
            "divisor": self.divisor.tolist(),
            **({"clip": self.clip} if self.type == "robust" else {}),
            **({} if self.quantiles is None else {"quantiles": self.quantiles.T.tolist()}),
        }

    @classmethod
    def from_json(cls, name: str, data: Any, columns: int) -> "Scaling":
        """The scaling of so many columns that a file states in the place `name`.

        Raises KeyError or ValueError for anything `to_json` does not give.
        """
        given = stated.mapping(name, data)
        kind = stated.choice(f"{name}.type", given["type"], TYPES)
        shift, divisor = f"{name}.shift", f"{name}.divisor"
        if kind in BY_COLUMN:
            made = cls(
                kind,
                stated.doubles(shift, given["shift"], columns),
                stated.doubles(divisor, given["divisor"], columns),
            )
        else:
            numbers = (
                stated.finite(shift, given["shift"]),
                stated.finite(divisor, given["divisor"]),
            )
            made = cls(kind, np.array(numbers[0]), np.array(numbers[1]))
            if numbers[0] or (kind != "rescale" and numbers[1] != 1):
                raise ValueError(f"{name} is of type {kind}, and scales")
        if not (made.divisor > 0).all():
            raise ValueError(f"{divisor} holds numbers that are not above 0")
        if kind == "robust":
            made = made._replace(clip=stated.truth(f"{name}.clip", given["clip"]))
        if kind == "quantile":
            made = made._replace(
                quantiles=stated_quantiles(f"{name}.quantiles", given["quantiles"], columns)
            )
        return made


class Mixed(NamedTuple):
    """Scalings of different columns: `parts` has each with the places of its columns."""

    parts: tuple[tuple[NDArray[np.intp], Scaling], ...]

    @property
    def type(self) -> str:
        """What stands in place of the type of one scaling for all."""
        return "mixed"

    def apply(self, x: NDArray[Any]) -> NDArray[Any]:
        """`x` (rows, columns) scaled, as float64."""
        made = np.empty(x.shape, np.float64)
        for places, scaling in self.parts:
            made[:, places] = scaling.apply(x[:, places])
        return made

    def invert(self, scaled: NDArray[Any]) -> NDArray[Any]:
        """The numbers that `apply` made `scaled` of."""
        made = np.empty(scaled.shape, np.float64)
        for places, scaling in self.parts:
            made[:, places] = scaling.invert(scaled[:, places])
        return made

    def wanted(self, columns: int) -> list[Scale]:
        """The scale that each of so many columns was to have."""
        found = [Scale()] * columns
        for places, scaling in self.parts:
            for place, scale in zip(places.tolist(), scaling.wanted(len(places)), strict=True):
                found[place] = scale
        return found

    def by_column(self, columns: int) -> tuple[Doubles, Doubles]:
        """The shift and the divisor of each of so many columns."""
        shift, divisor = np.zeros(columns), np.ones(columns)
        for places, scaling in self.parts:
            shift[places], divisor[places] = scaling.by_column(len(places))
        return shift, divisor

    def to_json(self) -> Any:
        """Plain data that `scaling_from` makes the same of."""
        return [{"columns": places.tolist(), **scaling.to_json()} for places, scaling in self.parts]

    @classmethod
    def from_json(cls, name: str, data: list[Any], columns: int) -> "Mixed":
        """Raises KeyError or ValueError for anything `to_json` does not give."""
        parts = []
        for number, part in enumerate(data):
            given = stated.mapping(f"{name}.{number}", part)
            own = f"{name}.{number}.columns"
            places = [stated.whole(own, each) for each in stated.items(own, given["columns"])]
            scaling = Scaling.from_json(f"{name}.{number}", given, len(places))
            parts.append((np.array(places, np.intp), scaling))
        every = [place for places, _ in parts for place in places.tolist()]
        rising = all((np.diff(places) > 0).all() and len(places) for places, _ in parts)
        if sorted(every) != list(range(columns)) or not rising or len(parts) < 2:
            raise ValueError(f"{name} is not of each column once")
        kinds = [scaling.wanted(1)[0] for _, scaling in parts]
        firsts = [int(places[0]) for places, _ in parts]
        if len(set(kinds)) < len(kinds) or firsts != sorted(firsts):
            raise ValueError(f"{name} has columns of one kind in two places")
        return cls(tuple(parts))


AnyScaling = Scaling | Mixed
UNSCALED = Scaling("none", np.zeros(()), np.ones(()))


def scaling_from(name: str, data: Any, columns: int) -> AnyScaling:
    """The scaling of so many columns that a file states in the place `name`: of all, or by parts.

    Raises KeyError or ValueError for anything `to_json` does not give.
    """
    if isinstance(data, list):
        return Mixed.from_json(name, data, columns)
    return Scaling.from_json(name, data, columns)


def places_by_scale(scales: Sequence[Scale]) -> dict[Scale, NDArray[np.intp]]:
    """The places of the columns that are to be scaled alike, by the scale."""
    found: dict[Scale, list[int]] = {}
    for place, scale in enumerate(scales):
        found.setdefault(scale, []).append(place)
    return {scale: np.array(places, np.intp) for scale, places in found.items()}


def signed_log(x: Doubles) -> Doubles:
    """`sign(x) log(1 + |x|)`, elementwise."""
    return np.copysign(np.log1p(np.abs(x)), x)


def stated_quantiles(name: str, value: Any, columns: int) -> Doubles:
    """The quantiles (shares, columns) that a file states. Raises ValueError for anything else."""
    given = stated.items(name, value)
    if len(given) != columns or not given:
        raise ValueError(f"{name} are those of {len(given)} columns, not {columns}")
    count = len(stated.items(name, given[0]))
    found = np.array([stated.doubles(name, each, count) for each in given])
    if not 1 <= count <= QUANTILES or (np.diff(found, axis=1) < 0).any():
        raise ValueError(f"{name} do not rise")
    return np.ascontiguousarray(found.T)

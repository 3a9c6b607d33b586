"""What is special of single columns, learnt from the rows that train."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from nnctl.data.checks import check_range
from nnctl.data.inputs import OTHER_LABEL
from nnctl.data.raw import Raw
from nnctl.data.rules import Treatment
from nnctl.encoding.pieces import edges_of
from nnctl.encoding.quantiles import Chunks
from nnctl.encoding.special import Special
from nnctl.reading.array_types import Doubles

if TYPE_CHECKING:
    from nnctl.encoding.dates import Dates


def specials_of(
    raw: Raw,
    treatment: Treatment,
    categories: Mapping[str, tuple[str, ...]],
    rows: Chunks,
    known: Chunks,
) -> dict[str, Special]:
    """What is special of columns, in the features' order; those of which nothing is are left out.

    `rows()` goes through the numeric columns of the rows that train, stretch by stretch, nan where
    a value is missing; `known()` has there what stands in for it.
    """
    dates, edges = dates_of(raw, treatment, rows), edges_by_column(raw, treatment, known)
    found = {}
    for name in raw.features.names:
        rule, missing = treatment.rule(name), treatment.missing_of(name)
        special = Special(
            None if missing == treatment.missing else missing,
            rule.indicator,
            edges.get(name),
            dates.get(name),
            rule.min_count > 1 and OTHER_LABEL in categories.get(name, ()),
        )
        if special.to_json():
            found[name] = special
    return found


def dates_of(raw: Raw, treatment: Treatment, rows: Chunks) -> "dict[str, Dates]":
    """What is made of the columns of dates."""
    if not raw.dates:
        return {}
    from nnctl.encoding.dates import Dates, Spread  # few tables have dates

    numeric = raw.features.numeric
    spreads = {name: Spread() for name in numeric if name in raw.dates}
    places = {name: numeric.index(name) for name in spreads}
    for chunk in rows() if spreads else ():
        for name, spread in spreads.items():
            spread.add(chunk[:, places[name]])
    return {
        name: Dates(
            raw.dates[name], treatment.rule(name).parts or spread.varying(), spread.earliest
        )
        for name, spread in spreads.items()
    }


def edges_by_column(raw: Raw, treatment: Treatment, known: Chunks) -> dict[str, Doubles]:
    """The edges of the pieces of each column of numbers that is to have some."""
    bins = {
        place: treatment.bins_of(name) or 0
        for place, name in enumerate(raw.features.numeric)
        if name not in raw.dates
    }
    places = [place for place, wanted in bins.items() if wanted]
    if not places:
        return {}

    def columns() -> Iterator[Doubles]:
        return (chunk[:, places] for chunk in known())

    found = edges_of(columns, [bins[place] for place in places], treatment.seed)
    names = [raw.features.numeric[place] for place in places]
    with np.errstate(over="ignore"):
        ranges = np.array([edges[-1] - edges[0] for edges in found])
    check_range(ranges, names, raw.targets.file)
    return dict(zip(names, found, strict=True))

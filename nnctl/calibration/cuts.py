"""The cut above which an answer is yes, chosen by rows whose truth is known."""

import math
from typing import Literal, NamedTuple

import numpy as np

from nnctl.calibration.conformal import ROUNDING, conformal_rank
from nnctl.graph import Array

FEWEST_ALARMS = 30  # by which a precision is told


class Aim(NamedTuple):
    """What a cut is chosen for.

    `share` is that of a recall or a precision; the prices are those of a cost. An alarm is about
    the second class, or with `of_first` about the first.
    """

    kind: Literal["accuracy", "f1", "recall", "precision", "cost"]
    share: float = 0.0
    false_negative: float = 1.0
    false_positive: float = 1.0
    of_first: bool = False


class Alarms(NamedTuple):
    """What there is to choose from: alarms for the rows of the 0, 1, 2, … most suspicious values.

    `values` (kinds,) are these probabilities, the most suspicious first; `alarms`, `hits` and
    `rows` (kinds + 1,) are what the alarms and the right ones among them count, and their number;
    `positives` and `found` are the weight and the number of the rows to be found.
    """

    values: Array
    alarms: Array
    hits: Array
    rows: Array
    total: float
    positives: float
    found: int


def choose_cut(
    aim: Aim, probabilities: Array, truth: Array, weight: Array | None = None
) -> float | None:
    """The cut that serves the aim best: a yes is what has a probability above it.

    `probabilities` (rows,) are those of yes, `truth` (rows,) says where it is right, `weight`
    (rows,) how much a row counts. The cut is one that the probabilities' dtype holds. None where
    no cut serves the aim: a share that is not reached, or reached by fewer than 30 alarms.
    """
    choice = alarms_of(probabilities, truth.astype(bool) ^ aim.of_first, weight, aim.of_first)
    if aim.kind == "recall":
        needed = weight_to_find(choice, aim.share)
        size = int(np.searchsorted(choice.hits, needed * (1 - ROUNDING)))
        found = size if size < len(choice.hits) and choice.found else None
    elif aim.kind == "precision":
        enough = choice.rows >= FEWEST_ALARMS
        right = choice.hits >= aim.share * choice.alarms * (1 - ROUNDING)
        found = last_of(enough & right)
    else:
        found = int(np.argmax(merits(aim, choice)))
    return None if found is None else cut_between(aim, choice.values, found)


def alarms_of(
    probabilities: Array, positive: Array, weight: Array | None, of_first: bool
) -> Alarms:
    """What alarms for the most suspicious rows come to; `positive` (rows,) marks the right ones."""
    suspicion = -probabilities if of_first else probabilities
    counts = np.ones(len(positive)) if weight is None else weight.astype(np.float64)
    order = np.argsort(-suspicion, kind="stable")
    ordered, counts, positive = suspicion[order], counts[order], positive[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    sums = (np.cumsum(each)[ends] for each in (counts, counts * positive))
    alarms, hits = (np.concatenate([[0.0], each]) for each in sums)
    values = probabilities[order][ends]
    rows = np.concatenate([[0], ends + 1])
    counted = int(np.count_nonzero(positive & (counts > 0)))
    return Alarms(values, alarms, hits, rows, float(counts.sum()), float(hits[-1]), counted)


def weight_to_find(choice: Alarms, share: float) -> float:
    """The weight of the positive rows that a recall asks for, one more than there are counted in.

    Of 20 rows at 0.9 that is 19: so many of 21 are found of rows that are still to come.
    """
    each = choice.positives / max(1, choice.found)
    return conformal_rank(choice.found, share) * each


def last_of(fits: Array) -> int | None:
    """The last place that fits."""
    places = np.flatnonzero(fits)
    return int(places[-1]) if len(places) else None


def merits(aim: Aim, choice: Alarms) -> Array:
    """How well each choice serves the aim."""
    false_alarms, missed = choice.alarms - choice.hits, choice.positives - choice.hits
    if aim.kind == "f1":
        least = np.finfo(float).tiny
        merit: Array = 2 * choice.hits / np.maximum(choice.alarms + choice.positives, least)
    elif aim.kind == "cost":
        merit = -(aim.false_negative * missed + aim.false_positive * false_alarms)
    else:
        merit = -(missed + false_alarms)
    return merit


def cut_between(aim: Aim, values: Array, size: int) -> float:
    """A cut that raises an alarm for the first so many values, and for no other.

    For a recall the one of fewest alarms, for a precision that of most, else the one midway.
    """
    dtype = values.dtype.type
    ends = (dtype(0), dtype(1)) if aim.of_first else (dtype(1), dtype(0))
    inner = values[size - 1] if size else ends[0]
    outer = values[size] if size < len(values) else ends[1]
    # A cut c with low <= c < high: yes is what lies above it.
    low, high = (inner, outer) if aim.of_first else (outer, inner)
    below = np.nextafter(high, dtype(-math.inf))
    lowest = aim.kind == ("recall" if aim.of_first else "precision")
    highest = aim.kind == ("precision" if aim.of_first else "recall")
    cut = low if lowest else below if highest else low + (high - low) / 2
    return float(min(cut, below))

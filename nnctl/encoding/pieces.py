"""Numbers as piecewise-linear pieces: which of the column's quantiles they have passed, how far.

After Gorishniy, Rubachev and Babenko (On Embeddings for Numerical Features in Tabular Deep
Learning, 2022): with edges e_0 < … < e_k, piece i of x is (x - e_(i-1)) / (e_i - e_(i-1)), kept
within 0 and 1.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnctl.encoding.quantiles import Chunks, quantiles_of
from nnctl.reading.array_types import Doubles
from nnctl.system import stated

MOST_BINS = 1000


def pieces_of(x: Doubles, edges: Doubles) -> Doubles:
    """The pieces, (rows, len(edges) - 1), of numbers (rows,)."""
    return np.clip((x[:, None] - edges[:-1]) / np.diff(edges), 0, 1)


def edges_of(chunks: Chunks, bins: Sequence[int], seed: int) -> list[Doubles]:
    """The edges of the pieces of each column, of which equal ones count once.

    `chunks()` goes through the rows, (rows, columns), and `bins` are the pieces that each column is
    to have.
    """
    found: dict[int, Doubles] = {}
    for count in sorted(set(bins)):
        places = [place for place, wanted in enumerate(bins) if wanted == count]

        def own(places: list[int] = places) -> Any:
            return (chunk[:, places] for chunk in chunks())

        made = quantiles_of(own, np.linspace(0, 1, count + 1), seed)
        for place, edges in zip(places, made.T, strict=True):
            rising = np.maximum.accumulate(edges)
            found[place] = rising[np.append(True, np.diff(rising) > 0)]
    return [found[place] for place in range(len(bins))]


def stated_edges(name: str, value: Any) -> Doubles:
    """The edges of pieces that a file states. Raises ValueError for anything else."""
    edges = stated.doubles(name, value, len(stated.items(name, value)))
    if not 1 <= len(edges) <= MOST_BINS + 1 or not (np.diff(edges) > 0).all():
        raise ValueError(f"{name} do not rise")
    return edges

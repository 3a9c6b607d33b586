"""What becomes of a weights file with something wrong in its metadata."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nnctl.errors import NnctlError
from nnctl.jobs.predict import predict
from nnctl.system.npz import read_arrays, write_arrays
from tests.formats.mutations import Mutation, mutations, other_file, sealed

REFUSED = "refused"
SAME = "the same predictions"
UNNOTICED = "OTHER PREDICTIONS"
TRACEBACK = "TRACEBACK"
FAULTS = (UNNOTICED, TRACEBACK)


def predictions(weights: Path, rows: Path) -> str:
    return "".join(predict(weights, rows).chunks())


def outcomes(
    weights: Path, rows: Path, count: int | None, seed: int, seal: bool = True
) -> Iterator[tuple[str, Mutation]]:
    """What becomes of so many mutations of a file, all where `count` is None.

    Their checksum is made right with `seal`, else there is none, as in the first files.
    """
    arrays = read_arrays(weights)
    given = json.loads(str(arrays.pop("metadata")))
    expected = predictions(weights, rows)
    every = list(mutations(given))
    random.Random(seed).shuffle(every)
    file = weights.with_name("mutated.npz")
    for make in every[:count]:
        mutation = make()
        text = sealed(mutation.metadata) if seal else json.dumps(mutation.metadata)
        with file.open("wb") as stream:
            write_arrays(stream, {**arrays, "metadata": np.array(text)})
        yield fate_of(file, rows, expected, mutation, given), mutation


def fate_of(file: Path, rows: Path, expected: str, mutation: Mutation, given: object) -> str:
    try:
        found = predictions(file, rows)
    except NnctlError:
        return REFUSED
    except Exception as error:
        return f"{TRACEBACK} {error!r:.80}"
    if found == expected:
        return SAME
    return other_file(mutation, given) or UNNOTICED

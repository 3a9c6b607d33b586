"""Every random draw comes from a generator of its own purpose, spawned from the run's seed."""

from typing import Literal, get_args

import numpy as np

# The place in this list is in every key, so a new purpose goes to its end: runs keep their numbers.
Purpose = Literal[
    "split",
    "weights",
    "shuffle",
    "dropout",
    "gradcheck",
    "folds",
    "tune",
    "quantiles",
    "calibration",
    "bootstrap",
    "importance",
]


def generator(seed: int, purpose: Purpose, member: int = 1) -> np.random.Generator:
    """The generator for that purpose: the same for the same seed, unlike all others.

    Each `member` of an ensemble, counted from 1, has its own; the first has those of a single run.
    """
    key: tuple[int, ...] = (get_args(Purpose).index(purpose),)
    key = key if member == 1 else (*key, member)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def seed_of(seed: int, purpose: Purpose, *place: int) -> int:
    """A seed of 32 bits, for a generator that is not NumPy's, at one of many places."""
    key = (get_args(Purpose).index(purpose), *place)
    return int(np.random.SeedSequence(seed, spawn_key=key).generate_state(1)[0])

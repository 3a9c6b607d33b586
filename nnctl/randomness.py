"""Every random draw comes from a generator of its own purpose, spawned from the run's seed."""

from typing import Literal, get_args

import numpy as np

Purpose = Literal["split", "weights", "shuffle", "dropout", "gradcheck", "folds"]


def generator(seed: int, purpose: Purpose) -> np.random.Generator:
    """The generator for that purpose: the same for the same seed, unlike all others."""
    key = get_args(Purpose).index(purpose)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(key,))))

"""The trainers that are timed, each in a file of its own.

A peer has `made(workload, x, y)`, which returns two functions: one trains so many epochs, shuffled
or in the order of the rows, the other returns the model's output for all rows. What it needs is
imported when it is used.
"""

import importlib.util
import shutil
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Made = tuple[Callable[[int, bool], object], Callable[[], np.ndarray]]
NOT_FOR_IT = 3  # the exit status of a peer that has no such network, or that another stands for


class Peer(NamedTuple):
    """A way to use a library: its module here, the packages and the compiler it needs."""

    library: str
    module: str
    packages: tuple[str, ...]
    compiler: str | None = None


PEERS = {
    "nnctl": Peer("nnctl", "nnctl_peer", ("nnctl",)),
    "torch": Peer("PyTorch", "torch_peer", ("torch",)),
    "torch compiled": Peer("PyTorch", "torch_compiled_peer", ("torch",), "g++"),
    "jax step": Peer("JAX", "jax_step_peer", ("jax", "optax")),
    "jax scan": Peer("JAX", "jax_scan_peer", ("jax", "optax")),
    "keras": Peer("Keras", "keras_peer", ("keras",)),
    "keras many": Peer("Keras", "keras_many_peer", ("keras",)),
    "sklearn": Peer("scikit-learn", "sklearn_peer", ("sklearn",)),
}


def installed(peer: str) -> bool:
    """Whether a peer can be timed here; prints why not."""
    _, _, packages, compiler = PEERS[peer]
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if compiler and shutil.which(compiler) is None:
        missing.append(compiler)
    if missing:
        print(f"{peer} is left out: {', '.join(missing)} is not installed")
    return not missing

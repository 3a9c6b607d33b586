"""The trainers that are timed, each in a file of its own.

A peer has `made(workload, x, y)`, which returns two functions: one trains so many epochs, shuffled
or in the order of the rows, the other returns the model's output for all rows. What it needs is
imported when it is used.
"""

import importlib.util
from collections.abc import Callable

import numpy as np

Made = tuple[Callable[[int, bool], object], Callable[[], np.ndarray]]
# By name: the module here, and the packages it needs.
PEERS = {
    "nnctl": ("nnctl_peer", ["nnctl"]),
    "torch": ("torch_peer", ["torch"]),
    "jax step": ("jax_step_peer", ["jax", "optax"]),
    "jax scan": ("jax_scan_peer", ["jax", "optax"]),
    "keras": ("keras_peer", ["keras"]),
    "sklearn": ("sklearn_peer", ["sklearn"]),
}


def installed(peer: str) -> bool:
    """Whether a peer can be timed here; prints why not."""
    missing = [name for name in PEERS[peer][1] if importlib.util.find_spec(name) is None]
    if missing:
        print(f"{peer} is left out: {', '.join(missing)} is not installed")
    return not missing

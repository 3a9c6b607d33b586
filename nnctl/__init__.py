"""nnctl: train neural networks from a YAML file, on pure NumPy.

From Python: `Sequential`, and the modules `layers`, `losses`, `optimizers`, `activations`, ….
Names are imported when they are first used, so that `nnctl --help` needs no NumPy.
"""

from typing import TYPE_CHECKING, Any

from nnctl.system.version import __version__

if TYPE_CHECKING:
    from nnctl.training.sequential import History, Sequential

__all__ = ["History", "Sequential", "__version__"]


def __getattr__(name: str) -> Any:
    if name in ("History", "Sequential"):
        from nnctl.training import sequential

        return getattr(sequential, name)
    raise AttributeError(f"module 'nnctl' has no attribute '{name}'")

"""What a shell completes: files of the right kind, metrics, codes of advice, keys of a config.

It runs at each press of a key, so nothing heavy is imported here.
"""

from collections.abc import Sequence
from pathlib import Path

CONFIGS = (".yaml", ".yml")
TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".npz")
# The names of nnctl.metrics, which needs NumPy; a test holds them equal.
METRICS = (
    "accuracy",
    "auc",
    "f1",
    "mae",
    "mse",
    "precision",
    "r2",
    "recall",
    "rmse",
    "top_k_accuracy",
)
KEYS = ("optimizer.learning_rate=", "batch_size=", "epochs=", "seed=", "dtype=", "loss=")


def configs(incomplete: str) -> list[str]:
    """Configs, and folders that may hold some."""
    return files(incomplete, CONFIGS)


def tables(incomplete: str) -> list[str]:
    """Files of rows."""
    return files(incomplete, TABLES)


def weights(incomplete: str) -> list[str]:
    """Weights files and run folders."""
    return files(incomplete, (".npz",))


def configs_or_weights(incomplete: str) -> list[str]:
    return files(incomplete, (*CONFIGS, ".npz"))


def files(incomplete: str, endings: Sequence[str]) -> list[str]:
    """The files with one of the endings, and all folders, whose path begins with what is typed.

    Of a folder that is the only match, what it holds: a shell would put a space behind it.
    """
    ahead, slash, begun = incomplete.rpartition("/")
    folder = Path(ahead + slash).expanduser() if slash else Path()
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return []
    named = [path for path in inside if path.name.startswith(begun)]
    found = [
        f"{ahead}{slash}{path.name}{'/' * path.is_dir()}"
        for path in named
        if path.is_dir() or path.name.endswith(tuple(endings))
        if begun or not path.name.startswith(".")
    ]
    only = found[0] if len(found) == 1 else ""
    return files(only, endings) or found if only.endswith("/") else found


def bounds(incomplete: str) -> list[str]:
    """Metrics, ready for their bound."""
    return [f"{name}=" for name in ("loss", *METRICS) if name.startswith(incomplete)]


def settings(incomplete: str) -> list[str]:
    """Keys that are often given another value."""
    return [key for key in KEYS if key.startswith(incomplete)]


def codes(incomplete: str) -> list[tuple[str, str]]:
    """The codes of advice with their titles."""
    from nnctl.rules import RULES

    return [(code, rule.title) for code, rule in RULES.items() if code.startswith(incomplete)]

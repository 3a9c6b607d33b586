"""`python -m tests.docs.keras_side` trains both sides of from-keras.md and prints their losses.

It needs Keras: `pip install keras jax`, and KERAS_BACKEND=jax in the environment.
"""

import csv
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from nnctl.jobs.train import train
from tests.docs.blocks import Block, blocks_of
from tests.docs.markdown import code, table
from tests.docs.pages import DOCS, ROOT

SEEDS = range(5)
PAGE = DOCS / "from-keras.md"


def pairs() -> list[tuple[Block, Block]]:
    """Each Keras block with the config behind it."""
    found = [block for block in blocks_of(PAGE) if block.mark]
    return list(zip(found[::2], found[1::2], strict=True))


def reached(history: dict[str, list[float]]) -> float:
    """The best validation loss, or else the loss of the last epoch."""
    return min(history["val_loss"]) if "val_loss" in history else history["loss"][-1]


def keras_loss(block: Block, seed: int) -> float:
    from keras.utils import set_random_seed

    set_random_seed(seed)
    names: dict[str, Any] = {}
    exec(block.text.replace("model.summary()", ""), names)
    return reached(names["model"].history.history)


def nnctl_loss(block: Block, seed: int, folder: Path) -> float:
    path = folder / str(block.file)
    path.write_text(block.text.replace("datasets/", f"{ROOT}/datasets/"))
    result = train(path, seed=seed, output=folder / f"{path.stem}-{seed}")
    with open(result.folder / "history.csv") as file:
        rows = list(csv.DictReader(file))
    return reached(
        {key: [float(row[key]) for row in rows] for key in rows[0] if row_has(rows, key)}
    )


def row_has(rows: list[dict[str, str]], key: str) -> bool:
    return all(row[key] for row in rows)


def spread(losses: list[float]) -> str:
    """The median, with the smallest and the largest."""
    return f"{median(losses):.2g} ({min(losses):.2g} to {max(losses):.2g})"


def measured(folder: Path) -> str:
    """The table of losses, over the seeds."""
    rows = []
    for keras, config in pairs():
        theirs = [keras_loss(keras, seed) for seed in SEEDS]
        ours = [nnctl_loss(config, seed, folder) for seed in SEEDS]
        rows.append([code(config.file), spread(theirs), spread(ours)])
    return table(["config", "Keras", "nnctl"], rows)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(measured(Path(place)), end="")

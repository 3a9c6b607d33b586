"""A folder with a small run, its data and its config."""

from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import yaml

from nnctl.jobs.train import train

CONFIG = {
    "data": {"train": "table.csv", "target": "c"},
    "layers": [{"type": "dense", "units": 1}],
    "loss": {"type": "binary_crossentropy", "from_logits": True},
    "optimizer": {"type": "sgd", "learning_rate": 0.1},
    "epochs": 1,
}


@contextmanager
def project_in(folder: Path) -> Iterator[None]:
    """A folder with `table.csv`, `config.yaml` and its run, `run`: the current one meanwhile."""
    folder.mkdir(exist_ok=True)
    with chdir(folder):
        Path("table.csv").write_text("a,b,c\n1,2,0\n3,4,1\n5,7,1\n")
        Path("config.yaml").write_text(yaml.safe_dump(CONFIG))
        train(Path("config.yaml"), output=Path("run"))
        yield

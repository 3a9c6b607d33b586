"""What each mistake of `demonstrations` costs: `python -m tests.advice.figures` measures it anew.

The figures go to `figures.json`, from which `python -m tests.docs` makes the table of advice.md.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from nnctl.advice import Advice
from nnctl.jobs.train import train
from tests.advice.conftest import write
from tests.advice.demonstrations import DEMONSTRATIONS, Demonstration, Table

RECORDED = Path(__file__).with_name("figures.json")
SEEDS = range(5)
NEW_ROWS = 1000


@dataclass(frozen=True)
class Outcome:
    """A run's figure on new rows, the advice that it was given, and its verdict."""

    figure: float
    advice: tuple[Advice, ...]
    verdict: tuple[Advice, ...]

    def on(self, code: str) -> tuple[Advice, ...]:
        """What was said of one rule."""
        return tuple(each for each in (*self.advice, *self.verdict) if each.code == code)


def changes(advice: tuple[Advice, ...], code: str) -> list[str]:
    """What the rule's advice says, as `--set` takes it."""
    lines = [line for each in advice if each.code == code for line in each.change.splitlines()]
    return [line.replace(": ", "=", 1) for line in lines]


def drawn(demonstration: Demonstration, seed: int, rows: int) -> Table:
    return demonstration.draw(np.random.default_rng(seed), rows)


def put(folder: Path, demonstration: Demonstration, mended: bool = False) -> None:
    """Writes the config and its tables: the training rows, half of them again, and new rows."""
    table = drawn(demonstration, 0, demonstration.rows)
    new = demonstration.new(drawn(demonstration, 1, NEW_ROWS))
    if mended and demonstration.mended:
        table, new = demonstration.mended(table), demonstration.mended(new)
    write(table, folder / "train.csv", demonstration.rows)
    write(table, folder / "again.csv", demonstration.rows // 2)
    write(new, folder / "new.csv", NEW_ROWS)
    (folder / "config.yaml").write_text(demonstration.bad)


def trained(
    demonstration: Demonstration, folder: Path, seed: int, overrides: list[str] | None = None
) -> Outcome:
    """Trains the config in the folder, with changes on top."""
    epochs = [] if any("epochs" in change for change in overrides or ()) else [demonstration.epochs]
    advice: list[Advice] = []
    result = train(
        folder / "config.yaml",
        overrides=overrides or (),
        epochs=next(iter(epochs), None),
        seed=seed,
        output=folder / "run",
        overwrite=True,
        advise=advice.extend,
    )
    figure = demonstration.value(result.folder, folder / "new.csv")
    assert result.verdict is not None
    return Outcome(figure, (*advice, *result.advice), result.verdict.advice)


def both(code: str, folder: Path, seed: int) -> tuple[Outcome, Outcome]:
    """The run of the mistake, and the run of its remedy."""
    demonstration = DEMONSTRATIONS[code]
    put(folder, demonstration)
    bad = trained(demonstration, folder, seed)
    if demonstration.mended:
        put(folder, demonstration, mended=True)
        return bad, trained(demonstration, folder, seed)
    return bad, trained(demonstration, folder, seed, changes(bad.on(code), code))


def measured(code: str) -> dict[str, float]:
    """The medians over the seeds, to three digits."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = [both(code, Path(folder), seed) for seed in SEEDS]
    bad, repaired = zip(*pairs, strict=True)
    return {
        name: float(f"{median(run.figure for run in runs):.3g}")
        for name, runs in (("bad", bad), ("repaired", repaired))
    }


if __name__ == "__main__":
    known = json.loads(RECORDED.read_text())
    wanted = sys.argv[1:] or list(DEMONSTRATIONS)  # those named, or all
    measures = {code: measured(code) for code in wanted}
    found = {code: measures.get(code) or known[code] for code in DEMONSTRATIONS}
    RECORDED.write_text(json.dumps(found, indent=2) + "\n")

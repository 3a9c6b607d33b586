"""`nnctl lr-find`: a learning rate for a config's model and data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnctl.assembly.build import build, compile_model
from nnctl.config import load
from nnctl.errors import NnctlError, Problem
from nnctl.insight.rate_choice import (
    Tried,
    for_whole_training,
    rates_around,
    rounded,
)
from nnctl.insight.rate_range import (
    batches_of_rows,
    growing_rates,
    losses_on,
    mean_curve,
    suggestion,
)
from nnctl.jobs.finding import find_config
from nnctl.jobs.looking.rate_trials import try_rates
from nnctl.runs.folder import CONFIG, is_run
from nnctl.system import machine
from nnctl.system.atomic import atomic_file
from nnctl.training.seeds import generator
from nnctl.training.sequential import Sequential

STARTS = 3
KEY = "optimizer.learning_rate"


@dataclass(frozen=True)
class RateResult:
    """A learning rate, where the loss diverges if it does, and the curve: rates with losses.

    `tried` has what came of the rates that were trained with, as long as each was. `setting` is
    what gives the rate by `--set`; `written` says whether the config has it now.
    """

    rate: float
    diverges_at: float | None
    curve: tuple[tuple[float, float], ...]
    tried: tuple[Tried, ...]
    config: Path
    written: bool

    @property
    def setting(self) -> str:
        """The rate as `--set` takes it."""
        return f"{KEY}={self.rate:g}"

    def as_json(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "learning_rate": self.rate,
            "diverges_at": self.diverges_at,
            "curve": [list(point) for point in self.curve],
        }


def find_rate(
    config: Path,
    *,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    write: bool = False,
) -> RateResult:
    """Trains at most 100 batches at growing rates, from three starts, and reads the mean curve.

    It says which rates are worth a trial; of those the best is taken, by the loss on the validation
    rows, or without any on those that train. With `write` the config's line gets the rate. Raises
    `NnctlError` for what cannot be read or built, and where the config has no such line.
    """
    from nnctl.config.rewriting import with_rate

    path = find_config(config)
    if write and path.name == CONFIG and is_run(path.parent):
        message = "this is the config of a run, which says how its weights were trained"
        fix = "leave out --write, or name the config that the run was trained from"
        raise NnctlError(Problem(message, fix, str(path)))
    loaded = load(path, overrides=overrides, named={"seed": seed})
    text = path.read_text(encoding="utf-8") if write else ""
    if write:
        with_rate(text, 1.0, str(path))  # what cannot be written is told before anything is trained
    built = build(loaded)
    rows, rates = len(built.train), growing_rates()
    batch = rows if loaded.batch_size == "full" else min(loaded.batch_size, rows)
    starts = []
    for start in range(1, STARTS + 1):
        model = built.model if start == 1 else new_start(built.model, start, loaded)
        order = generator(loaded.seed, "shuffle", start)
        with machine.thread_limit(1):
            batches = batches_of_rows(rows, batch, order)
            starts.append(losses_on(model, built.train, batches, rates))
    losses = mean_curve(starts)
    found = suggestion(rates, losses)
    stages = try_rates(loaded, built, rates_around(found))
    best = for_whole_training(stages, loaded.early_stopping is not None)
    rate = rounded(found.rate) if best is None else best
    tried = {each.rate: each for stage in stages for each in stage}
    if write:
        with atomic_file(path, "w") as file:
            file.write(with_rate(text, rate, str(path)))
    curve = tuple(zip(rates, losses, strict=False))
    return RateResult(rate, found.diverges_at, curve, tuple(tried.values()), path, write)


def new_start(like: Sequential, start: int, config: Any) -> Sequential:
    """The same model with other initial weights."""
    model = compile_model(config, member=start)
    model.build(like.input_shape)
    return model

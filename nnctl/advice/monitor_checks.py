"""Checks of what a run is to be stopped or slowed by."""

from collections.abc import Iterator

import numpy as np

from nnctl.advice.advice import Finding
from nnctl.assembly.build import Built
from nnctl.config import Config
from nnctl.errors import Problem
from nnctl.network.metrics import need_of
from nnctl.rules import judging as rules


def undefined_problems(built: Built) -> list[Problem]:
    """What `undefined_monitor` finds, for those who train without advice before."""
    return [
        Problem(f"{each.found}; {each.rule.why}", "monitor val_loss or loss", path=each.path)
        for each in undefined_monitor(built)
        if each.rule.code not in built.config.ignore_advice
    ]


def undefined_monitor(built: Built) -> Iterator[Finding]:
    """A figure that is watched, and that the targets of its rows leave undefined."""
    for path, figure in monitored_figures(built.config):
        need = need_of(figure)
        if not need or is_defined(built, figure):
            continue
        validated = figure.startswith("val_")
        part, loss = ("validation", "val_loss") if validated else ("training", "loss")
        name = figure.removeprefix("val_")
        found = f"{figure} is not defined on these {part} rows: {name} needs {need}"
        yield Finding(rules.UNDEFINED_MONITOR, path, found, {path: loss})


def monitored_figures(config: Config) -> Iterator[tuple[str, str]]:
    """The figures that decide something, with their paths in the config."""
    for section in ("early_stopping", "reduce_lr_on_plateau"):
        entry = getattr(config, section)
        if entry is not None:
            yield f"{section}.monitor", entry.arguments()["monitor"]
    if config.tune is not None:
        yield "tune.monitor", config.tune.monitor


def is_defined(built: Built, figure: str) -> bool:
    """Whether a metric of the run has a value on its rows, whatever is predicted for them."""
    examples = built.validation if figure.startswith("val_") else built.train
    metric = built.model.metrics.get(figure.removeprefix("val_"))
    if examples is None or metric is None:
        return True  # a run that does not compute it is refused
    state = metric.start()
    outputs = np.zeros((len(examples), *built.model.output_shape), built.model.vector.dtype)
    metric.add(state, examples.y, outputs, built.model.loss.task)
    return bool(np.isfinite(metric.result(state)))


MONITOR_CHECKS = (undefined_monitor,)

"""What `nnctl init --try` does: it trains a few recipes for a table, and tells which suits it.

Each is trained as `train` would train it, and judged by the rows that its networks did not train
on, all of them by the same rows. Where the rule's recipe and another differ by no more than chance,
the rule's stays: on a small table the best of several is the luckiest.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nnctl.advice.samples import ENOUGH_ROWS
from nnctl.assembly.build import Builder
from nnctl.config import Config, Source
from nnctl.errors import ExitStatus, NnctlError, Problem
from nnctl.graph import Array
from nnctl.jobs.recipe import Recipe
from nnctl.jobs.studies.trials import REPORTS, Trainer, Trials, trial_config
from nnctl.jobs.workers import run_here, run_in_processes
from nnctl.system import machine
from nnctl.tuning.result import View, Watcher
from nnctl.tuning.trial import Outcome, Task, TrialRow

MONITOR = "val_loss"  # what recipes are judged by, and what their training watches
BINS = "data.bins"
MORE = 1.25  # times the pieces, or training is all but the same again
CLEAR = 2.0  # times the noise that another recipe has to be better by


class NothingTrained(NnctlError):
    """No recipe could be trained to its end, though the table and the config are sound."""

    status = ExitStatus.NO


class TriedRecipe(NamedTuple):
    """A recipe and what came of it.

    `figures` are those of the rows that validate. Its loss there is `behind` that of the rule's
    recipe by so much on average, give or take the `noise`, the standard error of that average;
    None where one of the two was not trained to its end.
    """

    recipe: Recipe
    row: TrialRow
    figures: Mapping[str, float]
    behind: float | None = None
    noise: float | None = None

    @property
    def is_clearly_better(self) -> bool:
        """Whether its loss is less than that of the rule's recipe by more than chance."""
        if self.behind is None or self.noise is None:
            return False
        return self.behind + CLEAR * self.noise < 0


class Tried(NamedTuple):
    """All recipes that were tried, on so many `rows`, and which of them is `best`."""

    recipes: tuple[TriedRecipe, ...]
    rule: Recipe
    best: TriedRecipe
    rows: int

    @property
    def is_the_rule(self) -> bool:
        """Whether the rule's recipe stays."""
        return self.best.recipe == self.rule

    def as_json(self) -> list[dict[str, Any]]:
        """Each recipe as plain data: its pieces, its figures, and which of them was written."""
        return [
            {
                "bins": each.recipe.bins,
                "figures": dict(each.figures),
                "behind": each.behind,
                "noise": each.noise,
                "rule": each.recipe == self.rule,
                "written": each is self.best,
            }
            for each in self.recipes
        ]


class ListedTrials:
    """Hands out trials whose values are known beforehand, each once, and keeps what came of them.

    `watcher` hears of each; `outcomes` are by number.
    """

    def __init__(self, values: Sequence[Mapping[str, Any]], watcher: Watcher):
        self._tasks = [Task(number, each) for number, each in enumerate(values, start=1)]
        self._left = list(self._tasks)
        self._watcher = watcher
        self.outcomes: dict[int, Outcome] = {}

    def take(self) -> Task | None:
        """The next trial to be run; None where all are taken."""
        return self._left.pop(0) if self._left else None

    def report(self, number: int, epoch: int, value: float) -> bool:
        """No trial is stopped: each is to be judged by its end."""
        return False

    def end(self, number: int, outcome: Outcome) -> None:
        """Keeps what came of a trial."""
        values = [each.value for each in self.outcomes.values() if each.value is not None]
        self.outcomes[number] = outcome
        is_best = outcome.value is not None and outcome.value < min(values, default=math.inf)
        self._watcher.on_trial_end(self.row(number), is_best)

    def is_done(self) -> bool:
        """Whether all trials are over."""
        return len(self.outcomes) == len(self._tasks)

    def row(self, number: int) -> TrialRow:
        """A trial that is over."""
        outcome, values = self.outcomes[number], self._tasks[number - 1].values
        parts = (outcome.state, outcome.value, outcome.epochs, outcome.seconds)
        return TrialRow(number, *parts, values, outcome.reason)


def try_recipes(
    config: Config, recipes: Sequence[Recipe], rule: Recipe, watcher: Watcher
) -> Tried | None:
    """Trains the config with each of some recipes, the rule's among them, on all cores granted.

    Of those of which the data make nearly the same inputs one is tried; None where that is all.
    Raises `NnctlError` for what cannot be trained, with status 1 where no recipe could be.
    """
    source = config.source
    told_apart = recipes_told_apart(source, recipes, rule)
    count = len(told_apart)
    if count < 2:
        return None
    listed = ListedTrials([values_of(recipe) for recipe in told_apart], watcher)
    watcher.on_study_begin(View(config.name, source.file, MONITOR, "minimize", count, (BINS,), ()))
    trials = Trials(source, MONITOR, math.ceil(config.epochs / REPORTS), judging=True)
    workers = min(machine.available_threads(), count)
    started, seen = watcher.on_trial_begin, watcher.on_epoch_end
    if workers == 1:
        run_here(listed, Trainer(trials), started, seen, to_the_end=False)
    else:
        run_in_processes(listed, trials, workers, started, seen, to_the_end=False)
    return judged_by_rows(told_apart, rule, listed)


def values_of(recipe: Recipe) -> dict[str, Any]:
    """The searched keys as a recipe has them."""
    return {BINS: recipe.bins or None}


def recipes_told_apart(source: Source, recipes: Sequence[Recipe], rule: Recipe) -> list[Recipe]:
    """The recipes, fewest pieces first, as long as the data make more pieces of each than before.

    Of few distinct numbers there are hardly more, however many are asked for. The rule's is among
    them.
    """
    builder, kept, most, without = Builder(), list[Recipe](), 0, 0
    for recipe in sorted(recipes, key=lambda each: each.bins):
        config = trial_config(source, values_of(recipe))
        inputs = math.prod(builder.build(config).model.input_shape)
        without = without if kept else inputs
        pieces = inputs - without
        if kept and pieces < max(1, MORE * most):
            break  # still finer ones would not be made, either
        kept.append(recipe)
        most = pieces
    return kept if rule in kept else [rule]


def judged_by_rows(recipes: Sequence[Recipe], rule: Recipe, listed: ListedTrials) -> Tried:
    """The recipes with their figures, and which is best: the rule's, unless one clearly is.

    Raises `NothingTrained` where no recipe was trained to its end.
    """
    judged = [listed.outcomes[number].judged for number in range(1, len(recipes) + 1)]
    of_rule = judged[recipes.index(rule)]
    tried = []
    for number, (recipe, each) in enumerate(zip(recipes, judged, strict=True), start=1):
        row = listed.row(number)
        if each is None:
            tried.append(TriedRecipe(recipe, row, {}))
        elif of_rule is None or recipe == rule:
            tried.append(TriedRecipe(recipe, row, each.figures))
        else:
            apart = each.losses - of_rule.losses
            behind = (float(apart.mean()), noise_of(apart))
            tried.append(TriedRecipe(recipe, row, each.figures, *behind))
    trained = [each for each in tried if each.figures]
    if not trained:
        reasons = dict.fromkeys(each.row.reason for each in tried if each.row.reason)
        message = f"no recipe was trained to its end: {next(iter(reasons), 'nobody knows why')}"
        raise NothingTrained(Problem(message, "without --try the rule's recipe is written"))
    kept = [each for each in trained if each.recipe == rule or of_rule is None]
    better = [each for each in trained if each.is_clearly_better]
    best = min(better or kept, key=lambda each: each.row.value or 0.0)
    rows = next(len(each.losses) for each in judged if each is not None)
    return Tried(tuple(tried), rule, best, rows)


def noise_of(apart: Array) -> float:
    """The standard error of the mean of differences (rows,); of few it is anybody's guess."""
    if len(apart) < ENOUGH_ROWS:
        return math.inf
    return float(apart.std(ddof=1)) / math.sqrt(len(apart))


def cells_of(tried: Tried) -> list[list[str]]:
    """The recipes as a table, with its head: their pieces, their figures, and what became of them.

    No seconds are among them, so that it is the same each time.
    """
    names = list(tried.best.figures)
    head = ["bins", *(f"val_{name}" for name in names), "less the rule's", ""]
    rows = [
        [
            str(each.recipe.bins or "none"),
            *(f"{each.figures[name]:.5g}" if each.figures else "-" for name in names),
            comparison(each, tried.rule),
            "written" if each is tried.best else "",
        ]
        for each in tried.recipes
    ]
    return [head, *rows]


def comparison(tried: TriedRecipe, rule: Recipe) -> str:
    """How a recipe's loss compares with that of the rule's, in words."""
    if not tried.figures:
        return f"failed: {tried.row.reason}"
    if tried.recipe == rule:
        return "the rule's"
    if tried.behind is None or tried.noise is None:
        return ""
    if math.isinf(tried.noise):
        return f"{tried.behind:+.2g}, of too few rows"
    return f"{tried.behind:+.2g} ± {tried.noise:.2g}"

"""The page nnctl/docs/tables.md, made of what was measured."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from tests.benchmarks.tables.results import Results, errors_to_best, ranks
from tests.benchmarks.tables.scores import PRIMARY
from tests.benchmarks.tables.tables import TABLES

NAMES = {
    "nnctl": "nnctl",
    "linear": "linear",
    "mlp": "scikit-learn's MLP",
    "hgb": "HistGradientBoosting",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
}
METHODS = tuple(NAMES)
SCORES = {"auc": "AUC", "accuracy": "accuracy", "r2": "R²"}
HEAD = """\
# Tables: how right it is

`nnctl init` and `nnctl train`, unchanged, on public tables, beside what else a person would reach
for, each with its defaults. A fifth of the rows is held out, three times (seeds 0, 1 and 2), and
every tool sees the other four fifths alone: gaps, categories and sizes are its own affair, but
linear models and scikit-learn's networks get gaps filled with the mean, numbers standardized and
categories one-hot.
"""
TAIL = """\
## How far to trust the figures

Three splits a table tell tools apart that differ by a hundredth or more; smaller differences are
chance. Defaults are what people run first, and none of these tools is at its best with them. What
`init` writes was chosen on inner splits of the rows that train, of nine of these tables; the rows
held out here chose nothing, but a table of another kind may still be another matter.

`pip install scikit-learn lightgbm catboost` and `python -m tests.benchmarks.tables --again` in a
clone measure all of it anew (about half an hour); what is not installed is left out. The tables lie
in `datasets/tables`, with their sources and licences in `datasets/README.md`; the figures of each
run are in `tests/benchmarks/tables/results.json`, and `python -m tests.docs` makes this page of
them.
"""


def tables_page() -> str:
    """The whole page."""
    results = Results.load()
    names = results.tables(METHODS)
    return "\n".join(
        [
            HEAD,
            *summary(results, names),
            "",
            "## Scores",
            "",
            "The mean of three splits: the area under the curve (AUC) where there are two classes,",
            "accuracy where there are more, R² of numbers. The best of a table is in bold.",
            "",
            *table_of(results, names, "score", max),
            "",
            "## Log loss",
            "",
            "What probabilities are worth; the smaller the better.",
            "",
            *table_of(results, with_classes(names), "log_loss", min),
            "",
            "## Seconds",
            "",
            "Of one core, with all that a process needs: start, reading, learning, predicting.",
            "",
            *table_of(results, names, "processor_seconds", None),
            "",
            "## Where nnctl loses",
            "",
            *lost(results),
            "",
            TAIL,
        ]
    )


def with_classes(names: Iterable[str]) -> list[str]:
    return [name for name in names if TABLES[name].task != "regression"]


def summary(results: Results, names: list[str]) -> Iterator[str]:
    """Mean ranks by score and by log loss, and the mean error as a ratio to the best other's."""
    by_score = np.mean([ranks(results.scores(name, METHODS)) for name in names], axis=0)
    losses = [ranks(-results.scores(name, METHODS, "log_loss")) for name in with_classes(names)]
    by_loss = np.mean(losses, axis=0)
    yield row("", *NAMES.values())
    yield row(*["---"] * (len(METHODS) + 1))
    yield row(f"mean rank, {len(names)} tables", *(f"{value:.2f}" for value in by_score))
    yield row(f"mean rank by log loss, {len(losses)}", *(f"{value:.2f}" for value in by_loss))
    ratios = np.array(list(errors_to_best(results, METHODS).values()))
    yield ""
    yield (
        f"nnctl's error (1 − score + 0.01) is {np.exp(np.log(ratios).mean()):.2f} times that of "
        f"the best other tool of each table (geometric mean), at worst {ratios.max():.2f} times."
    )


def table_of(
    results: Results,
    names: list[str],
    figure: str,
    best: Callable[[Iterable[float]], float] | None,
) -> Iterator[str]:
    """A row a table, a column a method."""
    digits = 1 if figure == "processor_seconds" else 3
    yield row("table", *NAMES.values())
    yield row(*["---"] * (len(METHODS) + 1))
    for name in names:
        means = results.scores(name, METHODS, figure).mean(axis=0)
        shown = [f"{value:.{digits}f}" for value in means]
        if best is not None:
            top = f"{best(means):.{digits}f}"
            shown = [f"**{text}**" if text == top else text for text in shown]
        score = f" ({SCORES[PRIMARY[TABLES[name].task]]})" if figure == "score" else ""
        yield row(name + score, *shown)


def lost(results: Results) -> Iterator[str]:
    """The tables where another tool is better by a tenth of its error or more, worst first."""
    ratios = errors_to_best(results, METHODS)
    yield row("table", "nnctl's error to the best other's")
    yield row("---", "---")
    for name, ratio in sorted(ratios.items(), key=lambda item: -item[1]):
        if ratio > 1:
            yield row(name, f"{ratio:.2f}")


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"

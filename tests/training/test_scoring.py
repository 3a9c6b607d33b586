"""The figures of an epoch, added up from blocks of outputs."""

import numpy as np
import pytest

from nnctl.graph import Program
from nnctl.network.losses import LOSSES
from nnctl.network.metrics import METRICS
from nnctl.training import scoring
from nnctl.training.scoring import Scorer, Totals

OUTPUTS = 3
METRIC = {"binary": "accuracy", "multiclass": "accuracy", "regression": "mae"}


def scorer_of(name):
    loss = LOSSES[name]()
    return Scorer(loss, [METRICS[METRIC[loss.task]]()], (OUTPUTS,))


def rows_for(name, rows, seed=0, dtype="float32"):
    """Targets and outputs such as the loss takes."""
    generator = np.random.default_rng(seed)
    outputs = generator.uniform(0.05, 0.9, (rows, OUTPUTS)).astype(dtype)
    classes = generator.integers(0, OUTPUTS, rows)
    if name == "sparse_categorical_crossentropy":
        return classes, outputs
    if name in ("binary_crossentropy", "categorical_crossentropy"):
        return np.eye(OUTPUTS, dtype=dtype)[classes], outputs
    shape = LOSSES[name]().target_shape((rows, OUTPUTS))
    return generator.standard_normal(shape).astype(dtype), outputs


@pytest.fixture
def made(monkeypatch):
    """How many programs were made."""
    programs = []
    make = Program.__init__

    def counted(self, *arguments, **keywords):
        programs.append(self)
        make(self, *arguments, **keywords)

    monkeypatch.setattr(Program, "__init__", counted)
    return programs


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [16, 17, 24, 31])
@pytest.mark.parametrize("name", LOSSES)
def test_a_program_of_more_rows_gives_the_same_bits(name, rows, dtype, weighted, made):
    few = rows_for(name, rows, 1, dtype)
    weight = np.linspace(0.5, 2, rows).astype(dtype) if weighted else None
    own, shared = scorer_of(name), scorer_of(name)
    shared.losses(*rows_for(name, 32, 2, dtype))
    found = []
    for scorer in (own, shared):
        totals = Totals.start(scorer.metrics)
        scorer.add(totals, *few, weight)
        found.append((totals.rows, totals.figures(["metric"], scorer.metrics)))
    assert found[0] == found[1]
    assert len(made) == 2  # that of 32 rows, and its own


def test_a_program_serves_for_half_its_rows_and_more(made):
    scorer = scorer_of("mean_squared_error")
    sizes = [32, 16, 32, 15, 8, 64, 40, 31, 33, 100, 7, 3]
    counts = []
    for rows in sizes:
        scorer.losses(*rows_for("mean_squared_error", rows))
        counts.append(len(made))
    assert counts == [1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 5, 6]


def test_totals_are_means_over_rows():
    scorer = scorer_of("mean_absolute_error")
    totals = Totals.start(scorer.metrics)
    blocks = [rows_for("mean_absolute_error", rows, rows) for rows in (5, 3, 3)]
    for y_true, y_pred in blocks:
        scorer.add(totals, y_true, y_pred)
    y_true, y_pred = (
        np.concatenate(arrays).astype(np.float64) for arrays in zip(*blocks, strict=True)
    )
    mean = np.abs(y_true - y_pred).mean()
    assert totals.rows == 11
    assert totals.figures(["mae"], scorer.metrics) == pytest.approx(
        {"loss": mean, "mae": mean}, rel=1e-6
    )
    assert np.isnan(Totals.start([]).figures([], [])["loss"])


@pytest.mark.parametrize("name", LOSSES)
def test_many_rows_are_scored_some_at_a_time(name, monkeypatch, made):
    weight = np.linspace(0.5, 2, 23)
    y_true, outputs = rows_for(name, 23, dtype="float64")
    found = []
    for most in (100, 5):
        monkeypatch.setattr(scoring, "MOST_ROWS_SCORED", most)
        scorer = scorer_of(name)
        totals = Totals.start(scorer.metrics)
        scorer.add(totals, y_true, outputs, weight)
        losses = scorer.losses(y_true, outputs, weight)
        figures = totals.figures(["metric"], scorer.metrics)
        found.append([totals.rows, losses, *figures.values()])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-13)
    assert max(program.nbytes for program in made[1:]) < made[0].nbytes / 3

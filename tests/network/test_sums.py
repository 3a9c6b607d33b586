"""A metric as a function of sums over rows is the metric."""

import numpy as np
import pytest

from nnctl.network.metrics import METRICS, AtThreshold, InOwnUnit, Metric, OfClasses, TopKAccuracy
from nnctl.network.sums import AreaSums, RowSums, area_of

ROWS = 120


def data(task, outputs=3, seed=0):
    draws = np.random.default_rng(seed)
    if task == "multiclass":
        p = draws.dirichlet(np.ones(outputs), ROWS)
        return draws.integers(0, outputs, ROWS), p
    if task == "binary":
        p = draws.random((ROWS, outputs)).round(2)
        return (draws.random((ROWS, outputs)) < p).astype(float), p
    y = draws.normal(size=(ROWS, outputs)) + 1000
    return y, y + draws.normal(size=(ROWS, outputs))


def own(metric, y, p, task):
    state = metric.start()
    metric.add(state, y[:50], p[:50], task)
    metric.add(state, y[50:], p[50:], task)
    return metric.result(state)


def by_sums(metric, y, p, task):
    if area_of(metric):
        told = AreaSums.of(metric, y, [p[:50], p[50:]], task)
        return told.figure_of(told.rows.sum(axis=0)[None])[0]
    told = RowSums(metric, task)
    parts = [told.rows_of(y[rows], p[rows]) for rows in (slice(50), slice(50, None))]
    return told.figure_of(np.concatenate(parts).sum(axis=0)[None])[0]


CASES = [
    (name, task)
    for name, made in METRICS.items()
    for task in ("binary", "multiclass", "regression")
    if task in made().tasks
]


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize(("name", "task"), CASES)
def test_of_all_rows_it_is_the_metric(name, task, outputs):
    if task == "multiclass" and outputs == 1:
        outputs = 5
    y, p = data(task, outputs)
    metric = METRICS[name]()
    assert by_sums(metric, y, p, task) == pytest.approx(own(metric, y, p, task), rel=1e-9)


@pytest.mark.parametrize(
    ("metric", "task"),
    [
        (OfClasses(METRICS["f1"](), 2), "multiclass"),
        (OfClasses(METRICS["auc"](), 2), "multiclass"),
        (AtThreshold(METRICS["f1"](), (0.2, 0.5, 0.9)), "binary"),
        (AtThreshold(METRICS["accuracy"](), 0.3), "binary"),
        (InOwnUnit(METRICS["r2"](), np.array([1.0, 2, 3]), np.array([4.0, 5, 6])), "regression"),
        (InOwnUnit(METRICS["rmse"](), np.array(1.0), np.array(40.0)), "regression"),
        (TopKAccuracy(2), "multiclass"),
    ],
)
def test_in_whatever_form_it_is_given_targets(metric, task):
    y, p = data(task)
    if isinstance(metric, OfClasses):
        y = y % 2
    assert by_sums(metric, y, p, task) == pytest.approx(own(metric, y, p, task), rel=1e-9)


@pytest.mark.parametrize(("name", "task"), CASES)
def test_of_some_rows_it_is_nearly_that_of_those(name, task):
    """Exactly, but for the area, whose parts are those of all rows."""
    y, p = data(task, seed=3)
    chosen = np.random.default_rng(4).integers(0, ROWS, ROWS)
    metric = METRICS[name]()
    if area_of(metric):
        told = AreaSums.of(metric, y, [p], task)
        rows, allowed = told.rows, 0.02
    else:
        told = RowSums(metric, task)
        rows, allowed = told.rows_of(y, p), 1e-9
    found = told.figure_of(rows[chosen].sum(axis=0)[None])[0]
    assert found == pytest.approx(own(metric, y[chosen], p[chosen], task), abs=allowed)


def test_of_too_many_classes_there_are_no_sums():
    y, p = data("multiclass", 101)
    assert RowSums(METRICS["f1"](), "multiclass").rows_of(y, p) is None
    assert AreaSums.of(METRICS["auc"](), y, [p], "multiclass") is None
    assert RowSums(METRICS["accuracy"](), "multiclass").rows_of(y, p).shape == (ROWS, 2)


def test_a_metric_of_an_unknown_kind_is_no_metric_without_an_interval():
    class Other(Metric):
        pass

    with pytest.raises(TypeError, match="Other"):
        RowSums(Other(), "regression").rows_of(np.ones((3, 1)), np.ones((3, 1)))

"""What is predicted: by one rule, whoever asks."""

import numpy as np
import pytest

from nnctl.network.answers import is_yes, likeliest
from nnctl.network.metrics import METRICS, AtThreshold, OfClasses

CLASSIFICATION = [name for name, made in METRICS.items() if "multiclass" in made().tasks]
GENERATOR = np.random.default_rng(4)
TRUTH = GENERATOR.integers(0, 3, 40)
OUTPUTS = GENERATOR.dirichlet(np.ones(5), 40)  # of five units, the last two stand for nothing


def test_the_likeliest_class_is_among_the_classes():
    probabilities = np.array([[0.1, 0.3, 0.6], [0.2, 0.2, 0.6], [0.5, 0.4, 0.1]])
    assert likeliest(probabilities).tolist() == [2, 2, 0]
    assert likeliest(probabilities, 2).tolist() == [1, 0, 0]


def test_yes_is_above_the_threshold():
    assert is_yes(np.array([0.5, 0.51, 0.3])).tolist() == [False, True, False]
    assert is_yes(np.array([0.5, 0.51, 0.3]), 0.2).tolist() == [True, True, True]


def figure(metric, y_true, y_pred, task="multiclass"):
    state = metric.start()
    for rows in (slice(0, 15), slice(15, None)):
        metric.add(state, y_true[rows], y_pred[rows], task)
    return metric.result(state)


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("name", CLASSIFICATION)
def test_every_metric_judges_the_units_that_have_a_class_alone(name, one_hot):
    truth = np.eye(5)[TRUTH] if one_hot else TRUTH
    options = {"k": 2} if name == "top_k_accuracy" else {}
    made = METRICS[name](**options)
    alone = figure(METRICS[name](**options), TRUTH, OUTPUTS[:, :3])
    assert figure(OfClasses(made, 3), truth, OUTPUTS) == alone
    whole = figure(METRICS[name](**options), TRUTH, OUTPUTS)
    assert whole != alone


@pytest.mark.parametrize("name", ["accuracy", "precision", "recall", "f1"])
def test_metrics_of_answers_have_the_threshold_that_is_asked_for(name):
    truth, probabilities = (TRUTH[:, None] > 0).astype(float), OUTPUTS[:, :1]
    moved = np.where(probabilities > 0.1, 0.9, 0.1)
    assert METRICS[name]().judges_answers
    asked = figure(AtThreshold(METRICS[name](), 0.1), truth, probabilities, "binary")
    assert asked == figure(METRICS[name](), truth, moved, "binary")
    assert asked != figure(METRICS[name](), truth, probabilities, "binary")


def test_what_judges_probabilities_has_no_threshold():
    assert {n for n in METRICS if METRICS[n]().judges_answers} == {
        "accuracy", "f1", "precision", "recall",
    }  # fmt: skip

"""`evaluate`: figures, confusion matrix, baselines and bounds, against direct computation."""

import csv
from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import ArgumentError
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.predict import predict
from nnctl.jobs.train import train

ROOT = Path(__file__).parents[2]
DATA = {
    "softmax-regression": ("iris.csv", "species"),
    "logistic-regression": ("breast-cancer.csv", "diagnosis"),
}


@pytest.fixture(scope="module", params=DATA)
def trained(request, tmp_path_factory):
    """A run of a shipped config, its data file and its target column."""
    folder = tmp_path_factory.mktemp("runs") / request.param
    result = train(ROOT / f"configs/{request.param}.yaml", output=folder, epochs=5)
    file, target = DATA[request.param]
    return result.folder, ROOT / "datasets" / file, target


def labels(trained):
    """The true and the predicted labels, from the table and from `predict`."""
    folder, data, target = trained
    with data.open() as file:
        truth = [row[target] for row in csv.DictReader(file)]
    predicted = "".join(predict(folder, data).chunks()).splitlines()[1:]
    return truth, [line.split(",")[0] for line in predicted]


def test_accuracy_and_confusion_matrix_are_those_of_the_predictions(trained):
    truth, predicted = labels(trained)
    result = evaluate(*trained[:2])
    classes = sorted(set(truth))
    matrix = [
        [sum(t == a and p == b for t, p in zip(truth, predicted, strict=True)) for b in classes]
        for a in classes
    ]
    assert (result.rows, result.classes, result.confusion_matrix) == (len(truth), classes, matrix)
    assert result.metrics["accuracy"] == pytest.approx(np.trace(matrix) / len(truth), rel=1e-12)
    assert result.baselines["accuracy"] == max(map(truth.count, classes)) / len(truth)


def test_bounds_are_missed_or_not_and_name_further_metrics(trained):
    result = evaluate(*trained[:2], fail_under=["f1=0.999", "auc=0.1"], fail_over=["loss=1000"])
    assert result.missed == ("f1",)
    assert {"accuracy", "f1", "auc"} == set(result.metrics)


@pytest.mark.parametrize(
    ("under", "over", "says"),
    [
        (["loss=1"], [], "loss is better when lower"),
        ([], ["accuracy=1"], "accuracy is better when higher"),
        (["acuracy=1"], [], 'did you mean "accuracy"'),
        (["accuracy=high"], [], "'high' is not a number"),
        (["accuracy=nan"], [], "'nan' is not a number"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(trained, under, over, says):
    with pytest.raises(ArgumentError, match=says):
        evaluate(*trained[:2], fail_under=under, fail_over=over)


def test_the_json_has_the_names_of_the_contract(trained):
    values = evaluate(*trained[:2]).as_json()
    assert list(values) == ["rows", "loss", "metrics", "confusion_matrix", "classes"]

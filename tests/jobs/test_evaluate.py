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
    names = ["rows", "loss", "metrics", "confusion_matrix", "classes", "baselines"]
    more = ["intervals", "by_class", "calibration_error"]
    threshold = ["threshold"] if len(values["classes"]) == 2 else []
    assert list(values) == names + more + threshold
    plain = evaluate(*trained[:2], intervals=False).as_json()
    assert plain == {name: value for name, value in values.items() if name != "intervals"}
    assert values["baselines"].keys() <= values["metrics"].keys()


SPARE = """\
data: {train: t.csv, target: y}
layers: [{type: dense, units: UNITS, weights: WEIGHTS}]
loss: LOSS
optimizer: {type: adam, learning_rate: 1e-30}
epochs: 2
metrics: [accuracy, f1, precision, recall, auc]
"""
LOSSES = {
    "sparse": "{type: sparse_categorical_crossentropy, from_logits: true}",
    "one-hot": "{type: categorical_crossentropy, from_logits: true}",
}


def trained_on_table(folder, rows, units, weights, loss=LOSSES["sparse"], more=""):
    """A run that keeps its weights, on rows of `a` and `y`."""
    (folder / "t.csv").write_text("a,y\n" + "".join(f"{a},{y}\n" for a, y in rows))
    text = SPARE.replace("UNITS", str(units)).replace("WEIGHTS", weights).replace("LOSS", loss)
    (folder / "c.yaml").write_text(text + more)
    return train(folder / "c.yaml", output=folder / "run")


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_units_without_a_class_are_never_the_answer(loss, tmp_path):
    rows = [(k, "ab"[k % 2]) for k in range(10)]
    weights = "{kernel: [[0, 0, 0]], bias: [1, 0, 5]}"  # the third is always the likeliest
    run = trained_on_table(tmp_path, rows, 3, weights, loss)
    result = evaluate(run.folder, tmp_path / "t.csv")
    said = "".join(predict(run.folder, tmp_path / "t.csv").chunks()).splitlines()[1:]
    assert {line.split(",")[0] for line in said} == {"a"}
    assert result.confusion_matrix == [[5, 0], [5, 0]]
    assert result.metrics["accuracy"] == 0.5 == run.results["train"]["accuracy"]
    assert result.metrics["auc"] == 0.5
    assert result.metrics["recall"] == 0.5 and result.metrics["precision"] == 0.25


def test_a_class_without_a_row_is_named_beside_the_figures_that_suffer(tmp_path):
    rows = [(-1, "u"), (0, "v"), (1, "w")] * 4
    weights = "{kernel: [[-9, 0, 9]], bias: [0, 5, 0]}"
    run = trained_on_table(tmp_path, rows, 3, weights)
    assert evaluate(run.folder, tmp_path / "t.csv").metrics["f1"] == 1
    (tmp_path / "part.csv").write_text("a,y\n-1,u\n0,v\n")
    result = evaluate(run.folder, tmp_path / "part.csv")
    assert result.metrics["f1"] == pytest.approx(2 / 3)
    (warning,) = result.warnings
    assert warning.message == (
        'no row is of class "w": it counts as 0 in precision, recall, f1, '
        "and auc is not defined without it"
    )
    (tmp_path / "part.csv").write_text("a,y\n-1,u\n")
    (warning,) = evaluate(run.folder, tmp_path / "part.csv").warnings
    assert 'no row is of the classes "v", "w": each counts as 0' in warning.message


@pytest.mark.parametrize("kept", [0.5, 0.3])
@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 0.9])
def test_the_figures_at_a_threshold_are_those_of_what_predict_says_there(threshold, kept, tmp_path):
    rows = [(k, "yes" if k % 3 else "no") for k in range(-6, 7)]
    binary = "{type: binary_crossentropy, from_logits: true}"
    run = trained_on_table(
        tmp_path, rows, 1, "{kernel: [[0.5]], bias: [0.3]}", binary, f"threshold: {kept}\n"
    )
    run = run.folder
    result = evaluate(run, tmp_path / "t.csv", threshold=threshold)
    said = "".join(predict(run, tmp_path / "t.csv", threshold=threshold).chunks()).splitlines()
    pairs = list(zip([y for _, y in rows], [line.split(",")[0] for line in said[1:]], strict=True))
    matrix = [[pairs.count((t, p)) for p in ("no", "yes")] for t in ("no", "yes")]
    assert result.confusion_matrix == matrix
    (_, false), (missed, hits) = matrix
    assert result.metrics["accuracy"] == pytest.approx(sum(t == p for t, p in pairs) / len(rows))
    assert result.metrics["recall"] == pytest.approx(hits / (hits + missed))
    assert result.metrics["precision"] == pytest.approx(hits / max(1, hits + false))
    plain = evaluate(run, tmp_path / "t.csv")
    assert (result.loss, result.metrics["auc"]) == (plain.loss, plain.metrics["auc"])
    assert result.as_json()["threshold"] == threshold and plain.as_json()["threshold"] == kept


def test_a_threshold_is_for_yes_and_no(tmp_path):
    rows = [(k, "abc"[k % 3]) for k in range(9)]
    run = trained_on_table(tmp_path, rows, 3, "{kernel: [[0, 0, 0]], bias: [1, 0, 5]}").folder
    with pytest.raises(ArgumentError, match="this model's are multiclass"):
        evaluate(run, tmp_path / "t.csv", threshold=0.3)


def test_a_file_that_trained_the_model_is_known_whatever_it_is_called(tmp_path):
    rows = [(k, "ab"[k % 2]) for k in range(10)]
    run = trained_on_table(tmp_path, rows, 2, "{kernel: [[0, 0]], bias: [1, 0]}").folder
    (tmp_path / "copy.csv").write_bytes((tmp_path / "t.csv").read_bytes())
    (warning,) = evaluate(run, tmp_path / "copy.csv").warnings
    assert "the model was trained on these very rows (the SHA-256 is that of data.train)" in (
        warning.message
    )
    (tmp_path / "other.csv").write_text((tmp_path / "t.csv").read_text() + "3,a\n")
    assert evaluate(run, tmp_path / "other.csv").warnings == ()

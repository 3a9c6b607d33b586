"""The figures by class, and the worst examples, against direct computation."""

import csv
from pathlib import Path

import numpy as np
import pytest

from nnctl.assembly.build import build
from nnctl.assembly.by_class import ClassFigures
from nnctl.assembly.comparison import predictions_for
from nnctl.assembly.trained import load_trained
from nnctl.config import load
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.predict import predict
from nnctl.report.collecting import collect
from nnctl.report.page import page
from nnctl.report.predictions import first_rows, judge
from tests.answers import numbers, run_of, said


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def predicted(run: Path, data: Path) -> list[dict[str, str]]:
    return list(csv.DictReader("".join(predict(run, data).chunks()).splitlines()))


@pytest.fixture
def hostile(runs):
    """The report on a run with three classes, and the rows of its test file and predictions."""
    data = runs["hostile"].parents[1] / "hostile-test.csv"
    truth = [row["<b>target</b>"] for row in table(data)]
    return collect(runs["hostile"], "x").judged, truth, predicted(runs["hostile"], data), data


def test_the_test_rows_are_judged_as_evaluate_does(hostile, runs):
    judged, _, _, data = hostile
    figures = evaluate(runs["hostile"], data)
    assert (judged.part, judged.rows) == ("test", figures.rows)
    assert (judged.matrix, list(judged.classes)) == (figures.confusion_matrix, figures.classes)
    assert judged.baselines == figures.baselines


def test_figures_by_class_are_shares_of_rows(hostile):
    judged, truth, rows, _ = hostile
    for each in judged.by_class:
        said = [row["prediction"] == each.label for row in rows]
        true = [label == each.label for label in truth]
        hits = sum(s and t for s, t in zip(said, true, strict=True))
        assert (each.hits, each.support) == (hits, sum(true))
        assert each.precision == (hits / sum(said) if any(said) else None)
        assert each.recall == hits / sum(true)
        if each.precision:
            mean = 2 / (1 / each.precision + 1 / each.recall)
            assert each.f1 == pytest.approx(mean)
        assert each.others == sum(not s and not t for s, t in zip(said, true, strict=True))


def test_a_class_never_seen_nor_predicted_has_no_figures():
    nothing = ClassFigures("a", 0, 0, 0, 5)
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)


def test_the_worst_rows_give_the_truth_the_least_probability(hostile):
    judged, truth, rows, data = hostile
    own = [float(row[f"probability_{label}"]) for row, label in zip(rows, truth, strict=True)]
    order = np.argsort(own, kind="stable")[:12]
    assert [each.row for each in judged.worst] == order.tolist()
    assert [each.off for each in judged.worst] == pytest.approx([own[row] for row in order])
    first = judged.worst[0]
    assert (first.truth, first.predicted) == (truth[first.row], rows[first.row]["prediction"])
    features = list(table(data)[first.row].values())[:2]
    cells = [float(cell.replace("−", "-")) for cell in first.cells]
    assert cells == pytest.approx([float(cell) for cell in features], abs=1e-4)


def test_the_worst_numbers_are_furthest_off_in_terms_of_their_target_s_spread(runs):
    judged = collect(runs["houses"], "x").judged
    assert judged.part == "validation"
    assert [fit.target for fit in judged.fits] == ["price", "rent"]
    errors = np.array([fit.predicted - fit.truth for fit in judged.fits])
    spread = np.array([fit.truth.std() for fit in judged.fits])
    relative = np.abs(errors / spread[:, None]).max(axis=0)
    assert [each.row for each in judged.worst] == np.argsort(-relative)[:12].tolist()
    worst = judged.worst[0]
    target = np.abs(errors[:, worst.row] / spread).argmax()
    assert worst.off == pytest.approx(errors[target, worst.row])
    assert worst.truth.startswith(("price = ", "rent = ")[target])


def test_validation_rows_are_those_of_the_run(runs):
    report = collect(runs["houses"], "x")
    fit = report.judged.fits[0]
    mae = [np.abs(fit.predicted - fit.truth).mean() for fit in report.judged.fits]
    assert np.mean(mae) == pytest.approx(report.figures["validation"]["mae"], rel=1e-4)
    assert len(fit.truth) == report.rows["validation"] == 10


def test_several_labels_are_judged_one_by_one(runs):
    judged = collect(runs["labels"], "x").judged
    data = runs["labels"].parents[1] / "labels.csv"
    truth, rows = table(data), predicted(runs["labels"], data)
    assert (judged.part, judged.matrix) == ("train", None)
    for each in judged.by_class:
        pairs = [(t[each.label], r[each.label]) for t, r in zip(truth, rows, strict=True)]
        counts = [pairs.count(pair) for pair in (("1", "1"), ("1", "0"), ("0", "1"), ("0", "0"))]
        assert [each.hits, each.missed, each.alarms, each.others] == counts
    own = [
        min(
            float(row[f"probability_{name}"]) if true[name] == "1"
            else 1 - float(row[f"probability_{name}"])
            for name in ("car", "bus")
        )
        for true, row in zip(truth, rows, strict=True)
    ]  # fmt: skip
    assert [each.off for each in judged.worst] == pytest.approx(sorted(own)[:12])


def test_pictures_come_with_their_own_values(runs):
    judged = collect(runs["pictures"], "x").judged
    assert (judged.view.kind, judged.view.shape) == ("picture", (8, 8, 1))
    assert 0 <= judged.low < 50 and 200 < judged.high < 250
    with np.load(runs["pictures"].parents[1] / "pictures.npz") as file:
        pictures = file["x"].tolist()
    assert judged.worst[0].values[:, :, 0].tolist() in pictures


def test_of_two_classes_the_first_has_what_the_second_lacks(runs):
    judged = collect(runs["series"], "x").judged
    data = runs["series"].parents[1] / "series.npz"
    rows = predicted(runs["series"], data)
    with np.load(data) as file:
        truth = file["y"].tolist()
    own = [
        float(row["probability"]) if label else 1 - float(row["probability"])
        for row, label in zip(rows, truth, strict=True)
    ]
    assert [each.row for each in judged.worst] == np.argsort(own, kind="stable")[:12].tolist()
    first = judged.worst[0]
    assert (first.truth, first.predicted) == (str(truth[first.row]), rows[first.row]["prediction"])
    assert first.off == pytest.approx(own[first.row])


def test_answers_are_judged_at_the_kept_cuts_and_quantiles_by_the_median(tmp_path):
    run = run_of("labels", tmp_path, threshold=0.2).folder
    trained = load_trained(run)
    built = build(load(run / "config.yaml"))
    labels = judge("test", trained, built.test)
    p = predictions_for(trained, built.test.x)
    assert [each.hits + each.alarms for each in labels.by_class] == (p > 0.2).sum(axis=0).tolist()
    run = run_of("quantiles", tmp_path).folder
    trained = load_trained(run)
    built = build(load(run / "config.yaml"))
    fits = judge("test", trained, built.test).fits
    said_of_it = said(run, tmp_path / "new.csv")
    assert [fit.target for fit in fits] == ["n", "m"]
    np.testing.assert_allclose(fits[1].predicted, numbers(said_of_it["m_0.5"]), rtol=1e-6)


@pytest.mark.slow
def test_wrong_answers_come_before_those_that_are_merely_unsure():
    p, wrong = np.array([0.1, 0.4, np.nan, 0.2]), np.array([False, True, False, True])
    assert first_rows(p, 3, wrong) == [3, 1, 2]
    assert first_rows(p, 3) == [2, 0, 3]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["binary", "classes", "labels", "number"])
def test_it_is_told_how_sure_it_was(kind, tmp_path):
    run = run_of(kind, tmp_path).folder
    judged = collect(run, "x").judged
    figures = evaluate(run, tmp_path / "new.csv", intervals=False).as_json()
    if kind == "number":
        assert judged.reliability is None
    else:
        assert judged.reliability.error == figures["calibration_error"]
    found = None if judged.coverage is None else judged.coverage.found
    assert found == figures.get("coverage", {}).get("found")
    written = page([collect(run, "x")])
    assert ("How often answers are so" in written) == (kind != "number")
    assert ("hold the truth of" in written) == (kind != "labels")

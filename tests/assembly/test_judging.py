"""What a model makes of rows, by class, and how sure its figures are."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from nnctl.jobs.evaluate import evaluate
from tests.answers import KINDS, numbers, run_of, said, truth

CLASSES = [kind for kind in KINDS if kind.startswith(("binary", "classes"))]


@pytest.mark.parametrize("kind", CLASSES)
def test_the_figures_of_each_class_are_those_of_scikit_learn(kind, tmp_path):
    run = run_of(kind, tmp_path).folder
    table = tmp_path / "new.csv"
    values = evaluate(run, table).as_json()
    target = truth(table, "yes" if kind.startswith("binary") else "kind")
    labels = sorted(set(target))
    expected = precision_recall_fscore_support(
        target, said(run, table)["prediction"], labels=labels, zero_division=np.nan
    )
    found = np.array(
        [
            [each[key] for key in ("precision", "recall", "f1", "rows")]
            for each in values["by_class"]
        ],
        float,
    )
    np.testing.assert_allclose(found.T, expected)
    assert [str(each["label"]) for each in values["by_class"]] == labels


def test_labels_have_figures_and_cuts_of_their_own(tmp_path):
    run = run_of("labels", tmp_path).folder
    table = tmp_path / "new.csv"
    values = evaluate(run, table).as_json()
    assert "confusion_matrix" not in values and "coverage" not in values
    cells = said(run, table)
    for each in values["by_class"]:
        hits = (numbers(cells[each["label"]]) == 1) & (numbers(truth(table, each["label"])) == 1)
        assert each["recall"] == hits.sum() / each["rows"]
        p = numbers(cells[f"probability_{each['label']}"])
        cut = values["threshold"][each["label"]]
        assert (np.array(cells[each["label"]]) == "1").tolist() == (p > np.float32(cut)).tolist()


@pytest.mark.slow
@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "labels"])
def test_coverage_is_counted_as_predict_has_it(kind, members, tmp_path):
    run = run_of(kind, tmp_path, ensemble=members, epochs=1).folder
    table = tmp_path / "new.csv"
    coverage = evaluate(run, table, intervals=False).as_json()["coverage"]
    cells = said(run, table)
    shares, sizes = [], []
    for name in [name for name in ("n", "m") if f"{name}_low" in cells]:
        low, high = (numbers(cells[f"{name}_{end}"]) for end in ("low", "high"))
        sizes.append(np.mean(high - low))
        shares.append((low <= numbers(truth(table, name))) & (numbers(truth(table, name)) <= high))
    if "prediction_set" in cells:
        target = truth(table, "yes" if kind.startswith("binary") else "kind")
        sizes.append(np.mean([those.count("|") + 1 for those in cells["prediction_set"]]))
        pairs = zip(target, cells["prediction_set"], strict=True)
        shares.append([own in those.split("|") for own, those in pairs])
    assert coverage["found"] == pytest.approx(np.mean(shares), abs=0.005)  # ends are rounded
    assert coverage["wanted"] == 0.8
    low, high = coverage["by_chance"]
    assert low < 0.8 < high
    assert ("by_target" in coverage) == (len(shares) > 1)
    told = coverage["set_size" if "prediction_set" in cells else "width"]
    told = list(told.values()) if len(shares) > 1 else [told]
    assert told == pytest.approx(sizes, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_figure_has_an_interval_around_it(kind, tmp_path):
    many = {"regression": ["mae", "rmse", "r2", "mse"], "classes": ["accuracy", "f1", "auc"]}
    metrics = many["regression" if KINDS[kind][0] in ("n", ["n", "m"]) else "classes"]
    run = run_of(kind, tmp_path, metrics=metrics).folder
    values = evaluate(run, tmp_path / "new.csv").as_json()
    assert list(values["intervals"]) == ["loss", *metrics]
    for name, (low, high) in values["intervals"].items():
        figure = values["loss"] if name == "loss" else values["metrics"][name]
        assert low < figure < high
        assert high - low < 0.8 * max(1, abs(figure))
    assert values == evaluate(run, tmp_path / "new.csv").as_json()


def test_what_regularizers_cost_is_in_the_interval_too(tmp_path):
    layer = {"type": "dense", "units": 1, "kernel_regularizer": {"type": "l2", "l2": 5.0}}
    run = run_of("number", tmp_path, layers=[layer]).folder
    values = evaluate(run, tmp_path / "new.csv").as_json()
    low, high = values["intervals"]["loss"]
    assert 1 < low < values["loss"] < high


def test_a_row_alone_has_no_interval(tmp_path):
    run = run_of("number", tmp_path).folder
    lines = (tmp_path / "new.csv").read_text().splitlines()
    (tmp_path / "one.csv").write_text("\n".join(lines[:2]) + "\n")
    assert "intervals" not in evaluate(run, tmp_path / "one.csv").as_json()


@pytest.mark.slow
def test_a_bound_is_held_against_the_figure_at_the_kept_cut(tmp_path):
    run = run_of("binary", tmp_path, threshold=0.1, metrics=["accuracy"]).folder
    table = tmp_path / "new.csv"
    p, yes = numbers(said(run, table)["probability"]), numbers(truth(table, "yes")) == 1
    recall = (p[yes] > 0.1).mean()
    assert recall > (p[yes] > 0.5).mean()
    assert not evaluate(run, table, fail_under=[f"recall={recall - 1e-6}"]).missed
    assert evaluate(run, table, fail_under=[f"recall={recall - 1e-6}"], threshold=0.5).missed

"""What the model relies on, as the report has it, against the commands that tell it."""

import numpy as np
import pytest

from nnctl.assembly.build import build
from nnctl.assembly.trained import load_trained
from nnctl.config import load
from nnctl.jobs.looking.attribution import attribution
from nnctl.jobs.looking.importance import importance
from nnctl.report import reasons
from nnctl.report.collecting import collect
from nnctl.report.page import page
from nnctl.report.predictions import judge
from nnctl.report.reasons import columns_relied_on, holds_nearly, products_of, with_reasons


def data_of(runs, name):
    return runs["hostile"].parents[1] / name


def test_importance_is_that_of_the_command(runs, reports):
    report = reports["hostile"]
    told = importance(runs["hostile"], data_of(runs, "hostile-test.csv"))
    assert report.importance.as_json() == told.as_json()
    assert report.no_importance == ""


def test_of_many_rows_some_are_shuffled(runs, monkeypatch):
    monkeypatch.setattr(reasons, "MOST_PREDICTIONS", 20 * 20)
    monkeypatch.setattr(reasons, "FEWEST_ROWS", 5)
    report = collect(runs["hostile"], "x")
    assert report.importance.rows == 20 < report.judged.rows
    assert "(of 30 test rows, at even distances)" in page([report])


@pytest.mark.parametrize(
    ("name", "told"), [("pictures", "pixels or steps"), ("series", "pixels or steps")]
)
def test_where_there_is_no_importance_it_is_said_why(name, told, reports):
    report = reports[name]
    assert report.importance is None and told in report.no_importance
    assert f"There is no importance by column: {told}" in page([report])


def test_a_single_row_and_too_many_columns_are_not_shuffled(runs, monkeypatch):
    trained = load_trained(runs["hostile"])
    rows = build(load(runs["hostile"] / "config.yaml")).test
    one = rows.rows(slice(0, 1))
    assert columns_relied_on(trained, one, True) == (None, "a single row cannot be shuffled")
    monkeypatch.setattr(reasons, "MOST_COLUMNS_SHUFFLED", 1)
    found, told = columns_relied_on(trained, rows, True)
    assert found is None and "of 2 columns it takes long" in told


@pytest.mark.parametrize("name", ["hostile", "houses"])
def test_reasons_are_those_of_the_command(name, runs):
    run = runs[name]
    report = collect(run, "x")
    data = data_of(runs, "hostile-test.csv" if name == "hostile" else "houses.csv")
    targets = load_trained(run).preprocessing.targets.names
    places = np.arange(report.judged.rows)
    if name == "houses":  # its rows are those of the file that were drawn to validate
        places = np.flatnonzero(build(load(run / "config.yaml")).prepared.pool.division.drawn)
    for worst in report.judged.worst[:4]:
        row = int(places[worst.row])
        output = {"output": targets[worst.target]} if name == "houses" else {}
        (told,) = attribution(run, data, rows=[row], **output)
        assert worst.reason.output == told.output
        amounts = [column.amount for column in told.columns]
        np.testing.assert_allclose(worst.reason.amounts, amounts, rtol=1e-9, atol=1e-12)
        largest = sorted(told.columns, key=lambda column: -abs(column.amount))
        assert [each for each, _ in worst.reason.largest] == [c.name for c in largest[:3]]


@pytest.mark.parametrize("name", ["pictures", "series"])
def test_of_pictures_each_pixel_has_a_share_that_sums_to_about_the_change(name, runs, reports):
    report = reports[name]
    reasons_found = [worst.reason for worst in report.judged.worst if worst.reason]
    assert len(reasons_found) > len(report.judged.worst) / 2
    assert reasons_found[0].amounts.shape == report.judged.view.shape
    file = data_of(runs, f"{name}.npz")
    worst = report.judged.worst[0]
    place = worst.row
    if name == "pictures":
        place = int(
            np.flatnonzero(build(load(runs[name] / "config.yaml")).prepared.pool.division.drawn)[
                place
            ]
        )
    (told,) = attribution(runs[name], file, rows=[place])
    change = told.prediction - told.baseline
    assert worst.reason.amounts.sum() == pytest.approx(change, abs=0.05 * max(1, abs(change)))


def test_without_rows_that_trained_no_example_has_a_reason(runs):
    trained = load_trained(runs["hostile"])
    rows = build(load(runs["hostile"] / "config.yaml")).test
    judged = with_reasons(judge("test", trained, rows), trained, rows.x, None)
    assert not any(each.reason for each in judged.worst)
    assert "the rows that trained" in judged.without_reasons


def test_what_is_far_off_does_not_hold():
    found = reasons.Reasons(
        np.zeros(3, int),
        np.ones(3),
        np.zeros(3),
        np.array([[1.0], [1.04], [1.2]]),
        np.ones(3, bool),
    )
    assert holds_nearly(found).tolist() == [True, True, False]


def test_the_products_of_a_model_are_counted(runs):
    trained = load_trained(runs["pictures"])
    # 3 filters of 3 × 3 on 6 × 6 places, all of which go into one unit; and what each layer gives.
    expected = 9 * 108 + 108 + 108 + 108 + 1
    assert products_of(trained.members[0]) == expected


def test_of_several_labels_the_reason_is_of_the_one_that_is_furthest_off(runs, reports):
    report = reports["labels"]
    worst = report.judged.worst[:6]
    assert {each.reason.output for each in worst} == {"car", "bus"}
    for each in worst:
        (told,) = attribution(
            runs["labels"], data_of(runs, "labels.csv"), rows=[each.row], output=each.reason.output
        )
        amounts = [column.amount for column in told.columns]
        np.testing.assert_allclose(each.reason.amounts, amounts, rtol=1e-9, atol=1e-12)
        p = 1 / (1 + np.exp(-told.prediction))
        true = each.reason.output in each.truth
        assert each.off == pytest.approx(p if true else 1 - p, rel=1e-4)
    assert '<bdi class="name">bus</bdi>:</span>' in page([report])

"""What is asked of answers: what is refused, what is fitted, and what is kept of it."""

import json

import numpy as np
import pytest

from nnctl.assembly.answering import fit_readout
from nnctl.assembly.build import build
from nnctl.assembly.out_of_bag import own_rows
from nnctl.assembly.trained import load_trained
from nnctl.config import load
from nnctl.errors import NnctlError
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.train import train
from nnctl.runs.weights import load_weights
from nnctl.system.npz import read_arrays, write_arrays
from tests.answers import KINDS, ROWS, config_of, numbers, run_of, said, truth, write_table
from tests.formats.mutations import sealed

REFUSED = [
    ("number", {"intervals": 0.99}, None, "intervals", "72 calibration rows are too few", "99"),
    ("labels", {"intervals": 0.9}, None, "intervals", "not for several labels", "remove"),
    (
        "binary",
        {"threshold": {"recall": 0.9, "positive": "maybe"}},
        None,
        "threshold.positive",
        '"maybe" is not a class of the data; those are: 0, 1',
        "name one",
    ),
    (
        "labels",
        {"threshold": {"recall": 0.9, "positive": "1"}},
        None,
        "threshold.positive",
        "positive is a label of one target",
        "remove",
    ),
]


@pytest.mark.parametrize(("kind", "changes", "data", "path", "message", "fix"), REFUSED)
def test_what_cannot_be_had_is_refused_before_training(
    kind, changes, data, path, message, fix, tmp_path
):
    config = load(config_of(kind, tmp_path, data, **changes))
    with pytest.raises(NnctlError) as caught:
        build(config)
    (problem,) = caught.value.problems
    assert problem.path == path and problem.line is not None
    assert message in problem.message and fix in str(problem.fix)


def test_columns_that_would_be_called_alike_are_refused(tmp_path):
    path = config_of("numbers", tmp_path, {"target": ["n", "n_low"], "features": ["a"]})
    text = (tmp_path / "t.csv").read_text().replace(",m,", ",n_low,")
    (tmp_path / "t.csv").write_text(text)
    (tmp_path / "new.csv").write_text(text)
    with pytest.raises(NnctlError, match='two columns of the predictions would be called "n_low"'):
        build(load(path))
    build(load(path, overrides=["intervals=null"]))


def test_rows_without_weight_do_not_count(tmp_path):
    path = config_of("number", tmp_path, {"sample_weight": "weight"}, intervals=0.98)
    build(load(path))
    lines = (tmp_path / "t.csv").read_text().splitlines()
    light = [line.rsplit(",", 1)[0] + f",{k % 2}" for k, line in enumerate(lines[1:])]
    (tmp_path / "t.csv").write_text("\n".join([lines[0], *light]) + "\n")
    with pytest.raises(NnctlError, match=r"calibration rows are too few for intervals of 0\.98"):
        build(load(path))


@pytest.mark.parametrize("kind", KINDS)
def test_a_weights_file_keeps_what_was_fitted(kind, tmp_path):
    result = run_of(kind, tmp_path)
    trained = load_trained(result.folder)
    kept = load_weights(result.folder).metadata["readout"]
    assert trained.readout.to_json() == kept == result.results["readout"]
    asked = KINDS[kind][4]
    assert ("temperature" in kept, "cuts" in kept, "intervals" in kept) == tuple(
        key in asked for key in ("calibrate", "threshold", "intervals")
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["binary logits", "classes", "labels", "number"])
@pytest.mark.parametrize("members", [1, 2])
def test_it_is_fitted_again_to_the_same_bytes(kind, members, tmp_path):
    first = run_of(kind, tmp_path, ensemble=members).weights.read_bytes()
    assert run_of(kind, tmp_path, ensemble=members).weights.read_bytes() == first


def test_a_run_that_asks_nothing_keeps_nothing(tmp_path):
    asked = dict.fromkeys(("calibrate", "threshold", "intervals"))
    run = run_of("binary", tmp_path, {"calibration": None}, **asked).folder
    metadata = json.dumps(load_weights(run).metadata)
    assert not {"readout", "calibrat", "threshold", "intervals"} & {
        word for word in ("readout", "calibrat", "threshold", "intervals") if word in metadata
    }


@pytest.mark.parametrize("kind", ["binary", "binary logits", "classes", "classes logits", "labels"])
def test_loss_and_metrics_are_those_of_the_corrected_probabilities(kind, tmp_path):
    result = run_of(kind, tmp_path)
    table = tmp_path / "new.csv"
    cells = said(result.folder, table)
    figures = evaluate(result.folder, table)
    own = {name: cells[name] for name in cells if name.startswith("probability")}
    p = np.stack([numbers(column) for column in own.values()], axis=1)
    if kind.startswith("classes"):
        labels = ["ash", "elm", "oak"]
        y = np.array([labels.index(kind) for kind in truth(table, "kind")])
        loss = -np.log(p[np.arange(len(y)), y])
        right = np.array(cells["prediction"]) == np.array(truth(table, "kind"))
    else:
        names = ["yes", "high"][: p.shape[1]]
        y = np.stack([numbers(truth(table, name)) for name in names], axis=1)
        loss = -np.log(np.where(y == 1, p, 1 - p))
        columns = names if kind == "labels" else ["prediction"]
        right = np.stack([numbers(cells[name]) for name in columns], axis=1) == y
    assert figures.loss == pytest.approx(loss.mean(), rel=1e-4)
    assert figures.metrics["accuracy"] == pytest.approx(right.mean())
    assert result.results["test"]["loss"] == pytest.approx(figures.loss)
    assert result.results["test"]["accuracy"] == pytest.approx(figures.metrics["accuracy"])


@pytest.mark.parametrize("weights", ["balanced", {"0": 1.0, "1": 20.0}])
def test_probabilities_are_true_though_classes_have_weights(weights, tmp_path):
    changes = {"class_weight": weights, "threshold": None, "intervals": None, "epochs": 30}
    p = {}
    for calibrate in (False, True):
        run = run_of("binary", tmp_path, {"calibration": 0.5}, **changes, calibrate=calibrate)
        p[calibrate] = numbers(said(run.folder, tmp_path / "new.csv")["probability"]).mean()
    rate = numbers(truth(tmp_path / "new.csv", "yes")).mean()
    assert p[False] > rate + 0.1  # bent towards the rare class
    assert p[True] == pytest.approx(rate, abs=0.06)
    temperature = load_trained(run.folder).readout.temperature
    if weights != "balanced":
        assert temperature.prior == (pytest.approx(np.log(20)),)


def test_the_positive_label_may_be_the_first(tmp_path):
    asked = {"recall": 0.9, "positive": 0}
    run = run_of("binary", tmp_path, threshold=asked, calibrate=None, intervals=None).folder
    cells = said(run, tmp_path / "t.csv")
    target = np.array(truth(tmp_path / "t.csv", "yes"))
    found = np.array(cells["prediction"])[target == "0"] == "0"
    assert 0.82 < found.mean() < 0.99


@pytest.mark.slow
def test_without_calibration_rows_the_validation_rows_choose_the_cut_and_that_is_told(tmp_path):
    changes = {"calibrate": None, "intervals": None, "threshold": {"maximize": "f1"}}
    result = run_of("binary", tmp_path, {"calibration": None}, **changes)
    assert any("chosen by the validation rows" in each.message for each in result.warnings)
    shared = {"ensemble": {"members": 2, "split": "shared"}}
    result = run_of("binary", tmp_path, {"calibration": None}, **changes, **shared)
    assert any("chosen by the validation rows" in each.message for each in result.warnings)


def test_a_precision_that_no_cut_has_is_told(tmp_path):
    result = run_of("labels", tmp_path, threshold={"precision": 0.999})
    told = [each.message for each in result.warnings if each.path == "threshold.precision"]
    assert any("no cut of yes has a precision of 0.999 on 72 rows" in each for each in told)
    assert 0.5 in load_trained(result.folder).readout.cuts


def test_a_recall_that_too_few_rows_can_promise_is_told_with_how_many_it_takes(tmp_path):
    result = run_of("binary", tmp_path, threshold={"recall": 0.99})
    (told,) = (each for each in result.warnings if each.path == "threshold.recall")
    built = build(load(tmp_path / "c.yaml"))
    positive = int(built.calibration.y.sum())
    assert f"{positive} of them positive" in told.message
    assert "give it 99 positive rows" in told.fix
    result = run_of("binary", tmp_path, threshold={"recall": 0.99, "positive": 0})
    (told,) = (each for each in result.warnings if each.path == "threshold.recall")
    assert f"{72 - positive} of them positive" in told.message


def keep(table, column, left):
    """Leaves those rows of a table that have so much in a column."""
    head, *lines = table.read_text().splitlines()
    place = head.split(",").index(column)
    kept = [line for line in lines if line.split(",")[place] == left]
    table.write_text("\n".join([head, *kept]) + "\n")


@pytest.mark.parametrize(
    ("kind", "column", "left", "message"),
    [
        ("binary", "yes", "1", "none of the calibration rows is of the class 0"),
        ("classes", "kind", "elm", "none of the calibration rows is of the class ash, oak"),
        ("labels", "yes", "1", "yes is yes in all calibration rows"),
        ("labels", "high", "0", "high is no in all calibration rows"),
    ],
)
def test_what_no_calibration_row_is_is_told(kind, column, left, message, tmp_path):
    path = config_of(kind, tmp_path, {"calibration": "own.csv"})
    keep(write_table(tmp_path / "own.csv", seed=7), column, left)
    result = train(path, output=tmp_path / "run")
    told = [each.message for each in result.warnings if each.path == "data.calibration"]
    assert told == [message]
    run = run_of(kind, tmp_path)
    assert not [each for each in run.warnings if each.path == "data.calibration"]


def test_calibration_rows_that_nothing_uses_are_told(tmp_path):
    asked = dict.fromkeys(("calibrate", "threshold", "intervals"))
    result = run_of("binary", tmp_path, **asked)
    told = [each.message for each in result.warnings if each.path == "data.calibration"]
    assert told == ["72 rows were kept from the training, and nothing used them"]


def test_it_is_told_which_labels_keep_their_probabilities(tmp_path):
    path = config_of("labels", tmp_path, {"calibration": "own.csv"}, epochs=1)
    keep(write_table(tmp_path / "own.csv", 1200, seed=7), "high", "1")
    result = train(path, output=tmp_path / "run")
    temperature = load_trained(result.folder).readout.temperature
    assert temperature.temperatures[0] != 1 and temperature.shifts[0] != 0
    assert (temperature.temperatures[1], temperature.shifts[1]) == (1.0, 0.0)
    (told,) = (each.message for each in result.warnings if each.path == "calibrate")
    assert told.endswith("do not show that probabilities of high are off: they stay as they are")


def test_members_share_the_calibration_rows(tmp_path):
    config = load(config_of("binary", tmp_path, ensemble=3))
    first = build(config)
    for member in (2, 3):
        other = build(config, prepared=first.prepared, member=member)
        np.testing.assert_array_equal(other.calibration.x, first.calibration.x)
        assert (len(other.train), len(other.validation)) == (
            len(first.train),
            len(first.validation),
        )
        kept = {row.tobytes() for row in first.calibration.x}
        for part in (other.train, other.validation):
            assert not kept & {row.tobytes() for row in part.x}


@pytest.mark.slow
def test_streamed_rows_are_fitted_as_held_ones(tmp_path):
    held = run_of("classes", tmp_path, shuffle=False)
    streamed = run_of("classes", tmp_path, {"memory": 500}, shuffle=False)
    assert streamed.results["readout"] == held.results["readout"]


def test_nothing_is_fitted_where_nothing_is_asked(tmp_path):
    asked = dict.fromkeys(("calibrate", "threshold", "intervals"))
    built = build(load(config_of("binary", tmp_path, **asked)))
    assert fit_readout(built, built.model).model is built.model


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("readout", [], r"damaged .*readout is \[\]"),
        ("readout.temperature", None, r"whether there are readout.temperature is False, .* True"),
        ("readout.cuts", [0.3], r"readout.cuts is \[0.3\], config.threshold \[0.4\]"),
        ("readout.intervals.level", 0.9, "readout.intervals.level is 0.9, config.intervals 0.8"),
        ("readout.cuts", ["a"], "readout.cuts is "),
        ("readout.intervals.widths", [0.1, 0.2], "widths has 2 numbers, not 1"),
    ],
)
def test_a_readout_that_is_not_that_of_the_config_is_told(place, value, message, tmp_path):
    run = run_of("binary", tmp_path, epochs=1).folder
    arrays = read_arrays(run / "weights.npz")
    metadata = json.loads(str(arrays.pop("metadata")))
    holder = metadata
    *above, last = place.split(".")
    for key in above:
        holder = holder[key]
    holder[last] = value
    if value is None and above:
        del holder[last]
    with (tmp_path / "w.npz").open("wb") as file:
        write_arrays(file, {**arrays, "metadata": np.array(sealed(metadata))})
    with pytest.raises(NnctlError, match=message):
        load_trained(tmp_path / "w.npz")


@pytest.mark.slow
def test_calibration_rows_count_in_no_figure_of_the_rows_that_train_members(tmp_path):
    """Each of these is trained, or validated on, by the members; those that calibrate by none."""
    config = load(config_of("binary", tmp_path, ensemble=3))
    built = build(config)
    kept = {row.tobytes() for row in built.calibration.x}
    found = set()
    for part in ("train", "validation"):
        own = own_rows(built, part)
        assert own.said.any(axis=0).all()
        found |= {row.tobytes() for row in own.examples.x}
    assert not kept & found
    assert len(kept) == len(built.calibration) == 72 and len(found) == ROWS - 72

"""Crossvalidation: each fold as if its rows had been taken out of the file by hand."""

import csv
import json
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pytest

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.data.folds import Fold
from nnctl.errors import ExitStatus, NnctlError
from nnctl.jobs.crossval import crossval
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.predict import predict
from nnctl.jobs.train import train
from nnctl.training.loop import TrainingDiverged

GENERATOR = np.random.default_rng(4)
ROWS = [
    (round(a, 3), round(b, 3), color, "yes" if a + b > 0.4 else "no", round(3 * a - b + 7, 3))
    for (a, b), color in zip(
        GENERATOR.normal(size=(47, 2)), GENERATOR.choice(["red", "green"], 47), strict=True
    )
]
HEADER = ("a", "b", "color", "label", "price")
BINARY = """\
seed: 3
data: {train: table.csv, target: label, features: [a, b, color], scale: standardize}
layers: [{type: dense, units: 3, activation: relu}, {type: dense, units: 1}]
loss: {type: binary_crossentropy, from_logits: true}
optimizer: {type: adam, learning_rate: 0.05}
metrics: [accuracy]
epochs: 4
"""
REGRESSION = """\
seed: 3
data: {train: table.csv, target: price, features: [a, b], target_scale: standardize}
layers: [{type: dense, units: 1}]
loss: mean_squared_error
optimizer: {type: adam, learning_rate: 0.05}
metrics: [mae]
epochs: 4
"""
CLASSES = BINARY.replace("units: 1}", "units: 2}").replace("binary", "sparse_categorical")


def write(path, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("table.csv", ROWS)
    for name, text in (("binary", BINARY), ("regression", REGRESSION), ("classes", CLASSES)):
        Path(f"{name}.yaml").write_text(text)
    return tmp_path


def held_rows(name, folds=4, overrides=()):
    config = load(Path(f"{name}.yaml"), overrides=overrides)
    parts = [build(config, fold=Fold(k, folds)).prepared.held_rows for k in range(folds)]
    return [part.tolist() for part in parts]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["binary", "regression", "classes"])
def test_a_fold_is_what_training_on_files_of_its_rows_gives(folder, name):
    result = crossval(Path(f"{name}.yaml"), folds=4, workers=1)
    held = held_rows(name)
    assert sorted(row for rows in held for row in rows) == list(range(len(ROWS)))
    for rows, fold in zip(held, result.folds, strict=True):
        write("rest.csv", [row for k, row in enumerate(ROWS) if k not in rows])
        write("held.csv", [ROWS[k] for k in rows])
        files = ["data.train=rest.csv", "data.test=held.csv"]
        alone = train(Path(f"{name}.yaml"), overrides=files, overwrite=True)
        assert fold.figures == alone.results["test"]
        assert fold.rows == len(rows)
        assert fold.epochs == 4


def test_mean_and_spread_are_those_of_the_folds(folder):
    result = crossval(Path("regression.yaml"), folds=3, workers=1)
    for name in ("loss", "mae"):
        values = [fold.figures[name] for fold in result.folds]
        assert result.mean[name] == fmean(values)
        assert result.std[name] == stdev(values)


@pytest.mark.slow
@pytest.mark.process
def test_the_number_of_processes_changes_nothing(folder):
    folders = [folder / "alone", folder / "several"]
    for part in folders:
        part.mkdir()
    alone, several = (
        crossval(Path("binary.yaml"), folds=3, workers=workers, predictions=part)
        for workers, part in enumerate(folders, 1)
    )
    assert (alone.mean, alone.std) == (several.mean, several.std)
    assert [fold.figures for fold in alone.folds] == [fold.figures for fold in several.folds]
    assert list(alone.held_out()) == list(several.held_out())


@pytest.mark.slow
def test_two_configs_have_the_same_folds(folder):
    assert held_rows("binary") == held_rows("classes")
    changes = ("data.features=[b]", "data.scale=none", "dtype=float64", "data.validation=0.3")
    assert held_rows("binary") == held_rows("binary", overrides=changes)
    assert held_rows("binary") != held_rows("binary", overrides=("seed=4",))


@pytest.mark.slow
def test_a_validation_fraction_comes_of_the_rows_that_train(folder):
    config = load(Path("binary.yaml"), overrides=("data.validation=0.25",))
    built = build(config, fold=Fold(1, 4))
    parts = [built.train, built.validation, built.held]
    assert [len(part) for part in parts] == [26, 9, 12]
    numbers = np.concatenate([part.x[:, :2] for part in parts])
    assert len(np.unique(numbers, axis=0)) == len(ROWS)
    np.testing.assert_allclose(built.train.x[:, :2].mean(axis=0), 0, atol=1e-6)  # of these alone


@pytest.mark.slow
def test_predictions_cover_every_row_once(folder):
    result = crossval(Path("binary.yaml"), folds=4, workers=1, predictions=Path())
    rows = list(result.held_out())
    assert result.folds[0].columns == ("row", "fold", "target", "prediction", "probability")
    assert [row[0] for row in rows] == list(range(1, len(ROWS) + 1))
    assert [row[2] for row in rows] == [row[3] for row in ROWS]
    right = fmean(row[2] == row[3] for row in rows)
    weights = [fold.rows / len(ROWS) for fold in result.folds]
    accuracies = [fold.figures["accuracy"] for fold in result.folds]
    assert right == pytest.approx(sum(map(float.__mul__, weights, accuracies)))


@pytest.mark.slow
def test_numbers_are_predicted_in_their_own_unit(folder):
    result = crossval(Path("regression.yaml"), folds=4, workers=1, predictions=Path())
    assert result.folds[0].columns == ("row", "fold", "target_price", "price")
    rows = list(result.held_out())
    known = [float(row[2]) for row in rows]
    np.testing.assert_allclose(known, [row[4] for row in ROWS], rtol=1e-5)


@pytest.mark.slow
def test_labels_are_0_or_1_as_predictions_are(folder):
    table = "a,p,q\n" + "".join(f"{k},{k % 2},{k // 2 % 2}\n" for k in range(20))
    Path("table.csv").write_text(table)
    changes = ["data.target=[p, q]", "data.features=[a]", "layers.1.units=2"]
    result = crossval(
        Path("binary.yaml"), folds=2, workers=1, overrides=changes, predictions=Path()
    )
    assert result.folds[0].columns[2:] == ("target_p", "target_q", "p", "probability_p", "q",
                                           "probability_q")  # fmt: skip
    assert [(k, p, q) for k, _, p, q, *_ in result.held_out()] == [
        (k + 1, str(k % 2), str(k // 2 % 2)) for k in range(20)
    ]


@pytest.mark.slow
def test_bounds_hold_the_mean(folder):
    passed = crossval(Path("binary.yaml"), folds=2, workers=1, fail_under=["accuracy=0.01"])
    missed = crossval(Path("binary.yaml"), folds=2, workers=1, fail_over=["loss=0.0001"])
    assert (passed.status, missed.status) == (ExitStatus.DONE, ExitStatus.NO)
    assert missed.missed == ("loss",)
    with pytest.raises(NnctlError, match="no metric auc"):
        crossval(Path("binary.yaml"), folds=2, fail_under=["auc=0.5"])


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("workers", [1, 2])
def test_a_fold_that_diverges_is_named(folder, workers):
    wild = ["optimizer={type: sgd, learning_rate: 1e30}"]
    with pytest.raises(TrainingDiverged, match="fold 1 of 3: the loss is"):
        crossval(Path("regression.yaml"), folds=3, overrides=wild, workers=workers)


@pytest.mark.slow
def test_a_class_of_few_rows_is_told(folder):
    write("table.csv", [*ROWS[:20], *((1, 1, "red", "no", 3) for _ in range(9))])
    rare = [row for row in ROWS if row[3] == "yes"][:2]
    write("table.csv", [*(row for row in ROWS if row[3] == "no"), *rare])
    told = []
    crossval(Path("binary.yaml"), folds=3, workers=1, warn=told.append)
    assert any('the class "yes" has 2 rows, fewer than the 3 folds' in p.message for p in told)
    write("table.csv", [*(row for row in ROWS if row[3] == "no"), rare[0]])
    crossval(Path("binary.yaml"), folds=3, workers=1, warn=told.append)
    assert 'the class "yes" has 1 row, fewer' in told[-1].message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"folds": 1}, "--folds is 1"),
        ({"folds": 48}, "it must be 2 to 47"),
        ({"workers": 0}, "--workers is 0"),
        ({"overrides": ["data.split=last"], "folds": 47}, "in time order it must be 2 to 46"),
    ],
)
def test_what_makes_no_sense_is_refused(folder, arguments, message):
    with pytest.raises(NnctlError, match=message):
        crossval(Path("binary.yaml"), **arguments)
    assert json.dumps(sorted(path.name for path in folder.iterdir())).count("runs") == 0


@pytest.mark.slow
def test_a_figure_that_no_fold_defines_is_told_once_and_stops_nothing(folder):
    one_row = "validation: 0.02, target_scale"
    text = REGRESSION.replace("target_scale", one_row).replace("[mae]", "[mae, r2]")
    Path("r.yaml").write_text(text + "early_stopping: {monitor: val_r2, patience: 1}\n")
    told = []
    result = crossval(Path("r.yaml"), folds=3, workers=1, warn=told.append)
    assert [each.epochs for each in result.folds] == [4, 4, 4]
    (problem,) = told
    assert problem.message.startswith("in fold 1, and so in 2 more, val_r2 was not defined in 4 ")
    assert "r2 needs targets that differ" in problem.message


def test_what_calibration_rows_do_not_show_is_told_once(folder):
    told = []
    asked = ["data.calibration=0.2", "calibrate=true", "threshold={recall: 0.99}"]
    crossval(Path("binary.yaml"), folds=3, workers=1, overrides=asked, warn=told.append)
    messages = [each.message for each in told]
    assert sum(": they stay as they are" in message for message in messages) <= 1
    (cut,) = (message for message in messages if "no cut has a recall of 0.99" in message)
    assert cut.startswith("in fold 1, and so in 2 more, no cut")


@pytest.mark.parametrize(
    ("name", "target"), [("binary", "label"), ("regression", "price"), ("regression", "[price, a]")]
)
def test_coverage_and_sizes_are_those_of_the_predictions(folder, name, target):
    asked = ["data.calibration=0.3", "intervals=0.5", f"data.target={target}", "epochs=1"]
    asked += ["data.features=[b, color]", "calibrate=true"][: 1 + (name == "binary")]
    asked += ["layers.0.units=2"] if "," in target else []
    part = folder / "parts"
    part.mkdir()
    result = crossval(Path(f"{name}.yaml"), folds=2, workers=1, overrides=asked, predictions=part)
    rows = [
        dict(zip(result.folds[0].columns, row, strict=True)) | {"fold": row[1]}
        for row in result.held_out()
    ]
    for fold in result.folds:
        own = [row for row in rows if row["fold"] == fold.fold]
        assert len(own) == fold.rows
        if name == "binary":
            sets = [row["prediction_set"].split("|") for row in own]
            held = [row["target"] in those for row, those in zip(own, sets, strict=True)]
            assert fold.figures["set_size"] == fmean(map(len, sets))
            assert 0 <= fold.figures["calibration_error"] <= 1
        else:
            names, held = target.strip("[]").split(", "), []
            for each in names:
                ends = [(float(row[f"{each}_low"]), float(row[f"{each}_high"])) for row in own]
                truth = [float(row[f"target_{each}"]) for row in own]
                held += [low <= y <= high for (low, high), y in zip(ends, truth, strict=True)]
                key = f"width_{each}" if len(names) > 1 else "width"
                width = fmean(high - low for low, high in ends)
                assert fold.figures[key] == pytest.approx(width, rel=1e-5)
            assert "calibration_error" not in fold.figures
        assert fold.figures["coverage"] == pytest.approx(fmean(held))
    mean = fmean(fold.figures["coverage"] for fold in result.folds)
    assert result.as_json()["coverage"] == {"wanted": 0.5, "found": pytest.approx(mean)}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["binary", "regression"])
def test_a_fold_trains_all_members(folder, name):
    """As a run does on the rows that are left; each member draws of those what it validates on."""
    several = ["ensemble=3", "data.validation=0.3"]
    part = folder / "parts"
    part.mkdir()
    result = crossval(Path(f"{name}.yaml"), folds=4, workers=1, overrides=several, predictions=part)
    rows = held_rows(name, overrides=several)[0]
    write("rest.csv", [row for k, row in enumerate(ROWS) if k not in rows])
    write("held.csv", [ROWS[k] for k in rows])
    files = ["data.train=rest.csv", "data.test=held.csv", *several]
    alone = train(Path(f"{name}.yaml"), overrides=files, processes=1)
    assert result.folds[0].figures == alone.results["test"]
    text = "".join(predict(alone.weights, Path("held.csv")).chunks()).splitlines()[1:]
    guessed = [row[3:] for row in result.held_out() if row[1] == 1]
    assert guessed == [line.split(",") for line in text]


@pytest.mark.slow
@pytest.mark.parametrize("fold", [0, 3])
@pytest.mark.parametrize("asked", [[], ["data.calibration=0.3", "data.validation=0.2"]])
def test_in_time_order_a_fold_trains_on_all_rows_before_it(folder, fold, asked):
    """47 rows are five stretches, of which the first is never held out."""
    several = ["data.split=last", *asked, *(["intervals=0.5"] if asked else [])]
    part = folder / "parts"
    part.mkdir()
    result = crossval(
        Path("regression.yaml"), folds=4, workers=1, overrides=several, predictions=part
    )
    ends = [0, 10, 19, 29, 38, 47]
    assert [each.rows for each in result.folds] == [9, 10, 9, 9]
    first, last = ends[fold + 1 : fold + 3]
    write("rest.csv", ROWS[:first])
    write("held.csv", ROWS[first:last])
    alone = train(
        Path("regression.yaml"), overrides=["data.train=rest.csv", "data.test=held.csv", *several]
    )
    figures = dict(alone.results["test"])
    if asked:
        coverage = evaluate(alone.weights, Path("held.csv")).as_json()["coverage"]
        figures |= {"coverage": coverage["found"], "width": coverage["width"]}
    assert result.folds[fold].figures == figures
    told = [row for row in result.held_out() if row[1] == fold + 1]
    assert [row[0] for row in told] == list(range(first + 1, last + 1))
    text = "".join(predict(alone.weights, Path("held.csv")).chunks()).splitlines()
    assert [row[3:] for row in told] == [line.split(",") for line in text[1:]]
    assert text[0] == ("price,price_low,price_high" if asked else "price")


@pytest.mark.slow
def test_a_member_that_diverges_is_named_with_its_fold(folder):
    faults = ["ensemble=2", "optimizer={type: sgd, learning_rate: 1e30}"]
    with pytest.raises(TrainingDiverged, match="fold 1 of 3: member 1: "):
        crossval(Path("regression.yaml"), folds=3, workers=1, overrides=faults)

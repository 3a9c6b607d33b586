"""`attribution` on the shipped configs, and on rows, baselines and outputs of all kinds."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from nnctl.assembly.attribution import mean_of_rows
from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.errors import NnctlError
from nnctl.insight.attribution import Groups, attribute
from nnctl.insight.slopes import Slopes
from nnctl.jobs.looking.attribution import attribution
from nnctl.jobs.predict import predict
from nnctl.jobs.train import train
from nnctl.system import machine

ROOT = Path(__file__).parents[3]
CONFIGS = sorted(path for path in ROOT.glob("configs/*.yaml") if "tune" not in path.name)
SLOW = [pytest.param(path, marks=pytest.mark.slow, id=path.stem) for path in CONFIGS]
TABLE = "a,b,kind,y,label\n" + "".join(
    f"{k % 5},{k * 3 % 11 / 4},{'uvw'[k % 3]},{k % 5 * 2 + k % 3},{'yes' if k % 5 > 2 else 'no'}\n"
    for k in range(60)
)
LAYERS = [{"type": "dense", "units": 5, "activation": "relu"}, {"type": "dense", "units": 1}]


@pytest.mark.parametrize("path", SLOW)
def test_the_sum_holds_on_every_shipped_model(path):
    built = build(load(path))
    are_images = len(built.model.input_shape) == 3  # whose convolutions have thousands of kinks
    count, way = (1, 0.1) if are_images else (2, 1.0)
    rows = built.train.rows(slice(0, count)).x[:]
    x = rows.reshape(len(rows), -1).astype(np.float64)
    weights = np.ones((len(x), *built.model.output_shape))
    baseline = x + way * (mean_of_rows(built.train.x) - x)
    found = attribute(
        Slopes([built.model]).parts, x, baseline, weights, Groups(np.arange(x.shape[1]))
    )
    change = found.output - found.baseline
    size = np.maximum(np.abs(change), np.abs(found.contributions).sum(axis=1))
    assert (np.abs(found.contributions.sum(axis=1) - change) <= 1e-6 * size).all()


def run_of(folder, target="y", **changes):
    (folder / "t.csv").write_text(TABLE)
    loss = {"type": "binary_crossentropy", "from_logits": True}
    config = {
        "data": {
            "train": "t.csv",
            "target": target,
            "features": ["a", "b", "kind"],
            "scale": "standardize",
        },
        "layers": LAYERS,
        "loss": loss if target == "label" else "mean_squared_error",
        "optimizer": {"type": "adam", "learning_rate": 0.05},
        "epochs": 20,
        **changes,
    }
    config["data"] |= {} if target == "label" else {"target_scale": "standardize"}
    (folder / "c.yaml").write_text(yaml.safe_dump(config))
    return train(folder / "c.yaml", output=folder / "run").folder


@pytest.mark.slow
@pytest.mark.parametrize("members", [1, 2])
def test_a_prediction_is_that_of_predict_in_the_targets_own_unit(members, tmp_path):
    run = run_of(tmp_path, ensemble=members)
    found = list(attribution(run, tmp_path / "t.csv"))
    lines = "".join(predict(run, tmp_path / "t.csv").chunks()).split()[1:]
    assert [each.prediction for each in found] == pytest.approx(list(map(float, lines)), rel=1e-4)
    assert [each.row for each in found] == list(range(60))
    assert {each.output for each in found} == {"y"}
    assert found[4].columns[0][:2] == ("a", 4.0) and found[4].columns[2][:2] == ("kind", "v")
    # The baseline is the prediction for the mean of all prepared rows: of every row the same.
    assert len({each.baseline for each in found}) == 1


def test_baselines_are_zeros_or_rows_and_rows_may_be_chosen(tmp_path):
    run, data = run_of(tmp_path), tmp_path / "t.csv"
    every = list(attribution(run, data, baseline="zeros"))
    some = list(attribution(run, data, baseline="row:7", rows=[7, 3]))
    assert [each.row for each in some] == [3, 7]
    assert some[1].prediction == some[1].baseline == every[7].prediction == some[0].baseline
    assert {column.amount for column in some[1].columns} == {0.0}


def test_the_logit_is_that_of_the_class_predicted_or_wanted(tmp_path):
    run, data = run_of(tmp_path, "label"), tmp_path / "t.csv"
    own, of_no = list(attribution(run, data)), list(attribution(run, data, output="no"))
    lines = "".join(predict(run, data).chunks()).split()[1:]
    for each, other, line in zip(own, of_no, lines, strict=True):
        label, probability = line.split(",")
        assert (each.output, other.output) == (label, "no") and each.prediction >= 0
        yes = float(probability)
        assert other.prediction == pytest.approx(np.log((1 - yes) / yes), rel=1e-3, abs=1e-4)
        assert each.prediction == pytest.approx(abs(other.prediction))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"baseline": "median"}, "unknown; there are: mean, zeros, row:K"),
        ({"baseline": "row:99"}, "it has no row 99"),
        ({"output": "z"}, "has no such output; there are: y"),
        ({"rows": [-1]}, "rows count from 0"),
    ],
)
def test_what_is_not_there_is_told(given, says, tmp_path):
    run = run_of(tmp_path)
    with pytest.raises(NnctlError, match=says):
        attribution(run, tmp_path / "t.csv", **given)


def test_whoever_takes_some_rows_alone_leaves_no_limit_behind(tmp_path):
    run = run_of(tmp_path)
    before = machine.available_threads(), np.geterr()
    begun = iter(attribution(run, tmp_path / "t.csv"))
    assert next(begun).row == 0
    assert (machine.available_threads(), np.geterr()) == before


def test_what_is_to_know_of_the_rows_is_told(tmp_path):
    run, told = run_of(tmp_path), []
    (tmp_path / "t.csv").write_text(TABLE.replace(",u,", ",new,"))
    found = list(attribution(run, tmp_path / "t.csv", baseline="zeros", warn=told.append))
    assert len(found) == 60 and [problem.path for problem in told] == ["column kind"]


def test_a_weights_file_without_its_run_has_no_mean_and_says_what_to_do(tmp_path):
    run, alone = run_of(tmp_path), tmp_path / "alone.npz"
    alone.write_bytes((run / "weights.npz").read_bytes())
    with pytest.raises(NnctlError, match="begin elsewhere: --baseline zeros"):
        attribution(alone, tmp_path / "t.csv")
    assert len(list(attribution(alone, tmp_path / "t.csv", baseline="zeros"))) == 60


def test_arrays_and_several_classes(tmp_path):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(30, 2, 2)).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=x, y=generator.integers(0, 3, 30))
    layers = ["flatten", {"type": "dense", "units": 3, "activation": "softmax"}]
    loss = "sparse_categorical_crossentropy"
    config = {"data": {"train": "d.npz"}, "layers": layers, "loss": loss}
    config |= {"optimizer": "adam", "epochs": 1}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    run = train(tmp_path / "c.yaml", output=tmp_path / "run").folder
    (found,) = attribution(run, tmp_path / "d.npz", rows=[5])
    assert [column.value for column in found.columns] == pytest.approx(x[5].ravel().tolist())
    kernel, bias = (np.load(run / "weights.npz")[f"dense_1/{name}"] for name in ("kernel", "bias"))
    logits = x[5].ravel() @ kernel + bias
    place = int(logits.argmax())
    assert (found.output, found.prediction) == (str(place), pytest.approx(logits[place], rel=1e-5))
    wanted = (x[5] - x.mean(axis=0)).ravel() * kernel[:, place]
    assert [column.amount for column in found.columns] == pytest.approx(wanted, rel=1e-4)


def test_quantiles_are_outputs_of_their_own(tmp_path):
    loss = {"type": "quantile", "quantiles": [0.1, 0.5, 0.9]}
    layers = [LAYERS[0], {"type": "dense", "units": 3}]
    run, data = run_of(tmp_path, loss=loss, layers=layers, metrics=["mae"]), tmp_path / "t.csv"
    lines = "".join(predict(run, data).chunks()).split()
    names, first = lines[0].split(","), list(map(float, lines[1].split(",")))
    assert names == ["y_0.1", "y_0.5", "y_0.9"]
    found = [next(iter(attribution(run, data, output=name))) for name in names]
    assert [each.output for each in found] == names
    assert sorted(each.prediction for each in found) == pytest.approx(sorted(first), rel=1e-4)
    assert all(each.holds for each in found)


@pytest.mark.slow
def test_the_class_is_that_of_the_kept_cut(tmp_path):
    run, data = run_of(tmp_path, "label", threshold=0.999), tmp_path / "t.csv"
    lines = "".join(predict(run, data).chunks()).split()[1:]
    found = [each.output for each in attribution(run, data)]
    assert found == [line.split(",")[0] for line in lines]
    assert any(each.prediction < 0 for each in attribution(run, data))

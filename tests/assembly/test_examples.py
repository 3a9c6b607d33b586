"""From a config's `data` to examples: where files are named, and how much examples count."""

import numpy as np
import pytest
import yaml

from nnctl.assembly.build import build
from nnctl.assembly.examples import data_file, nbytes
from nnctl.config import load
from nnctl.errors import NnctlError
from nnctl.reading.files import DataFile

CONFIG = {
    "data": {"train": "table.csv", "target": "t"},
    "layers": [{"type": "dense", "units": 3}],
    "loss": {"type": "sparse_categorical_crossentropy", "from_logits": True},
    "optimizer": "sgd",
    "epochs": 1,
}
TABLE = "a,t\n" + "1,b\n" * 6 + "2,a\n" * 3 + "3,c\n"


@pytest.fixture
def built(tmp_path):
    """Builds the config with some of its keys replaced."""
    (tmp_path / "table.csv").write_text(TABLE)

    def made(data=(), **changes):
        path = tmp_path / "c.yaml"
        path.write_text(
            yaml.safe_dump({**CONFIG, "data": {**CONFIG["data"], **dict(data)}, **changes})
        )
        return build(load(path))

    return made


def refused(built, **changes):
    with pytest.raises(NnctlError) as caught:
        built(**changes)
    return caught.value.problems


def test_without_weights_there_are_none(built):
    assert built().train.weight is None


def test_balanced_classes_weigh_the_same(built):
    weight = built(class_weight="balanced").train.weight
    np.testing.assert_allclose(weight, [10 / 18] * 6 + [10 / 9] * 3 + [10 / 3], rtol=1e-6)
    assert weight.dtype == np.float32


def test_balance_counts_the_classes_that_have_rows(built, tmp_path):
    (tmp_path / "n.csv").write_text("a,t\n1,0\n2,0\n3,0\n4,4\n")
    layers = [{"type": "dense", "units": 5}]
    weight = built({"train": "n.csv"}, layers=layers, class_weight="balanced").train.weight
    np.testing.assert_allclose(weight, [4 / 6] * 3 + [4 / 2], rtol=1e-6)


def test_labels_left_out_weigh_one_and_validation_is_not_weighted(built):
    made = built({"validation": 0.3}, class_weight={"c": 4, "b": 0.5})
    classes = made.train.y
    assert set(zip(classes.tolist(), made.train.weight.tolist(), strict=True)) <= {
        (0, 1.0), (1, 0.5), (2, 4.0),
    }  # fmt: skip
    assert 0.5 in made.train.weight
    assert made.validation.weight is None


@pytest.mark.parametrize("keys", [{0: 2, 2: 3}, {"0": 2, "2": 3}, {0.0: 2, 2.0: 3}])
def test_labels_that_are_numbers(built, tmp_path, keys):
    (tmp_path / "n.csv").write_text("a,t\n1,2\n2,0\n3,1\n")
    assert built({"train": "n.csv"}, class_weight=keys).train.weight.tolist() == [3, 2, 1]


@pytest.mark.parametrize("one_hot", [False, True])
def test_categorical_targets_are_weighted_too(built, tmp_path, one_hot):
    (tmp_path / "o.csv").write_text("a,x,y,z\n1,0,1,0\n2,0,0,1\n")
    data = {"train": "o.csv", "target": ["x", "y", "z"]} if one_hot else {}
    loss = {"type": "categorical_crossentropy", "from_logits": True}
    made = built(data, loss=loss, class_weight={"y" if one_hot else "b": 7})
    assert made.train.y.shape[1] == 3 and made.train.weight.max() == 7
    assert made.train.weight[0] == 7


def test_weights_of_rows_and_of_classes_multiply(built, tmp_path):
    (tmp_path / "w.csv").write_text("a,w,t\n1,0.5,a\n2,3,b\n3,1,c\n")
    made = built({"train": "w.csv", "sample_weight": "w"}, class_weight={"b": 2})
    assert made.train.weight.tolist() == [0.5, 6, 1]


@pytest.mark.parametrize(
    ("data", "weights"),
    [({}, {"a": 0, "b": 0, "c": 0}), ({"train": "w.csv", "sample_weight": "w"}, {"b": 0})],
)
def test_weights_that_leave_nothing_to_learn_are_refused(built, tmp_path, data, weights):
    """Those of the rows are not 0 by themselves, nor are those of the classes."""
    (tmp_path / "w.csv").write_text("a,w,t\n1,0,a\n2,3,b\n3,0,c\n")
    (problem,) = refused(built, data=data, class_weight=weights)
    assert (problem.path, problem.line is not None) == ("class_weight", True)
    assert built(data, class_weight={**weights, "b": 0.5}).train.weight.any()


def test_labels_that_the_data_do_not_have(built):
    (problem,) = refused(built, class_weight={"bb": 2})
    assert problem.path == "class_weight.bb" and problem.line is not None
    assert problem.message == '"bb" is not a class of the data; those are: a, b, c'


def test_class_weights_need_one_class_an_example(built, tmp_path):
    (tmp_path / "m.csv").write_text("a,x,y\n1,0,1\n2,1,1\n")
    (problem,) = refused(
        built,
        data={"train": "m.csv", "target": ["x", "y"]},
        layers=[{"type": "dense", "units": 2}],
        loss="binary_crossentropy",
        class_weight="balanced",
    )
    assert problem.path == "class_weight"


def test_metrics_speak_of_the_targets_in_their_own_unit(built, tmp_path):
    (tmp_path / "p.csv").write_text("a,t\n" + "".join(f"{k},{1000 * k}\n" for k in range(20)))
    made = built(
        {"train": "p.csv", "target_scale": "standardize"},
        layers=[{"type": "dense", "units": 1, "kernel_initializer": "zeros"}],
        loss="mean_squared_error",
        metrics=["mae", "rmse", "r2"],
        dtype="float64",
    )
    figures = made.model.evaluator.figures(made.train)
    y = 1000.0 * np.arange(20)
    assert figures["loss"] == pytest.approx(1)
    assert figures["mae"] == pytest.approx(np.abs(y - y.mean()).mean())
    assert figures["rmse"] == pytest.approx(y.std())
    assert figures["r2"] == pytest.approx(0)


def test_sizes_in_bytes():
    sizes = {
        2000: 2000,
        "1kB": 1000,
        "0.5 MB": 500_000,
        "256MB": 256_000_000,
        "1.5GB": 1_500_000_000,
    }
    for written, expected in sizes.items():
        assert nbytes(written) == expected


def test_data_files_in_all_their_forms(tmp_path):
    path = tmp_path / "c.yaml"
    data = {
        "train": {"file": "d.npz", "features": "a", "target": "b"},
        "validation": {"features": "images", "target": "labels"},
        "test": {"file": "d.csv", "features": ["p", "q"], "target": "r"},
    }
    path.write_text(yaml.safe_dump({**CONFIG, "data": data}))
    config = load(path)
    files = [data_file(config, getattr(config.data, part)) for part in data]
    assert list(map(vars, files)) == [
        vars(DataFile(tmp_path / "d.npz", ("a",), ("b",))),
        vars(DataFile(tmp_path / "images", target_path=tmp_path / "labels")),
        vars(DataFile(tmp_path / "d.csv", ("p", "q"), ("r",))),
    ]
    assert data_file(config, None) is None
    given = data_file(config, "e.csv", "a", ["b", "c"])
    assert vars(given) == vars(DataFile(tmp_path / "e.csv", ("a",), ("b", "c")))

"""Predictions in ONNX: probabilities, labels of each kind, numbers in the target's unit."""

import numpy as np
import pytest

from nnctl.data.classes import Classes
from nnctl.data.targets import Targets
from nnctl.encoding.scaling import Scaling
from nnctl.losses import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from tests.export.running import DATASETS, built, cells_of, exported, outputs, session_of, trained

LABELS = [
    (("setosa", "versicolor", "virginica"), object),
    ((0, 1, 2), np.int64),
    ((-3, 5, 2**60), np.int64),
    ((0, 0.5, 1), np.float64),
    ((0, 1, int(1e30)), np.float64),
    ((0, 2**64 + 1, 2**64 + 2), object),
    ((0, 1, 10**400), object),
    (("ä", "日本", ""), object),
]


def flowers():
    cells = cells_of(DATASETS / "iris.csv")
    return np.column_stack([cells[name] for name in list(cells)[:4]]).astype(np.float32)


def made_of(loss, targets, units, dtype="float32"):
    """Outputs for the flowers, and what the last layer gives for them."""
    model = built([("dense", {"units": units})], (4,), dtype, loss)
    content = exported(trained(model, targets=targets)).SerializeToString()
    x = flowers().astype(dtype)
    return outputs(session_of(content), {"features": x}), model(x).astype(np.float64)


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@pytest.mark.parametrize(("labels", "dtype"), LABELS, ids=lambda value: str(value))
@pytest.mark.parametrize("loss", [SparseCategoricalCrossentropy, CategoricalCrossentropy])
@pytest.mark.parametrize("units", [3, 5])
def test_labels_are_the_users_own(labels, dtype, loss, units):
    targets = Targets(("species",), "multiclass", "float32", Classes(labels))
    made, z = made_of(loss(from_logits=True), targets, units)
    probabilities = softmax(z)[:, :3]  # units beyond the classes stand for nothing
    np.testing.assert_allclose(made["probabilities"], probabilities, atol=1e-6)
    assert made["label"].dtype == dtype and made["label"].shape == (150,)
    own = labels if dtype is not object else list(map(str, labels))  # ONNX has no integers so large
    expected = [own[k] for k in probabilities.argmax(1)]
    assert made["label"].tolist() == expected
    assert len({*expected}) > 1


@pytest.mark.parametrize("labels", [("no", "yes"), (0, 1)])
@pytest.mark.parametrize("from_logits", [True, False])
def test_a_binary_model_gives_both_probabilities(labels, from_logits):
    targets = Targets(("ripe",), "binary", "float32", Classes(labels))
    made, z = made_of(BinaryCrossentropy(from_logits=from_logits), targets, 1)
    p = 1 / (1 + np.exp(-z)) if from_logits else z
    np.testing.assert_allclose(made["probabilities"], np.hstack([1 - p, p]), atol=1e-6)
    assert made["label"].tolist() == [labels[k] for k in (p[:, 0] > 0.5).astype(int)]


def test_half_is_the_first_class_as_predict_has_it():
    targets = Targets(("ripe",), "binary", "float32", Classes((0, 1)))
    model = built([("dense", {"units": 1})], (1,), loss=BinaryCrossentropy())
    model.load_arrays({"dense_1/kernel": [[1]], "dense_1/bias": [0]})
    session = session_of(exported(trained(model, targets=targets)).SerializeToString())
    below, above = np.nextafter(np.float32(0.5), np.float32([0, 1]))
    x = np.array([[below], [0.5], [above]], np.float32)
    assert outputs(session, {"features": x})["label"].tolist() == [0, 0, 1]


def test_one_class_and_one_unit_are_certain():
    targets = Targets(("only",), "multiclass", "float32", Classes(("it",)))
    made, _ = made_of(SparseCategoricalCrossentropy(from_logits=True), targets, 1)
    assert {*made["label"]} == {"it"} and (made["probabilities"] == 1).all()


def test_several_labels_stand_each_for_itself():
    targets = Targets(("car", "bus"), "binary", "float32")
    made, z = made_of(BinaryCrossentropy(from_logits=True), targets, 2)
    assert made["label"].dtype == np.int64
    np.testing.assert_array_equal(made["label"], z > 0)
    np.testing.assert_allclose(made["probabilities"], 1 / (1 + np.exp(-z)), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_come_back_in_the_targets_own_unit(dtype):
    scaling = Scaling("standardize", np.array([2e5, -3.0]), np.array([8e4, 1e-3]))
    targets = Targets(("price", "beds"), "regression", dtype, scaling=scaling)
    made, z = made_of("mean_squared_error", targets, 2, dtype)
    rtol = {"float32": 1e-6, "float64": 1e-14}[dtype]
    np.testing.assert_allclose(made["predictions"], z * scaling.divisor + scaling.shift, rtol=rtol)
    assert made["predictions"].dtype == dtype

"""Training agrees with Keras 3: the same arrays after the same steps from the same start."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.annotations import OneOf
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.network.optimizers import OPTIMIZERS
from nnctl.network.regularizers import REGULARIZERS
from nnctl.network.schedules import SCHEDULES
from tests.golden import cases

GOLDEN = json.loads(Path(__file__).with_name("keras.json").read_text())["cases"]
AUGMENTATION = Path(__file__).with_name("augmentation.json")  # see test_augmentation.py
WEIGHTS, HISTORY = 1e-7, 1e-6  # relative


def test_there_is_a_golden_result_for_each_case():
    assert sorted(GOLDEN) == sorted(cases.CASES)


@pytest.mark.parametrize("name", cases.CASES)
def test_training_agrees_with_keras(name):
    case, golden = cases.CASES[name], GOLDEN[name]
    layers = [OneOf("layer", LAYERS).make(layer) for layer in case["layers"]]
    model = Sequential(layers, dtype=np.float64)
    model.build(cases.input_shape(case))
    model.set_weights(cases.initial(case, [w.shape for w in model.get_weights()]))
    model.compile(case["optimizer"], case["loss"], case.get("metrics"))
    x, y, weight = cases.data(case)
    history = model.fit(
        x,
        y,
        batch_size=case.get("batch_size", cases.BATCH_SIZE),
        epochs=cases.EPOCHS,
        shuffle=False,
        verbose=0,
        class_weight=case.get("class_weight"),
        sample_weight=weight if case.get("sample_weight") else None,
    ).history
    for mine, keras in zip(model.get_weights(), golden["weights"], strict=True):
        np.testing.assert_allclose(mine, keras, rtol=WEIGHTS, atol=1e-12)
    np.testing.assert_allclose(model(x), golden["output"], rtol=WEIGHTS, atol=1e-12)
    assert sorted(history) == sorted(golden["history"])
    for figure, values in golden["history"].items():
        np.testing.assert_allclose(history[figure], values, rtol=HISTORY)


def test_the_tolerances_are_tight():
    assert (WEIGHTS, HISTORY) <= (1e-7, 1e-6)


@pytest.mark.parametrize(
    ("kind", "registry"),
    [
        ("layer", LAYERS),
        ("activation", ACTIVATIONS),
        ("loss", LOSSES),
        ("optimizer", OPTIMIZERS),
        ("schedule", SCHEDULES),
        ("regularizer", REGULARIZERS),
    ],
)
def test_every_registered_type_has_a_case(kind, registry):
    text = json.dumps(cases.CASES) + AUGMENTATION.read_text()
    # Keras has no such name, or draws other numbers.
    own = {"gradient_descent", "half_mean_squared_error", "dropout", "quantile"}
    assert [name for name in registry if name not in own and f'"{name}"' not in text] == []

"""scikit-learn's multilayer perceptron, for stacks of dense layers; it starts from numbers of its
own, so its final loss is another."""

import warnings
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from tests.benchmarks.peers import NOT_FOR_IT, Made
from tests.benchmarks.workloads import Workload


def made(workload: Workload, x: np.ndarray, y: np.ndarray) -> Made:
    if any(layer.kind != "dense" for layer in workload.layers):
        raise SystemExit(NOT_FOR_IT)
    activation = "logistic" if workload.layers[0].activation == "sigmoid" else "relu"
    model = MLPClassifier(
        [layer.units for layer in workload.layers[:-1]],
        activation=activation,
        solver="adam" if workload.adam else "sgd",
        learning_rate_init=workload.adam or workload.sgd or 0.01,
        batch_size=workload.rows_a_step,
        alpha=0.0,
        momentum=0.0,
        tol=0.0,
        max_iter=1,
        n_iter_no_change=10**6,
        warm_start=True,
        random_state=0,
    )
    labels = y.ravel()
    warnings.simplefilter("ignore")

    def train(epochs: int, shuffle: bool) -> None:
        model.set_params(max_iter=epochs, shuffle=shuffle and not workload.one_batch)
        model.fit(x, labels)

    def predict() -> np.ndarray:
        if not hasattr(model, "coefs_"):
            train(1, True)  # it has no weights before
        found: Any = np.log(np.clip(model.predict_proba(x), 1e-30, 1))
        return found if workload.classes else found[:, 1:] - found[:, :1]

    return train, predict

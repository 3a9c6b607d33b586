"""How good predictions of held-out rows are."""

import numpy as np

from tests.benchmarks.tables.tables import Task

PRIMARY = {"binary": "auc", "multiclass": "accuracy", "regression": "r2"}
LEAST_PROBABILITY = 1e-7


def scores(
    task: Task, truth: np.ndarray, prediction: np.ndarray, classes: list[str] | None
) -> dict[str, float]:
    """Scores of numbers (rows,), or of probabilities (rows, classes) in the order of `classes`."""
    from sklearn import metrics

    if task == "regression":
        values = truth.astype(float)
        error = metrics.mean_squared_error(values, prediction)
        return {"r2": metrics.r2_score(values, prediction), "rmse": float(np.sqrt(error))}
    labels, truth = np.array(classes, str), truth.astype(str)
    absent = sorted(set(truth) - set(labels))  # classes that the training part did not hold
    labels = np.concatenate([labels, np.array(absent, labels.dtype)]) if absent else labels
    padded = np.hstack([prediction, np.zeros((len(prediction), len(absent)))])
    order = np.argsort(labels)
    labels, padded = labels[order], padded[:, order]
    shares = np.clip(padded, LEAST_PROBABILITY, 1)
    shares /= shares.sum(axis=1, keepdims=True)
    found = {
        "accuracy": metrics.accuracy_score(truth, labels[padded.argmax(axis=1)]),
        "log_loss": metrics.log_loss(truth, shares, labels=labels),
    }
    if len(labels) == 2:
        found["auc"] = metrics.roc_auc_score(truth == labels[1], padded[:, 1])
    return {name: float(value) for name, value in found.items()}

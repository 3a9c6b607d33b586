"""A model's predictions held against the truth: confusions, and what guessing would come to."""

import numpy as np

from nnctl.assembly.trained import Trained
from nnctl.data.classes import Label
from nnctl.graph import Array
from nnctl.network.metrics import class_indices
from nnctl.training.step import Examples


def predictions_for(trained: Trained, examples: Examples) -> Array:
    """The predictions, (rows, outputs): probabilities, or numbers in the unit the loss knows."""
    model = trained.model
    with np.errstate(all="ignore"):
        return np.asarray(model.loss.output_activation(model.predict(examples.x)))


def class_pairs(trained: Trained, examples: Examples, predictions: Array) -> tuple[Array, Array]:
    """The true and the predicted class index of each row, (rows,), where a row has one class."""
    targets = trained.preprocessing.targets
    assert targets.classes is not None
    if targets.task == "binary":
        truth, guess = examples.y[:, 0] > 0.5, predictions[:, 0] > 0.5
    else:  # units beyond the classes stand for nothing
        truth = class_indices(examples.y, predictions)
        guess = predictions[:, : len(targets.classes.labels)].argmax(axis=1)
    return truth.astype(np.intp), guess.astype(np.intp)


def confusion(
    trained: Trained, examples: Examples, predictions: Array
) -> tuple[list[list[int]] | None, list[Label] | None]:
    """How often each class was taken for which; None where a row has not one class."""
    classes = trained.preprocessing.targets.classes
    if classes is None:
        return None, None
    truth, guess = class_pairs(trained, examples, predictions)
    count = len(classes.labels)
    cells = np.bincount(truth * count + guess, minlength=count * count)
    return cells.reshape(count, count).tolist(), list(classes.labels)


def baselines(trained: Trained, examples: Examples) -> dict[str, float]:
    """The metrics of the best constant prediction: the commonest class, or the mean."""
    y = examples.y
    if trained.model.loss.task == "regression":
        with np.errstate(all="ignore"):  # numbers near the largest have squares beyond it
            y = trained.preprocessing.targets.in_own_unit(y)
            apart = y - y.mean(axis=0)
            mse = float(np.square(apart).mean())
        return {"mae": float(np.abs(apart).mean()), "mse": mse, "rmse": mse**0.5, "r2": 0.0}
    if trained.model.loss.task == "binary":
        shares = (y > 0.5).mean(axis=0)
        return {"accuracy": float(np.maximum(shares, 1 - shares).mean())}
    counts = np.bincount(class_indices(y, y[..., None]) if y.ndim == 1 else y.argmax(axis=1))
    return {"accuracy": float(counts.max() / len(y))}

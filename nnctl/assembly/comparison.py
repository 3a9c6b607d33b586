"""A model's predictions held against the truth: confusions, and what guessing would come to."""

from collections.abc import Sequence

import numpy as np

from nnctl.assembly.trained import Trained
from nnctl.data.classes import Label
from nnctl.data.targets import Targets
from nnctl.errors import Problem
from nnctl.graph import Array
from nnctl.network.answers import THRESHOLD, is_yes, likeliest
from nnctl.network.losses import Task
from nnctl.network.metrics import class_indices
from nnctl.training.step import Examples

SHOWN_CLASSES = 5


def predictions_for(trained: Trained, examples: Examples) -> Array:
    """The predictions, (rows, outputs): probabilities, or numbers in the unit the loss knows."""
    model = trained.model
    with np.errstate(all="ignore"):
        return np.asarray(model.loss.output_activation(model.predict(examples.x)))


def class_pairs(
    trained: Trained, examples: Examples, predictions: Array, threshold: float = THRESHOLD
) -> tuple[Array, Array]:
    """The true and the predicted class index of each row, (rows,), where a row has one class."""
    targets = trained.preprocessing.targets
    assert targets.classes is not None
    if targets.task == "binary":
        truth, guess = examples.y[:, 0] > 0.5, is_yes(predictions[:, 0], threshold)
    else:
        truth = class_indices(examples.y, predictions)
        guess = likeliest(predictions, len(targets.classes.labels))
    return truth.astype(np.intp), guess.astype(np.intp)


def confusion(
    trained: Trained, examples: Examples, predictions: Array, threshold: float = THRESHOLD
) -> tuple[list[list[int]] | None, list[Label] | None]:
    """How often each class was taken for which; None where a row has not one class."""
    classes = trained.preprocessing.targets.classes
    if classes is None:
        return None, None
    truth, guess = class_pairs(trained, examples, predictions, threshold)
    count = len(classes.labels)
    cells = np.bincount(truth * count + guess, minlength=count * count)
    return cells.reshape(count, count).tolist(), list(classes.labels)


def absence(targets: Targets, y: Array, none: str, figures: Sequence[str]) -> Problem | None:
    """What to tell of classes that none of the rows with the targets `y` has.

    None where every class has some, and where no figure minds; `none` begins the sentence.
    """
    if targets.classes is None:
        return None
    labels = targets.classes.labels
    if targets.task == "binary":
        counts = np.bincount((y[:, 0] > 0.5).astype(np.intp), minlength=2)
    else:
        indices = y if y.ndim == 1 else y.argmax(axis=1)
        counts = np.bincount(indices.astype(np.intp), minlength=len(labels))
    absent = [place for place in range(len(labels)) if not counts[place]]
    # Of two classes, precision, recall and f1 judge the second alone.
    counted = [place for place in absent if targets.task != "binary" or place == 1]
    zeros = [name for name in ("precision", "recall", "f1") if name in figures and counted]
    one = len(absent) == 1
    told = [f"{'it' if one else 'each'} counts as 0 in {', '.join(zeros)}"] if zeros else []
    told += [f"auc is not defined without {'it' if one else 'them'}"] if "auc" in figures else []
    if not absent or not told:
        return None
    shown = ", ".join(f'"{labels[place]}"' for place in absent[:SHOWN_CLASSES])
    more = f" and {len(absent) - SHOWN_CLASSES} more" if len(absent) > SHOWN_CLASSES else ""
    kind = "class" if one else "the classes"
    return Problem(f"{none} is of {kind} {shown}{more}: {', and '.join(told)}")


def baselines(task: Task, targets: Targets, y: Array) -> dict[str, float]:
    """The metrics of the best constant prediction for the targets `y` of some rows.

    That is the commonest class, or the mean.
    """
    if task == "regression":
        with np.errstate(all="ignore"):  # numbers near the largest have squares beyond it
            y = targets.in_own_unit(y)
            apart = y - y.mean(axis=0)
            mse = float(np.square(apart).mean())
        return {"mae": float(np.abs(apart).mean()), "mse": mse, "rmse": mse**0.5, "r2": 0.0}
    if task == "binary":
        shares = (y > 0.5).mean(axis=0)
        return {"accuracy": float(np.maximum(shares, 1 - shares).mean())}
    counts = np.bincount(class_indices(y, y[..., None]) if y.ndim == 1 else y.argmax(axis=1))
    return {"accuracy": float(counts.max() / len(y))}

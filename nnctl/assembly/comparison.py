"""A model's predictions held against the truth: confusions, and what guessing would come to."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnctl.data.classes import Label
from nnctl.data.targets import Targets
from nnctl.errors import Problem
from nnctl.graph import Array
from nnctl.network.answers import THRESHOLD, is_yes, likeliest
from nnctl.network.losses import Task
from nnctl.network.metrics import class_indices
from nnctl.training.blocks import Inputs, slices_of
from nnctl.training.step import Examples

if TYPE_CHECKING:
    from nnctl.assembly.trained import Trained

SHOWN_CLASSES = 5
ROWS_AT_ONCE = 1 << 22  # whose targets are held in double precision
MOST_CLASSES = 1000  # of which a matrix, with a cell a pair, is still of use


class Guesses(NamedTuple):
    """Of each row the index of its class, that of the class it is taken for, and the probability
    that its own was given; (rows,) each."""

    truth: Array
    guess: Array
    probability: Array


class Confusion(NamedTuple):
    """How often each class was taken for which.

    Of the pairs that occur: the indices of the true and of the predicted class, and the rows,
    (pairs,) each, in the order of the classes.
    """

    classes: tuple[Label, ...]
    truth: Array
    guess: Array
    rows: Array

    @classmethod
    def of(cls, classes: Sequence[Label], guesses: Guesses) -> "Confusion":
        """The confusions of some rows."""
        pairs = guesses.truth * len(classes) + guesses.guess
        found, rows = np.unique(pairs, return_counts=True)
        return cls(tuple(classes), *np.divmod(found, len(classes)), rows)

    @property
    def matrix(self) -> list[list[int]] | None:
        """The rows by true class (rows) and predicted class; None of more than `MOST_CLASSES`."""
        count = len(self.classes)
        if count > MOST_CLASSES:
            return None
        cells = np.zeros((count, count), np.intp)
        cells[self.truth, self.guess] = self.rows
        counts: list[list[int]] = cells.tolist()
        return counts

    def commonest(self, most: int) -> list[tuple[Label, Label, int]]:
        """The true and predicted classes that are confused most often, with their rows."""
        wrong = np.flatnonzero(self.truth != self.guess)
        places = wrong[np.argsort(-self.rows[wrong], kind="stable")[:most]].tolist()
        named = ((self.classes[self.truth[k]], self.classes[self.guess[k]]) for k in places)
        return [(*pair, int(self.rows[k])) for pair, k in zip(named, places, strict=True)]


def predictions_by_block(trained: "Trained", x: Inputs) -> Iterator[tuple[slice, Array]]:
    """The rows of each block of `x`, in order, and the predictions for them, (rows, outputs).

    Those are probabilities, or numbers in the unit that the loss knows.
    """
    for rows, predictions, _ in spread_by_block(trained, x):
        yield rows, predictions


def spread_by_block(trained: "Trained", x: Inputs) -> Iterator[tuple[slice, Array, Array | None]]:
    """The same, and of an ensemble how far its members lie apart: their standard deviation.

    Its predictions are the means of theirs, of those that have a say in the row.
    """
    from nnctl.training.ensemble import Ensemble  # loaded with the weights by now

    model, activation = trained.model, trained.model.loss.output_activation
    arranged = model.loss.arranged
    if not isinstance(model, Ensemble) or len(model.members) == 1:
        for rows, outputs in model.outputs(x):
            with np.errstate(all="ignore"):
                predictions = np.asarray(activation(outputs))
            yield rows, arranged(predictions), None
        return
    for rows, outputs in model.outputs_of_each(x):
        said = model.said_of(rows)
        for part in slices_of(outputs.shape[1], model.rows_together(outputs)):
            with np.errstate(all="ignore"):
                own = None if said is None else said[:, part]
                mean, each = model.answers(outputs[:, part], own)
                spread = deviation(each)
            here = slice(rows.start + part.start, rows.start + part.stop)
            yield here, arranged(mean), spread


def deviation(each: Array) -> Array:
    """How far the predictions of several models (models, n, …) lie apart, in their own dtype."""
    from nnctl.network.joint import sum_over_models

    wide = each.astype(np.float64)
    mean = sum_over_models(wide) / len(wide)
    variance = sum_over_models(np.square(wide - mean)) / len(wide)
    return np.asarray(np.sqrt(variance).astype(each.dtype))


def predictions_for(trained: "Trained", x: Inputs) -> Array:
    """The predictions for all rows at once, (rows, outputs)."""
    return np.concatenate([predictions for _, predictions in predictions_by_block(trained, x)])


def guesses_for(
    trained: "Trained", examples: Examples, cuts: Sequence[float] | None = None
) -> Guesses:
    """What rows are taken for that have one class each, with other cuts if they are given."""
    targets = trained.preprocessing.targets
    assert targets.classes is not None
    classes = len(targets.classes.labels)
    threshold = (cuts or trained.cuts)[0]
    found = [
        block_guesses(targets.task, classes, examples.y[rows], predictions, threshold)
        for rows, predictions in predictions_by_block(trained, examples.x)
    ]
    return Guesses(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def block_guesses(
    task: Task, classes: int, y: Array, predictions: Array, threshold: float = THRESHOLD
) -> Guesses:
    """The guesses that predictions (rows, outputs) come to, for the targets of their rows."""
    if task == "binary":
        second = predictions[:, 0].astype(np.float64)
        truth = (y[:, 0] > 0.5).astype(np.intp)
        guess = is_yes(predictions[:, 0], threshold).astype(np.intp)
        return Guesses(truth, guess, np.where(truth == 1, second, 1 - second))
    truth = class_indices(y, predictions).astype(np.intp)
    guess = likeliest(predictions, classes)
    return Guesses(truth, guess, np.take_along_axis(predictions, truth[:, None], axis=1)[:, 0])


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
            parts = [*slices_of(len(y), ROWS_AT_ONCE)]

            def own(rows: slice) -> Array:
                return targets.in_own_unit(y[rows]).astype(np.float64)

            mean = sum(own(rows).sum(axis=0) for rows in parts) / len(y)
            mae = float(sum(np.abs(own(rows) - mean).sum() for rows in parts)) / y.size
            mse = float(sum(np.square(own(rows) - mean).sum() for rows in parts)) / y.size
        return {"mae": mae, "mse": mse, "rmse": mse**0.5, "r2": 0.0}
    if task == "binary":
        shares = (y > 0.5).mean(axis=0)
        return {"accuracy": float(np.maximum(shares, 1 - shares).mean())}
    counts = np.bincount(class_indices(y, y[..., None]) if y.ndim == 1 else y.argmax(axis=1))
    return {"accuracy": float(counts.max() / len(y))}

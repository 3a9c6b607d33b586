"""Whether a classification whose rows are weighted is better than one answer to all of them."""

from typing import NamedTuple

import numpy as np

from nnctl.advice.watching import entropy
from nnctl.assembly.build import Built
from nnctl.assembly.examples import weight_examples
from nnctl.network.answers import is_yes, likeliest
from nnctl.training.step import Examples

MOST_ROWS = 4096  # that are judged, at even distances


class Weighed(NamedTuple):
    """What a model makes of rows, each of which counts by its weight, and what guessing would.

    `rows` are so many that count alike as would be as uncertain as these.
    """

    accuracy: float
    baseline: float
    loss: float
    guessing: float
    rows: float


def weighed(built: Built, part: str) -> Weighed | None:
    """The figures of a part of the data under the weights of the training.

    None for several labels, and for rows that have one class, or no weight at all.
    """
    targets = built.prepared.preprocessing.targets
    if targets.classes is None or built.config.loss.arguments().get("label_smoothing"):
        return None
    examples = weighed_examples(built, part)
    assert examples.weight is not None
    weight = examples.weight.astype(np.float64)
    labels = examples.y if examples.y.ndim == 1 else examples.y[:, 0]
    if targets.task == "multiclass" and examples.y.ndim > 1:
        labels = examples.y.argmax(axis=1)
    shares = np.bincount(labels.astype(np.intp), weight) / (weight.sum() or 1.0)
    if np.count_nonzero(shares) < 2:
        return None
    with np.errstate(all="ignore"):
        outputs = built.model.predict(examples.x)
        probabilities = np.asarray(built.model.loss.output_activation(outputs))
    if targets.task == "binary":
        answers = is_yes(probabilities[:, 0]).astype(np.intp)
    else:
        answers = likeliest(probabilities, len(targets.classes.labels))
    summed = (built.model.evaluator.figures(examples)["loss"] - built.model.evaluator.penalty()) * (
        len(examples)
    )
    return Weighed(
        float(weight[answers == labels].sum() / weight.sum()),
        float(shares.max()),
        summed / float(weight.sum()),
        float(entropy(shares).sum()),
        float(weight.sum() ** 2 / np.square(weight).sum()),
    )


def weighed_examples(built: Built, part: str) -> Examples:
    """Some rows of a part of the data, with weights as those that trained have them."""
    examples = built.examples(part)
    if part != "train":  # which has its class weights already
        targets = built.prepared.preprocessing.targets
        examples = weight_examples(built.config, examples, targets)
    chosen = examples.rows(slice(None, None, -(-len(examples) // MOST_ROWS)))
    if chosen.weight is None:
        return Examples(chosen.x, chosen.y, np.ones(len(chosen)))
    return chosen

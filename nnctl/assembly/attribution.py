"""Why rows have their predictions: what each input adds to the output that is meant."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnctl.assembly.importance import are_images, output_names, spans_of
from nnctl.assembly.predicted import numbers_of
from nnctl.assembly.trained import Trained
from nnctl.graph import Array
from nnctl.insight.attribution import Groups, attribute, attribute_in_steps
from nnctl.insight.slopes import Slopes
from nnctl.network.answers import is_yes, likeliest
from nnctl.training.blocks import Inputs, rows_by_bytes, slices_of


class Reasons(NamedTuple):
    """Of some rows the place of the output that is meant, its number, and that of the baseline.

    `contributions` (rows, inputs) sum to the difference, where it `holds`; all others are (rows,).
    Numbers are logits, or in the target's own unit.
    """

    chosen: NDArray[np.intp]
    output: Array
    baseline: Array
    contributions: Array
    holds: NDArray[np.bool_]

    def by_column(self, trained: Trained) -> Array:
        """The contributions of the columns, (rows, columns): of all inputs that each becomes."""
        return column_groups(trained).sums(self.contributions)


class Reasoning:
    """Attributes predictions to inputs, counted from those of a `reference` (inputs,).

    `place` is that of the output that is meant, by default that of the predicted class, or of the
    first target.
    """

    def __init__(self, trained: Trained, reference: Array, place: int | None = None):
        self.trained, self.reference, self.place = trained, reference, place

    @cached_property
    def _slopes(self) -> Slopes:
        return Slopes(self.trained.members)

    def of(self, made: Array, steps: int | None = None) -> Reasons:
        """The reasons for the predictions of the prepared inputs `made` (rows, …).

        In so many `steps` they are found quickly, and hold about; else as exactly as is proved.
        """
        x = made.reshape(len(made), -1).astype(np.float64)
        groups = (
            part_groups(self.trained) if are_images(self.trained) else column_groups(self.trained)
        )
        chosen, weights, shift = self._outputs(made)
        baseline = np.broadcast_to(self.reference, x.shape)
        if steps is None:
            found = attribute(self._slopes.parts, x, baseline, weights, groups)
        else:
            found = attribute_in_steps(self._slopes, x, baseline, weights, steps)
        output, before = found.output + shift, found.baseline + shift
        return Reasons(chosen, output, before, found.contributions, found.holds(groups))

    def _outputs(self, made: Array) -> tuple[Array, Array, Array]:
        """Which output is meant in each row, its weight among all, and what is added to it."""
        targets = self.trained.preprocessing.targets
        count, outputs = len(made), self.trained.model.output_shape[-1]
        weights, rows = np.zeros((count, outputs)), np.arange(count)
        if targets.classes is None:
            place = self.place or 0
            chosen = np.full(count, place)
            own = place // self.trained.model.loss.outputs_a_target
            divisor, shift = (
                np.broadcast_to(each, (len(targets.names),))[own]
                for each in (targets.scaling.divisor, targets.scaling.shift)
            )
            weights[rows, place] = divisor
            return chosen, weights, np.full(count, shift)
        if self.place is not None:
            chosen = np.full(count, self.place)
        elif targets.task == "binary":
            numbers, _ = numbers_of(self.trained, made)
            chosen = is_yes(numbers[:, 0], self.trained.cuts[0]).astype(np.intp)
        else:
            numbers, _ = numbers_of(self.trained, made)
            chosen = likeliest(numbers, len(targets.classes.labels))
        if targets.task == "binary":  # one logit, of the second class: the first has its opposite
            weights[:, 0] = np.where(chosen == 1, 1.0, -1.0)
        else:
            weights[rows, chosen] = 1.0
        return chosen, weights, np.zeros(count)


def column_groups(trained: Trained) -> Groups:
    """The inputs of each column."""
    return Groups(np.cumsum([0, *trained.preprocessing.inputs.widths])[:-1])


def part_groups(trained: Trained) -> Groups:
    """The inputs of each part of images."""
    parts = [np.asarray(own) for own in spans_of(trained).values()]
    return Groups(np.cumsum([0, *map(len, parts)])[:-1], np.concatenate(parts))


def labels_of(trained: Trained) -> tuple[str, ...]:
    """What the outputs are called: all classes, or the targets."""
    classes = trained.preprocessing.targets.classes
    return output_names(trained) if classes is None else tuple(map(str, classes.labels))


def mean_of_rows(x: Inputs) -> Array:
    """The mean of the rows of `x`, (inputs,)."""
    width = int(np.prod(x.shape[1:]))
    total = np.zeros(width)
    for part in slices_of(len(x), rows_by_bytes(8 * width)):
        total += x[part].reshape(-1, width).sum(axis=0, dtype=np.float64)
    return total / len(x)

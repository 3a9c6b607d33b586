"""Losses: how far predictions are from their targets.

Each is its formula for one example; the mean over the batch is taken in one place (`Loss.mean`).
Crossentropies know whether they are given probabilities or logits (`from_logits`), and so which
function turns the model's output into probabilities.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from nnctl.errors import ArgumentError
from nnctl.graph import (
    Array,
    Graph,
    Kind,
    Program,
    Shape,
    Value,
    gradients,
    with_derivative,
)
from nnctl.graph.choices import one_hot
from nnctl.network.activations import linear, sigmoid, softmax
from nnctl.network.annotations import InnerShare, PositiveFloat, Share
from nnctl.network.arguments import Component

Task = Literal["binary", "multiclass", "regression"]
SMALLEST_PROBABILITY = 1e-7  # Keras's epsilon: where probabilities are clipped


class Loss(Component):
    """Base of all losses.

    `forward(y_true, y_pred)` gives one value an example, `(n,)`. `task` says what the targets are.
    """

    task: ClassVar[Task] = "regression"

    @property
    def outputs_a_target(self) -> int:
        """How many of the model's outputs, side by side, speak of one target."""
        return 1

    def forward(self, y_true: Value, y_pred: Value) -> Value:
        raise TypeError(f"{type(self).__name__} has no formula")

    def mean(self, y_true: Value, y_pred: Value, weight: Value | None = None) -> Value:
        """The mean over the batch, each example times its weight `(n,)`; the divisor is n."""
        losses = self.forward(y_true, y_pred)
        # By n and not by the sum of weights, as in Keras: a batch of light examples moves less.
        return (losses if weight is None else losses * weight).mean()

    @property
    def output_activation(self) -> Callable[[Any], Any]:
        """What turns the model's output into a prediction: for logits, into probabilities."""
        return linear

    def arranged(self, predictions: Array) -> Array:
        """Predictions `(n, outputs)` in the form that they are told in."""
        return predictions

    def judged(self, predictions: Array) -> Array:
        """Of predictions `(n, outputs)` those that metrics judge, one a target."""
        return predictions

    def target_shape(self, output: Shape) -> Shape:
        """The shape of the targets for a model output of shape `output`, batch axis included."""
        return output

    def targets(self, y_true: Any, output: Shape, dtype: np.typing.DTypeLike) -> Array:
        """Targets as the formula takes them, in `dtype`, of `target_shape(output)`.

        `(n,)` stands for `(n, 1)`. Raises `ArgumentError` for any other shape: nothing broadcasts.
        """
        y = np.asarray(y_true)
        shape = self.target_shape((len(y) if y.ndim else 0, *output[1:]))
        # (n,) and (n, 1) are the same numbers; but (n,) less (n, 1) would be an (n, n) of NumPy's.
        if y.ndim == 0 or y.size != np.prod(shape) or (y.shape != shape and 1 not in shape[1:]):
            raise ArgumentError(
                f"the targets have shape {y.shape}, but the model's output needs {shape}"
            )
        return y.reshape(shape).astype(dtype, copy=False)

    def __call__(self, y_true: Any, y_pred: Any) -> Any:
        """The mean loss of a batch, a number of `y_pred`'s dtype."""
        return self._evaluated(y_true, y_pred, lambda loss, y_pred: loss)[()]

    def gradient(self, y_true: Any, y_pred: Any) -> Array:
        """The derivative of the mean loss by `y_pred`, in its shape and dtype."""
        return self._evaluated(y_true, y_pred, lambda loss, y_pred: gradients(loss, [y_pred])[0])

    def _evaluated(
        self, y_true: Any, y_pred: Any, wanted: Callable[[Value, Value], Value]
    ) -> Array:
        prediction = np.asarray(y_pred)
        if prediction.dtype.kind != "f":
            prediction = prediction.astype(np.float32)
        shape = prediction.shape if prediction.ndim > 1 else (prediction.size, 1)
        graph = Graph()
        y_pred = graph.leaf("y_pred", shape)
        y = self.targets(y_true, shape, prediction.dtype)
        if len(y) != len(prediction):
            raise ArgumentError(
                f"the targets have shape {np.shape(y_true)}, but the prediction {prediction.shape}"
            )
        y_true = graph.leaf("y_true", y.shape, kind_of(y))
        value = wanted(self.mean(y_true, y_pred), y_pred)
        given = {y_pred: prediction.reshape(shape), y_true: y}
        program = Program(graph, [value], prediction.dtype, given)
        program.run()
        result = program[value].copy()
        return result.reshape(prediction.shape) if value.shape else result


def kind_of(targets: Array) -> Kind:
    """What a graph takes targets for: class indices are integers."""
    return "integer" if targets.dtype.kind in "iu" else "real"


def mean_per_example(losses: Value) -> Value:
    """The mean over all axes but the first: `(n, …)` -> `(n,)`."""
    return losses.mean(tuple(range(1, losses.ndim)))


class MeanSquaredError(Loss):
    """`L = mean((a - y)^2)` over the outputs of an example."""

    def forward(self, y_true: Value, y_pred: Value) -> Value:
        return mean_per_example(np.square(y_pred - y_true))


class HalfMeanSquaredError(Loss):
    """`L = 1/2 mean((a - y)^2)`: the convention of the course, whose derivative is `a - y`."""

    def forward(self, y_true: Value, y_pred: Value) -> Value:
        return mean_per_example(np.square(y_pred - y_true)) * 0.5


class MeanAbsoluteError(Loss):
    """`L = mean(|a - y|)` over the outputs of an example; the slope where they meet is 0."""

    def forward(self, y_true: Value, y_pred: Value) -> Value:
        difference: Any = y_pred - y_true
        distance = np.maximum(difference, -difference)
        losses = with_derivative(
            distance, (difference,), lambda d: d * np.sign(difference), name="mean_absolute_error"
        )
        return mean_per_example(losses)


@dataclass(eq=False, repr=False)
class Huber(Loss):
    """Half the squared error up to a distance `delta`, beyond it linear (Huber 1964).

    `L = q (|a - y| - q / 2)` with `q = min(|a - y|, delta)`, averaged over the outputs.
    """

    delta: PositiveFloat = 1.0

    def forward(self, y_true: Value, y_pred: Value) -> Value:
        difference: Any = y_pred - y_true
        distance = np.maximum(difference, -difference)
        # Up to delta q is the distance: q (q - q / 2) = q^2 / 2. Beyond, q stays delta: a line.
        near = np.minimum(distance, self.delta)
        slope = np.maximum(np.minimum(difference, self.delta), -self.delta)
        losses = near * (distance - near * 0.5)
        return mean_per_example(
            with_derivative(losses, (difference,), lambda d: d * slope, name="huber")
        )


@dataclass(eq=False, repr=False)
class Quantile(Loss):
    """The pinball loss: least where a share `q` of the targets lies below the output (Koenker and
    Bassett 1978).

    `L = max(q d, (q - 1) d)` with `d = y - a`, averaged over the outputs of an example. A target
    has an output for each of the `quantiles`, side by side. The slope where they meet is 0.
    """

    quantiles: tuple[InnerShare, ...] = (0.05, 0.5, 0.95)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.quantiles or list(self.quantiles) != sorted(set(self.quantiles)):
            raise ArgumentError("the quantiles must increase", path="quantiles")

    @property
    def outputs_a_target(self) -> int:
        return len(self.quantiles)

    @property
    def middle(self) -> int:
        """The place of the quantile nearest the median, the first of equals."""
        return min(range(len(self.quantiles)), key=lambda k: abs(self.quantiles[k] - 0.5))

    def arranged(self, predictions: Array) -> Array:
        """The quantiles of each target in their order: a model may have them cross."""
        groups = predictions.reshape(*predictions.shape[:-1], -1, len(self.quantiles))
        return np.sort(groups, axis=-1).reshape(predictions.shape)

    def judged(self, predictions: Array) -> Array:
        """The quantile nearest the median."""
        return self.arranged(predictions)[..., self.middle :: len(self.quantiles)]

    def target_shape(self, output: Shape) -> Shape:
        count = len(self.quantiles)
        if output[-1] % count:
            raise ArgumentError(
                f"the model has {output[-1]} outputs, which are not {count} for each target",
                f"give the last layer {count} units for each target",
            )
        return (*output[:-1], output[-1] // count)

    def forward(self, y_true: Value, y_pred: Value) -> Value:
        count, q = len(self.quantiles), np.array(self.quantiles)
        shape = (*y_true.shape, count)
        difference: Any = y_true.reshape(*y_true.shape, 1) - y_pred.reshape(*shape)
        losses = with_derivative(
            np.maximum(difference * q, difference * (q - 1)),
            (difference,),
            lambda d: d * ((difference > 0) * q + (difference < 0) * (q - 1)),
            name="quantile",
        )
        return mean_per_example(losses)


@dataclass(eq=False, repr=False)
class BinaryCrossentropy(Loss):
    """The logistic loss, `L = -y log(a) - (1 - y) log(1 - a)`, averaged over the outputs.

    From logits `z` with `a = sigmoid(z)` it is computed without `a`, as
    `y max(-z, 0) + (1 - y) max(z, 0) + log(1 + exp(-|z|))`, whose terms never cancel, and its
    derivative as `(1 - y) sigmoid(z) - y sigmoid(-z)`, where one term of a label 0 or 1 is zero.
    Probabilities are clipped to [1e-7, 1 - 1e-7]. `label_smoothing` moves the labels by that share
    towards 1/2.
    """

    from_logits: bool = False
    label_smoothing: Share = 0.0
    task: ClassVar[Task] = "binary"

    @property
    def output_activation(self) -> Callable[[Any], Any]:
        return sigmoid if self.from_logits else linear

    def forward(self, y_true: Value, y_pred: Value) -> Value:
        y = y_true
        if self.label_smoothing:
            # At 0.1 the labels 0 and 1 become 0.05 and 0.95.
            y = y_true * (1 - self.label_smoothing) + 0.5 * self.label_smoothing
        if not self.from_logits:
            a = clip_probabilities(y_pred)
            return mean_per_example(-y * np.log(a) - (1 - y) * np.log(1 - a))
        z: Any = y_pred  # NumPy's stubs know its functions for arrays alone
        likelihood = y * np.maximum(-z, 0.0) + (1 - y) * np.maximum(z, 0.0)
        losses = likelihood + np.log1p(np.exp(np.minimum(z, -z)))

        def rule(d: Value) -> tuple[Value, None]:
            below = np.minimum(z, 0.0)
            p, q = np.exp(below), np.exp(below - z)  # sigmoid(z) = p / (p + q)
            return d * ((p * (1 - y) - q * y) / (p + q)), None

        return mean_per_example(with_derivative(losses, (z, y), rule, name="binary_crossentropy"))


@dataclass(eq=False, repr=False)
class CategoricalCrossentropy(Loss):
    """`L = -sum_k y_k log(a_k)` for targets that give each of the K classes its probability.

    From logits `z` with `a = softmax(z)` it is computed as `sum_k y_k log(sum_j exp(z_j - z_k))`.
    Probabilities are divided by their sum, then clipped to [1e-7, 1 - 1e-7]. `label_smoothing`
    takes that share from the labels and spreads it over all classes.
    """

    from_logits: bool = False
    label_smoothing: Share = 0.0
    task: ClassVar[Task] = "multiclass"

    @property
    def output_activation(self) -> Callable[[Any], Any]:
        return softmax if self.from_logits else linear

    def forward(self, y_true: Value, y_pred: Value) -> Value:
        y, classes = y_true, y_pred.shape[-1]
        if self.label_smoothing:
            # At 0.1 with 4 classes, (1, 0, 0, 0) becomes (0.925, 0.025, 0.025, 0.025).
            y = y_true * (1 - self.label_smoothing) + self.label_smoothing / classes
        total = y.sum(axis=-1, keepdims=True)
        return crossentropy(y, total, y_true, y_pred, self.from_logits)


@dataclass(eq=False, repr=False)
class SparseCategoricalCrossentropy(Loss):
    """`L = -log(a_y)` for the class `y` of an example, an index in 0…K-1.

    The same as `CategoricalCrossentropy` for labels that give the class `y` probability 1.
    """

    from_logits: bool = False
    task: ClassVar[Task] = "multiclass"

    @property
    def output_activation(self) -> Callable[[Any], Any]:
        return softmax if self.from_logits else linear

    def target_shape(self, output: Shape) -> Shape:
        return output[:-1]

    def targets(self, y_true: Any, output: Shape, dtype: np.typing.DTypeLike) -> Array:
        """Class indices as integers. Raises `ArgumentError` for one outside 0…K-1."""
        y = np.asarray(y_true)
        # A column of labels, as tables have them.
        if y.ndim == len(output) and y.shape[-1] == 1:
            y = y[..., 0]
        y = super().targets(y, output, y.dtype)
        labels = y.astype(np.intp)
        if y.size and (labels.min() < 0 or labels.max() >= output[-1] or (labels != y).any()):
            wrong = y[(labels < 0) | (labels >= output[-1]) | (labels != y)]
            raise ArgumentError(
                f"the label {wrong.flat[0]} is not a class index in 0…{output[-1] - 1}",
                f"the last layer has {output[-1]} units, one a class",
            )
        return labels

    def forward(self, y_true: Value, y_pred: Value) -> Value:
        own = one_hot(y_true, y_pred.shape[-1])
        return crossentropy(own, 1.0, y_true, y_pred, self.from_logits)


def crossentropy(
    y: Value, total: Value | float, y_true: Value, y_pred: Value, from_logits: bool
) -> Value:
    """The crossentropy `(n,)` of class probabilities `y` that sum to `total`, made of `y_true`."""
    if not from_logits:
        a = clip_probabilities(y_pred / y_pred.sum(axis=-1, keepdims=True))
        losses = -(y * np.log(a)).sum(axis=-1)
    else:
        z: Any = y_pred
        most = z.max(axis=-1, keepdims=True)
        # log(sum exp(z - most)), where the 1 of the greatest z is kept out of the sum, so that a
        # small loss keeps all its digits. Of several greatest, one is kept out.
        others = (np.exp(z - most) * (z < most)).sum(axis=-1, keepdims=True)
        ties = ((z >= most) * 1.0).sum(axis=-1, keepdims=True) - 1
        losses = (y * ((most - z) + np.log1p(others + ties))).sum(axis=-1)
        slope = crossentropy_slope(softmax(z), y, total)
        losses = with_derivative(
            losses,
            (z, y_true),
            lambda d: (slope * d.reshape(*d.shape, 1), None),
            name="categorical_crossentropy",
        )
    return losses if losses.ndim == 1 else mean_per_example(losses)


def crossentropy_slope(a: Value, y: Value, total: Value | float) -> Value:
    """The derivative of the crossentropy by the logits, `total * a - y`, for `a = softmax(z)`.

    For a class of probability 1 that is minus the sum of the others' `a`: the difference `a - 1`
    would lose the digits of all that is confident and right. A `total` of 1.0 says that `y` has
    one such class in each row.
    """
    own = a * y
    others = a - own
    rest = others if total == 1.0 else a * total - y * own.sum(axis=-1, keepdims=True)
    return rest - y * others.sum(axis=-1, keepdims=True)


def clip_probabilities(a: Any) -> Any:
    """Probabilities kept away from 0 and 1, where the logarithm ends."""
    return np.minimum(np.maximum(a, SMALLEST_PROBABILITY), 1 - SMALLEST_PROBABILITY)


LOSSES: dict[str, type[Loss]] = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "half_mean_squared_error": HalfMeanSquaredError,
    "huber": Huber,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "quantile": Quantile,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}

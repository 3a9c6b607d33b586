"""Normalisation: numbers shifted to mean 0 and scaled to variance 1, then as is learnt."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nnctl.errors import ArgumentError
from nnctl.graph import Graph, Shape, Value
from nnctl.graph.parts import mean_over_parts
from nnctl.network.annotations import NonNegativeFloat, Share
from nnctl.network.initializers import Initializer
from nnctl.network.layers import channels
from nnctl.network.layers.base import WeightedLayer
from nnctl.network.regularizers import Regularizer


@dataclass(eq=False, repr=False, kw_only=True)
class Normalization(WeightedLayer):
    """Base of both: `a = (x - mean) / sqrt(variance + epsilon) * gamma + beta`.

    `gamma` (with `scale`) and `beta` (with `center`) have one number for each place of the last
    axis, and so do both statistics or their repetitions. The variance is a population's: divided
    by the count.
    """

    epsilon: NonNegativeFloat = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = "zeros"
    gamma_initializer: Initializer = "ones"
    beta_regularizer: Regularizer | None = None
    gamma_regularizer: Regularizer | None = None

    def build(self, shape: Shape) -> Shape:
        if not shape:
            raise ArgumentError(f"{self.type_name} needs an input of at least one axis")
        if self.scale:
            self.gamma = self.parameter("gamma", shape[-1:], self.gamma_initializer)
        if self.center:
            self.beta = self.parameter("beta", shape[-1:], self.beta_initializer)
        self.declare_statistics(shape[-1:])
        self.require_known_weights()
        return shape

    def declare_statistics(self, shape: Shape) -> None:
        """Declares what is kept, but not learnt; nothing unless a class says so."""


@dataclass(eq=False, repr=False, kw_only=True)
class BatchNormalization(Normalization):
    """Each channel with mean 0 and variance 1 over all examples and places of a batch (Ioffe and
    Szegedy 2015, algorithm 1): `(n, …, c)` -> `(n, …, c)`.

    Training takes the batch's own statistics, and keeps moving averages of them,
    `moving * momentum + batch * (1 - momentum)`, which evaluation takes instead. Where several
    processes share a batch, its statistics are those of all its rows.
    """

    example_shape: ClassVar[Shape] = (3, 2)
    momentum: Share = 0.99
    moving_mean_initializer: Initializer = "zeros"
    moving_variance_initializer: Initializer = "ones"

    def declare_statistics(self, shape: Shape) -> None:
        # Not trainable: they lie behind the region that an optimizer sees.
        mean, variance = self.moving_mean_initializer, self.moving_variance_initializer
        self.moving_mean = self.parameter("moving_mean", shape, mean, trainable=False)
        self.moving_variance = self.parameter("moving_variance", shape, variance, trainable=False)

    def forward(self, graph: Graph, x: Value) -> Value:
        rows = channels.rows_of(x)
        mean, variance = graph.lift(self.moving_mean), graph.lift(self.moving_variance)
        if graph.training:
            mean = self.moved(graph, self.moving_mean, channels.mean(rows, x.shape))
        centred = rows - channels.repeat(mean, x.shape)
        if graph.training:
            # Of what is centred already: E[x²] − E[x]² would lose the digits of a large mean.
            squares = channels.mean(np.square(centred), x.shape)
            variance = self.moved(graph, self.moving_variance, squares)
        # A channel's factors become one before they meet the batch, which is so much larger.
        factor = 1 / np.sqrt(variance + self.epsilon)
        if self.scale:
            factor = factor * self.gamma
        a = centred * channels.repeat(factor, x.shape)
        if self.center:
            a = a + channels.repeat(graph.lift(self.beta), x.shape)
        return a.reshape(*x.shape)

    def moved(self, graph: Graph, moving: Any, batch: Value) -> Value:
        """The batch's statistic; the moving one goes towards it with the step.

        A layer that stands in the model twice moves it twice, one after the other, as in Keras.
        """
        batch = mean_over_parts(batch)  # equal to that of one process, to rounding
        before = graph.updates.get(moving, graph.lift(moving))  # moved at another place already?
        graph.updates[moving] = before * self.momentum + batch * (1 - self.momentum)
        return batch


class LayerNormalization(Normalization):
    """Each example's last axis with mean 0 and variance 1, place by place (Ba, Kiros and Hinton
    2016): `(n, …, c)` -> `(n, …, c)`."""

    example_shape: ClassVar[Shape] = (2, 3)

    def forward(self, graph: Graph, x: Value) -> Value:
        centred = x - x.mean(-1, keepdims=True)
        variance = np.square(centred).mean(-1, keepdims=True)
        a = channels.rows_of(centred / np.sqrt(variance + self.epsilon))
        if self.scale:
            a = a * channels.repeat(graph.lift(self.gamma), x.shape)
        if self.center:
            a = a + channels.repeat(graph.lift(self.beta), x.shape)
        return a.reshape(*x.shape)

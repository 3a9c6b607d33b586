"""The logits of a model: what its probabilities are made of, before anything rounds them."""

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import numpy as np

from nnctl.graph import Array, Graph, Value
from nnctl.network.activations import linear, sigmoid, softmax
from nnctl.network.layers import Layer
from nnctl.network.losses import clip_probabilities
from nnctl.training.blocks import Inputs
from nnctl.training.evaluation import Predictor
from nnctl.training.sequential import Sequential


class Headless:
    """A model without the activation that its last layer ends with."""

    def __init__(self, model: Sequential):
        self.layout, self.vector = model.layout, model.vector
        self.input_shape, self.output_shape = model.input_shape, model.output_shape
        self.shapes = model.shapes
        self._model = model
        last = copy(model.places[-1])
        last.activation = linear  # type: ignore[attr-defined]
        self._places: list[Layer] = [*model.places[:-1], last]

    def forward(self, graph: Graph, x: Value) -> Value:
        """Records the formula for a batch `x` `(n, *input_shape)`."""
        for name, place in zip(self._model.layer_names, self._places, strict=True):
            with graph.named(name):
                x = place.forward(graph, x)
        return x

    def penalty(self, graph: Graph) -> Value | None:
        return self._model.penalty(graph)


class Logits:
    """The logits of a classifier, `(rows, outputs)`; `squash` makes them probabilities.

    They are the outputs of a model whose loss takes logits; else the input of its last activation,
    where that is the sigmoid of yes and no, or the softmax of classes; else the logarithms of its
    probabilities, clipped as the loss clips them. `taken` says in which of the three ways.
    """

    def __init__(self, model: Sequential):
        loss = model.loss
        self.squash: Callable[[Any], Any] = softmax if loss.task == "multiclass" else sigmoid
        self._outputs: Callable[[Inputs], Iterator[tuple[slice, Array]]] = model.outputs
        self.taken = "log"
        if loss.output_activation is not linear:
            self.taken = "output"
        elif getattr(model.places[-1], "activation", None) is self.squash:
            self.taken = "input"
            self._outputs = Predictor(Headless(model), model.ranks).blocks

    def blocks(self, x: Inputs) -> Iterator[tuple[slice, Array]]:
        """The rows of each block of `x`, in order, with their logits, which may be overwritten."""
        if self.taken != "log":
            yield from self._outputs(x)
            return
        for rows, outputs in self._outputs(x):
            yield rows, self._logarithms(outputs)

    def _logarithms(self, probabilities: Array) -> Array:
        p = probabilities.astype(np.float64)
        if self.squash is softmax:
            p = p / p.sum(axis=-1, keepdims=True)
        p = clip_probabilities(p)
        logits = np.log(p) if self.squash is softmax else np.log(p) - np.log1p(-p)
        return np.asarray(logits).astype(probabilities.dtype)

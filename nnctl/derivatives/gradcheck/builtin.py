"""The built-in cases: every operation of the graph, and every layer with every activation and loss.

They are made from the registries, so that what is added there is covered the day it is added.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from nnctl.derivatives.gradcheck.check import Case, model_case
from nnctl.derivatives.gradcheck.operations import NamedCase, operation_cases
from nnctl.derivatives.gradcheck.variants import example_layers, variants
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.arguments import arguments_of
from nnctl.network.layers import LAYERS, Dense, Flatten
from nnctl.network.losses import LOSSES, Loss
from nnctl.network.regularizers import REGULARIZERS
from nnctl.training.class_weights import weigh_classes
from nnctl.training.sequential import Sequential
from nnctl.training.step import Examples

ROWS = (1, 5)  # a single row, and a ragged few
UNITS = (1, 3)  # one unit, and many
WEIGHTS = (None, "sample_weight", "class_weight")


def builtin_cases(generator: np.random.Generator) -> Iterator[NamedCase]:
    """All cases, by name."""
    yield from operation_cases(generator)
    for layer in LAYERS:
        for activation, loss in companions(layer):
            yield from model_cases(layer, activation, loss, generator)
    for regularizer in REGULARIZERS:
        yield f"regularizer {regularizer}", regularized_case(regularizer, generator)


def companions(layer: str) -> Iterator[tuple[str, str]]:
    """The activations and losses that a layer is checked with.

    All pairs, where the layer computes the activation; where that is a layer of its own, which sees
    nothing of the one before it but its output, each activation and each loss at least once.
    """
    if any(argument.name == "activation" for argument in arguments_of(LAYERS[layer])):
        yield from itertools.product(ACTIVATIONS, LOSSES)
        return
    count = max(len(ACTIVATIONS), len(LOSSES))
    in_turn = itertools.cycle(ACTIVATIONS), itertools.cycle(LOSSES)
    yield from itertools.islice(zip(*in_turn, strict=False), count)


def parts_of(name: str) -> list[tuple[str, str]]:
    """What a built-in case of that name checks: each part of the package with its kind."""
    kind, _, rest = name.partition(" ")
    if kind in ("operation", "regularizer"):
        return [(kind, rest)]
    return list(zip(("layer", "activation", "loss"), name.split()[:3], strict=True))


def model_cases(
    layer: str, activation: str, loss: str, generator: np.random.Generator
) -> Iterator[NamedCase]:
    """The layer with the activation, a dense layer after both, and the loss in all its variants.

    Rows, units and weights, and which variant of the layer and the activation, are drawn.
    """
    defaults = {argument.name: argument.default for argument in arguments_of(LOSSES[loss])}
    for options in variants(LOSSES[loss]):
        made = LOSSES[loss](**options)
        words = [name for name, given in options.items() if given != defaults[name]]
        words = ["logits" if word == "from_logits" else word for word in words]
        model = network(layer, activation, made, generator)
        examples = random_examples(model, made, int(generator.choice(ROWS)), generator)
        weight = WEIGHTS[int(generator.integers(len(WEIGHTS)))]
        if weight == "class_weight" and weighable(made, model):
            words.append(weight)
            classes = {0: 0.25, 1: 1.75}
            examples = weigh_classes(examples, classes, one_hot=made.task == "multiclass")
        elif weight is not None:
            words.append("sample_weight")
            weights = generator.uniform(0.2, 2, len(examples))
            examples = Examples(examples.x, examples.y, weights)
        case = model_case(model, made, examples, by_input=True)
        yield " ".join([layer, activation, loss, *words]), case


def network(layer: str, activation: str, loss: Loss, generator: np.random.Generator) -> Sequential:
    """The layer with the activation, and a dense layer that ends as the loss expects it."""
    units = int(generator.choice(UNITS))
    if loss.task == "multiclass":
        units += 1  # with one class alone there is nothing to learn
    last = "linear"
    if loss.output_activation is ACTIVATIONS["linear"] and loss.task != "regression":
        # Rows of a softmax sum to 1, which hides what the loss does about other sums.
        last = str(generator.choice(["sigmoid", "softmax"])) if units > 1 else "sigmoid"
    units *= loss.outputs_a_target
    layers = [
        *example_layers(layer, activation, generator),
        Flatten(),
        Dense(units, last, bias_initializer="glorot_uniform"),
    ]
    model = Sequential(layers, seed=int(generator.integers(1 << 31)), dtype=np.float64)
    model.build(LAYERS[layer].example_shape)
    return model


def random_examples(
    model: Sequential, loss: Loss, rows: int, generator: np.random.Generator
) -> Examples:
    """Inputs, and targets of the kind that the loss takes."""
    shape = (rows, *model.output_shape)
    if loss.task == "multiclass":
        y: Any = generator.integers(0, shape[-1], shape[:-1])
        if loss.target_shape(shape) == shape:
            # Soft labels, though none near what the model gives, where the slope would be nothing.
            y = np.eye(shape[-1])[y] * 0.8 + generator.dirichlet(np.ones(shape[-1]), rows) * 0.2
    elif loss.task == "binary":
        y = generator.integers(0, 2, shape).astype(np.float64)
    else:
        y = generator.standard_normal(loss.target_shape(shape))
    return Examples(generator.standard_normal((rows, *model.input_shape)), y)


def weighable(loss: Loss, model: Sequential) -> bool:
    """Whether each example has one class, which its weight can depend on."""
    return loss.task == "multiclass" or (loss.task == "binary" and model.output_shape == (1,))


def regularized_case(regularizer: str, generator: np.random.Generator) -> Case:
    """A dense layer under a regularizer, each of whose numbers is another."""
    options = list(variants(REGULARIZERS[regularizer]))[1]
    made = REGULARIZERS[regularizer](**options)
    model = Sequential([Dense(3, "tanh", kernel_regularizer=made)], dtype=np.float64)
    model.build((5,))
    x, y = generator.standard_normal((4, 5)), generator.standard_normal((4, 3))
    return model_case(model, LOSSES["mean_squared_error"](), Examples(x, y))

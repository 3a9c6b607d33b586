"""The built-in cases: every operation of the graph, and every layer with every activation and loss.

They are made from the registries, so that what is added there is covered the day it is added.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

import numpy as np

from nnctl.activations import ACTIVATIONS
from nnctl.arguments import Argument, OneOf, alternatives_of, arguments_of
from nnctl.errors import ArgumentError
from nnctl.gradcheck.check import Case, model_case
from nnctl.graph import UFUNCS, Graph, Value
from nnctl.graph.operations import broadcast
from nnctl.layers import LAYERS, Activation, Dense, Flatten, Layer
from nnctl.losses import LOSSES, Loss
from nnctl.model import Sequential
from nnctl.regularizers import REGULARIZERS
from nnctl.step import Examples

NamedCase = tuple[str, Case]
ROWS = (1, 5)  # a single row, and a ragged few
OUTPUTS = (1, 3)  # one unit, and many
STEPWISE = "the function is constant between its steps"


def builtin_cases(generator: np.random.Generator) -> Iterator[NamedCase]:
    """All cases, by name."""
    yield from operation_cases(generator)
    for layer, activation, loss in itertools.product(LAYERS, ACTIVATIONS, LOSSES):
        yield from model_cases(layer, activation, loss, generator)
    for regularizer in REGULARIZERS:
        yield f"regularizer {regularizer}", regularized_case(regularizer, generator)


def operation_cases(generator: np.random.Generator) -> Iterator[NamedCase]:
    """Each operation alone, on operands that broadcast where it takes two."""
    for ufunc in UFUNCS:
        yield f"operation {ufunc.__name__}", ufunc_case(ufunc, generator)
    structural: dict[str, Callable[[Value, Value], Value]] = {
        "matmul": lambda a, b: a @ b.transpose(),
        "matmul of rank 3": lambda a, b: a.reshape(2, 2, 3) @ b.transpose(),
        "sum of rows": lambda a, b: a.sum(0) * b.sum(0),
        "sum of columns": lambda a, b: a.sum(1, keepdims=True) * b.sum(1, keepdims=True),
        "sum of middle axis": lambda a, b: (a * b).reshape(2, 2, 3).sum(1),
        "sum of all": lambda a, b: a.sum() * b.sum(),
        "mean": lambda a, b: a.mean(1) * b.mean(1),
        "reshape": lambda a, b: a.reshape(2, 6) @ b.reshape(6, 2),
        "reshape of a transpose": lambda a, b: a.transpose().reshape(12) * b.reshape(12),
        "broadcast": lambda a, b: (
            broadcast(a.sum(0, keepdims=True), (4, 3)).reshape(12) * b.reshape(12)
        ),
        "transpose": lambda a, b: a.transpose() * b.transpose().reshape(3, 4),
    }
    for name, formula in structural.items():
        graph = Graph()
        a, b = graph.leaf("a", (4, 3)), graph.leaf("b", (4, 3))
        yield f"operation {name}", weighted_case(formula(a, b), {"a": a, "b": b}, generator)


def ufunc_case(ufunc: np.ufunc, generator: np.random.Generator) -> Case:
    graph = Graph()
    shapes = {"a": (4, 3), "b": (1, 3)}
    leaves = {name: graph.leaf(name, shapes[name]) for name in list(shapes)[: ufunc.nin]}
    case = weighted_case(ufunc(*leaves.values()) * 1.0, leaves, generator)
    stepwise = all(rule is None for rule in UFUNCS[ufunc].rules)
    # Positive, so that logarithms and roots exist, and apart, so that no two operands tie.
    point = {leaf: np.abs(array) + 0.1 for leaf, array in case.point.items()}
    return Case(case.loss, case.arrays, point, STEPWISE if stepwise else None)


def weighted_case(y: Value, arrays: dict[str, Value], generator: np.random.Generator) -> Case:
    """The sum of a value's elements, each with a random weight, so that none can hide another."""
    weights = generator.standard_normal(y.shape)
    point = {leaf: generator.standard_normal(leaf.shape) for leaf in arrays.values()}
    return Case((y * y.graph.constant(weights)).sum(), arrays, point)


def model_cases(
    layer: str, activation: str, loss: str, generator: np.random.Generator
) -> Iterator[NamedCase]:
    """The layer with the activation, a dense layer after both, and the loss in all its variants."""
    for options in variants(LOSSES[loss]):
        made = LOSSES[loss](**options)
        given = ["logits" if key == "from_logits" else key for key, on in options.items() if on]
        rows, outputs = (int(generator.choice(sizes)) for sizes in (ROWS, OUTPUTS))
        case = network_case(layer, activation, made, rows, outputs, generator)
        yield " ".join([layer, activation, loss, *given]), case


def variants(made: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Every combination of what a class may be told to do: its switches, off and on, its named
    choices, the smallest two of its sizes, and its shares that are zero unless they are given."""
    choices: dict[str, tuple[Any, ...]] = {}
    for argument in arguments_of(made):
        if argument.annotation is bool:
            choices[argument.name] = (False, True)
        elif argument.default == 0.0:
            choices[argument.name] = (0.0, 0.1)
        elif get_origin(argument.annotation) is Literal:
            choices[argument.name] = get_args(argument.annotation)
        elif kind_of(argument) is int and not argument.required:
            least = argument.default or 1
            choices[argument.name] = (least, least + 1)
    for chosen in itertools.product(*choices.values()):
        yield dict(zip(choices, chosen, strict=True))


def network_case(
    layer: str,
    activation: str,
    loss: Loss,
    rows: int,
    outputs: int,
    generator: np.random.Generator,
) -> Case:
    probabilities = loss.output_activation is ACTIVATIONS["linear"]
    last = {"binary": "sigmoid", "multiclass": "softmax", "regression": "linear"}[loss.task]
    if loss.task == "multiclass":
        outputs += 1  # with one class alone there is nothing to learn
    layers = [
        *example_layers(layer, activation, generator),
        Flatten(),
        Dense(outputs, last if probabilities else "linear", bias_initializer="glorot_uniform"),
    ]
    model = Sequential(layers, seed=int(generator.integers(1 << 31)), dtype=np.float64)
    model.build(LAYERS[layer].example_shape)
    shape = (rows, *model.output_shape)
    if loss.task == "multiclass":
        y: Any = generator.integers(0, outputs, shape[:-1])
        if loss.target_shape(shape) == shape:
            y = generator.dirichlet(np.ones(outputs), shape[:-1])
    elif loss.task == "binary":
        y = generator.integers(0, 2, shape).astype(np.float64)
    else:
        y = generator.standard_normal(shape)
    x = generator.standard_normal((rows, *model.input_shape))
    return model_case(model, loss, Examples(x, y), by_input=True)


def regularized_case(regularizer: str, generator: np.random.Generator) -> Case:
    """A dense layer under a regularizer."""
    model = Sequential([Dense(3, "tanh", kernel_regularizer=regularizer)], dtype=np.float64)
    model.build((5,))
    x, y = generator.standard_normal((4, 5)), generator.standard_normal((4, 3))
    return model_case(model, LOSSES["mean_squared_error"](), Examples(x, y))


def example_layers(
    name: str, activation: str, generator: np.random.Generator | None = None
) -> list[Layer]:
    """The layer of that name with the activation, its own or, where it has none, behind it.

    With a generator, one of the layer's variants that its example takes, drawn at random.
    """
    made = LAYERS[name]
    takes = {argument.name: argument for argument in arguments_of(made)}
    given = {key: example_of(argument) for key, argument in takes.items() if argument.required}
    given |= made.example_arguments
    for key in takes:
        if key in ("beta_initializer", "bias_initializer", "gamma_initializer"):
            given[key] = "glorot_uniform"  # a bias of zero could hide a wrong rule
    if generator is not None:
        possible = variants_of_layer(name)
        given |= possible[int(generator.integers(len(possible)))]
    if "activation" in takes:
        return [made(**{**given, "activation": activation})]
    return [made(**given), Activation(activation)]


@cache
def variants_of_layer(name: str) -> Sequence[dict[str, Any]]:
    """The variants of a layer that exist, and that take its example's shape."""
    made, found = LAYERS[name], []
    required = {a.name: example_of(a) for a in arguments_of(made) if a.required}
    for options in variants(made):
        try:
            made(**{**required, **made.example_arguments, **options}).build(made.example_shape)
        except ArgumentError:
            continue
        found.append(options)
    return found


def example_of(argument: Argument) -> Any:
    """Some value that a required argument takes: the first of a named type, 3, or a half."""
    for mark in get_args(alternatives_of(argument.annotation)[0])[1:]:
        if isinstance(mark, OneOf):
            return min(mark.registry)
    return 3 if kind_of(argument) is int else 0.5


def kind_of(argument: Argument) -> Any:
    """The type of an argument without its range; of several alternatives that of the first."""
    first = alternatives_of(argument.annotation)[0]
    return get_args(first)[0] if get_origin(first) is Annotated else first

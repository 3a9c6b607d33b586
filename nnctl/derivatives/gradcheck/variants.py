"""Examples of what is registered, in all the variants that its arguments allow."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from nnctl.errors import ArgumentError
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.annotations import Choice, Listing, Member, Number, Switch
from nnctl.network.arguments import Argument, arguments_of
from nnctl.network.layers import LAYERS, Activation, Layer

SIZES = (1, 3)  # of what must be given a size: units, filters, windows


def variants(made: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Every combination of what a class or function may be told to do.

    Its switches, off and on; its named choices; the smallest two of its sizes; its shares that are
    zero unless they are given, without and with; its other numbers, as they are and half of it; its
    lists of numbers, and those without their last.
    """
    choices: dict[str, tuple[Any, ...]] = {}
    for argument in arguments_of(made):
        default = argument.default
        match argument.allowed.forms[0]:
            case Switch():
                choices[argument.name] = (False, True)
            case Choice(options):
                choices[argument.name] = options
            case Number(whole=True) if not argument.required:
                choices[argument.name] = (default or 1, (default or 1) + 1)
            case Number() if isinstance(default, float):
                choices[argument.name] = (default, default / 2 or 0.1)
            case Listing() if isinstance(default, tuple) and len(default) > 1:
                choices[argument.name] = (default, default[:-1])
    for chosen in itertools.product(*choices.values()):
        yield dict(zip(choices, chosen, strict=True))


def example_layers(
    name: str, activation: str, generator: np.random.Generator | None = None
) -> list[Layer]:
    """The layer of that name with the activation, its own or, where it has none, behind it.

    With a generator, variants of both that the layer's example takes, drawn at random.
    """
    made = LAYERS[name]
    takes = {argument.name: argument for argument in arguments_of(made)}
    given = {key: example_of(argument) for key, argument in takes.items() if argument.required}
    given |= made.example_arguments
    for key in takes:
        if key in ("beta_initializer", "bias_initializer", "gamma_initializer"):
            given[key] = "glorot_uniform"  # a bias of zero could hide a wrong rule
    chosen: Any = activation
    if generator is not None:
        sizes = [key for key, a in takes.items() if a.required and is_size(a)]
        given |= {key: int(generator.choice(SIZES)) for key in sizes} | dict(made.example_arguments)
        given |= draw(variants_of_layer(name), generator)
        chosen = {"type": activation, **draw(list(variants(ACTIVATIONS[activation])), generator)}
    if "activation" in takes:
        return [made(**{**given, "activation": chosen})]
    return [made(**given), Activation(chosen)]


def draw(variants: Sequence[dict[str, Any]], generator: np.random.Generator) -> dict[str, Any]:
    """One of the variants, at random."""
    return variants[int(generator.integers(len(variants)))]


@cache
def variants_of_layer(name: str) -> Sequence[dict[str, Any]]:
    """The variants of a layer that exist, and that take its example's shape."""
    made = LAYERS[name]
    found = []
    required = {a.name: example_of(a) for a in arguments_of(made) if a.required}
    for options in variants(made):
        try:
            made(**{**required, **made.example_arguments, **options}).build(made.example_shape)
        except ArgumentError:
            continue
        found.append(options)
    return found


def example_of(argument: Argument) -> Any:
    """Some value that a required argument takes: the first of a named type, a size, or a half."""
    first = argument.allowed.forms[0]
    if isinstance(first, Member):
        return min(first.one_of.registry)
    return max(SIZES) if is_size(argument) else 0.5


def is_size(argument: Argument) -> bool:
    """Whether it is a whole number, or may be one."""
    first = argument.allowed.forms[0]
    return isinstance(first, Number) and first.whole

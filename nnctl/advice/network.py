"""A config's layers as the rules see them: which have weights, and what bends their output."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nnctl.config import Config, Entry

BENDING = ("layer_normalization", "max_pooling1d", "max_pooling2d")
KEEPING = ("activation", "dropout", "flatten", "reshape")  # of which an output may go through


class Output(NamedTuple):
    """The last layer with weights: its path, and the activation that ends the network.

    `activation` is the path of that activation in the config, `function` its name.
    """

    path: str
    units: int
    activation: str
    function: str


class Hidden(NamedTuple):
    """A layer with weights that another follows: its path, entry and activations between the two.

    `bends` says whether anything in between is not linear; `activations` has paths and names.
    """

    path: str
    entry: Entry
    activations: tuple[tuple[str, str], ...]
    bends: bool

    @property
    def size(self) -> int:
        """Its units, or filters."""
        return size(self.entry)


def is_weighted(layer: Entry) -> bool:
    """Whether the layer multiplies its input by a kernel."""
    return "kernel_initializer" in layer.arguments()


def size(layer: Entry) -> int:
    """The units, or filters, of a layer with weights."""
    arguments = layer.arguments()
    return int(arguments.get("units") or arguments["filters"])


def function_of(layer: Entry) -> str:
    """The name of the layer's activation; of a layer that has none, linear."""
    activation: Entry | None = layer.arguments().get("activation")
    return "linear" if activation is None else activation.type


def stretches(config: Config) -> Iterator[tuple[int, Sequence[Entry]]]:
    """Each layer with weights and all that follow it up to the next one, with its index."""
    layers = config.layers
    starts = [index for index, layer in enumerate(layers) if is_weighted(layer)]
    for start, stop in zip(starts, [*starts[1:], len(layers)], strict=False):  # of none, none
        yield start, layers[start:stop]


def bends_of(start: int, stretch: Sequence[Entry]) -> tuple[tuple[str, str], ...]:
    """The paths and names of the activations of a stretch that are not linear."""
    return tuple(
        (f"layers.{start + place}.activation", function_of(layer))
        for place, layer in enumerate(stretch)
        if function_of(layer) != "linear"
    )


def hidden_layers(config: Config) -> list[Hidden]:
    """The layers with weights but the last."""
    found = []
    for start, stretch in list(stretches(config))[:-1]:
        activations = bends_of(start, stretch)
        bends = bool(activations) or any(layer.type in BENDING for layer in stretch)
        found.append(Hidden(f"layers.{start}", stretch[0], activations, bends))
    return found


def output_of(config: Config) -> Output | None:
    """The network's output; None without one, or where its layers change it in other ways."""
    start, stretch = [(0, ()), *stretches(config)][-1]
    if not stretch or any(layer.type not in KEEPING for layer in stretch[1:]):
        return None
    activations = bends_of(start, stretch)
    own = (f"layers.{start}.activation", "linear")
    activation, function = activations[-1] if activations else own
    return Output(f"layers.{start}", size(stretch[0]), activation, function)

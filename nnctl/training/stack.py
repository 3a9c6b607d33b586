"""`Stack`: layers one after another, with all their parameters in one vector."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any, Literal
from weakref import ref

import numpy as np

from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.graph import Array, Graph, Shape, Value
from nnctl.graph.layout import Layout, Parameter
from nnctl.network.layers import LAYERS, Layer
from nnctl.network.layers.base import Given
from nnctl.system import machine
from nnctl.system.atomic import atomic_file
from nnctl.system.npz import read_arrays, write_arrays
from nnctl.training.seeds import generator

MOST_AXES = 32  # of an example; NumPy allows 64, and some formulas need more than their input has
SIZES = ("units", "filters", "kernel_size")  # arguments that decide how many parameters there are

Stage = Literal["build", "compile"]
DONE: dict[Stage, str] = {"build": "built", "compile": "compiled"}
CALL: dict[Stage, str] = {"build": "model.build(input_shape)", "compile": "model.compile(loss=…)"}
BESIDE = ("metadata", "training_rows")  # in the file of a run


class Later:
    """An attribute that a model is given by some stages; until they are done, it says so.

    It has no `__set__`, so that the value, once set, hides it and costs nothing more to read.
    """

    def __init__(self, *stages: Stage):
        self.stages = stages

    def __get__(self, model: "Stack | None", owner: type) -> Any:
        if model is None:
            return self
        require(model, *self.stages)
        raise AttributeError(f"{' and '.join(self.stages)} did not come to its end")


def require(model: "Stack", *stages: Stage) -> None:
    """Raises `ArgumentError`, which says what to call, unless these stages are done."""
    missing = [stage for stage in stages if not getattr(model, DONE[stage])]
    if missing:
        raise ArgumentError(
            f"the model is not {' and '.join(DONE[stage] for stage in missing)} yet",
            f"call {' and '.join(CALL[stage] for stage in missing)} first",
        )


def later(*stages: Stage) -> Any:
    """A `Later` that a type checker takes for the value it stands for."""
    return Later(*stages)


class Stack:
    """Layers, one after another: their shapes, their formula and their parameters.

    All parameters lie in one `vector`, as `layout` says; it exists once the stack is built. A layer
    that is listed more than once is one layer, with one name and one set of parameters: `places`
    are the layers as they stand in the stack, each with what it keeps of its input's shape there,
    and `firsts` says of each place where its layer stands first.
    """

    input_shape: Shape = later("build")
    output_shape: Shape = later("build")
    shapes: list[Shape] = later("build")
    places: list[Layer] = later("build")
    layout: Layout = later("build")
    vector: Array = later("build")

    def __init__(
        self, layers: Sequence[Layer], seed: int, dtype: np.typing.DTypeLike, member: int = 1
    ):
        self.layers = list(layers)
        self.seed, self.member = seed, member
        self.dtype = np.dtype(dtype)
        if not self.layers:
            raise ArgumentError("a model needs at least one layer")
        if self.dtype not in (np.float32, np.float64):
            raise ArgumentError(f"dtype is {self.dtype}; allowed are: float32, float64")
        self.firsts = first_places(self.layers)
        self.layer_names = layer_names(self.layers, self.firsts)
        self.built = False
        self._refuse_layers_of_others()

    def build(self, input_shape: Sequence[int]) -> None:
        """Fixes all shapes for examples of that shape, and draws the initial parameters.

        Raises `ArgumentError`, with the layer's index in its path, where a layer does not fit or
        belongs to another model; the model is then as it was before.
        """
        shape = tuple(int(n) for n in input_shape)
        if any(size < 1 for size in shape):
            raise ArgumentError(f"input_shape is {shape}; each size is at least 1")
        self._refuse_layers_of_others()
        before = [dict(vars(layer)) for layer in self.layers]
        try:
            places, shapes = self._place_layers(shape)
            layout = Layout(self._named_parameters())
            self._check_memory(layout)
            vector = self._initial(layout)
        except BaseException:
            # Else layers would have parameters of which the model's layout knows nothing.
            for layer, attributes in zip(self.layers, before, strict=True):
                vars(layer).clear()
                vars(layer).update(attributes)
            raise
        self.places = places
        self.input_shape = shape
        self.shapes = shapes
        self.output_shape = shapes[-1]
        self.layout = layout
        self.vector = vector
        self.built = True
        for layer in self.layers:
            layer.owner = ref(self)

    def _refuse_layers_of_others(self) -> None:
        """Raises `ArgumentError` for a layer whose parameters lie in another model's vector."""
        for index, (name, layer) in enumerate(zip(self.layer_names, self.layers, strict=True)):
            # One that is gone counts, too: what is refused must not depend on what was collected.
            foreign = layer.owner is not None and layer.owner() is not self
            if foreign and layer.parameters:
                raise ArgumentError(
                    f"{name} is a layer of another model already, which holds its parameters",
                    "make a new layer with the same arguments; its parameters go over by "
                    "named_arrays and load_arrays",
                    f"layers.{index}",
                )

    def _place_layers(self, shape: Shape) -> tuple[list[Layer], list[Shape]]:
        """Builds each layer for what the one before it gives; the layers and their outputs."""
        inputs: list[Shape] = []
        outputs: list[Shape] = []
        places: list[Layer] = []
        for index, (first, layer) in enumerate(zip(self.firsts, self.layers, strict=True)):
            inputs.append(shape)
            try:
                # A second place never builds the layer itself: that would declare new parameters.
                if first == index:
                    place = layer
                    shape = layer.build(shape)
                elif shape == inputs[first]:
                    place = layer
                    shape = outputs[first]
                else:
                    place, shape = layer_for_shape(layer, shape)
                if len(shape) > MOST_AXES:
                    raise ArgumentError(f"its output has {len(shape)} axes, not up to {MOST_AXES}")
            except ArgumentError as error:
                raise error.under(f"layers.{index}") from None
            places.append(place)
            outputs.append(shape)
        return places, outputs

    def _named_parameters(self) -> dict[str, Parameter]:
        """All parameters by name, in layer order, each once."""
        named = zip(self.layer_names, self.layers, strict=True)
        return {f"{name}/{p.name}": p for name, layer in named for p in layer.parameters}

    def _check_memory(self, layout: Layout) -> None:
        needed = layout.size * self.dtype.itemsize
        memory = machine.memory()
        if memory is not None and needed > memory:
            raise ArgumentError(
                f"the model's {layout.size:,} parameters need {needed:,} bytes; "
                f"this computer has {memory:,}",
                path=self._largest(),
            )

    def _initial(self, layout: Layout) -> Array:
        """All start values. Raises `ArgumentError` for those that the dtype does not hold."""
        with np.errstate(over="ignore"):
            vector = layout.initial(generator(self.seed, "weights", self.member), self.dtype)
        if np.isfinite(vector).all():
            return vector
        views = layout.views(vector)
        name = next(name for name in views if not np.isfinite(views[name]).all())
        own, (layer, _, parameter) = layout.parameters[name], name.rpartition("/")
        argument = f"weights.{parameter}" if isinstance(own.initializer, Given) else ""
        raise ArgumentError(
            f"{parameter} gets start values that {self.dtype} does not hold",
            "choose smaller ones" + (", or dtype: float64" if self.dtype == np.float32 else ""),
            f"layers.{self.layer_names.index(layer)}.{argument or f'{parameter}_initializer'}",
        )

    def _largest(self) -> str:
        """The path of the argument that is the largest of those that say how large a layer is."""
        sizes = {
            f"layers.{index}.{name}": math.prod(np.atleast_1d(getattr(layer, name)).tolist())
            for index, layer in enumerate(self.layers)
            for name in SIZES
            if hasattr(layer, name)
        }
        return max(sizes, key=lambda path: sizes[path]) if sizes else "layers"

    def forward(self, graph: Graph, x: Value) -> Value:
        """Records the model's formula for a batch `x` `(n, *input_shape)`."""
        for name, place in zip(self.layer_names, self.places, strict=True):
            with graph.named(name):
                x = place.forward(graph, x)
        return x

    def penalty(self, graph: Graph) -> Value | None:
        """Records what the regularizers of all layers add to the loss, if there are any."""
        penalties = []
        for index, (name, place) in enumerate(zip(self.layer_names, self.places, strict=True)):
            if self.firsts[index] == index:  # a parameter costs once, however often it is used
                with graph.named(name):
                    penalties.append(place.penalty(graph))
        found = [penalty for penalty in penalties if penalty is not None]
        return sum(found[1:], found[0]) if found else None

    def named_arrays(self) -> dict[str, Array]:
        """Copies of all parameters by name, such as `dense_1/kernel`, in Keras's shapes."""
        return {name: array.copy() for name, array in self.layout.views(self.vector).items()}

    def load_arrays(self, arrays: Mapping[str, Any]) -> None:
        """Sets all parameters by name. Raises `NnctlError` for missing, extra or misshapen ones."""
        views = self.layout.views(self.vector)
        problems = [Problem(f'there is no array "{name}"') for name in views if name not in arrays]
        for name, given in arrays.items():
            if name not in views:
                problems.append(Problem(f'the model has no array "{name}"'))
            elif np.shape(given) != views[name].shape:
                wanted = views[name].shape
                problems.append(Problem(f'"{name}" has shape {np.shape(given)}, not {wanted}'))
            elif (dtype := np.asarray(given).dtype).kind not in "biuf":
                problems.append(Problem(f'"{name}" is of type {dtype}; numbers are needed'))
        if problems:
            raise NnctlError(problems)
        # What float32 cannot hold becomes infinite; whoever reads a file looks for that.
        with np.errstate(over="ignore"):
            for name, view in views.items():
                view[...] = arrays[name]

    def get_weights(self) -> list[Array]:
        """Copies of all parameters, in layer order."""
        return list(self.named_arrays().values())

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets all parameters, given in the order of `get_weights`."""
        names = list(self.layout.parameters)
        if len(weights) != len(names):
            raise ArgumentError(f"the model has {len(names)} arrays, but {len(weights)} were given")
        self.load_arrays(dict(zip(names, weights, strict=True)))

    def save_weights(self, path: Any) -> None:
        """Writes all parameters to an `.npz` file, whole or not at all."""
        arrays = self.named_arrays()
        with atomic_file(path) as file:
            write_arrays(file, arrays)

    def load_weights(self, path: Any) -> None:
        """Reads the parameters that `save_weights`, or `nnctl train`, wrote."""
        require(self, "build")  # before the file is read, which may take long
        # What a run keeps besides has no slash in its name, as the arrays of layers have.
        self.load_arrays({k: v for k, v in read_arrays(path).items() if k not in BESIDE})

    def parameter_counts(self) -> list[int]:
        """How many parameters each place brings in; those of a layer count at its first place."""
        return [
            sum(math.prod(parameter.shape) for parameter in place.parameters) * (first == index)
            for index, (first, place) in enumerate(zip(self.firsts, self.places, strict=True))
        ]

    def summary(self, print_fn: Callable[[str], object] = print) -> None:
        """Prints a line a layer: its name, output shape and parameters."""
        total = self.layout.size  # asked for first: nothing is printed of what is not built
        print_fn(f"{'layer':<24} {'output shape':<20} {'parameters':>12}")
        rows = zip(self.layer_names, self.shapes, self.parameter_counts(), self.layers, strict=True)
        for name, shape, count, layer in rows:
            number = "shared" if layer.parameters and not count else f"{count:,}"
            print_fn(f"{name:<24} {shape!s:<20} {number:>12}")
        print_fn(f"{'total':<45} {total:>12,}")


def layer_for_shape(layer: Layer, shape: Shape) -> tuple[Layer, Shape]:
    """A built layer as it stands where its input has another shape, and the shape of its output.

    What it keeps of the shape is its own there (the windows of a pooling layer, say); the
    parameters are the layer's. Raises `ArgumentError` where they do not fit.
    """
    place = copy(layer)  # shallow: the arguments are one, what `build` sets is the copy's own
    output = place.build(shape)
    for attribute, own in vars(layer).items():
        if not isinstance(own, Parameter):
            continue
        wanted: Parameter = getattr(place, attribute)
        if wanted.shape != own.shape:
            raise ArgumentError(
                f"the layer stands in the model before, where its {own.name} has shape "
                f"{own.shape}; an input of shape {shape} needs {wanted.shape}",
                "make a new layer for this place, with parameters of its own",
            )
        setattr(place, attribute, own)
    return place, output


def first_places(layers: Sequence[Layer]) -> list[int]:
    """For each layer, the first index at which it is listed: `[0, 1, 0]` for `[a, b, a]`.

    By identity: two layers with the same arguments are two layers.
    """
    # By `id`, since a layer of the user's may be a dataclass that compares by its arguments.
    firsts: dict[int, int] = {}
    return [firsts.setdefault(id(layer), index) for index, layer in enumerate(layers)]


def name_of(given: Any, registry: Mapping[str, Any]) -> str:
    """The name a type goes by: as it was given, or as the registry lists an object's class."""
    if isinstance(given, str):
        return given
    if isinstance(given, Mapping):
        return str(given["type"])
    names = [name for name, made in registry.items() if made is type(given)]
    return names[0] if names else type(given).__name__.lower()


def layer_names(layers: Sequence[Layer], firsts: Sequence[int]) -> list[str]:
    """Each place's name: its layer's own, or `TYPE_K` counted from 1 within its type.

    No two layers have the same one.
    """
    counts: Counter[str] = Counter()
    names: dict[int, str] = {}
    for index, (first, layer) in enumerate(zip(firsts, layers, strict=True)):
        if first == index:
            kind = LAYERS.name_of(type(layer)) or type(layer).__name__.lower()
            counts[kind] += 1
            names[index] = layer.name or f"{kind}_{counts[kind]}"
    for name, count in Counter(names.values()).items():
        if count > 1:
            raise ArgumentError(f'{count} layers are named "{name}"', path="layers")
    return [names[first] for first in firsts]

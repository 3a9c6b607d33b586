"""`Sequential`: a stack of layers, with Keras's three steps: define, compile, fit."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.graph import Array, Graph, Shape, Value
from nnctl.graph.layout import Layout, Parameter
from nnctl.network.arguments import OneOf
from nnctl.network.layers import LAYERS, Layer
from nnctl.network.losses import LOSSES, Loss
from nnctl.network.metrics import METRICS, Metric
from nnctl.network.optimizers import OPTIMIZERS, Optimizer
from nnctl.system import blas, machine
from nnctl.system.atomic import atomic_file
from nnctl.system.npz import read_arrays, write_arrays
from nnctl.training.blocks import Blocks, Inputs
from nnctl.training.callbacks import Callback, EpochLines
from nnctl.training.class_weights import class_weighted
from nnctl.training.evaluation import Evaluator, Predictor
from nnctl.training.loop import Training, TrainingState
from nnctl.training.ranks import Ranks
from nnctl.training.scoring import Scorer
from nnctl.training.seeds import generator
from nnctl.training.step import Examples, TrainingStep

Verbosity = Literal["auto", 0, 1, 2]

MOST_AXES = 32  # of an example; NumPy allows 64, and some formulas need more than their input has


@dataclass
class History:
    """What `fit` returns: `history` has one list a figure, with one value an epoch."""

    history: dict[str, list[float]] = field(default_factory=dict)
    epoch: list[int] = field(default_factory=list)


class Sequential:
    """Layers, one after another.

    `seed` decides every random number of the model; `dtype` (float32 or float64) is that of its
    parameters and its arithmetic. All parameters lie in one `vector`, as `layout` says; it exists
    once the model is built: by `build`, or by the first data it is given. `ranks` are the processes
    that train, evaluate and predict together, each with the whole data (see `nnctl.training.mpi`).
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        seed: int = 0,
        dtype: np.typing.DTypeLike = "float32",
        ranks: Ranks | None = None,
    ):
        self.layers = list(layers)
        self.seed, self.dtype, self.ranks = seed, np.dtype(dtype), ranks
        if not self.layers:
            raise ArgumentError("a model needs at least one layer")
        if self.dtype not in (np.float32, np.float64):
            raise ArgumentError(f"dtype is {self.dtype}; allowed are: float32, float64")
        self.layer_names = layer_names(self.layers)
        self.built = False
        self.compiled = False

    def build(self, input_shape: Sequence[int]) -> None:
        """Fixes all shapes for examples of that shape, and draws the initial parameters.

        Raises `ArgumentError`, with the layer's index in its path, where a layer does not fit.
        """
        shape = self.input_shape = tuple(int(n) for n in input_shape)
        if any(size < 1 for size in shape):
            raise ArgumentError(f"input_shape is {shape}; each size is at least 1")
        self.shapes: list[Shape] = []
        parameters: dict[str, Parameter] = {}
        for index, (name, layer) in enumerate(zip(self.layer_names, self.layers, strict=True)):
            try:
                shape = layer.build(shape)
                if len(shape) > MOST_AXES:
                    raise ArgumentError(f"its output has {len(shape)} axes, not up to {MOST_AXES}")
            except ArgumentError as error:
                raise error.under(f"layers.{index}") from None
            self.shapes.append(shape)
            parameters |= {f"{name}/{p.name}": p for p in layer.parameters}
        self.output_shape = shape
        self.layout = Layout(parameters)
        self._check_memory()
        self.vector = self.layout.initial(generator(self.seed, "weights"), self.dtype)
        self._predictor = Predictor(self, self.ranks)
        self.built = True
        if self.compiled:
            self._prepare()

    def _check_memory(self) -> None:
        needed, memory = self.layout.size * self.dtype.itemsize, machine.memory()
        if memory is not None and needed > memory:
            raise ArgumentError(
                f"the model's {self.layout.size:,} parameters need {needed:,} bytes; "
                f"this computer has {memory:,}",
                path="layers",
            )

    def forward(self, graph: Graph, x: Value) -> Value:
        """Records the model's formula for a batch `x` `(n, *input_shape)`."""
        for name, layer in zip(self.layer_names, self.layers, strict=True):
            with graph.named(name):
                x = layer.forward(graph, x)
        return x

    def penalty(self, graph: Graph) -> Value | None:
        """Records what the regularizers of all layers add to the loss, if there are any."""
        penalties = []
        for name, layer in zip(self.layer_names, self.layers, strict=True):
            with graph.named(name):
                penalties.append(layer.penalty(graph))
        found = [penalty for penalty in penalties if penalty is not None]
        return sum(found[1:], found[0]) if found else None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Sequence[Any] | Mapping[str, Metric] | None = None,
    ) -> None:
        """Chooses optimizer, loss and metrics, each by name or as an object.

        Metrics may also be a mapping from the names they shall go by.
        """
        if loss is None:
            raise ArgumentError(f"compile needs a loss; there are: {', '.join(sorted(LOSSES))}")
        self.optimizer: Optimizer = OneOf("optimizer", OPTIMIZERS).make(optimizer)
        self.loss: Loss = OneOf("loss", LOSSES).make(loss)
        given = metrics or ()
        named = given.items() if isinstance(given, Mapping) else ((m, m) for m in given)
        self.metrics: dict[str, Metric] = {
            name_of(name, METRICS): OneOf("metric", METRICS).make(metric) for name, metric in named
        }
        for name, metric in self.metrics.items():
            if self.loss.task not in metric.tasks:
                raise ArgumentError(
                    f"the metric {name} is not for {self.loss.task} targets", path="metrics"
                )
        self.compiled = True
        if self.built:
            self._prepare()

    def _prepare(self) -> None:
        """Everything that training needs once both shapes and loss are known, anew."""
        draws = generator(self.seed, "shuffle"), generator(self.seed, "dropout")
        size = self.layout.trainable_size
        self._state = TrainingState.start(self.vector, size, self.optimizer, *draws)
        self._steps: dict[Any, TrainingStep] = {}
        self.scorer = Scorer(self.loss, list(self.metrics.values()), self.output_shape)
        self.evaluator = Evaluator(self._predictor, self.scorer, tuple(self.metrics))

    def examples(self, x: Any, y: Any, sample_weight: Any = None) -> Examples:
        """Inputs, targets and weights as the model's programs take them, checked.

        Builds the model on the first call. Raises `ArgumentError` for shapes that do not fit.
        """
        inputs = self._inputs(x)
        if not self.compiled:
            raise ArgumentError("the model has no loss yet", "call model.compile(loss=…) first")
        targets = self.loss.targets(y, (len(inputs), *self.output_shape), self.dtype)
        weight = None if sample_weight is None else np.asarray(sample_weight, self.dtype)
        for name, array in (("targets", targets), ("sample weights", weight)):
            if array is not None and len(array) != len(inputs):
                raise ArgumentError(f"there are {len(inputs)} inputs, but {len(array)} {name}")
        return Examples(inputs, targets, weight)

    def _inputs(self, x: Any) -> Inputs:
        inputs = x if isinstance(x, Blocks) else np.asarray(x, self.dtype)
        if not self.built:
            self.build(inputs.shape[1:])
        if inputs.ndim == 0 or len(inputs) == 0 or inputs.shape[1:] != self.input_shape:
            expected = ", ".join(["rows", *map(str, self.input_shape)])
            raise ArgumentError(f"the input has shape {inputs.shape}; the model takes ({expected})")
        return inputs if isinstance(inputs, Blocks) else np.ascontiguousarray(inputs)

    def leave_ranks(self) -> None:
        """Goes on alone from here: nothing that is computed waits for other processes any more."""
        self.ranks = self._predictor.ranks = None
        self._steps.clear()

    def state(self) -> TrainingState:
        """Where training stands: what a checkpoint holds. New after `build` and `compile`."""
        return self._state

    def step(self, data: Examples, rows: int) -> TrainingStep:
        """The program of a step on `rows` examples like `data`; kept for further calls."""
        key = (rows, data.y.shape[1:], data.y.dtype, data.weight is None)
        if rows == len(data):  # bound to these very arrays, so of no use to others
            return self._new_step(data, rows)
        if key not in self._steps:
            self._steps[key] = self._new_step(data, rows)
        return self._steps[key]

    def _new_step(self, data: Examples, rows: int) -> TrainingStep:
        slots, draws = self._state.slots, self._state.dropout
        return TrainingStep(self, self.loss, self.optimizer, slots, data, rows, draws, self.ranks)

    def training(
        self,
        train: Examples,
        validation: Examples | None = None,
        *,
        epochs: int,
        batch_size: int,
        shuffle: bool = True,
    ) -> Training:
        """A run of this model from `state()` on, up to a total of so many epochs."""
        return Training(
            self, train, validation, epochs=epochs, batch_size=batch_size, shuffle=shuffle
        )

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Verbosity = "auto",
        callbacks: Sequence[Callback] = (),
        validation_split: float = 0.0,
        validation_data: tuple[Any, ...] | None = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
    ) -> History:
        """Trains for so many epochs more; arguments and defaults are those of Keras.

        `validation_split` takes that fraction of the last rows. Unless `verbose` is 0, prints a
        line an epoch. Raises `TrainingDiverged` once the loss is not finite.
        """
        data = self.examples(x, y, sample_weight)
        if class_weight is not None:
            one_hot = self.loss.task == "multiclass"
            data = class_weighted(data, class_weight, one_hot)
        validation = None if validation_data is None else self.examples(*validation_data)
        if validation is None and validation_split:
            data, validation = split_last(data, validation_split)
        state = self.state()
        state.forget_history()
        first = state.epoch
        training = self.training(
            data,
            validation,
            epochs=first + epochs,
            batch_size=batch_size or 32,
            shuffle=shuffle,
        )
        lines = [EpochLines(print)] if verbose else []
        with blas.limited_to(training.threads()):
            training.run([*lines, *callbacks])
        return History(state.history, list(range(state.epoch - first)))

    def predict(self, x: Any, batch_size: int | None = None, verbose: Verbosity = "auto") -> Array:
        """The model's output for `x` `(rows, *input_shape)`: an array of the caller's own.

        `batch_size` and `verbose` are taken as Keras takes them; they change nothing in the result.
        """
        inputs = self._inputs(x)  # builds the model, if need be
        return self._predictor(inputs)

    def __call__(self, x: Any) -> Array:
        """The same as `predict`."""
        return self.predict(x)

    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        verbose: Verbosity = "auto",
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss, or `[loss, metric, …]`, or with `return_dict` all of them by name."""
        data = self.examples(x, y, sample_weight)
        figures = self.evaluator.figures(data)
        if return_dict:
            return figures
        return list(figures.values()) if self.metrics else figures["loss"]

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
        with atomic_file(path) as file:
            write_arrays(file, self.named_arrays())

    def load_weights(self, path: Any) -> None:
        """Reads the parameters that `save_weights`, or `nnctl train`, wrote."""
        self.load_arrays({k: v for k, v in read_arrays(path).items() if k != "metadata"})

    def summary(self, print_fn: Callable[[str], object] = print) -> None:
        """Prints a line a layer: its name, output shape and parameters."""
        print_fn(f"{'layer':<24} {'output shape':<20} {'parameters':>12}")
        for name, layer, shape in zip(self.layer_names, self.layers, self.shapes, strict=True):
            count = sum(math.prod(parameter.shape) for parameter in layer.parameters)
            print_fn(f"{name:<24} {shape!s:<20} {count:>12,}")
        print_fn(f"{'total':<45} {self.layout.size:>12,}")


def name_of(given: Any, registry: Mapping[str, Any]) -> str:
    """The name a type goes by: as it was given, or as the registry lists an object's class."""
    if isinstance(given, str):
        return given
    if isinstance(given, Mapping):
        return str(given["type"])
    names = [name for name, made in registry.items() if made is type(given)]
    return names[0] if names else type(given).__name__.lower()


def layer_names(layers: Sequence[Layer]) -> list[str]:
    """Each layer's own name, or `TYPE_K` counted from 1 within its type; no two are alike."""
    counts: Counter[str] = Counter()
    names = []
    for layer in layers:
        kind = name_of(layer, LAYERS)
        counts[kind] += 1
        names.append(layer.name or f"{kind}_{counts[kind]}")
    for name, count in Counter(names).items():
        if count > 1:
            raise ArgumentError(f'{count} layers are named "{name}"', path="layers")
    return names


def split_last(data: Examples, fraction: float) -> tuple[Examples, Examples]:
    """All rows but the last fraction of them, and those."""
    count = int(len(data) * (1 - fraction))
    if not 0 < count < len(data):
        raise ArgumentError(f"validation_split {fraction} leaves no rows to one of the two parts")
    return data.rows(slice(None, count)), data.rows(slice(count, None))

"""`Sequential`: a stack of layers, with Keras's three steps: define, compile, fit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from nnctl.errors import ArgumentError
from nnctl.graph import Array
from nnctl.network.annotations import OneOf
from nnctl.network.layers import Layer
from nnctl.network.losses import LOSSES, Loss
from nnctl.network.metrics import METRICS, Metric
from nnctl.network.optimizers import OPTIMIZERS, Optimizer
from nnctl.training.blocks import Blocks, Inputs
from nnctl.training.callbacks import Callback, EpochLines
from nnctl.training.evaluation import Evaluator, Predictor
from nnctl.training.loop import Training
from nnctl.training.one_hot import form_of
from nnctl.training.parts import make_step
from nnctl.training.ranks import Ranks
from nnctl.training.scoring import Scorer
from nnctl.training.seeds import generator
from nnctl.training.stack import Stack, later, name_of
from nnctl.training.state import TrainingState
from nnctl.training.step import Examples, Penalty, Setup, Step

Verbosity = Literal["auto", 0, 1, 2]


class History(NamedTuple):
    """What `fit` returns: `history` has one list a figure, with one value an epoch."""

    history: dict[str, list[float]]
    epoch: list[int]


class Sequential(Stack):
    """Layers, one after another, that learn.

    `seed` decides every random number of the model; `dtype` (float32 or float64) is that of its
    parameters and its arithmetic. It is built by `build`, or by the first data it is given. A layer
    listed more than once is shared: its parameters learn from all its places; a layer belongs to
    one model alone. `member` is its number among those of an ensemble, which differ by nothing but
    their random numbers. `ranks` are the processes that train, evaluate and predict together, each
    with the whole data (see `nnctl.training.mpi`).

    What needs the model built or compiled raises `ArgumentError` before, and says what to call.
    """

    optimizer: Optimizer = later("compile")
    loss: Loss = later("compile")
    metrics: dict[str, Metric] = later("compile")
    scorer: Scorer = later("build", "compile")
    evaluator: Evaluator = later("build", "compile")
    _state: TrainingState = later("build", "compile")
    _predictor: Predictor = later("build")

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        seed: int = 0,
        dtype: np.typing.DTypeLike = "float32",
        member: int = 1,
        ranks: Ranks | None = None,
    ):
        super().__init__(layers, seed, dtype, member)
        self.ranks = ranks
        self.compiled = False
        self._steps: dict[Any, Step] = {}

    def build(self, input_shape: Sequence[int]) -> None:
        """Fixes all shapes, draws new parameters, and begins a compiled model's training anew.

        Raises `ArgumentError` as `Stack.build` does.
        """
        super().build(input_shape)
        self._predictor = Predictor(self, self.ranks)
        if self.compiled:
            self._prepare()

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
        made_optimizer = OneOf("optimizer", OPTIMIZERS).make(optimizer)
        made_loss = OneOf("loss", LOSSES).make(loss)
        given = metrics or ()
        named = given.items() if isinstance(given, Mapping) else ((m, m) for m in given)
        made_metrics = {
            name_of(name, METRICS): OneOf("metric", METRICS).make(metric) for name, metric in named
        }
        for name, metric in made_metrics.items():
            if made_loss.task not in metric.tasks:
                raise ArgumentError(
                    f"the metric {name} is not for {made_loss.task} targets", path="metrics"
                )
        # All are set at once: what was refused must leave no half of itself behind.
        self.optimizer = made_optimizer
        self.loss = made_loss
        self.metrics = made_metrics
        self.compiled = True
        if self.built:
            self._prepare()

    def _prepare(self) -> None:
        """Everything that training needs once both shapes and loss are known, anew."""
        # Each purpose has a generator of its own: dropout leaves the order of the rows alone.
        draws = (
            generator(self.seed, "shuffle", self.member),
            generator(self.seed, "dropout", self.member),
        )
        size = self.layout.trainable_size
        self._state = TrainingState.start(self.vector, size, self.optimizer, *draws)
        self._steps.clear()  # they hold the slots and the generators of before
        self.scorer = Scorer(self.loss, list(self.metrics.values()), self.output_shape)
        names, penalty = tuple(self.metrics), Penalty(self)
        self.evaluator = Evaluator(self._predictor.blocks, self.scorer, names, penalty)

    def examples(self, x: Any, y: Any, sample_weight: Any = None) -> Examples:
        """Inputs, targets and weights as the model's programs take them, checked.

        Builds the model on the first call. Raises `ArgumentError` for shapes that do not fit.
        """
        loss = self.loss  # asked for first, so that nothing is built for data that cannot be used
        inputs = self._inputs(x)
        targets = loss.targets(y, (len(inputs), *self.output_shape), self.dtype)
        weight = None if sample_weight is None else np.asarray(sample_weight, self.dtype)
        for name, array in (("targets", targets), ("sample weights", weight)):
            if array is not None and len(array) != len(inputs):
                raise ArgumentError(f"there are {len(inputs)} inputs, but {len(array)} {name}")
        return Examples(inputs, targets, weight)

    def _inputs(self, x: Any) -> Inputs:
        inputs = x if isinstance(x, Blocks) else np.asarray(x, self.dtype)
        has_rows = inputs.ndim > 0 and len(inputs) > 0
        if has_rows and not self.built:  # without rows there is no shape of one to learn from it
            self.build(inputs.shape[1:])
        taken = self.input_shape if self.built else ("…",)
        if not has_rows or inputs.shape[1:] != taken:
            expected = ", ".join(["rows", *map(str, taken)])
            raise ArgumentError(f"the input has shape {inputs.shape}; the model takes ({expected})")
        return inputs if isinstance(inputs, Blocks) else np.ascontiguousarray(inputs)

    def leave_ranks(self) -> None:
        """Goes on alone from here: nothing that is computed waits for other processes any more."""
        self.ranks = None
        if self.built:
            self._predictor.ranks = None
        self._steps.clear()

    def state(self) -> TrainingState:
        """Where training stands: what a checkpoint holds. New after `build` and `compile`."""
        return self._state

    def step(self, data: Examples, rows: int) -> Step:
        """The program of a step on `rows` examples like `data`; kept for further calls."""
        # All that decides the program; the inputs' shape and dtype are the model's.
        key = (rows, form_of(data.x), data.y.shape[1:], data.y.dtype, data.weight is None)
        if rows == len(data):  # bound to these very arrays, so of no use to others
            return self._new_step(data, rows)
        if key not in self._steps:
            self._steps[key] = self._new_step(data, rows)
        return self._steps[key]

    def _new_step(self, data: Examples, rows: int) -> Step:
        state = self._state
        trained = self.loss, self.optimizer, state.slots
        return make_step(Setup(self, *trained, data, rows, state.dropout, self.ranks))

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
            from nnctl.training.class_weights import weigh_classes  # few weigh them

            one_hot = self.loss.task == "multiclass"
            data = weigh_classes(data, class_weight, one_hot)
        validation = None if validation_data is None else self.examples(*validation_data)
        if validation is None and validation_split:
            data, validation = split_last(data, validation_split)
        # A second `fit` goes on with the slots and the generators, and tells its own epochs alone.
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
        # Keras draws a bar for 1 and "auto" and prints a line for 2; here it is a line for all.
        lines = [EpochLines(print)] if verbose else []
        with training.on_threads():
            training.run([*lines, *callbacks])
        return History(state.history, list(range(state.epoch - first)))

    def predict(self, x: Any, batch_size: int | None = None, verbose: Verbosity = "auto") -> Array:
        """The model's output for `x` `(rows, *input_shape)`: an array of the caller's own.

        `batch_size` and `verbose` are taken as Keras takes them; they change nothing in the result.
        """
        inputs = self._inputs(x)  # builds the model, if need be
        return self._predictor(inputs)

    def outputs(self, x: Inputs) -> Iterator[tuple[slice, Array]]:
        """The rows of each block of `x` `(rows, *input_shape)`, in order, with their output.

        Memory does not grow with the rows; what is yielded may be overwritten by what follows.
        """
        return self._predictor.blocks(x)

    def rows_by_bytes(self, like: Inputs | None = None) -> int:
        """How many rows may be in memory at once, with what the model makes of them.

        The inputs are held as those of `like`, or in an array.
        """
        return self._predictor.rows_by_bytes(like)

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


def split_last(data: Examples, fraction: float) -> tuple[Examples, Examples]:
    """All rows but the last fraction of them, and those."""
    count = int(len(data) * (1 - fraction))
    if not 0 < count < len(data):
        raise ArgumentError(f"validation_split {fraction} leaves no rows to one of the two parts")
    return data.rows(slice(None, count)), data.rows(slice(count, None))

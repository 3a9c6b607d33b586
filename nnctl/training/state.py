"""Where a training run stands: saved, and put back, the run goes on as if nothing had happened."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnctl.graph import Array
from nnctl.graph.numpy_calls import aligned_zeros
from nnctl.network.optimizers import Optimizer
from nnctl.training.scoring import Totals


class TrainingState:
    """All that decides how a run goes on. Arrays change in place.

    `vector` is the model's; `slots` belong to the optimizer; `step` counts batches over all epochs,
    `epoch` whole epochs and `batch` the batches done of the current one, whose order of rows is
    known by `order` (see `nnctl.training.shuffling`); `totals` are what was gathered of it;
    `generator` draws the next order, and `dropout` the masks. `learning_rate` is one that was set
    since the start, else None; `best` are the parameters that a callback kept, after `best_epoch`,
    and `restored` says that `vector` has them now. `first_loss` is the loss of the very first
    batch. `history`, `learning_rates` (of each epoch's last step) and `seconds` have one value an
    epoch.
    """

    def __init__(
        self,
        vector: Array,
        slots: dict[str, Array],
        generator: np.random.Generator,
        dropout: np.random.Generator,
    ) -> None:
        self.vector, self.slots = vector, slots
        self.generator, self.dropout = generator, dropout
        self.step = self.epoch = self.batch = 0
        self.order: Array = np.empty(0, np.intp)
        self.totals = Totals(0.0, 0, [])
        self.learning_rate: float | None = None
        self.best: Array | None = None
        self.best_epoch: int | None = None
        self.restored = False
        self.first_loss: float | None = None
        self.history: dict[str, list[float]] = {}
        self.learning_rates: list[float] = []
        self.seconds: list[float] = []

    @classmethod
    def start(
        cls,
        vector: Array,
        trainable: int,
        optimizer: Optimizer,
        generator: np.random.Generator,
        dropout: np.random.Generator,
    ) -> "TrainingState":
        """The state before the first step: slots filled as the optimizer says."""
        # Aligned as the vector is, since an update reads and writes both side by side.
        slots = {name: aligned_zeros((trainable,), vector.dtype) for name in optimizer.slots}
        for name, slot in slots.items():
            slot.fill(optimizer.slots[name])
        return cls(vector, slots, generator, dropout)

    @property
    def weights_epoch(self) -> int:
        """The epoch after which the parameters were as they are in `vector`, counted from 1."""
        return self.best_epoch if self.restored and self.best_epoch is not None else self.epoch

    def keep_best(self) -> None:
        """Keeps a copy of the parameters as they are now, as the best so far."""
        # Its memory is taken once, and only by those who keep something.
        if self.best is None:
            self.best = self.vector.copy()
        self.best[...] = self.vector
        self.best_epoch = self.epoch

    def restore_best(self) -> None:
        """Sets the parameters to those kept, if any were."""
        if self.best is not None:
            self.vector[...] = self.best
            self.restored = True

    def forget_history(self) -> None:
        """Starts new lists for the figures of the epochs to come."""
        # New ones: whoever was given the old (`fit` hands them out) keeps them.
        self.history = {}
        self.learning_rates = []
        self.seconds = []

    def arrays(self) -> dict[str, Array]:
        """The arrays of the state, by name."""
        totals = {
            f"totals/{k}/{name}": array
            for k, state in enumerate(self.totals.states)
            for name, array in state.items()
        }
        slots = {f"slots/{name}": array for name, array in self.slots.items()}
        best = {} if self.best is None else {"best": self.best}
        return {"vector": self.vector, "order": self.order, **best, **slots, **totals}

    def numbers(self) -> dict[str, Any]:
        """The rest of the state, as JSON."""
        return {
            "step": self.step,
            "epoch": self.epoch,
            "batch": self.batch,
            "totals": {"loss": self.totals.loss, "rows": self.totals.rows},
            "history": self.history,
            "learning_rates": self.learning_rates,
            "seconds": self.seconds,
            "learning_rate": self.learning_rate,
            "best_epoch": self.best_epoch,
            "first_loss": self.first_loss,
            "generator": self.generator.bit_generator.state,
            "dropout": self.dropout.bit_generator.state,
        }

    def restore(self, arrays: Mapping[str, Array], numbers: Mapping[str, Any]) -> None:
        """Takes up what `arrays` and `numbers` returned, in a state of the same model and run.

        Raises KeyError, TypeError or ValueError for those of another.
        """
        # In place, since the programs of the run are bound to these very arrays.
        parts = {"vector": self.vector}
        parts |= {f"slots/{name}": slot for name, slot in self.slots.items()}
        if "best" in arrays:
            self.best = parts["best"] = np.empty_like(self.vector)
        for name, part in parts.items():
            if arrays[name].shape != part.shape or arrays[name].dtype != part.dtype:
                found = f"{arrays[name].shape} of {arrays[name].dtype}"
                raise ValueError(f"{name} is {found}, not {part.shape} of {part.dtype}")
            part[...] = arrays[name]
        self.order = np.asarray(arrays["order"], np.intp)
        self.learning_rate = numbers["learning_rate"]
        self.best_epoch = numbers["best_epoch"]
        self.first_loss = numbers["first_loss"]
        self.restored = False
        self.step = int(numbers["step"])
        self.epoch = int(numbers["epoch"])
        self.batch = int(numbers["batch"])
        # The metrics' states come as `totals/K/NAME`, K being the metric's place.
        states: dict[int, dict[str, Array]] = {}
        for key, array in arrays.items():
            if key.startswith("totals/"):
                _, k, name = key.split("/")
                states.setdefault(int(k), {})[name] = array.copy()
        totals = numbers["totals"]
        self.totals = Totals(totals["loss"], totals["rows"], [states[k] for k in sorted(states)])
        self.history = {name: list(values) for name, values in numbers["history"].items()}
        self.learning_rates = list(numbers["learning_rates"])
        self.seconds = list(numbers["seconds"])
        self.generator.bit_generator.state = numbers["generator"]
        self.dropout.bit_generator.state = numbers["dropout"]

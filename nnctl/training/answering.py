"""`Answering`: a model, or several, and what follows their output before it is an answer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnctl.graph import Array
from nnctl.network.joint import joint_output
from nnctl.network.metrics import Metric
from nnctl.training.blocks import Inputs, slices_of
from nnctl.training.ensemble import Ensemble
from nnctl.training.evaluation import Evaluator
from nnctl.training.logits import Logits
from nnctl.training.scoring import Scorer
from nnctl.training.sequential import Sequential

Correction = Callable[[Array], Array]


class Answering(Ensemble):
    """Members, one or more, whose joint logits are corrected, and which metrics of its own judge.

    `correct` makes logits `(rows, outputs)` those of better probabilities, if it is given. What
    comes out is an output as the loss takes it, so that loss and metrics judge the answers. The
    members stay as they are: nothing of their training is lost.
    """

    def __init__(
        self,
        members: Sequence[Sequential],
        metrics: Mapping[str, Metric],
        correct: Correction | None = None,
        said: Array | None = None,
    ):
        self._metrics = dict(metrics)
        self._correct = correct
        self._logits = [Logits(member) for member in members] if correct is not None else []
        super().__init__(members, said)

    def _judge(self) -> None:
        scorer = Scorer(self.loss, list(self._metrics.values()), self.output_shape)
        self.evaluator = Evaluator(self.outputs, scorer, tuple(self._metrics), self._penalty)

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics that it is judged by."""
        return dict(self._metrics)

    def compile(self, optimizer: Any, loss: Any, metrics: Mapping[str, Metric]) -> None:
        """Chooses the metrics; what is trained stays as it is."""
        self._metrics = dict(metrics)
        self._judge()

    def judged_by(self, said: Array) -> "Answering":
        """The same members, of which some alone have a say in each row."""
        return Answering(self.members, self._metrics, self._correct, said)

    def outputs_of_each(self, x: Inputs) -> Iterator[tuple[slice, Array]]:
        """The rows of each block of `x`, in order, with all members' outputs; to be corrected,
        their logits."""
        if self._correct is None:
            yield from super().outputs_of_each(x)
            return
        for blocks in zip(*(logits.blocks(x) for logits in self._logits), strict=True):
            yield blocks[0][0], np.stack([output for _, output in blocks])

    def outputs(self, x: Inputs) -> Iterator[tuple[slice, Array]]:
        """The rows of each block of `x`, in order, with the output `(n, …)` for them."""
        if self._correct is None:
            yield from self._first.outputs(x) if len(self.members) == 1 else super().outputs(x)
            return
        for rows, logits in self.outputs_of_each(x):
            said, squashed = self.said_of(rows), self._logits[0].taken != "output"
            made = np.empty(logits.shape[1:], logits.dtype)
            for part in slices_of(logits.shape[1], self.rows_together(logits)):
                own = None if said is None else said[:, part]
                made[part] = self._corrected(self.joint_logits(logits[:, part], own), squashed)
            yield rows, made

    def answers(self, outputs: Array, said: Array | None) -> tuple[Array, Array]:
        """The prediction `(n, …)` of all members together, and each member's."""
        if self._correct is None:
            return super().answers(outputs, said)
        each = np.stack([self._corrected(logits, True) for logits in outputs])
        return self._corrected(self.joint_logits(outputs, said), True), each

    def joint_logits(self, logits: Array, said: Array | None) -> Array:
        """Those of the members' mean probability; of one member its own."""
        if len(logits) == 1:
            own: Array = logits[0]
            return own
        return joint_output(self._logits[0].squash, logits, said)

    def _corrected(self, logits: Array, squashed: bool) -> Array:
        """The corrected logits, or the probabilities that they are."""
        assert self._correct is not None
        with np.errstate(all="ignore"):
            corrected = self._correct(logits)
            if squashed:
                corrected = np.asarray(self._logits[0].squash(corrected))
            return corrected.astype(logits.dtype)

"""The verdict on a training that is over: what it has come to, and what to change."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from nnctl.advice.advice import Advice, Finding
from nnctl.advice.network import is_weighted
from nnctl.advice.rates import RATE, higher_rate, lower_rate
from nnctl.advice.watching import (
    FLAT,
    STILL,
    loss_of,
    loss_of_guessing,
    some_rows,
)
from nnctl.assembly.build import Built
from nnctl.errors import Problem
from nnctl.errors.figures import figure_text
from nnctl.graph import Array
from nnctl.network.metrics import higher_is_better
from nnctl.rules import verdict as rules
from nnctl.training.callbacks import Reason
from nnctl.training.state import TrainingState

if TYPE_CHECKING:
    from nnctl.training.ensemble import Predicting
    from nnctl.training.monitors import EarlyStopping

# Losses of different tasks are made comparable by the loss of guessing, that of one answer for all
# rows: it is 1 on that scale, whatever the loss and the classes.
UNTRAINED = 1.5  # times its first batch's loss, or that of guessing, a model may have at the start
CLIMB = 10  # times its start is too much for a loss to end at
# Sound models of a few hundred noisy rows have up to 2.5 times the loss on new rows; where a model
# is all but perfect a ratio says nothing, so the difference has to be worth something, too. Much
# noise that is half learnt by heart makes no large ratio, but a large difference.
FAR, GAP, WIDE_GAP = 3, 0.1, 0.3
RISEN, RISE = 0.1, 0.02  # of its best, and of guessing
WINDOW = 10  # the last of so many parts of the epochs: single ones jump about
FALLEN, FALL = 0.02, 0.01  # of itself, and of guessing
# What chance makes of no knowledge at all: twice the standard error of a share, and for losses and
# errors so much over the root of the rows (3 % of 100, 1 % from 900 on), as tried on made tables.
ERRORS, CHANCE = 2, 0.3
FEWEST_EPOCHS = 3  # two differences: one may be chance
PATIENCE = 10
JUDGES = ("test", "validation", "train")  # the first that there is has the last word


class Verdict(NamedTuple):
    """What a training has come to: advice on it, if any, and what was found, in a clause each.

    Without advice there is one clause all the same.
    """

    advice: tuple[Advice, ...]
    found: tuple[str, ...]

    @property
    def text(self) -> str:
        """All that was found, in one line."""
        return "; ".join(self.found)

    @property
    def change(self) -> str:
        """What to change, as YAML, a line a dotted path."""
        lines = [line for each in self.advice for line in each.change.split("\n")]
        return "\n".join(filter(None, dict.fromkeys(lines)))

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        codes = [each.code for each in self.advice]
        return {"codes": codes, "text": self.text, "change": self.change}


class Ending:
    """A training that is over, for what reason, with the figures of each part of the data.

    `baselines` are what they would be for one answer to all rows, whose targets are `truth`. The
    model has the weights that are kept. Each of its members, one unless it is an ensemble, has a
    state of `states`, and one of `stopping`, or None, that ends it early.
    """

    def __init__(
        self,
        built: Built,
        model: "Predicting",
        reason: Reason,
        figures: Mapping[str, Mapping[str, float]],
        baselines: Mapping[str, Mapping[str, float]],
        truth: Mapping[str, Array],
        states: tuple[TrainingState, ...],
        stopping: "tuple[EarlyStopping | None, ...]",
    ) -> None:
        self.built, self.model, self.reason = built, model, reason
        self.figures, self.baselines, self.truth = figures, baselines, truth
        self.states, self.stopping = states, stopping

    def of_members(self, found: str) -> str:
        """A clause that holds for all members, said of one that is there alone, or of the first."""
        count = len(self.states)
        return found if count == 1 else f"{found} (member 1 of {count}; the others alike)"

    @property
    def weighted(self) -> bool:
        """Whether some rows counted more than others in training."""
        return self.built.train.weight is not None

    @cached_property
    def judge(self) -> str:
        """The part of the data that the run is judged by."""
        return next(part for part in JUDGES if part in self.figures)

    @property
    def judging(self) -> Array:
        """The targets of that part's rows."""
        return self.truth[self.judge]

    @cached_property
    def trained(self) -> float:
        """The loss on rows that trained, as other rows are judged: whole, unweighted, no dropout.

        An epoch's own loss is a mean over its batches, in which the weights changed. That of an
        ensemble is a figure of the end already; each row is judged by the members that it trained.
        """
        if len(self.states) == 1:
            return loss_of(self.model, some_rows(self.built))
        if not self.weighted:
            return self.figures["train"]["loss"] - self.model.evaluator.penalty()
        from nnctl.assembly.out_of_bag import unweighted_loss  # rarely needed

        return unweighted_loss(self.built, self.model)

    @cached_property
    def judged(self) -> float:
        """The loss on the rows that judge, without what regularizers cost."""
        if self.judge == "train":
            return self.trained
        return self.figures[self.judge]["loss"] - self.model.evaluator.penalty()

    @cached_property
    def guessing(self) -> float | None:
        """The loss of one answer for all rows that judge."""
        return loss_of_guessing(self.built, self.judging)

    @cached_property
    def learnt(self) -> bool:
        """Whether the rows that trained are answered any better than by guessing."""
        guessing = loss_of_guessing(self.built, self.built.train.y)
        return guessing is None or self.trained < (1 - FLAT) * guessing

    @cached_property
    def scale(self) -> float:
        """What differences of losses are measured by."""
        return self.guessing or abs(self.states[0].first_loss or 0.0)


def verdict_on(ending: Ending) -> Verdict:
    """The verdict on a training that has its weights; the config's `ignore_advice` is not told."""
    config = ending.built.config
    found = list(findings(ending))
    wanted = [each for each in found if each.rule.code not in config.ignore_advice]
    advice = tuple(Advice.of(each, config) for each in wanted)
    return Verdict(advice, tuple(each.found for each in wanted) or (summary_of(ending),))


def verdict_of_divergence(built: Built, problems: Sequence[Problem]) -> Verdict:
    """The verdict on a training that ended in numbers that are not finite."""
    text = "; ".join(problem.message for problem in problems)
    finding = Finding(rules.DIVERGED, RATE, text, lower_rate(built.config))
    ignored = finding.rule.code in built.config.ignore_advice
    return Verdict(() if ignored else (Advice.of(finding, built.config),), (text,))


def findings(ending: Ending) -> Iterator[Finding]:
    """What there is to say of a training, the gravest first."""
    if climb := climb_of(ending):
        yield Finding(rules.DIVERGED, RATE, climb, lower_rate(ending.built.config))
        return
    overfitted = list(overfitting(ending))
    yield from below_baseline(ending, bool(overfitted))
    yield from overfitted
    if not overfitted:
        yield from still_learning(ending)
    yield from stopped_early(ending)


def summary_of(ending: Ending) -> str:
    """What a training has come to that there is nothing to say against."""
    figures = ending.figures[ending.judge]
    for name, baseline in ending.baselines[ending.judge].items():
        value = figures[name]
        if math.isnan(value):
            continue
        beside = f"on the {ending.judge} rows, baseline {figure_text(baseline)}"
        return f"{name} {figure_text(value)} {beside}"
    return f"loss {figure_text(figures['loss'])} on the {ending.judge} rows"


def climb_of(ending: Ending) -> str | None:
    """How far the loss has climbed; None where it has not, or is better than guessing all the same.

    A first batch that happens to be easy, as after a start from trained weights, is no measure.
    """
    for number, state in enumerate(ending.states, start=1):
        losses = state.history["loss"]
        first = losses[0] if state.first_loss is None else state.first_loss
        kept = losses[state.weights_epoch - 1]
        if not kept > CLIMB * abs(first):
            continue
        if math.isfinite(kept) and not ending.weighted and ending.learnt and ending.guessing:
            continue
        whose = "" if len(ending.states) == 1 else f"member {number}: "
        begun, ended = figure_text(first), figure_text(kept)
        return f"{whose}the loss climbed from {begun} in the first batch to {ended} at the end"
    return None


def overfitting(ending: Ending) -> Iterator[Finding]:
    if ending.judge == "train" or not ending.learnt:
        return
    gap = ending.judged - ending.trained
    far = ending.judged > FAR * ending.trained and gap > GAP * ending.scale
    if far or gap > WIDE_GAP * ending.scale:
        whose = "" if len(ending.states) == 1 else "of the mean prediction "
        found = (
            f"the training rows are learnt by heart: the loss {whose}on them is "
            f"{figure_text(ending.trained)}, and on the {ending.judge} rows "
            f"{figure_text(ending.judged)}"
        )
    elif risen := risen_validation(ending):
        found = risen
    else:
        return
    change = against_overfitting(ending)
    path = next(iter(change), "layers").partition(".kernel")[0]
    yield Finding(rules.OVERFITTING, path, found, change)


def risen_validation(ending: Ending) -> str | None:
    """How far `val_loss` has risen since its best epoch, in all members; None where it has not."""
    found = [risen_in_member(ending, state) for state in ending.states]
    return ending.of_members(found[0]) if found[0] and all(found) else None


def risen_in_member(ending: Ending, state: TrainingState) -> str | None:
    """The same of one member."""
    history = state.history
    losses = history.get("val_loss", [])
    if not losses or state.restored:
        return None
    best = min(range(len(losses)), key=losses.__getitem__)
    width = max(1, len(losses) // WINDOW)
    if best >= len(losses) - width:
        return None
    now, least = mean_of(losses[-width:]), losses[best]
    rise = now - least
    fell = mean_of(history["loss"][-width:]) < history["loss"][best]
    if not (rise > RISEN * abs(least) and rise > RISE * ending.scale and fell):
        return None
    lowest, risen = figure_text(least), figure_text(now)
    return f"val_loss was best in epoch {best + 1} ({lowest}), and has risen to {risen} since"


def against_overfitting(ending: Ending) -> dict[str, Any]:
    """What makes learning by heart harder and is not done yet."""
    config = ending.built.config
    change: dict[str, Any] = {}
    if config.data.validation is None:
        change["data.validation"] = 0.2
    stopping = ending.stopping[0]
    if stopping is None or not stopping.restore_best:
        change["early_stopping"] = {"monitor": "val_loss", "patience": PATIENCE}
    if change:
        return change
    return {
        f"layers.{place}.kernel_regularizer": {"type": "l2", "l2": 0.001}
        for place, layer in enumerate(config.layers)
        if is_weighted(layer) and layer.arguments()["kernel_regularizer"] is None
    }


def mean_of(losses: Sequence[float]) -> float:
    """The mean; infinite where the sum is."""
    return sum(losses) / len(losses)


def still_learning(ending: Ending) -> Iterator[Finding]:
    epochs = ending.states[0].epoch
    if ending.reason != "finished" or epochs < FEWEST_EPOCHS:
        return
    found = [fall_in_member(ending, state) for state in ending.states]
    if found[0] and all(found):
        told = ending.of_members(found[0])
        yield Finding(rules.STILL_LEARNING, "epochs", told, {"epochs": 2 * epochs})


def fall_in_member(ending: Ending, state: TrainingState) -> str | None:
    """How far the losses of a member fell at the end; None where they did not."""
    width = max(1, state.epoch // WINDOW)
    told = []
    for name in ("loss", "val_loss"):
        if losses := state.history.get(name):
            before, now = mean_of(losses[-2 * width : -width]), mean_of(losses[-width:])
            if not (before - now > FALLEN * abs(now) and before - now > FALL * ending.scale):
                return None
            told.append(f"{name} from {figure_text(before)} to {figure_text(now)}")
    when = "in the last epoch" if width == 1 else f"in the last {width} epochs"
    return f"{when} the loss still fell: {', '.join(told)}"


def stopped_early(ending: Ending) -> Iterator[Finding]:
    stopping = ending.stopping[0]
    if ending.reason != "stopped" or stopping is None:
        return
    waits = [each.wait for each in ending.stopping if each is not None]
    waited = f"{min(waits)} epoch" + ("" if min(waits) == 1 else "s")
    kept = sorted({state.weights_epoch for state in ending.states})
    epochs = f"epoch {kept[0]}" if len(kept) == 1 else f"epochs {kept[0]} to {kept[-1]}"
    found = f"{stopping.monitor} was no better for {waited}; the weights are those of {epochs}"
    yield Finding(rules.STOPPED_EARLY, "early_stopping", found, {})


def below_baseline(ending: Ending, overfitted: bool) -> Iterator[Finding]:
    figures = ending.figures[ending.judge]
    beside = ending.baselines[ending.judge]
    known = {name: value for name, value in beside.items() if math.isfinite(figures[name])}
    task = ending.built.model.loss.task
    guessing = ending.guessing
    rows = len(ending.judging)
    slack = max(FLAT, CHANCE / rows**0.5)
    if not known or not guessing:  # 0 where all rows are alike, so that guessing is perfect
        return
    if task == "regression":
        if not all(no_better(name, figures[name], value, slack) for name, value in known.items()):
            return
    elif ending.weighted:
        yield from below_weighted_baseline(ending, overfitted)
        return
    else:
        if "accuracy" not in known:
            return
        baseline = known["accuracy"]
        chance = ERRORS * (baseline * (1 - baseline) / rows) ** 0.5
        if figures["accuracy"] > baseline + chance or ending.judged < (1 - slack) * guessing:
            return
    name = next(iter(known))
    answer = "the mean" if task == "regression" else "the commonest class"
    found = (
        f"{name} is {figure_text(figures[name])} on the {ending.judge} rows, and "
        f"{figure_text(known[name])} for {answer} as the answer to all"
    )
    change = {} if overfitted else other_rate(ending)
    yield Finding(rules.BELOW_BASELINE, RATE, found, change)


def below_weighted_baseline(ending: Ending, overfitted: bool) -> Iterator[Finding]:
    """The same of classes whose rows are weighted: they are judged as they were trained."""
    from nnctl.advice.weighted import weighed  # rarely needed

    found = weighed(ending.built, ending.judge)
    if found is None:
        return
    chance = ERRORS * (found.baseline * (1 - found.baseline) / found.rows) ** 0.5
    slack = max(FLAT, CHANCE / found.rows**0.5)
    if found.accuracy > found.baseline + chance or found.loss < (1 - slack) * found.guessing:
        return
    told = (
        f"with the weights of the rows accuracy is {figure_text(found.accuracy)} on the "
        f"{ending.judge} rows, and {figure_text(found.baseline)} for the commonest class as the "
        "answer to all"
    )
    change = {} if overfitted else other_rate(ending)
    yield Finding(rules.BELOW_BASELINE, RATE, told, change)


def no_better(name: str, value: float, baseline: float, slack: float) -> bool:
    """Whether a figure is not better than its baseline by so much of it."""
    if higher_is_better(name):
        return not value > baseline + slack * (1 - baseline)
    return not value < (1 - slack) * baseline


def other_rate(ending: Ending) -> dict[str, Any]:
    """Another learning rate where nothing was learnt: a larger one unless the loss has risen."""
    if ending.learnt:
        return {}
    losses, first = ending.states[0].history["loss"], ending.states[0].first_loss
    # Epochs are of the same rows; the first batch is of few, which may be easy ones.
    start = max(first or 0.0, loss_of_guessing(ending.built, ending.built.train.y) or 0.0)
    stands = losses[-1] <= (1 + STILL) * losses[0] and losses[0] <= UNTRAINED * start
    return (higher_rate if stands else lower_rate)(ending.built.config)

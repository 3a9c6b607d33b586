"""What is asked of a model's answers: checked before it trains, fitted when it has."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nnctl.assembly.build import Built
from nnctl.assembly.comparison import spread_by_block
from nnctl.assembly.examples import class_weights
from nnctl.assembly.predicted import JOIN, predicted_columns
from nnctl.assembly.trained import Trained, answering
from nnctl.calibration.conformal import conformal_rank, fewest_rows
from nnctl.calibration.cuts import Aim, choose_cut
from nnctl.calibration.intervals import Intervals, fit_numbers, fit_sets
from nnctl.calibration.readout import AS_IT_IS, Readout
from nnctl.calibration.temperature import Temperature, proven_temperature
from nnctl.config import Config
from nnctl.config.labels import index_of
from nnctl.data.classes import listed
from nnctl.errors import NnctlError, Problem
from nnctl.graph import Array
from nnctl.network.answers import THRESHOLD
from nnctl.network.metrics import class_indices
from nnctl.training.ensemble import Ensemble, Predicting
from nnctl.training.step import Examples


class Fitted(NamedTuple):
    """A model that answers as is asked, the steps behind its output, and what to tell of them."""

    model: Predicting
    readout: Readout
    notices: tuple[Problem, ...] = ()


def check_asked(built: Built) -> None:
    """Raises `NnctlError` for what the config asks of answers that cannot be had of its data."""
    config, targets = built.config, built.prepared.preprocessing.targets
    labels = () if targets.classes is None else targets.classes.labels
    problems = []
    if config.intervals is not None:
        rows = rows_that_count(built.calibration)
        if targets.task == "binary" and targets.classes is None:
            message = "intervals are for numbers and classes, not for several labels of yes and no"
            problems.append(config.problem("intervals", message, "remove it"))
        elif conformal_rank(rows, config.intervals) > rows:
            message = f"{rows} calibration rows are too few for intervals of {config.intervals:g}"
            fix = f"it takes {fewest_rows(config.intervals):,}: raise data.calibration, or lower it"
            problems.append(config.problem("intervals", message, fix))
        if joined := [label for label in labels if JOIN in str(label)]:
            message = f'the label "{joined[0]}" has the sign {JOIN}, which joins labels in a set'
            problems.append(config.problem("intervals", message, "call it otherwise"))
    columns = predicted_columns(targets, built.model.loss, config.intervals is not None)
    if twice := [name for name in columns if columns.count(name) > 1]:
        message = f'two columns of the predictions would be called "{twice[0]}"'
        problems.append(config.problem("data.target", message, "call the target otherwise"))
    positive = getattr(config.threshold, "positive", None)
    if positive is not None and targets.classes is None:
        message = "positive is a label of one target; here each target is a label of its own"
        problems.append(config.problem("threshold.positive", message, "remove it"))
    elif positive is not None and place_of(config, labels) is None:
        message = f'"{positive}" is not a class of the data; those are: {listed(labels)}'
        problems.append(config.problem("threshold.positive", message, "name one of them"))
    if problems:
        raise NnctlError(problems)


def place_of(config: Config, labels: Sequence[Any]) -> int | None:
    """The place of the label that the config calls positive; by default the second."""
    positive = getattr(config.threshold, "positive", None)
    return 1 if positive is None else index_of(positive, labels)


def rows_that_count(examples: Examples | None) -> int:
    """How many rows there are with a weight."""
    return 0 if examples is None else int(np.count_nonzero(counted(examples)))


def counted(examples: Examples) -> Array:
    """Which rows have a weight, (rows,)."""
    found: Array = np.ones(len(examples)) if examples.weight is None else examples.weight
    return found > 0


def fit_readout(built: Built, model: Predicting) -> Fitted:
    """What follows the output of a trained model, as the config asks; nothing where it does not.

    `built` is the first of its members, with the rows by which that is fitted.
    """
    config = built.config
    if not config.asks_of_answers:
        return Fitted(model, AS_IT_IS)
    readout, notices = AS_IT_IS, missing_answers(built)
    if config.calibrate:
        temperature, proven = temperature_of(built, model)
        readout = readout._replace(temperature=temperature)
        if not all(proven):
            whose, names = "", built.prepared.preprocessing.targets.names
            if len(proven) > 1:
                unproven = [name for name, sure in zip(names, proven, strict=True) if not sure]
                whose = f" of {listed(unproven)}"
            rows = f"{len(calibration_rows(built)):,} calibration rows"
            message = f"{rows} do not show that probabilities{whose} are off: they stay as they are"
            notices.append(Problem(message, path="calibrate"))
    corrected = answering(model, readout)
    if config.threshold is not None:
        cuts, told = choose_cuts(built, corrected)
        notices += told
        readout = readout._replace(cuts=cuts)
    if config.intervals is not None:
        readout = readout._replace(intervals=intervals_of(built, corrected, config.intervals))
    return Fitted(answering(model, readout), readout, tuple(notices))


def missing_answers(built: Built) -> list[Problem]:
    """What to tell of classes, or answers to a label, that no calibration row has."""
    rows, targets = built.calibration, built.prepared.preprocessing.targets
    if rows is None or targets.task == "regression":
        return []
    y = rows.y[counted(rows)]
    told = list[str]()
    if targets.classes is not None:
        labels = targets.classes.labels
        own = y[:, 0] > 0.5 if targets.task == "binary" else y
        if own.ndim > 1:
            own = own.argmax(axis=1)
        counts = np.bincount(own.astype(np.intp), minlength=len(labels))
        if absent := [label for label, count in zip(labels, counts, strict=True) if not count]:
            told = [f"none of the calibration rows is of the class {listed(absent)}"]
    else:
        for name, yes in zip(targets.names, (y > 0.5).T, strict=True):
            if yes.all() or not yes.any():
                told.append(f"{name} is {'yes' if yes.all() else 'no'} in all calibration rows")
    fix = "what is fitted to them knows one side alone: give data.calibration rows of all kinds"
    return [Problem(message, fix, path="data.calibration") for message in told]


def calibration_rows(built: Built) -> Examples:
    """The rows that have neither trained nor stopped a training."""
    assert built.calibration is not None
    return built.calibration


def temperature_of(built: Built, model: Predicting) -> tuple[Temperature, tuple[bool, ...]]:
    """The correction of the model's logits, and for which of them the calibration rows prove it."""
    from nnctl.training.answering import Answering  # for those who ask for it

    rows = calibration_rows(built)
    members = model.members if isinstance(model, Ensemble) else (model,)
    plain = Answering(members, {}, lambda logits: logits)
    logits = [plain.joint_logits(own, None) for _, own in plain.outputs_of_each(rows.x)]
    classes = built.model.loss.task == "multiclass"
    found = np.concatenate(logits)
    truth = class_indices(rows.y, found) if classes else rows.y
    return proven_temperature(found, truth, rows.weight, prior_of(built, found), classes=classes)


def prior_of(built: Built, logits: Array) -> Array | None:
    """What class weights add to each logit; None without any.

    A loss that counts a class w times is least where its odds are w times what they are.
    """
    given = class_weights(built.config, built.train, built.prepared.preprocessing.targets)
    if given is None:
        return None
    size = max(2, logits.shape[1])
    logs = np.array([np.log(given.get(k, 1.0) or 1.0) for k in range(size)])
    return logs[1:] - logs[0] if logits.shape[1] == 1 else logs


def choose_cuts(built: Built, model: Predicting) -> tuple[tuple[float, ...], list[Problem]]:
    """The cut of each output of yes or no, and what to tell of how they were chosen."""
    config = built.config
    outputs = built.model.output_shape[-1]
    asked: Any = config.threshold
    if isinstance(asked, float):
        return (asked,) * outputs, []
    rows, notices = built.calibration, list[Problem]()
    if rows is None:
        rows = built.examples("validation")
        message = "the cut was chosen by the validation rows, which had a say in the training"
        notices.append(Problem(message, 'add "calibration: 0.1" to data', path="threshold"))
    targets = built.prepared.preprocessing.targets
    labels = (0, 1) if targets.classes is None else targets.classes.labels
    aim = aim_of(config, place_of(config, labels) == 0)
    probabilities = predicted(built, model, rows)[0]
    cuts = []
    for column in range(outputs):
        truth = rows.y[:, column] > 0.5
        cut = choose_cut(aim, probabilities[:, column], truth, rows.weight)
        if cut is None:
            whose = f" of {targets.names[column]}" if outputs > 1 else ""
            positive = int(np.count_nonzero((truth ^ aim.of_first)[counted(rows)]))
            notices.append(no_cut(aim, whose, len(rows), positive))
        cuts.append(THRESHOLD if cut is None else cut)
    return tuple(cuts), notices


def no_cut(aim: Aim, whose: str, rows: int, positive: int) -> Problem:
    """What to tell where no cut serves the aim on so many rows, of which some are `positive`."""
    message = f"no cut{whose} has a {aim.kind} of {aim.share:g} on {rows:,} rows"
    fix = "the cut is 0.5; ask for less, or give it more rows"
    if aim.kind == "recall":
        message += f", {positive:,} of them positive"
        fix = f"the cut is 0.5; ask for less, or give it {fewest_rows(aim.share):,} positive rows"
    return Problem(message, fix, path=f"threshold.{aim.kind}")


def aim_of(config: Config, of_first: bool) -> Aim:
    """What the config's section `threshold` asks for."""
    asked: Any = config.threshold
    (key,) = asked.aims
    if key == "maximize":
        return Aim(asked.maximize, of_first=of_first)
    if key == "cost":
        return Aim("cost", 0.0, asked.cost.false_negative, asked.cost.false_positive, of_first)
    return Aim(key, getattr(asked, key), of_first=of_first)


def predicted(built: Built, model: Predicting, rows: Examples) -> tuple[Array, Array | None]:
    """The predictions for some rows, (rows, outputs), and their spread in an ensemble."""
    trained = Trained("", built.config, model, built.prepared.preprocessing)
    blocks = list(spread_by_block(trained, rows.x))
    spreads = [spread for *_, spread in blocks if spread is not None]
    found = np.concatenate([predictions for _, predictions, _ in blocks])
    return found, np.concatenate(spreads) if spreads else None


def intervals_of(built: Built, model: Predicting, level: float) -> Intervals:
    """The ranges or sets that hold the truth as often as is asked, by the calibration rows."""
    rows = calibration_rows(built)
    trained = Trained("", built.config, model, built.prepared.preprocessing)
    targets = trained.preprocessing.targets
    predictions, spread = predicted(built, model, rows)
    if targets.task != "regression":
        probabilities = trained.of_classes(predictions)
        truth = (
            rows.y[:, 0] > 0.5 if targets.task == "binary" else class_indices(rows.y, predictions)
        )
        return fit_sets(level, probabilities, truth.astype(np.intp), rows.weight)
    numbers, deviation = trained.in_own_unit(predictions, spread)
    truth = targets.in_own_unit(rows.y.reshape(len(rows), -1))
    return fit_numbers(level, trained.by_target(numbers), truth, deviation, rows.weight)

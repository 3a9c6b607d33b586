"""What is wrong between `calibrate`, `threshold`, `intervals` and the rest of a config."""

from collections.abc import Iterator, Mapping
from typing import Any

from nnctl.config.dependent import Finding

ADD = 'add "calibration: 0.1" to data'
CHOOSING = "threshold"


def answer_findings(values: Mapping[Any, Any], task: str | None) -> Iterator[Finding]:
    """What is asked of answers that the loss does not give, or without rows to fit it to."""
    data = values.get("data")
    data = data if isinstance(data, Mapping) else {}
    calibrated = data.get("calibration") is not None
    if values.get("calibrate") is True:
        if task == "regression":
            message = "calibrate is for probabilities; this loss is for numbers"
            yield "calibrate", message, "remove it; intervals tell how sure a number is"
        elif not calibrated:
            message = "calibrate needs rows that have not trained, and data.calibration is missing"
            yield "calibrate", message, ADD
    if values.get("intervals") is not None and not calibrated:
        message = "intervals need rows that have not trained, and data.calibration is missing"
        yield "intervals", message, ADD
    if values.get(CHOOSING) is not None:
        yield from threshold_findings(values, data, task, calibrated)


def threshold_findings(
    values: Mapping[Any, Any], data: Mapping[Any, Any], task: str | None, calibrated: bool
) -> Iterator[Finding]:
    """A cut where no answer is yes or no, or one to be chosen without rows to choose it by."""
    if task in ("regression", "multiclass"):
        answers = "numbers" if task == "regression" else "classes, of which the likeliest is taken"
        message = f"threshold is for answers yes or no; those of this loss are {answers}"
        yield CHOOSING, message, "remove it, or choose the loss binary_crossentropy"
    elif isinstance(values[CHOOSING], Mapping) and not calibrated:
        if data.get("validation") is None:
            message = "the cut is chosen by rows that have not trained, and there are none"
            yield CHOOSING, message, ADD
        elif draws_apart(values, data):
            message = "each member validates on rows of its own: none are left to choose a cut by"
            yield CHOOSING, message, f'{ADD}, or write "split: shared" in ensemble'


def draws_apart(values: Mapping[Any, Any], data: Mapping[Any, Any]) -> bool:
    """Whether each of several members draws validation rows of its own."""
    ensemble = values.get("ensemble")
    section = ensemble if isinstance(ensemble, Mapping) else {"members": ensemble}
    members = section.get("members")
    several = type(members) is int and members > 1
    drawn = isinstance(data.get("validation"), float) and data.get("split") != "last"
    return several and drawn and section.get("split") != "shared"

"""Checks of the output layer against the loss, from the config alone."""

from collections.abc import Iterator
from typing import Any

from nnctl.advice.advice import Finding
from nnctl.advice.network import Output, output_of
from nnctl.config import Config
from nnctl.network.losses import LOSSES
from nnctl.rules import output as rules

PROBABILITY = {"binary": "sigmoid", "multiclass": "softmax"}


def output_findings(config: Config) -> Iterator[Finding]:
    """What does not fit between output and loss: of several rules that apply, the first."""
    output = output_of(config)
    task = LOSSES[config.loss.type].task
    if output is None:
        return
    if output.units == 1 and (output.function == "softmax" or task == "multiclass"):
        yield softmax_of_one(output, task)
    elif task != "regression":
        from_logits = config.loss.arguments()["from_logits"]
        yield from (logits_findings if from_logits else probability_findings)(output, task)


def logits_change(output: Output) -> dict[str, Any]:
    """The change to a linear output and a loss that takes logits."""
    change: dict[str, Any] = {"loss.from_logits": True}
    return change if output.function == "linear" else {output.activation: "linear", **change}


def softmax_of_one(output: Output, task: str) -> Finding:
    change: dict[str, Any] = {output.activation: "linear"}
    if task != "regression":
        change["loss"] = {"type": "binary_crossentropy", "from_logits": True}
    found = f"the output is one unit under a softmax, that of {output.activation}"
    if output.function != "softmax":
        found = "the output is one unit, and the loss is for a softmax"
    return Finding(rules.SOFTMAX_OF_ONE, output.activation, found, change)


def logits_findings(output: Output, task: str) -> Iterator[Finding]:
    """What is wrong with an output that the loss takes for logits."""
    if output.function == "linear":
        return
    twice = output.function in PROBABILITY.values()
    rule = rules.PROBABILITIES_AS_LOGITS if twice else rules.ACTIVATION_ON_LOGITS
    found = f"the output is a {output.function}, and the loss has from_logits: true"
    yield Finding(rule, output.activation, found, {output.activation: "linear"})


def probability_findings(output: Output, task: str) -> Iterator[Finding]:
    """What is wrong with an output that the loss takes for probabilities."""
    found = f"the output is {with_article(output.function)}, and the loss has from_logits: false"
    if output.function == PROBABILITY[task]:
        rule = rules.ROUNDED_PROBABILITIES
    elif output.function not in PROBABILITY.values():
        rule = rules.LOGITS_AS_PROBABILITIES
    else:
        rule = rules.SIGMOID_FOR_CLASSES if task == "multiclass" else rules.SOFTMAX_FOR_LABELS
        kind = "categorical" if task == "multiclass" else "binary"
        found = f"the output is a {output.function}, and the loss a {kind} crossentropy"
    yield Finding(rule, output.activation, found, logits_change(output))


def with_article(function: str) -> str:
    return "linear" if function == "linear" else f"a {function}"

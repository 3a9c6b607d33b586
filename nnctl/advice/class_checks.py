"""Checks of the classes: how many there are, and how rare."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnctl.advice.advice import Finding
from nnctl.advice.network import output_of
from nnctl.advice.samples import ENOUGH_ROWS
from nnctl.assembly.build import Built
from nnctl.data.classes import LEAST_SHARE, MOST_SHARE, listed, metric_for_rare
from nnctl.graph import Array
from nnctl.rules import data as rules
from nnctl.rules.judging import WEIGHTED_PROBABILITIES

MOST_ALIKE = 0.9  # of the rows, for the yes or the no of a label
BLIND = {"accuracy", "top_k_accuracy"}  # to rare classes


def spare_units(built: Built) -> Iterator[Finding]:
    targets = built.prepared.preprocessing.targets
    output = output_of(built.config)
    if targets.task != "multiclass" or len(targets.names) > 1 or output is None:
        return
    prepared = built.prepared
    parts = [part for part in (prepared.train, prepared.validation, prepared.test) if part]
    counts = sum(np.bincount(part.y, minlength=output.units) for part in parts)
    used = int(np.count_nonzero(counts))
    if not 2 <= used < output.units:
        return
    found = f"the output has {output.units} units, and the data {used} classes"
    path = f"{output.path}.units"
    yield Finding(rules.SPARE_UNITS, path, found, {path: used})


def unseen_class(built: Built) -> Iterator[Finding]:
    """Classes that validation or test has, and the rows that train have not."""
    prepared, data = built.prepared, built.config.data
    classes = prepared.preprocessing.targets.classes
    if classes is None:
        return
    known = class_counts(prepared.train.y, len(classes.labels))
    drawn: dict[str, Any] = {"data.validation": 0.2}
    if isinstance(data.validation, float):
        drawn = {"data.split": "random"} if data.split == "last" else {"data.validation": None}
    parts = {
        "validation": (prepared.validation, drawn),
        "test": (prepared.test, {"data.test": None}),
    }
    for name, (part, change) in parts.items():
        if part is None:
            continue
        counts = class_counts(part.y, len(classes.labels))
        new = np.flatnonzero((counts > 0) & (known == 0))
        if len(new):
            rows, labels = int(counts[new].sum()), [classes.labels[k] for k in new.tolist()]
            noun, verb = ("row", "is") if rows == 1 else ("rows", "are")
            found = f"{rows:,} {name} {noun} {verb} of a class that no row that trains has "
            found += f"({listed(labels)})"
            yield Finding(rules.UNSEEN_CLASS, f"data.{name}", found, change)


def rare_class(built: Built) -> Iterator[Finding]:
    config = built.config
    targets = built.prepared.preprocessing.targets
    names = {metric.type for metric in config.metrics}
    y = built.prepared.train.y
    weighed = config.class_weight is not None or config.data.sample_weight is not None
    if targets.task == "regression" or names - BLIND or weighed or len(y) < ENOUGH_ROWS:
        return
    if targets.classes is None:
        found, metric = rare_label(y, targets.names), "f1"
    else:
        counts = class_counts(y)
        found = rare_among(counts, targets.classes.labels)
        metric = metric_for_rare(targets.task, counts.tolist())
    if found is not None:
        change = {"metrics": [*(each.type for each in config.metrics), metric]}
        yield Finding(rules.RARE_CLASS, "metrics", found, change)


def class_counts(y: Array, classes: int = 0) -> Array:
    """The rows of each class: of class indices `(rows,)`, 0 and 1 `(rows, 1)`, or one-hot rows.

    Of class indices at least so many `classes` are counted.
    """
    if y.ndim == 1:
        return np.bincount(y, minlength=classes)
    ones = y.sum(axis=0)
    return np.array([len(y) - ones[0], ones[0]]) if y.shape[1] == 1 else ones


def rare_among(counts: Array, labels: tuple[int | float | str, ...]) -> str | None:
    """What is rare among classes that exclude each other; None where nothing is."""
    shares = counts / counts.sum()
    there = np.flatnonzero(counts)
    most, least = int(shares.argmax()), int(there[shares[there].argmin()])
    baseline = f'always answering "{labels[most]}" has accuracy {shares[most]:.3g}'
    if shares[most] >= MOST_SHARE:
        return baseline
    if shares[least] < LEAST_SHARE / len(there):
        return f'{shares[least]:.2g} of the rows are of class "{labels[least]}", and {baseline}'
    return None


def rare_label(y: Array, names: tuple[str, ...]) -> str | None:
    """What is rare among labels that go together; None where nothing is."""
    yes = y.mean(axis=0, dtype=np.float64)
    alike = np.maximum(yes, 1 - yes)
    place = int(alike.argmax())
    if alike[place] < MOST_ALIKE:
        return None
    answer = "yes" if yes[place] > 0.5 else "no"
    return f'always answering {answer} for "{names[place]}" has accuracy {alike[place]:.3g}'


def weighted_probabilities(built: Built) -> Iterator[Finding]:
    given = built.config.class_weight
    if given is None or built.config.calibrate:  # which takes them back
        return
    weights = "balanced" if given == "balanced" else "given for some classes"
    found = f"class_weight is {weights}"
    yield Finding(WEIGHTED_PROBABILITIES, "class_weight", found, {"class_weight": None})


CLASS_CHECKS = (spare_units, rare_class, unseen_class, weighted_probabilities)

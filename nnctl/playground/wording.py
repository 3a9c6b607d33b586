"""What the page says in words: what it is of, what it does not show and why."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnctl.playground.nodes import AUGMENTING
from nnctl.playground.recording import MOST_FRAMES, Recording, frames_to_keep, rows_to_show
from nnctl.training.sequential import Sequential

AXES = 2  # of what can be drawn
LETTERS = {"kernel": "w", "bias": "b"}  # the course's
NAMED = 5  # columns, of many
# What layers do in training alone, and what they do here, as in predict.
IN_TRAINING = {
    "dropout": ("leaves out some of its inputs, drawn anew at each step", "it lets all pass"),
    "batch_normalization": (
        "takes the mean and variance of its batch",
        "it takes the averages that training has kept",
    ),
    **dict.fromkeys(
        AUGMENTING, ("changes each image by chance, anew at each step", "it lets all pass")
    ),
}
Fields = Sequence[Mapping[str, Any]]


def about(recording: Recording) -> str:
    """A line that says what the page is of."""
    config, model = recording.built.config, recording.built.model
    units = "-".join(str(shape[-1]) for shape in (model.input_shape, *model.shapes))
    alone = f"member {model.member} of {config.members}, " if config.members > 1 else ""
    state = "as it learns" if recording.is_training else "as it was left"
    return (
        f"{alone}{units}, {model.layout.size:,} parameters, {state}: {config.optimizer.type} "
        f"lowers {config.loss.type} over {len(recording.built.train):,} rows."
    )


def parameter_names(model: Sequential) -> list[str]:
    """What one or two parameters are called, numbers of an array counted; none of more."""
    # What is kept, but not learnt, has no axis.
    if model.layout.size > AXES or model.layout.kept:
        return []
    found = list[str]()
    for name in model.layout.trainable:
        layer, _, own = name.partition("/")
        letter = LETTERS.get(own, own) + (f" of {layer}" if len(model.layers) > 1 else "")
        size = math.prod(model.layout.parameters[name].shape)
        found += [letter] if size == 1 else [f"{letter}[{k}]" for k in range(size)]
    return found


def said_of(model: Sequential, fields: Fields, view: str) -> dict[str, str]:
    """What panels say where they have less to show than others."""
    numeric = [field for field in fields if field["kind"] == "number"]
    data = trying = bowl = ""
    if view != "table":
        data = (
            f"An example has {math.prod(model.input_shape):,} inputs, of which two alone say "
            "little: so rows stand here, to choose from."
        )
    elif not numeric:
        data = "No column of numbers can be an axis; the form takes all columns that it can."
    elif len(fields) > AXES:
        data = "All columns but those of the axes are held as the row has them."
    if view == "series":
        trying = "A series is taken as the row has it; choose another row."
    if not parameter_names(model):
        bowl = (
            f"The model has {model.layout.size:,} parameters: J is a landscape over as "
            "many directions, and can be drawn over one or two."
        )
    return {"data": data, "trying": trying, "bowl": bowl}


def notes(recording: Recording, fields: Fields, view: str) -> Iterator[str]:
    """What the page does not show, and why."""
    built = recording.built
    yield from recording.told
    total, shown = len(built.train), len(rows_to_show(built))
    if shown < total:
        yield f"Of {total:,} rows that train the page holds {shown:,}, evenly spread."
    if recording.is_training and frames_to_keep(built.model) < MOST_FRAMES:
        kept = len(recording.frames)
        yield f"The model is large, so that the page holds {kept} moments of its training."
    for name, entry in zip(built.model.layer_names, built.config.layers, strict=True):
        if entry.type in IN_TRAINING:
            there, here = IN_TRAINING[entry.type]
            yield f"In training {name} {there}; here, as in predict, {here}."
    fixed = [field for field in fields if field["kind"] == "fixed"]
    if fixed and view == "table":
        names = ", ".join(str(field["name"]) for field in fixed[:NAMED])
        names += ", …" if len(fixed) > NAMED else ""
        why = " and ".join(dict.fromkeys(str(field["why"]) for field in fixed))
        yield f"The form leaves {names} as the row has it, for the page computes {why}."
    if recording.readout.intervals is not None:
        yield "The ranges or sets of intervals are not shown; nnctl predict prints them."
    if built.config.members > 1:
        number, count = built.model.member, built.config.members
        yield f"This is member {number} of the {count}, and predict has the mean of all."

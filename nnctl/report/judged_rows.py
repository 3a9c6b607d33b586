"""The rows that a report is about, and what the model makes of them."""

from contextlib import suppress
from typing import NamedTuple

import numpy as np

from nnctl.assembly.build import Built
from nnctl.assembly.examples import data_file, examples_for
from nnctl.assembly.importance import Importance
from nnctl.assembly.out_of_bag import own_rows
from nnctl.assembly.trained import Trained
from nnctl.config import Config
from nnctl.data.prepare import read_examples
from nnctl.errors import NnctlError
from nnctl.reading.array_types import Indices
from nnctl.reading.files import DataFile
from nnctl.report.files import UsedFile
from nnctl.report.gaps import with_gaps
from nnctl.report.predictions import Judged, judge
from nnctl.report.reasons import columns_relied_on, with_reasons
from nnctl.report.surface import Surface, surface_of
from nnctl.training.step import Examples


class Seen(NamedTuple):
    """What a model makes of the rows of one part of the data.

    `importance` is that of the columns; where there is none, `no_importance` says why. `surface` is
    there for models of one or two columns.
    """

    judged: Judged
    importance: Importance | None
    no_importance: str
    surface: Surface | None


class Part(NamedTuple):
    """The rows of a part of the data, and their places in the file, or None where they are all."""

    name: str
    examples: Examples
    file: DataFile
    rows: Indices | None


def rows_of(built: Built | None, seen: Seen | None) -> dict[str, int]:
    """The rows of each part of the data, as far as they are known."""
    if built is None:
        return {} if seen is None else {seen.judged.part: seen.judged.rows}
    parts = {"train": built.train, "validation": built.validation, "test": built.test}
    for part in parts:
        if (own := own_rows(built, part)) is not None:
            parts[part] = own.examples
    return {part: len(examples) for part, examples in parts.items() if examples is not None}


def look_at_rows(
    config: Config, trained: Trained, built: Built | None, files: tuple[UsedFile, ...]
) -> Seen | None:
    """What the model makes of the rows of the test, or else validation, or else training.

    Where the training file is gone, a test or validation file may still be there.
    """
    if built is not None:
        parts = {"test": built.test, "validation": built.validation, "train": built.train}
        name = next(name for name, rows in parts.items() if rows is not None)
        part = rows_in_file(built, name)
        judging = trained
        if (shared := own_rows(built, name)) is not None:
            part = part._replace(examples=shared.examples, rows=shared.rows)
            judging = trained.judged_by(shared.said)
        return seen_in(part, trained, judging, built.train)
    for name in ("test", "validation"):
        written = getattr(config.data, name)
        own = [file for file in files if file.part.partition(".")[0] == name]
        named = None if isinstance(written, float) else data_file(config, written)
        if named is not None and own and all(each.fault is None for each in own):
            with suppress(NnctlError):
                read = read_examples(trained.preprocessing, named, [])
                examples = examples_for(trained.model, read)
                return seen_in(Part(name, examples, named, None), trained, trained, None)
    return None


def seen_in(part: Part, whole: Trained, judging: Trained, train: Examples | None) -> Seen:
    """What `judging` makes of the rows of a part, and what `whole` of any; they are the same but
    for an ensemble whose members share out the rows. `train` are the rows that trained."""
    judged = judge(part.name, judging, part.examples)
    judged = with_gaps(judged, judging, part.examples.x, part.file, part.rows)
    judged = with_reasons(judged, whole, part.examples.x, None if train is None else train.x)
    is_table = judged.view.kind == "table"
    importance, told = columns_relied_on(judging, part.examples, is_table)
    surface = surface_of(whole, judging, part.examples, judged.view, train)
    return Seen(judged, importance, told, surface)


def rows_in_file(built: Built, part: str) -> Part:
    """The rows of a part of the data, the file that has them, and which of its rows, if not all."""
    data, pool = built.config.data, built.prepared.pool
    written = getattr(data, part)
    if part == "train" or isinstance(written, float):
        file = data_file(built.config, data.train, data.features, data.target)
    else:
        file, pool = data_file(built.config, written), None
    assert file is not None
    rows = None
    if pool is not None:
        division = pool.division
        rows = np.flatnonzero(division.trains if part == "train" else division.drawn)
    return Part(part, built.examples(part), file, rows)

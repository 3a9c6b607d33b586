"""Tests of rows between reading and scaling."""

import io

import numpy as np
import pytest

from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Columns
from nnctl.data.raw import read_raw
from nnctl.encoding.scaling import UNSCALED, Scaling
from nnctl.reading.source import open_source

COLUMNS = Columns(("a",), ("t",), None)
NOTICES = Notices("t.csv")


def test_pieces_are_small_only_where_nothing_is_lost() -> None:
    for cell, dtype in (("3", np.float32), ("0.5", np.float32), ("0.1", np.float64)):
        with open_source(io.BytesIO(f"a,t\n{cell},1\n".encode())) as source:
            raw = read_raw(source, COLUMNS, "float32", NOTICES)
        numbers = raw.features.stretch(0, 1).numbers
        assert numbers.dtype == dtype and numbers.tolist() == [[float(cell)]]


def test_chosen_rows_and_the_others_keep_their_order() -> None:
    with open_source(io.BytesIO(b"a,t\n1,1\n2,1\n3,1\n4,1\n")) as source:
        raw = read_raw(source, COLUMNS, "float32", NOTICES)
    rows = np.array([True, False, True, False])
    assert [chunk.tolist() for chunk in raw.chunks(rows)] == [[[1], [3]]]
    plain = Inputs(("a",), (1,), "float32")
    chosen, others = raw.examples_of(rows, plain, NOTICES)
    assert chosen.tolist() == [[1], [3]] and others.tolist() == [[2], [4]]
    assert raw.features.stretch(0, 4).numbers.size == 0 and len(raw) == 4


@pytest.mark.parametrize("scaling", [UNSCALED, Scaling("rescale", np.zeros(()), np.array(3.0))])
@pytest.mark.parametrize("left_out", [[], [1], [0, 1, 2, 3]])
def test_rows_go_where_they_belong(left_out, scaling) -> None:
    with open_source(io.BytesIO(b"a,t\n1,1\n2,1\n3,1\n4,1\n")) as source:
        raw = read_raw(source, COLUMNS, "float32", NOTICES)
    raw.features.add(("a",), np.array([[5.0]], np.float32), {})
    rows = np.array([k not in left_out for k in range(5)])
    inputs = Inputs(("a",), (1,), "float32", scaling=scaling)
    every = (np.array([[1.0], [2], [3], [4], [5]]) / scaling.divisor).astype(np.float32)
    chosen, others = raw.examples_of(rows, inputs, NOTICES)
    assert chosen.tolist() == every[rows].tolist() and others.tolist() == every[~rows].tolist()

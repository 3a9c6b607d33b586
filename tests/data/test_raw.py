"""Tests of rows between reading and scaling."""

import io

import numpy as np
import pytest

from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Columns
from nnctl.data.raw import read_raw
from nnctl.encoding.scaling import UNSCALED, Scaling
from nnctl.errors import NnctlError
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


def test_a_number_that_scaling_takes_beyond_the_range_is_told_as_it_was_read() -> None:
    cells = "\n".join(f"{cell},1" for cell in ("1", "2", str(2**127), "3"))
    with open_source(io.BytesIO(f"a,t\n{cells}\n".encode())) as source:
        raw = read_raw(source, COLUMNS, "float32", NOTICES)
    scaling = Scaling("rescale", np.zeros(()), np.array(0.5))
    with pytest.raises(NnctlError) as caught:
        raw.examples_of(np.ones(4, np.bool_), Inputs(("a",), (1,), "float32", scaling), NOTICES)
    (problem,) = caught.value.problems
    assert problem.line == 4 and "1.70141e+38 is beyond the range" in problem.message


@pytest.mark.parametrize("at_once", [1, 7, 10**6])
def test_rows_move_up_to_where_others_stood(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr("nnctl.data.raw.MADE_AT_ONCE", 2 * at_once)
    cells = np.random.default_rng(0).integers(0, 100, (50, 2))
    lines = "\n".join(f"{a},{b},1" for a, b in cells.tolist())
    columns = Columns(("a", "b"), ("t",), None)
    with open_source(io.BytesIO(f"a,b,t\n{lines}\n".encode())) as source:
        raw = read_raw(source, columns, "float32", NOTICES)
    rows = np.random.default_rng(1).random(50) < 0.7
    shift, divisor = np.array([50.0, 10.0]), np.array([3.0, 7.0])
    inputs = Inputs(("a", "b"), (2, 1), "float32", Scaling("standardize", shift, divisor))
    chosen, others = raw.examples_of(rows, inputs, NOTICES)
    every = ((cells - shift) / divisor).astype(np.float32)[..., None]
    assert chosen.tobytes() == every[rows].tobytes() and others.tobytes() == every[~rows].tobytes()
    assert chosen.shape == (rows.sum(), 2, 1) and chosen.flags.c_contiguous

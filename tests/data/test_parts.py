"""Inputs that are read in blocks are those that are held, to the byte."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnctl.data.prepare import Prepared
from nnctl.data.streamed import Streamed
from nnctl.errors import NnctlError
from nnctl.training.one_hot import OneHot
from tests.data.test_prepare import prepared

ROWS = 1000


def table(path: Path) -> Path:
    """Numbers of single and of double precision, text, missing values, and weights."""
    draws = np.random.default_rng(0)
    lines = ["n,k,late,m,t,w"]
    for row in range(ROWS):
        cells = [
            f"{row % 7}" if row % 11 else "",
            "xyz"[draws.integers(3)] if row % 13 else "",
            "" if row < 90 else "pq"[row % 2],
            repr(float(draws.normal())),
            "ab"[row % 3 > 1],
            f"{row % 4}",
        ]
        lines.append(",".join(cells))
    path.write_text("\n".join(lines) + "\n")
    return path


def arrays(path: Path) -> Path:
    draws = np.random.default_rng(0)
    np.savez(path, x=draws.integers(0, 255, (ROWS, 3, 2)).astype(np.uint8), y=np.arange(ROWS) % 3)
    return path


def both(
    path: Path, monkeypatch: pytest.MonkeyPatch, memory: int, **options: Any
) -> tuple[Prepared, Prepared]:
    """The data prepared with all of it in memory, and with little of it."""
    monkeypatch.setattr("nnctl.reading.bytestream.BLOCK", 1500)
    return prepared(path, **options), prepared(path, memory=memory, **options)


def compare(held: Prepared, read: Prepared) -> None:
    assert held.preprocessing.to_json() == read.preprocessing.to_json()
    assert held.warnings == read.warnings
    for part in ("train", "validation", "test"):
        mine, theirs = getattr(held, part), getattr(read, part)
        if mine is None:
            assert theirs is None
            continue
        assert isinstance(mine.x, np.ndarray) and isinstance(theirs.x, Streamed), part
        assert mine.x.tobytes() == theirs.x[:].tobytes()
        assert mine.y.tobytes() == theirs.y.tobytes()
        assert (mine.weight is None) == (theirs.weight is None)
        if mine.weight is not None:
            assert mine.weight.tobytes() == theirs.weight.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["mean", "drop"])
@pytest.mark.parametrize("split", ["random", "last"])
@pytest.mark.parametrize("scaling", ["none", "standardize", "minmax"])
def test_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, split: str, scaling: str
) -> None:
    path = table(tmp_path / "t.csv")
    options = {"task": "binary", "target": "t", "sample_weight": "w", "missing": missing}
    options |= {"scaling": scaling, "split": split, "validation": 0.25, "test": path}
    compare(*both(path, monkeypatch, 10_000, **options))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scaling", ["none", "standardize", "rescale"])
def test_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, scaling: str) -> None:
    path = arrays(tmp_path / "d.npz")
    options = {"task": "multiclass", "units": 3, "dtype": dtype, "scaling": scaling, "by": 255}
    compare(*both(path, monkeypatch, 900, target="y", **options, validation=0.25, test=path))


def test_arrays_without_the_rows_that_lack_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32)
    x[::9, 2] = np.nan
    path = tmp_path / "d.npz"
    np.savez(path, x=x, y=x[:, 0])
    for missing in ("drop", "mean"):
        held, read = both(path, monkeypatch, 900, target="y", missing=missing, validation=0.25)
        compare(held, read)
        left = ROWS - len(x[::9]) if missing == "drop" else ROWS
        assert len(held.train) == left - int(left * 0.25 + 0.5)


def test_text_alone_may_be_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("k,t\n" + "".join(f"{'abc'[row % 3]},{row}\n" for row in range(ROWS)))
    compare(*both(path, monkeypatch, 3200, target="t", missing="mean", validation=0.25))


def test_numbers_beyond_the_dtype_are_found_before_training(tmp_path: Path) -> None:
    x = np.ones((ROWS, 2))
    x[333, 1] = 1e39
    path = tmp_path / "d.npz"
    np.savez(path, x=x, y=np.arange(ROWS))
    with pytest.raises(NnctlError, match=r"column x_1, row 333[^$]*beyond the range of float32"):
        prepared(path, memory=900)
    x[333, 1] = np.inf
    np.savez(path, x=x, y=np.arange(ROWS))
    with pytest.raises(NnctlError, match=r"column x_1, row 333[^$]*not a finite number"):
        prepared(path, memory=900)


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["mean", "drop"])
@pytest.mark.parametrize("scaling", ["none", "standardize"])
def test_of_many_kinds_the_places_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, scaling: str
) -> None:
    """The inputs, and their order, are those that are read where not even these may be held."""
    path = tmp_path / "t.csv"
    cells = [
        (row / 7, f"k{row * 37 % 90}", "xyz"[row % 3] if row % 9 else "") for row in range(ROWS)
    ]
    lines = [f"{n!r},{k},{few},{row}\n" for row, (n, k, few) in enumerate(cells)]
    path.write_text("n,k,few,t\n" + "".join(lines))
    options = {"target": "t", "missing": missing, "scaling": scaling, "validation": 0.25}
    memory = 100_000
    held, spared = both(path, monkeypatch, memory, **options, test=path)
    assert held.preprocessing.to_json() == spared.preprocessing.to_json()
    assert held.warnings == spared.warnings
    for part in ("train", "validation", "test"):
        mine, theirs = getattr(held, part), getattr(spared, part)
        assert isinstance(mine.x, np.ndarray) and isinstance(theirs.x, OneHot), part
        assert theirs.x.nbytes == len(mine) * 12
        assert mine.x.tobytes() == theirs.x[:].tobytes()
        assert mine.y.tobytes() == theirs.y.tobytes()
    monkeypatch.setattr("nnctl.data.inputs.Inputs.held_row", memory)
    read = prepared(path, **options, memory=memory)
    assert isinstance(read.train.x, Streamed) and isinstance(spared.train.x, OneHot)
    assert read.train.x[:].tobytes() == held.train.x[:].tobytes()
    np.testing.assert_array_equal(spared.train.x.starts, read.train.x.starts)
    assert spared.train.x.at_once == read.train.x.at_once < read.train.x.count

"""Every kind of column, as ONNX Runtime and as `predict` see it: filled, scaled, cut, encoded."""

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.export.running import assert_same, outputs, printed, session_of
from tests.export.test_inputs import model_of

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
ROWS = 300
NUMBERS = ["price", "size", "few"]
START = datetime(1970, 1, 1)
ALL_PARTS = ["year", "month", "day", "weekday", "hour", "minute", "days"]
SCALES: list[Any] = ["log", "quantile", "robust", {"type": "robust", "clip": True}]


def table(path: Path, dates: list[datetime] | None = None) -> Path:
    """Numbers with ties and gaps, dates with gaps, categories of which many are rare."""
    draws = np.random.default_rng(0)
    hours = draws.integers(0, 30_000, ROWS).tolist()
    dates = dates or [datetime(2019, 11, 3) + timedelta(hours=hour) for hour in hours]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["price", "when", "shop", "size", "few", "y"])
        for row, date in enumerate(dates):
            cells = [repr(float(draws.lognormal(4, 1))), date.isoformat(" ")]
            cells += [f"s{draws.geometric(0.15)}", f"{draws.normal():.2f}", f"{row % 4}"]
            gap = row % 11
            cells = ["" if k == gap else cell for k, cell in enumerate(cells)]
            writer.writerow([*cells, repr(float(np.sin(row)))])
    return path


def given(session: Any, path: Path) -> dict[str, np.ndarray]:
    """What a caller gives for a table: numbers, text, and dates as seconds since 1970."""
    with path.open() as file:
        rows = list(csv.DictReader(file))

    def column(name: str, kind: str) -> np.ndarray:
        cells = [row[name] for row in rows]
        if kind == "tensor(string)":
            return np.array(cells, dtype=object)[:, None]
        if name == "when":
            dates = [datetime.fromisoformat(cell) if cell else None for cell in cells]
            cells = [str((date - START).total_seconds()) if date else "nan" for date in dates]
        dtype = np.float64 if kind == "tensor(double)" else np.float32
        return np.array([float(cell or "nan") for cell in cells], dtype)[:, None]

    return {
        port.name: np.hstack([column(name, port.type) for name in NUMBERS])
        if port.name == "features"
        else column(port.name, port.type)
        for port in session.get_inputs()
    }


def compare(folder: Path, path: Path, data: dict[str, Any], dtype: str) -> Any:
    weights, content = model_of(folder, path, {"target": "y", **data}, dtype=dtype)
    session = session_of(content)
    made = outputs(session, given(session, path))
    assert_same(made, printed(weights, path), TOLERANCE[dtype])
    return session


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", SCALES, ids=str)
@pytest.mark.parametrize("bins", [None, 5])
def test_every_scaling_of_numbers(scale: Any, bins: int | None, dtype: str, tmp_path: Path) -> None:
    data = {"features": NUMBERS, "scale": scale, "missing": "median", "bins": bins}
    session = compare(tmp_path, table(tmp_path / "t.csv"), data, dtype)
    (port,) = session.get_inputs()
    assert (port.name, port.shape[1]) == ("features", 3)
    assert port.type == "tensor(double)"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_kind_of_column_side_by_side(dtype: str, tmp_path: Path) -> None:
    columns = {
        "price": {"scale": "log", "indicator": True, "bins": 7},
        "when": {"type": "date", "indicator": True, "scale": "robust"},
        "shop": {"min_count": 20},
        "size": {"scale": "quantile", "missing": "median"},
        "few": {"type": "category"},
    }
    data = {"missing": "mean", "scale": "standardize", "columns": columns}
    session = compare(tmp_path, table(tmp_path / "t.csv"), data, dtype)
    kinds = {port.name: port.type for port in session.get_inputs()}
    assert kinds == {
        "price": "tensor(double)", "when": "tensor(double)", "shop": "tensor(string)",
        "size": "tensor(double)", "few": "tensor(string)",
    }  # fmt: skip
    told = {port.name: port.doc_string for port in session_inputs(tmp_path / "model.onnx")}
    assert told["when"].startswith("dates as seconds since 1970-01-01T00:00")


def session_inputs(path: Path) -> Any:
    import onnx

    return onnx.load(path).graph.input


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_that_differ_in_their_scaling(dtype: str, tmp_path: Path) -> None:
    columns = {"price": {"scale": "quantile"}, "size": {"scale": "none", "indicator": True}}
    data = {"features": NUMBERS, "missing": "mean", "scale": "minmax", "columns": columns}
    compare(tmp_path, table(tmp_path / "t.csv"), data, dtype)


def drawn(count: int) -> list[datetime]:
    draws = random.Random(1)
    days = (datetime(9999, 12, 31) - datetime(1, 1, 1)).days
    leaps = [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59), datetime(2000, 2, 29)]
    leaps += [datetime(1900, 2, 28, 12), datetime(1900, 3, 1), datetime(1600, 2, 29)]
    moments = [
        datetime(1, 1, 1) + timedelta(draws.randrange(days), draws.randrange(86_400))
        for _ in range(count - len(leaps))
    ]
    return [*leaps, *moments]


@pytest.mark.parametrize("part", ALL_PARTS)
def test_each_part_of_dates_from_year_1_to_9999(part: str, tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", drawn(ROWS))
    columns = {"when": {"type": "date", "parts": [part]}}
    data = {"features": ["when"], "missing": "mean", "scale": "standardize", "columns": columns}
    compare(tmp_path, path, data, "float64")


def test_a_caller_gives_what_timestamps_are(tmp_path: Path) -> None:
    """Of a date in UTC the seconds are those that `datetime.timestamp` gives."""
    path = tmp_path / "t.csv"
    dates = [datetime(2024, 1, 1, 7, tzinfo=UTC) + timedelta(hours=7 * k) for k in range(50)]
    path.write_text("when,y\n" + "".join(f"{d.isoformat()},{d.hour}\n" for d in dates))
    columns = {"when": {"type": "date"}}
    weights, content = model_of(
        tmp_path, path, {"target": "y", "columns": columns, "scale": "minmax"}
    )
    seconds = np.array([[date.timestamp()] for date in dates])
    assert_same(outputs(session_of(content), {"when": seconds}), printed(weights, path))

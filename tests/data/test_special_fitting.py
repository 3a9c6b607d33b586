"""Columns that are not as all others: what they become, in training and in `predict`."""

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnctl.data.inputs import Inputs
from nnctl.data.notices import Notices
from nnctl.data.preprocessing import Preprocessing
from nnctl.data.rules import Rule
from nnctl.data.streamed import Streamed
from nnctl.encoding.scaling import Scale
from nnctl.errors import NnctlError
from nnctl.reading.source import open_source
from tests.data.test_inputs import rows
from tests.data.test_prepare import prepared, write

ROWS = 600
START = datetime(2021, 3, 5, 6)


def table(path: Path) -> Path:
    """Numbers, categories of unequal size, and dates, each with gaps."""
    draws = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["price", "shop", "sold", "size", "t"])
        for row in range(ROWS):
            date = START + timedelta(hours=int(draws.integers(0, 20_000)))
            cells = [repr(float(draws.lognormal(3, 1))), f"s{int(draws.geometric(0.2))}"]
            cells += [f"{date:%Y-%m-%d %H:%M}", f"{draws.integers(0, 9)}"]
            gap = row % 7
            writer.writerow([*("" if k == gap else c for k, c in enumerate(cells)), row % 5])
    return path


RULES = {
    "price": Rule(scale=Scale("log"), indicator=True, bins=6),
    "shop": Rule(min_count=20),
    "sold": Rule("date", missing="median", indicator=True),
    "size": Rule("number", Scale("none"), "mean"),
}
OPTIONS: dict[str, Any] = {
    "target": "t", "scaling": "robust", "clip": True, "missing": "mean", "columns": RULES
}  # fmt: skip


def column(path: Path, name: str) -> list[str]:
    with path.open() as file:
        return [row[name] for row in csv.DictReader(file)]


def inputs_of(made: Any) -> tuple[np.ndarray, list[str]]:
    return made.train.x[:], made.preprocessing.inputs.input_names()


def named(x: np.ndarray, names: list[str], name: str) -> np.ndarray:
    return x[:, names.index(name)]


def test_each_column_becomes_its_inputs(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv")
    x, names = inputs_of(prepared(path, dtype="float64", **OPTIONS))
    given = [float(cell or "nan") for cell in column(path, "price")]
    price = np.array(given)
    gaps = np.isnan(price)
    price[gaps] = price[~gaps].mean()
    log = np.log1p(price)
    np.testing.assert_allclose(named(x, names, "price"), (log - log.mean()) / log.std(), atol=1e-12)
    np.testing.assert_array_equal(named(x, names, "price (missing)"), gaps)
    edges = np.quantile(price, np.linspace(0, 1, 7))
    pieces = np.clip((price[:, None] - edges[:-1]) / np.diff(edges), 0, 1)
    np.testing.assert_allclose(x[:, 1:7], pieces, rtol=1e-15)
    size = np.array([float(cell or "nan") for cell in column(path, "size")])
    expected = np.where(np.isnan(size), np.nanmean(size), size)
    np.testing.assert_allclose(named(x, names, "size"), expected)


def test_rare_categories_share_an_input_with_those_first_seen_later(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv")
    made = prepared(path, **OPTIONS)
    x, names = inputs_of(made)
    shops = column(path, "shop")
    rare = {shop for shop in shops if shop and shops.count(shop) < 20}
    assert len(rare) > 3
    others = [f"shop = {shop}" for shop in sorted({*shops} - rare - {""})]
    own = [name for name in names if name.startswith("shop")]
    assert own == ["shop = (missing)", "shop = (other)", *others]
    np.testing.assert_array_equal(
        named(x, names, "shop = (other)"), [shop in rare for shop in shops]
    )
    read = Preprocessing.from_json(json.loads(json.dumps(made.preprocessing.to_json())))
    new, told = rows(read, "price,shop,sold,size\n1,s_new,2021-04-05,3\n1,,2021-04-05,3\n")
    assert named(new, names, "shop = (other)").tolist() == [1, 0] and told == []
    assert named(new, names, "shop = (missing)").tolist() == [0, 1]


def test_without_a_rare_category_a_new_one_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "k,t\n" + "a,1\nb,2\n" * 9)
    made = prepared(path, target="t", columns={"k": Rule(min_count=3)})
    assert made.preprocessing.inputs.categories["k"] == ("a", "b")
    x, told = rows(made.preprocessing, "k\nc\n")
    assert x.tolist() == [[0, 0]] and "('c'); taken as none of them" in told[0]


def test_dates_are_parts_of_which_the_numbers_are_scaled(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv")
    x, names = inputs_of(prepared(path, dtype="float64", **OPTIONS))
    dates = [datetime.fromisoformat(cell) if cell else None for cell in column(path, "sold")]
    known = np.array([(date - START) / timedelta(1) for date in dates if date])
    gaps = np.array([date is None for date in dates])
    days = np.empty(ROWS)
    days[~gaps] = known - known.min()
    days[gaps] = np.median(known - known.min())
    lower, median, upper = np.quantile(days, [0.25, 0.5, 0.75])
    scaled = (days - median) / (upper - lower)
    expected = scaled / np.sqrt(1 + (scaled / 3) ** 2)
    np.testing.assert_allclose(named(x, names, "sold (days)"), expected, atol=1e-9)
    np.testing.assert_array_equal(named(x, names, "sold (missing)"), gaps)
    hours = np.array([date.hour for date in dates if date])
    found = named(x, names, "sold (hour, sine)")[~gaps]
    np.testing.assert_allclose(found, np.sin(2 * np.pi * hours / 24), atol=1e-15)
    assert [name for name in names if name.startswith("sold")] == [
        "sold (year)", "sold (month, sine)", "sold (month, cosine)", "sold (weekday, sine)",
        "sold (weekday, cosine)", "sold (hour, sine)", "sold (hour, cosine)", "sold (days)",
        "sold (missing)",
    ]  # fmt: skip


def test_all_is_learnt_from_the_rows_that_train(tmp_path: Path) -> None:
    lines = [f"{k},2024-01-{k + 1:02},k{k // 8}\n" for k in range(24)]
    head = write(tmp_path / "h.csv", "a,d,k\n" + "".join(lines[:18]))
    whole = write(tmp_path / "w.csv", "a,d,k\n" + "".join([*lines[:18], "999,2200-01-01,z\n" * 6]))
    rules = {"d": Rule("date"), "k": Rule(min_count=5), "a": Rule(bins=4)}
    options = {"scaling": "quantile", "columns": rules, "features": ["a", "d", "k"]}
    for path in (head, whole):
        text = path.read_text().replace("\n", ",1\n").replace("a,d,k,1", "a,d,k,t")
        path.write_text(text)
    alone = prepared(head, target="t", **options)
    among = prepared(whole, target="t", validation=0.25, split="last", **options)
    assert alone.preprocessing.to_json() == among.preprocessing.to_json()


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scaling", ["robust", "quantile", "log"])
def test_what_is_streamed_is_what_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scaling: str, dtype: str
) -> None:
    monkeypatch.setattr("nnctl.reading.bytestream.BLOCK", 1500)
    path = table(tmp_path / "t.csv")
    options = OPTIONS | {"scaling": scaling, "bins": 5, "dtype": dtype, "test": path}
    options |= {"clip": False, "validation": 0.25}
    memory = {"float32": 40_000, "float64": 70_000}[dtype]
    held = prepared(path, **options)
    read = prepared(path, memory=memory, **options)
    monkeypatch.setattr("nnctl.encoding.quantiles.GATHERED", 4000)
    narrow = prepared(path, memory=memory, **options)
    assert held.preprocessing.to_json() == read.preprocessing.to_json()
    assert held.preprocessing.to_json() == narrow.preprocessing.to_json()
    for part in ("train", "validation", "test"):
        mine, theirs = getattr(held, part), getattr(read, part)
        assert isinstance(mine.x, np.ndarray) and isinstance(theirs.x, Streamed)
        assert mine.x.tobytes() == theirs.x[:].tobytes()


def test_training_and_predict_make_the_same_bytes(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv")
    made = prepared(path, **OPTIONS)
    read = Preprocessing.from_json(json.loads(json.dumps(made.preprocessing.to_json())))
    again, told = rows(read, path.read_text())
    assert again.tobytes() == made.train.x[:].tobytes() and told == []


def test_the_width_of_all_inputs_counts(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv")
    options = OPTIONS | {"columns": {"price": Rule(bins=601)}, "features": "price"}
    width = prepared(path, **options).train.x.shape[1]
    assert width > 500
    with pytest.raises(NnctlError, match=f"the column becomes {width} inputs; 256 rows need"):
        prepared(path, memory=256 * 4 * width - 1, **options)


def test_rows_are_dropped_by_the_columns_that_say_so(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,b,t\n1,,0\n,2,1\n3,4,2\n")
    rule = {"a": Rule(missing="drop")}
    made = prepared(path, target="t", missing="mean", columns=rule)
    assert made.train.x.tolist() == [[1, 4], [3, 4]]
    assert [warning.message for warning in made.warnings] == [
        "1 of 3 rows have missing values; left out"
    ]
    x, _ = rows(made.preprocessing, "a,b\n5,\n")
    assert x.tolist() == [[5, 4]]
    with pytest.raises(NnctlError, match=r"t\.csv:2  column b\n  the value is missing"):
        prepared(path, target="t", columns=rule)


def test_arrays_are_no_dates(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "d,t\n2024-01-01,1\n2024-01-02,2\n")
    made = prepared(path, target="t", columns={"d": Rule("date")})
    np.savez(tmp_path / "d.npz", x=np.ones((2, 1)), y=np.ones(2))
    with (
        open_source(tmp_path / "d.npz") as source,
        pytest.raises(
            NnctlError, match="holds numbers; where the model was trained, it held dates"
        ),
    ):
        list(made.preprocessing.batches(source, Notices("d.npz")))


def test_plain_columns_say_no_more_in_the_metadata_than_before(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a,k,t\n1,x,0\n,y,1\n3,x,2\n")
    data = prepared(path, target="t", missing="mean", scaling="minmax").preprocessing.to_json()
    assert "columns" not in data and data["means"] == [2.0]
    assert data["scaling"] == {"type": "minmax", "shift": [1.0], "divisor": [2.0]}


GARBLED: list[dict[str, Any]] = [
    {"columns": {"size": {}}},
    {"columns": {"nothing": {"indicator": True}}},
    {"columns": {"price": {"edges": [0, 1], "dates": None}}},
    {"columns": {"shop": {"indicator": True}}},
    {"columns": {"price": {"other": True}}},
    {"columns": {"sold": {"missing": "mean"}}},
    {"columns": {"price": {"indicator": False}}},
    {"means": [1.0, None, 2.0]},
    {"scaling": []},
    {"scaling": [{"columns": [0], "type": "none", "shift": 0.0, "divisor": 1.0}]},
]


@pytest.mark.parametrize("change", GARBLED, ids=str)
def test_garbled_json_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    data = prepared(table(tmp_path / "t.csv"), **OPTIONS).preprocessing.to_json()
    Inputs.from_json(data)
    with pytest.raises((LookupError, TypeError, ValueError)):
        Inputs.from_json(data | change)

"""The same table is the same, bit for bit, whatever the format of its file."""

import random
from pathlib import Path

import numpy as np
import pytest

from nnctl.reading.joining import joined_tables
from nnctl.reading.source import open_source
from nnctl.reading.table import DateFormat, Table
from tests.typed_tables import FORMATS, columns_of, write_table

DATASETS = Path(__file__).parents[3] / "datasets"
SHIPPED = sorted([*DATASETS.glob("*.csv*"), *DATASETS.glob("tables/*.csv*")])
WIDE = ("digits", "heartbeats", "mnist", "street-scenes")  # hundreds of columns


def read(file, **kinds) -> Table:
    with open_source(file) as reader:
        names = list(reader.names)
        return joined_tables(list(reader.tables(names, **kinds)), names)


def seen(table: Table) -> dict[str, object]:
    """All that a table holds, so that equal means equal bit for bit."""
    found: dict[str, object] = {"names": table.number_names, "numbers": table.numbers.tobytes()}
    for name, column in {**table.text, **table.labels}.items():
        found[name] = [None if code < 0 else column.labels[code] for code in column.codes.tolist()]
    return found


def odd_columns(rows: int) -> dict[str, list[object]]:
    """Columns with whatever is hard to write and to read."""
    draw = random.Random(3)
    texts = ["a,b", 'a "quoted" word', "two\nlines", "emoji 🌍", "plain", "ünïcödé", "it's; x|y\tz"]
    numbers = [0.1, -0.0, 1e-300, 123456.75, 1.7976931348623157e308, 5e-324, -2.5, 1e22]
    return {
        "text": [texts[k % len(texts)] for k in range(rows)],
        "gaps": [None if k % 3 == 1 else draw.gauss(0, 1) for k in range(rows)],
        "missing text": [None if k % 4 == 2 else f"kind {k % 5}" for k in range(rows)],
        "number": [numbers[k % len(numbers)] for k in range(rows)],
        "whole": [draw.randrange(-(2**53) + 1, 2**53) for k in range(rows)],
        "empty": [None if k else 1 for k in range(rows)],
        "sold": [f"2024-02-{k % 28 + 1:02}T{k % 24:02}:30" for k in range(rows)],
        "label": [(2**63 - 1 - k % 7) if k % 2 else -(k % 5) for k in range(rows)],
    }


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    return {end: write_table(folder / f"t.{end}", odd_columns(250)) for end in FORMATS}


@pytest.mark.parametrize("end", FORMATS[1:])
def test_an_odd_table_is_the_same(odd, end):
    kinds = {"labels": ["label"], "dates": {"sold": DateFormat()}}
    assert seen(read(odd[end], **kinds)) == seen(read(odd["csv"], **kinds))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.slow] * path.name.startswith(WIDE), id=path.name)
        for path in SHIPPED
    ],
)
def test_shipped_tables_are_the_same(tmp_path, path):
    columns = columns_of(path, 30)
    if len(columns) > 100:
        columns = {name: cells[:3] for name, cells in columns.items()}
    texts = [name for name, cells in columns.items() if any(isinstance(c, str) for c in cells)]
    kinds = {"labels": [list(columns)[-1]], "text": texts}
    found = {
        end: seen(read(write_table(tmp_path / f"t.{end}", columns), **kinds)) for end in FORMATS
    }
    assert {end: table == found["csv"] for end, table in found.items()} == dict.fromkeys(
        FORMATS, True
    )


def test_a_negative_zero_is_zero_and_a_gap_a_gap(odd):
    for file in odd.values():
        table = read(file, labels=["label"], dates={"sold": DateFormat()})
        numbers = table.columns(["number"])[:, 0]
        assert (
            not np.signbit(numbers[1]) and numbers[1] == 0 and np.isnan(table.columns(["gaps"])[1])
        )

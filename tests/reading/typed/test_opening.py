"""Which format the name of a file says."""

from pathlib import Path

import pytest

from nnctl.errors import NnctlError
from nnctl.reading.files import DataFile
from nnctl.reading.typed.opening import check_keys, format_of, is_select


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jsonl", "jsonl"),
        ("a.b.JSONL.gz", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.db", "sqlite"),
        ("part-*.sqlite3", "sqlite"),
        ("a.parquet", "parquet"),
        ("a.xlsx", "excel"),
        ("a.parquet.gz", None),
        ("a.db.csv", None),
        ("jsonl", None),
        ("a.npz", None),
    ],
)
def test_a_format_goes_by_the_end_of_the_name(name, kind):
    assert format_of(Path(name)) == kind


@pytest.mark.parametrize(
    ("text", "found"),
    [("SELECT 1", True), ("\nwith x AS (", True), ("selection", False), ("", False)],
)
def test_a_query_is_told_from_a_name(text, found):
    assert is_select(text) == found


@pytest.mark.parametrize(
    "file",
    [
        DataFile(Path("a.csv"), table="a"),
        DataFile(Path("a.parquet"), table="a"),
        DataFile(Path("a.xlsx"), query="SELECT 1"),
    ],
)
def test_what_a_format_does_not_have_is_refused(file):
    with pytest.raises(NnctlError) as caught:
        check_keys(file)
    assert caught.value.problems[0].setting.key == "data.train"

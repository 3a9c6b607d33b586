"""Tests of tables in several files."""

import gzip
import itertools
from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading import bytestream
from nnctl.reading.digests import digest_of
from nnctl.reading.files import DataFile, TextFormat, files_of, is_pattern
from nnctl.reading.joining import joined_tables
from nnctl.reading.source import open_source
from nnctl.reading.table import Spot
from tests.data.test_prepare import prepared

ROWS = [f"{k},{'xyz'[k % 3]},{k / 7!r}" for k in range(60)]
HEADER = "a,kind,t\n"


def write(folder: Path, *parts: str) -> Path:
    """Files of these texts, and the pattern of their names."""
    for number, text in enumerate(parts):
        (folder / f"part-{number}.csv").write_bytes(text.encode())
    return folder / "part-*.csv"


def table(rows: list[str]) -> str:
    return HEADER + "".join(f"{row}\n" for row in rows)


def error(pattern: Path, **options: object) -> str:
    with pytest.raises(NnctlError) as caught:
        prepared(pattern, target="t", **options)
    return str(caught.value)


@pytest.mark.parametrize("block", [40, 1 << 19])
def test_they_are_to_the_byte_what_the_whole_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(bytestream, "BLOCK", block)
    pattern = write(tmp_path, table(ROWS[:17]), table(ROWS[17:18]), HEADER, table(ROWS[18:]))
    (tmp_path / "all.csv").write_text(table(ROWS))
    options = {"target": "t", "scaling": "standardize", "validation": 0.2}
    one, other = (prepared(path, **options) for path in (tmp_path / "all.csv", pattern))
    for mine, theirs in ((one.train, other.train), (one.validation, other.validation)):
        assert mine is not None and theirs is not None
        assert mine.x.tobytes() == theirs.x.tobytes() and mine.y.tobytes() == theirs.y.tobytes()
    assert one.preprocessing.to_json() == other.preprocessing.to_json()


def test_line_ends_marks_and_gzip_may_differ(tmp_path: Path) -> None:
    first = "\ufeffa,kind,t\r\n1,x,2\r\n3,y,4"  # without a line end
    write(tmp_path, first, table(["5,x,6"]))
    (tmp_path / "part-1.csv").write_bytes(gzip.compress((tmp_path / "part-1.csv").read_bytes()))
    with open_source(tmp_path / "part-*.csv") as source:
        found = joined_tables(list(source.tables(["a", "t"])), ["a", "t"])
    assert found.numbers.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_problems_name_the_file_and_its_own_line(tmp_path: Path) -> None:
    pattern = write(tmp_path, table(ROWS[:3]), "\n" + table(["7,x,1", "q,x,1"]), table(["1,x,2"]))
    told = error(pattern)
    assert 'part-1.csv:4  column a\n  "q" is not a number' in told
    assert f"the column holds numbers, such as 0 ({tmp_path}/part-0.csv, line 2)" in told
    write(tmp_path, table(ROWS[:3]), table(["7,8,1"]))
    assert 'part-1.csv:2  column kind\n  "8" is a number' in error(pattern)
    write(tmp_path, table(ROWS[:3]), table(["7,x,1", "7,x"]))
    assert "part-1.csv:3\n  the row has 2 fields" in error(pattern)
    write(tmp_path, table(ROWS[:3]), table([",x,1"]))
    assert "part-1.csv:2  column a\n  the value is missing" in error(pattern)
    write(tmp_path, table(ROWS[:3]), table(['7,"x,1']))
    assert "part-1.csv:2\n  the quotes do not match" in error(pattern)
    write(tmp_path, table(ROWS[:3]), table(["1e39,x,1"]))
    assert "part-1.csv:2  column a\n  1e+39 is beyond the range" in error(pattern)


def test_all_have_the_columns_of_the_first(tmp_path: Path) -> None:
    pattern = write(tmp_path, table(ROWS[:3]), "a,sort,t\n1,x,2\n")
    assert 'part-1.csv:1\n  column 2 is "sort"; in part-0.csv it is "kind"' in error(pattern)
    write(tmp_path, table(ROWS[:3]), "a,t\n1,2\n")
    assert "part-1.csv:1\n  it has 2 columns, part-0.csv has 3" in error(pattern)
    write(tmp_path, table(ROWS[:3]), "")
    assert "part-1.csv\n  the file is empty" in error(pattern)
    (tmp_path / "part-1.csv").write_bytes(b"a,kind,t\n1,\xff,2\n")
    assert "part-1.csv:2\n  byte 0xff is not UTF-8" in error(pattern)
    write(tmp_path, table(ROWS[:3]), table(ROWS[3:]))
    assert 'part-0.csv:1\n  there is no column "u"' in error(pattern, features="u")


def test_without_headers_the_first_rows_count(tmp_path: Path) -> None:
    write(tmp_path, "1,2\n3,4\n", "5,6\n")
    with open_source(tmp_path / "part-*.csv", text_format=TextFormat(header=False)) as source:
        found = joined_tables(list(source.tables(["0", "1"])), ["0", "1"])
    assert found.numbers.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_a_pattern_is_no_file(tmp_path: Path) -> None:
    pattern = write(tmp_path, "b", "a")
    assert files_of(pattern) == (tmp_path / "part-0.csv", tmp_path / "part-1.csv")
    assert DataFile(pattern).paths == files_of(pattern)
    with pytest.raises(NnctlError, match=r"rows-\*\.csv\n  no file has a name of this pattern"):
        files_of(tmp_path / "rows-*.csv")
    odd = tmp_path / "part-[0].csv"
    assert is_pattern(odd)
    odd.write_text("a")
    assert files_of(odd) == (odd,)


def test_the_digest_tells_any_change(tmp_path: Path) -> None:
    pattern = write(tmp_path, "a", "b")
    found = {digest_of(pattern)}
    for parts in (("b", "a"), ("ab", ""), ("a", "b", "")):
        found.add(digest_of(write(tmp_path, *parts)))
    assert len(found) == 4
    one = tmp_path / "part-0.csv"
    assert digest_of(one) == bytestream.sha256(one)


def test_lines_are_placed(tmp_path: Path) -> None:
    pattern = write(tmp_path, table(ROWS[:2]), table(ROWS[2:4]))
    with open_source(pattern) as source:
        (found,) = source.tables(["a"])
    assert found.place is not None and found.lines is not None
    placed = [found.place(line) for line in found.lines.tolist()]
    names = [f"{tmp_path}/part-{k}.csv" for k in range(2)]
    assert placed == [Spot(*each) for each in itertools.product(names, [2, 3])]
    assert found.numbers.dtype == np.float64

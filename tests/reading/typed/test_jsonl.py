"""JSON Lines: objects whose keys are columns, cut by arithmetic or read by Python's own reader."""

import gzip
import json
from contextlib import nullcontext
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl.errors import NnctlError, Problem
from nnctl.reading import bytestream
from nnctl.reading.block import LateColumns
from nnctl.reading.files import DataFile
from nnctl.reading.joining import joined_tables
from nnctl.reading.notation import PLAIN_NOTATION
from nnctl.reading.source import open_source
from nnctl.reading.table import Table
from nnctl.reading.typed import jsonl
from nnctl.reading.typed.cells import Texts
from nnctl.reading.typed.json_shape import AlikeLines, shape_of


def read(path, content: str, **kinds) -> Table:
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with open_source(DataFile(path)) as reader:
        names = list(reader.all_columns())
        return joined_tables(list(reader.tables(names, **kinds)), names)


def problems(path, text: str) -> tuple[Problem, ...]:
    with pytest.raises(NnctlError) as caught:
        read(path, text)
    return caught.value.problems


def lines(*rows: dict) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def seen(table: Table) -> tuple:
    texts = {
        name: [None if code < 0 else column.labels[code] for code in column.codes.tolist()]
        for name, column in sorted(table.text.items())
    }
    return table.number_names, table.numbers.tobytes(), texts


def test_keys_are_columns_in_the_order_in_which_they_come_first(tmp_path):
    table = read(tmp_path / "t.jsonl", lines({"b": 1}, {"a": 2, "b": None}, {"c": "x"}))
    assert table.number_names == ("b", "a")
    np.testing.assert_array_equal(table.numbers, [[1, np.nan], [np.nan, 2], [np.nan, np.nan]])
    assert table.text["c"].codes.tolist() == [-1, -1, 0]


@pytest.mark.parametrize(
    ("rows", "late"),
    [
        (({"a": 1, "b": 2}, {"a": 3, "b": 4}), False),
        (({"a": 1, "b": 2}, {"b": 4}), False),
        (({"a": 1, "b": 2}, {"a": 3, "b": 4, "c": 5}), True),
        (({"a": 1, "b": 2}, {"a": 3, "\u00e9": 4}), True),
        (({"a": 1, "b": {}},), False),
    ],
)
def test_rows_with_columns_of_their_own_are_told(tmp_path, rows, late):
    path = tmp_path / "t.jsonl"
    path.write_text(lines(*rows))
    with open_source(path) as reader:
        assert reader.all_columns(likely=True) == ("a", "b")
        with pytest.raises(LateColumns) if late else nullcontext():
            assert len(list(reader.tables(["a"]))) == 1
    with open_source(path) as reader:
        assert set(reader.all_columns()) == set(chain.from_iterable(rows))
        reader.all_columns(likely=True)
        assert len(list(reader.tables(["a"]))) == 1


def test_blank_lines_and_gzip_are_nothing(tmp_path):
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(b'\n{"a": 1}\n \n{"a": 2}'))
    with open_source(path) as reader:
        assert np.concatenate([t.numbers for t in reader.tables(["a"])]).tolist() == [[1], [2]]


@pytest.mark.parametrize("start", ['{"a": 1}\n', '{"a": "x"}\n', '{"b": 2.5, "a": 1}\n'])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"a": {"b": 2}}', "keys of its own"),
        ('{"a": [1]}', "a list of its own"),
        ('{"a": ' + "[" * 9999 + "]" * 9999 + "}", "many deep"),
        ('[{"a": 1}]', "no object"),
        ('{"a": }', "no JSON"),
        ('{"a": 1} x', "no JSON"),
        ('{"a": 007}', "no JSON"),
        ('{"a": +5}', "no JSON"),
        ('{"a": .5}', "no JSON"),
        ('{"a": 1 2}', "no JSON"),
        ('{"a": "tab\there"}', "no JSON"),
        ('{"a": 1, "a": 2}', 'two keys "a"'),
        ('{"a": "\\ud800"}', "half of a letter"),
    ],
)
def test_a_faulty_line_is_told_with_its_number(tmp_path, start, line, told):
    (problem,) = problems(tmp_path / "t.jsonl", f"{start}{line}\n")
    assert told in problem.message and problem.line == 2


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("9007199254740993", "beyond 2^53"),
        ("Infinity", "not a finite number"),
        ("1e999", "not a finite number"),
        ('"12"', "is text in this file, not a number"),
        ("true", '"True" is not a number'),
    ],
)
def test_a_cell_that_is_no_number_of_its_column_is_told(tmp_path, value, told):
    text = f'{{"a": 1}}\n{{"a": 3}}\n{{"a": 4}}\n{{"a": {value}}}\n'
    (problem,) = problems(tmp_path / "t.jsonl", text)
    assert told in problem.message and (problem.line, problem.path) == (4, "column a")


def test_text_is_text_whatever_it_looks_like(tmp_path):
    texts = ["01067", "NA", "true", "1e5", "inf", " x ", "line\r\nbreak", "🌍"]
    table = read(tmp_path / "t.jsonl", lines(*({"a": text} for text in texts)))
    own = table.text["a"]
    wanted = ["01067", "NA", "true", "1e5", "inf", "x", "line\nbreak", "🌍"]
    assert [own.labels[code] for code in own.codes.tolist()] == wanted


def test_numbers_and_text_of_the_same_digits_are_one_category(tmp_path):
    table = read(tmp_path / "t.jsonl", lines({"a": 12}, {"a": "12"}, {"a": "x"}), text=["a"])
    assert table.text["a"].labels == ("12", "x") and table.text["a"].codes.tolist() == [0, 0, 1]


@pytest.mark.parametrize("text", ["", "\n\n", "{}\n{}\n"])
def test_a_file_without_rows_is_refused(tmp_path, text):
    (problem,) = problems(tmp_path / "t.jsonl", text)
    assert "no rows" in problem.message


@pytest.mark.parametrize("rows", [[{"": 1, "a": 2}], [{"a": 1}, {"a": 1, "": 2}]])
def test_a_key_without_a_name_is_refused(tmp_path, rows):
    (problem,) = problems(tmp_path / "t.jsonl", lines(*rows))
    assert "has no name" in problem.message


def test_keys_without_end_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(jsonl, "MOST_COLUMNS", 20)
    (problem,) = problems(tmp_path / "t.jsonl", lines(*({f"k{k}": 1} for k in range(30))))
    assert "more than 20 keys" in problem.message


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([-0.0, 0.1, 5e-324, 1e22, 12345678.875]),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.sampled_from(["a: b", '{"x": 1}', ", ", "12", "NA", "", '"', "\\"]),
)


@pytest.mark.slow
@given(rows=st.lists(st.tuples(CELLS, CELLS, st.integers(-5, 9999)), min_size=1, max_size=8))
def test_arithmetic_never_disagrees_with_the_reader_of_json(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "same.jsonl"
    text = lines(*({"x": a, "y": b, "n": n} for a, b, n in rows))
    kinds = {"text": ["x", "y"]}
    fast = seen(read(path, text, **kinds))
    shapes, jsonl.shape_of = jsonl.shape_of, lambda block: None
    try:
        assert seen(read(path, text, **kinds)) == fast
    finally:
        jsonl.shape_of = shapes


def test_alike_lines_are_cut_by_arithmetic():
    block = lines(*({"a": k / 7, "b": f"x: {k}", "c": None} for k in range(9))).encode()
    shape = shape_of(block)
    assert shape is not None and list(shape.keys) == ["a", "b", "c"]
    found = shape.cut(block, 5, Texts(PLAIN_NOTATION))
    assert isinstance(found, AlikeLines) and found.lines.tolist() == [*range(5, 14)]
    assert found.numbers([0])[0][:, 0].tolist() == [k / 7 for k in range(9)]
    assert (found.text(3, 1), found.texts(2)) == ("x: 3", [""] * 9)
    assert shape.cut(block.replace(b'"c"', b'"d"', 1), 1, Texts(PLAIN_NOTATION)) is None


def test_long_keys_are_told_apart_by_each_of_their_letters():
    block = lines(*({"price per square foot": k, "the year": k} for k in range(3))).encode()
    shape = shape_of(block)
    assert shape is not None and shape.fits(block)
    for place in range(block.index(b"price"), block.index(b'":')):
        odd = bytearray(block)
        odd[place + 2 * len(block) // 3] ^= 1
        assert not shape.fits(bytes(odd))


@pytest.mark.parametrize("size", [64, 200])
def test_lines_are_numbered_across_blocks(tmp_path, monkeypatch, size):
    monkeypatch.setattr(bytestream, "BLOCK", size)
    rows = [{"a": k} for k in range(60)] + [{"a": "odd", "b": 1}]
    (problem,) = problems(tmp_path / "t.jsonl", lines(*rows))
    assert problem.line == 61

"""YAML text to values and lines; whatever cannot be read is a problem, and soon."""

import time

import pytest

from nnctl.config import yaml_lines
from nnctl.config.yaml_lines import ESCAPES, compose
from nnctl.errors import NnctlError


def test_a_line_for_every_path() -> None:
    composed = compose("# on top\na: 1\nb:\n  - {c: 2}\n  -\n    d: 3\ne:\n\n  f: [1,\n    2]\n")
    assert composed.values == {"a": 1, "b": [{"c": 2}, {"d": 3}], "e": {"f": [1, 2]}}
    assert composed.lines == {
        **{"": 2, "a": 2, "b": 3, "b.0": 4, "b.0.c": 4, "b.1": 6, "b.1.d": 6},
        **{"e": 7, "e.f": 9, "e.f.0": 9, "e.f.1": 10},
    }
    assert not composed.problems


def test_quoted_and_block_scalars_are_text() -> None:
    composed = compose("a: '1'\nb: \"true\"\nc: |\n  2\nd: null\n")
    assert composed.values == {"a": "1", "b": "true", "c": "2\n", "d": None}


def test_keys_are_text_as_they_stand_there() -> None:
    composed = compose("1: a\n2.50: b\nTrue: c\n012: d\n'0x1': e\n&k 1e3: f\n*k : g\n")
    assert composed.values == {"1": "a", "2.50": "b", "True": "c", "012": "d", "0x1": "e"} | {
        "1e3": "f",
        "1000.0": "g",
    }
    assert composed.lines["2.50"] == 2


@pytest.mark.parametrize("path", [r"C:\data\d.csv", r"C:\Users\x.csv", r"D:\x\q.csv", r"\\s\d.csv"])
def test_the_fix_of_a_path_between_double_quotes_can_be_followed(path: str) -> None:
    text = f'data:\n  train: "{path}"\n'
    try:
        assert compose(text).values["data"]["train"] != path
    except NnctlError as error:
        (problem,) = error.problems
        assert (problem.line, problem.fix) == (2, ESCAPES)
    assert compose(text.replace('"', "'")).values["data"]["train"] == path
    forward = path.replace("\\", "/")
    assert compose(text.replace(path, forward)).values["data"]["train"] == forward


def test_an_alias_is_a_copy_with_the_lines_of_what_it_stands_for() -> None:
    composed = compose("a: &x\n  b: 1\nc: *x\n")
    assert composed.values == {"a": {"b": 1}, "c": {"b": 1}}
    assert composed.values["a"] is not composed.values["c"]
    assert composed.lines["c"] == 3
    assert composed.lines["c.b"] == 2


@pytest.mark.parametrize(
    ("text", "line", "path", "message"),
    [
        ("a: 1\nb: {c: 1, c: 2}\n", 2, "b.c", 'the key "c" is given twice, first on line 2'),
        ("a: 1\nb: 2\na: 3\n", 3, "a", 'the key "a" is given twice, first on line 1'),
        ("a: !!str 3\n", 1, "a", "a tag, !!str; a config has none"),
        ("a:\n  - !thing {}\n", 2, "a.0", "a tag, !thing; a config has none"),
        ("a: ! 3\n", 1, "a", "a tag, !; a config has none"),
        ("a: 1\n---\nb: 2\n", 2, "", "a second document starts here"),
        ("a: 1\n? [b]\n: 2\n", 2, "", "a key that is not text"),
        ("~: 1\n", 1, "", "a key that is not text"),
        ("a: *x\n", 1, "a", "*x stands for nothing"),
        ("a: &x\n  b: *x\n", 2, "a.b", "*x stands for a part of itself"),
        ("a: " + "9" * 301, 1, "a", "a number of 301 characters; at most 300 are read"),
    ],
)
def test_reading_goes_on_after(text: str, line: int, path: str, message: str) -> None:
    (problem,) = compose(text).problems
    assert (problem.line, problem.path, problem.message) == (line, path, message)
    assert problem.fix


def test_the_first_of_two_equal_keys_counts() -> None:
    assert compose("a: 1\na: 2\n").values == {"a": 1}


QUOTED = "put text that starts with %, @, `, *, &, ], }, a comma or a tab in quotes"


@pytest.mark.parametrize(
    ("text", "line", "fix"),
    [
        ("a:\n\tb: 1\n", 2, "indent with spaces, not tabs"),
        ("a: [1\nb: 2\n", 2, "close the list with ], and put commas between its items"),
        ("a: {b: 1\nc\n", 3, "close the braces with }, and put commas between their keys"),
        ('a: "x\nb: 2\n', 3, "close the quotation mark"),
        ("a: b: c\n", 1, "indent sibling keys alike; quote text that contains ': '"),
        ("a: 1\n b: 2\n", 2, "indent sibling keys alike; quote text that contains ': '"),
        ("  a: 1\nb: 2\n", 2, None),
        ("a: @b\n", 1, QUOTED),
        ("a: {format: %d.%m.%Y}\n", 1, QUOTED),
        ("%d.%m.%Y", 1, QUOTED),  # as behind --set
        ("a: [?, *]\n", 1, QUOTED),
        ("a: & b\n", 1, QUOTED),
        (",", 1, QUOTED),
        ("]x", 1, QUOTED),
        ("%FOO\n---\na: 1\n", 1, QUOTED),
        ("a: 1\nb: \0\n", 2, "remove it, or write it as an escape between double quotes"),
        ("a: \udcff\n", 1, "remove it, or write it as an escape between double quotes"),
    ],
)
def test_text_that_is_not_yaml(text: str, line: int, fix: str | None) -> None:
    with pytest.raises(NnctlError) as caught:
        compose(text)
    (problem,) = caught.value.problems
    assert problem.line == line
    assert problem.fix
    if fix is not None:
        assert problem.fix == fix


def test_what_was_found_before_a_syntax_error_is_told_too() -> None:
    with pytest.raises(NnctlError) as caught:
        compose("a: 1\na: 2\nb: [\n")
    assert [problem.line for problem in caught.value.problems] == [2, 4]


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
HOSTILE = [
    (BOMB, "its aliases stand for more than 10000 values"),
    ("a: " + "[" * 100_000, "more than 50 levels of nesting"),
    ("{a: " * 100_000, "more than 50 levels of nesting"),
    ("- " * 100_000, "more than 50 levels of nesting"),
    ("? " * 100_000, "more than 50 levels of nesting"),
    ("".join(" " * depth + "a:\n" for depth in range(1000)), "more than 50 levels of nesting"),
]


@pytest.mark.parametrize(("text", "message"), HOSTILE)
def test_hostile_text_is_an_error_within_a_second(text: str, message: str) -> None:
    start = time.perf_counter()
    with pytest.raises(NnctlError) as caught:
        compose(text)
    assert time.perf_counter() - start < 1
    assert [problem.message for problem in caught.value.problems] == [message]


@pytest.mark.slow
def test_without_libyaml_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_lines, "LOADER", yaml_lines.yaml.SafeLoader)
    composed = compose("a: 1e-3\nb: {c: '1', c: 2}\nd: &x [no]\ne: *x\n")
    assert composed.values == {"a": 0.001, "b": {"c": "1"}, "d": ["no"], "e": ["no"]}
    assert [problem.line for problem in composed.problems] == [2]
    for text, message in HOSTILE:
        with pytest.raises(NnctlError, match=message):
            compose(text)

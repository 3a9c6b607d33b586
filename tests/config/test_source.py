"""A config file that cannot be read says why; one that can knows its lines."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nnctl.config.source import LARGEST, Source, read
from nnctl.errors import NnctlError, Problem


def problem_of(file: str) -> Problem:
    with pytest.raises(NnctlError) as caught:
        read(file)
    (problem,) = caught.value.problems
    assert problem.file == file
    return problem


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 1, "the file holds nothing; a config is a mapping of keys to values"),
        (b"\n- a\n", 2, "the file holds a list; a config is a mapping of keys to values"),
        (b"hello\n", 1, "the file holds text; a config is a mapping of keys to values"),
        (b"3\n", 1, "the file holds a number; a config is a mapping of keys to values"),
        (b"a: 1\nb: \xe9\n", 2, "the byte 0xe9 is not UTF-8 text"),
        ("a: 1\n".encode("utf-16"), 1, "the byte 0xff is not UTF-8 text"),
        (b"#" * (LARGEST + 1), None, "the file is larger than a config may be, 1 MiB"),
    ],
)
def test_nothing_to_check(
    write: Callable[..., str], content: bytes, line: int | None, message: str
) -> None:
    problem = problem_of(write(content))
    assert (problem.line, problem.message) == (line, message)
    assert problem.fix


def test_a_byte_order_mark_is_no_part_of_the_text(write: Callable[..., str]) -> None:
    assert read(write(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")).values == {"a": 1, "b": 2}


def test_missing_file_and_the_one_beside_it(write: Callable[..., str]) -> None:
    write(name="mnist.yaml")
    assert problem_of("mnits.yaml").fix == 'did you mean "mnist.yaml"?'
    assert problem_of("folder/none.yaml").message == "there is no such file"


def test_a_folder_is_not_a_config(tmp_path: Path) -> None:
    assert problem_of(str(tmp_path)).message == "this is a folder, not a config file"


def test_names_that_no_file_can_have(write: Callable[..., str]) -> None:
    write()
    assert "cannot be read" in problem_of("right.yaml/x").message
    assert "cannot be read" in problem_of("a\0b").message
    assert "cannot be read" in problem_of("x" * 5000).message


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    assert problem_of("secret.yaml").message == "no permission to read this file"


def test_problems_of_reading_name_the_file_as_written(write: Callable[..., str]) -> None:
    write(b"a: 1\na: 2\n")
    (problem,) = read("./right.yaml").problems
    assert str(problem).startswith("./right.yaml:2  a\n")


def test_places() -> None:
    source = Source("c.yaml", {}, {"": 1, "a": 2, "a.b": 3, "a.b.c": 4, "ab": 5})
    assert source.line("a.b.c") == 4
    assert source.line("a.b.missing.deeper") == 3
    assert source.line("missing") == 1
    source.written("a.b", "--set a.b=1")
    assert source.line("a.b.c") is None
    assert source.option("a.b.c") == "--set a.b=1"
    assert source.from_set("a.b")
    assert not source.from_set("a")
    assert source.line("ab") == 5
    assert str(source.problem("a.b", "wrong")) == "--set a.b=1  a.b\n  wrong"
    assert str(source.problem("a.x", "wrong", "mend it")) == (
        "c.yaml:2  a.x\n  wrong\n  fix: mend it"
    )

"""`--set` and named options: what they put where, and what they cannot."""

from collections.abc import Callable
from typing import Any

import pytest

from nnctl.config import Config
from nnctl.config.overrides import override, parse
from nnctl.config.source import Source
from nnctl.errors import Problem


def overridden(values: dict[Any, Any], *overrides: str, **named: object) -> Source:
    source = Source("c.yaml", values, {"": 1})
    override(source, overrides, named)
    return source


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("a=1", "a", 1),
        ("a.b=1e-3", "a.b", 0.001),
        ("a=no", "a", "no"),
        ("a='2'", "a", "2"),
        ("a=b=c", "a", "b=c"),
        ("a=", "a", None),
        ("a={type: sgd, momentum: 0.9}", "a", {"type": "sgd", "momentum": 0.9}),
        ("a=[1, x]", "a", [1, "x"]),
        (" a.0 = 3", "a.0", 3),
    ],
)
def test_parsed(text: str, path: str, value: object) -> None:
    assert parse(text) == (path, value)


@pytest.mark.parametrize(
    ("values", "text", "expected"),
    [
        ({"a": 1}, "a=2", {"a": 2}),
        ({}, "a.b.c=2", {"a": {"b": {"c": 2}}}),
        ({"a": None}, "a.b=2", {"a": {"b": 2}}),
        ({"o": "adam"}, "o.rate=0.1", {"o": {"type": "adam", "rate": 0.1}}),
        (
            {"l": ["flat", {"u": 1}]},
            "l.0.name=x",
            {"l": [{"type": "flat", "name": "x"}, {"u": 1}]},
        ),
        ({"l": ["flat", {"u": 1}]}, "l.1.u=2", {"l": ["flat", {"u": 2}]}),
        ({"l": [1, 2]}, "l.1=3", {"l": [1, 3]}),
        ({"w": {0: 1, 1: 2}}, "w.1=5", {"w": {0: 1, 1: 5}}),
    ],
)
def test_put(values: dict[Any, Any], text: str, expected: dict[Any, Any]) -> None:
    source = overridden(values, text)
    assert source.values == expected
    assert not source.problems


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("epochs", "", 'there is no "=" between a key and a value'),
        ("=3", "", '"" is not a dotted path of keys'),
        ("a..b=3", "", '"a..b" is not a dotted path of keys'),
        ("l.2=3", "l.2", "l has no item 2; its items are 0 to 1"),
        ("l.-1=3", "l.-1", 'l has no item "-1"; its items are 0 to 1'),
        ("l.x.y=3", "l.x", 'l has no item "x"; its items are 0 to 1'),
        ("l.99999999999999999999=3", "l.99999999999999999999", None),
        ("e.0=3", "e.0", "e has no item 0; it is empty"),
        ("n.x=3", "n.x", "n is 5, which has nothing below it"),
        ("a={b: 1, b: 2}", "a.b", 'the key "b" is given twice, first on line 1'),
        ("a=!!str 1", "a", "a tag, !!str; a config has none"),
        ("a=[1", "a", None),
    ],
)
def test_what_cannot_be_put(text: str, path: str, message: str | None) -> None:
    source = overridden({"l": [1, 2], "e": [], "n": 5}, text)
    (problem,) = source.problems
    assert problem.path == path
    assert (problem.source, problem.line) == (f"--set {text}", None)
    if message is not None:
        assert problem.message == message


def test_named_options_win_over_set_and_the_last_set_wins() -> None:
    source = overridden({"epochs": 1}, "epochs=2", "epochs=3", "seed=4", epochs=5, seed=None)
    assert source.values == {"epochs": 5, "seed": 4}
    assert source.option("epochs") == "--epochs"
    assert source.option("seed") == "--set seed=4"


def test_a_wrong_value_names_the_option_where_a_line_would_stand(
    problems: Callable[..., tuple[Problem, ...]],
) -> None:
    found = problems("optimizer.learning_rate=-1", "layers.1.units=x", epochs=0)
    assert [str(problem).splitlines()[0] for problem in found] == [
        "--set layers.1.units=x  layers.1.units",
        "--set optimizer.learning_rate=-1  optimizer.learning_rate",
        "--epochs  epochs",
    ]


def test_an_alias_changes_in_one_place_only(right: Callable[..., Config]) -> None:
    twice = "  - &d {type: dense, units: 3, activation: relu}\n  - *d"
    old = "  - {type: dense, units: 3, activation: relu}"
    config = right("layers.1.units=7", old=old, new=twice)
    assert [layer.units for layer in config.layers] == [3, 7, 1]

"""Values as YAML writes them, short."""

import pytest

from nnctl.config.wording import excerpt, with_article


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", '"a b"'),
        ("2", '"2"'),
        (True, "true"),
        (None, "null"),
        (1e-7, "1e-07"),
        (float("-inf"), "-.inf"),
        ([1, "a", "2", "a b", None], '[1, a, "2", "a b", null]'),
        ({"type": "adam", "x": ["no"]}, "{type: adam, x: [no]}"),
        ("x" * 100, '"' + "x" * 58 + "…"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert excerpt(value) == text


def test_long_values_are_cut_short_without_being_written_out() -> None:
    assert len(excerpt([[0.5] * 1000] * 1000)) == 60


def test_articles() -> None:
    assert with_article("adam optimizer") == "an adam optimizer"
    assert with_article("dense layer") == "a dense layer"

"""What is shown of text from elsewhere."""

import subprocess
import sys
import unicodedata

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nnctl.errors.visible import shell_line, tell_apart, visible, visible_cells, visible_lines
from tests.processes import run

DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünïcödé, 日本, 😀 and ~", "plain text, ünïcödé, 日本, 😀 and ~"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\r\tc\0\x7f", r"a\nb\r\tc\x00\x7f"),
        ("\x85\x9b", r"\u0085\u009b"),
        ("\u202egpj.exe\u2028", r"\u202egpj.exe\u2028"),
        ("t\udcff.csv", r"t\xff.csv"),
        ("\ud800", r"\ud800"),
        (r"C:\new", r"C:\new"),
        ("\u00a0\u200b\u200d", "\u00a0\u200b\u200d"),  # which scripts and emoji need
    ],
)
def test_what_acts_is_spelt_out(text, shown):
    assert visible(text) == shown
    assert visible_lines(text) == shown.replace(r"a\nb", "a\nb")


@pytest.mark.slow
def test_nothing_that_acts_is_left_out():
    left = {c for c in map(chr, range(sys.maxunicode + 1)) if visible(c) == c}
    acting = {c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) in
              ("Cc", "Cs", "Zl", "Zp")}  # fmt: skip
    assert not left & (acting | set(DIRECTIONS))
    assert acting == {c for c in acting if len(visible(c)) > 1}


@given(st.text(st.characters(codec="utf-8")))
def test_what_stands_for_a_character_is_it_in_quotes_of_yaml(text):
    quoted = visible(text.replace("\\", "\\\\").replace('"', '\\"'))
    if "\ufeff" not in text and not any(0xFFFE <= ord(c) <= 0xFFFF for c in text):
        assert yaml.safe_load(f'"{quoted}"') == text


def test_cells_that_are_no_text_stay():
    assert visible_cells(["a\nb", 1, 2.5, None]) == [r"a\nb", 1, 2.5, None]


@pytest.mark.process
@pytest.mark.parametrize(
    "word",
    [
        "plain.csv",
        "two words",
        "it's",
        "a\nb\tc",
        "\x1b[31m'\\",
        "t\udcff.csv",
        "\u202ex\u0085",
        "$x`",
    ],
)
def test_a_shell_finds_the_words_again(word):
    script = f"{shell_line(['printf', '%s', word])}"
    assert visible(script) == script
    done = run(["bash", "-c", script], stdout=subprocess.PIPE, encoding="utf-8",
               errors="surrogateescape", env={"LC_ALL": "C.UTF-8"})  # fmt: skip
    assert done.stdout == word


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("caf\u00e9", "cafe\u0301", ("caf\\u00e9", "cafe\\u0301")),
        ("p\u0430y", "pay", ("p\\u0430y", "pay")),  # Cyrillic
        ("total\u00a0sum", "total sum", ("total\\u00a0sum", "total sum")),
        ("na\u200bme", "name", ("na\\u200bme", "name")),
        ("\ufb01t", "fit", ("\\ufb01t", "fit")),
        ("caf\u00e9s", "caf\u00e9", None),
        ("stra\u00dfe", "strase", None),
        ("price", "prices", None),
    ],
)
def test_texts_that_look_alike_are_told_apart(one, other, apart):
    assert tell_apart(one, other) == apart
    assert tell_apart(other, one) == (apart and apart[::-1])

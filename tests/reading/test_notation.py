"""Numbers in other notations: the fast way and the slow one read the same."""

import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl.reading.delimited import DelimitedReader
from nnctl.reading.files import PLAIN, TextFormat
from nnctl.reading.notation import THOUSANDS, Notation, is_sign

COMMA = Notation(decimal=",")
GERMAN = Notation(decimal=",", thousands=".")
ENGLISH = Notation(thousands=",")
MONEY = Notation(thousands=",", signs=("$", "%", "€", "USD"))

CASES = [
    (COMMA, "6,34", 6.34),
    (COMMA, "-0,5", -0.5),
    (COMMA, ",5", 0.5),
    (COMMA, "7", 7),
    (COMMA, "1,5e3", 1500),
    (COMMA, "6.34", None),
    (COMMA, "1,2,3", None),
    (GERMAN, "1.234,5", 1234.5),
    (GERMAN, "1.234.567", 1234567),
    (GERMAN, "12.345", 12345),
    (GERMAN, "-1.234,5", -1234.5),
    (GERMAN, "1.5", None),
    (GERMAN, "0.123", None),
    (GERMAN, "1234.567", None),
    (GERMAN, "1.234.56", None),
    (GERMAN, "1,234.567", None),
    (ENGLISH, "321,142", 321142),
    (ENGLISH, "1,234.5", 1234.5),
    (ENGLISH, "0.5,123", None),
    (ENGLISH, "12,34", None),
    (ENGLISH, "1234", 1234),
    (MONEY, "$1,200", 1200),
    (MONEY, "-$5", -5),
    (MONEY, "$-5", -5),
    (MONEY, "$ 5.25", 5.25),
    (MONEY, "35%", 35),
    (MONEY, "3.5 %", 3.5),
    (MONEY, "€7", 7),
    (MONEY, "7 €", 7),
    (MONEY, "5USD", 5),
    (MONEY, "$", None),
    (MONEY, "%5%x", None),
    (MONEY, "5$5", None),
    (MONEY, "%-%0", None),
    (MONEY, "$-$5", None),
    (MONEY, "$USD5", None),
    (MONEY, "5$ USD", None),
    (MONEY, "% -5", -5),
    (MONEY, "$5%", 5),
    (MONEY, "- $ 5", -5),
    (MONEY, "%  5", None),
    (MONEY, "3  $", None),
    (MONEY, "% %", None),
    (MONEY, ".3e+$0", None),
    (MONEY, ".3e+0$", 0.3),
]


def values(texts: list[str], notation: Notation) -> list[float | None]:
    """The numbers that a table gives for cells of that text, None for those that it refuses."""
    found = []
    for text in texts:
        rows = "".join(f"1|{each}|2\n" for each in (text, "1", "1"))
        data = io.BytesIO(f"a|x|b\n{rows}".encode())
        with DelimitedReader(data, "t", TextFormat("|", notation=notation)) as reader:
            try:
                (table,) = reader.tables(["a", "x", "b"])
            except Exception:
                found.append(None)
            else:
                assert table.columns(["a", "b"]).tolist() == [[1, 2]] * 3
                found.append(float(table.columns(["x"])[0, 0]))
    return found


@pytest.mark.parametrize(("notation", "text", "value"), CASES)
def test_the_fast_way_and_the_slow_one_read_the_same(notation, text, value):
    assert notation.number(text) == value
    assert values([text], notation) == [value]


@pytest.mark.slow
@pytest.mark.parametrize("mark", [mark for mark in THOUSANDS if mark != "."])
@given(number=st.integers(-(10**12), 10**12), fraction=st.integers(0, 999))
def test_any_number_in_groups_of_three_is_itself(mark, number, fraction):
    text = f"{number:,}".replace(",", mark) + f".{fraction}"
    expected = float(f"{number}.{fraction}")
    assert values([text], Notation(thousands=mark)) == [expected]


@given(st.text("0123456789.,-+$% e", max_size=9), st.sampled_from([COMMA, GERMAN, ENGLISH, MONEY]))
def test_what_the_fast_way_takes_the_slow_one_takes_too(text, notation):
    slow, (fast,) = notation.number(text), values([text], notation)
    both_missing = slow is not None and math.isnan(slow) and fast is not None and math.isnan(fast)
    too_large = slow is not None and math.isinf(slow) and fast is None  # a fault of its own
    assert both_missing or too_large or fast == slow


def test_commas_between_fields_are_no_thousands():
    data = io.BytesIO(b'a,b,c\n1,234,567\n"1,234",5,"6,789"\n')
    with DelimitedReader(data, "t", TextFormat(notation=ENGLISH)) as reader:
        found = np.concatenate([table.numbers for table in reader.tables("abc")])
    assert found.tolist() == [[1, 234, 567], [1234, 5, 6789]]


def test_text_keeps_its_signs():
    data = io.BytesIO(b"a;b\n1,5;1.234,x\n2,5;50%\n")
    with DelimitedReader(data, "t", TextFormat(";", notation=GERMAN)) as reader:
        (table,) = reader.tables("ab")
    assert table.text["b"].labels == ("1.234,x", "50%")


@pytest.mark.parametrize("text", ["$", "%", "USD", "°C"])
def test_signs(text):
    assert is_sign(text)


@pytest.mark.parametrize("text", ["", "1", "-", "+", "e", ".", ",", " $", 'x"'])
def test_no_signs(text):
    assert not is_sign(text)


@pytest.mark.parametrize(
    "text_format",
    [PLAIN, TextFormat(";", False, "latin-1", GERMAN), TextFormat("whitespace", notation=MONEY)],
)
def test_a_format_travels(text_format):
    assert TextFormat.from_json(text_format.to_json()) == text_format


def test_a_format_of_before_is_read():
    assert TextFormat.from_json({"delimiter": ";", "header": False}) == TextFormat(";", False)
    assert TextFormat.from_json({}) == PLAIN


@pytest.mark.parametrize(
    "change",
    [
        {"decimal": ";"},
        {"thousands": "5"},
        {"decimal": ",", "thousands": ","},
        {"encoding": "hex"},
        {"encoding": 7},
        {"missing_values": ["NA"]},
        {"signs": ["1"]},
        {"delimiter": "ab"},
    ],
)
def test_a_damaged_format_is_refused(change):
    with pytest.raises((TypeError, ValueError)):
        TextFormat.from_json({**PLAIN.to_json(), **change})

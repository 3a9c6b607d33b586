"""How a table is written is told from its first rows, and what fits two ways is read the usual."""

import gzip

import pytest

from nnctl.reading.guessing import guessed_format
from nnctl.reading.notation import Notation

CASES = [
    ("a,b\n1,2\n", None, Notation()),
    ("a;b\n1;2\n", ";", Notation()),
    ("a\tb\n1\t2\n", "\t", Notation()),
    ("a|b\n1|2\n", "|", Notation()),
    ("a   b\n 1  2\n 33  4\n", "whitespace", Notation()),
    ("first name,b\nJohn X,2\n", None, Notation()),
    ("a, b\n1, 2\n3, 4\n", None, Notation()),
    ("a;b\n1,5;2\n2,25;3\n", ";", Notation(decimal=",")),
    ("a;b\n1,500;2\n2,250;3\n", ";", Notation(decimal=",")),
    ('a,b\n"1,500",2\n"2,250",3\n', None, Notation(thousands=",")),
    ('a,b\n"1,5",2\n"2,25",3\n', None, Notation(decimal=",")),
    ("a;b\n1.500,5;2\n2.250,0;3\n", ";", Notation(decimal=",", thousands=".")),
    ("a,b\n1.500,2\n2.250,3\n", None, Notation()),
    ("a,b\n$5,2\n$6,3\n", None, Notation(signs=("$",))),
    ("a,b\n5%,2\n6%,3\n", None, Notation(signs=("%",))),
    ("a,b\n5 €,2\n6 €,3\n", None, Notation(signs=("€",))),
    ("a,b\n1'500,2\n2'250,3\n", None, Notation(thousands="'")),
    ("a;b\n1,5;2.5\n2,25;3.5\n", ";", Notation()),
    ("a,b\nx$,2\ny$,3\n", None, Notation()),
    ("a,b\nx,2\ny,3\n", None, Notation()),
    ("a,b\n", None, Notation()),
]


@pytest.mark.parametrize(("texts", "decimal"), [(1, ","), (2, ".")])
@pytest.mark.parametrize("are_first", [True, False])
def test_nearly_all_cells_of_a_column_of_numbers_are_numbers(tmp_path, texts, decimal, are_first):
    cells = [f"{k},5" for k in range(10 - texts)]
    words = [f"word {k}" for k in range(texts)]
    rows = [*words, *cells] if are_first else [*cells, *words]
    path = tmp_path / "t.csv"
    path.write_text("a;b\n" + "".join(f"{cell};x\n" for cell in rows))
    assert guessed_format(path).notation == Notation(decimal=decimal)


@pytest.mark.parametrize(("text", "delimiter", "notation"), CASES)
@pytest.mark.parametrize("packed", [False, True])
def test_a_format_is_guessed(tmp_path, text, delimiter, notation, packed):
    path = tmp_path / "d.csv"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    found = guessed_format(path)
    assert (found.delimiter, found.notation, found.encoding) == (delimiter, notation, None)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("é\n".encode(), None),
        ("é\n".encode("latin-1"), "cp1252"),
        ("€\n".encode("cp1252"), "cp1252"),
        (b"\xe9\x81\n", "latin-1"),
        ("é\n".encode("utf-16"), "utf-16"),
        (b"a\n" * (1 << 19) + b"\xe9\n", "cp1252"),
    ],
)
def test_an_encoding_is_guessed_from_all_bytes(tmp_path, data, encoding):
    (tmp_path / "d.csv").write_bytes(data)
    assert guessed_format(tmp_path / "d.csv").encoding == encoding

"""How text of files, names and keys is shown: what would act on a terminal or a page is spelt out.

`visible` is the one place that decides it. What nnctl says itself needs no such care, but for its
line feeds: text from elsewhere has none of its own once it is visible.
"""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

# Control characters, line and paragraph separators, marks of direction, and what stands for bytes
# that are no text.
_HIDDEN = "\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
# As text: most runs meet none of these, and to compile such sets takes a while.
HIDDEN = f"[{_HIDDEN}]"
HIDDEN_IN_LINES = f"(?!\n){HIDDEN}"
_PLAIN = bytes(range(0x20, 0x7F)) + b"\n"
_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
# Cyrillic letters, small and large, then Greek ones, and the Latin letters that they look like.
_LATIN = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
    "\u03bf\u03bd\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcyxijsABEKMHOPCTXIJSovABEZHIKMNOPTYX",
)


def visible(text: str) -> str:
    """The text with what cannot be seen, or acts on what is seen, as `\\x1b`, `\\n` or `\\u202e`.

    A byte of a file's name that is no text becomes `\\xff`. Between double quotes YAML takes what
    stands for other characters as these, and a shell between `$'` and `'` takes all.
    """
    return text if text.isprintable() else re.sub(HIDDEN, _escape, text)


def visible_lines(text: str) -> str:
    """As `visible`, for text of several lines of which the line feeds are nnctl's own."""
    return text if are_printable(text) else re.sub(HIDDEN_IN_LINES, _escape, text)


def are_printable(lines: str) -> bool:
    """Whether all of some lines can be seen: a quick look, which most text passes."""
    if lines.isascii():
        return not lines.encode().translate(None, _PLAIN)
    return lines.replace("\n", "").isprintable()


def visible_cells(row: Iterable[object]) -> list[object]:
    """A row of a table, its texts visible."""
    return [visible(cell) if isinstance(cell, str) else cell for cell in row]


def _escape(found: re.Match[str]) -> str:
    return escape(found.group())


def escape(character: str) -> str:
    """A character as an escape."""
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if 0xDC80 <= code <= 0xDCFF:  # as Python has bytes of names that are no text
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shell_line(words: Iterable[str]) -> str:
    """A command to be copied into a shell, which finds the words again as they are."""
    return " ".join(map(shell_word, words))


def shell_word(word: str) -> str:
    """A word as a shell takes it; between `$'` and `'` where something in it cannot be seen."""
    if visible(word) == word:
        import shlex  # a run that goes well and is quiet names no command

        return shlex.quote(word)
    plain = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{visible(plain)}'"


def tell_apart(one: str, other: str) -> tuple[str, str] | None:
    """Two texts that look alike, with escapes where they differ; None where anybody sees it."""
    if one == other or (one.isascii() and other.isascii()):
        return None
    if _seen(one) != _seen(other):
        return None
    parts = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return (
        "".join(_spell(one[a:b], kind != "equal") for kind, a, b, _, _ in parts),
        "".join(_spell(other[a:b], kind != "equal") for kind, _, _, a, b in parts),
    )


def _seen(text: str) -> str:
    """What is seen of a text: what else looks the same in print has the same."""
    from unicodedata import category, normalize  # rarely needed

    plain = normalize("NFKC", text)
    return "".join(c for c in plain if category(c) != "Cf").translate(_LATIN)


def _spell(text: str, differs: bool) -> str:
    if not differs:
        return visible(text)
    return "".join(visible(c) if c.isascii() else escape(c) for c in text)

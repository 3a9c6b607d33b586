"""How text of files, names and keys is shown: what would act on a terminal or a page is spelt out.

`visible` is the one place that decides it. What nnctl says itself needs no such care, but for its
line feeds: text from elsewhere has none of its own once it is visible.
"""

import re
import shlex
from collections.abc import Iterable

# Control characters, line and paragraph separators, marks of direction, and what stands for bytes
# that are no text.
_HIDDEN = "\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
HIDDEN = re.compile(f"[{_HIDDEN}]")
HIDDEN_IN_LINES = re.compile(f"(?!\n)[{_HIDDEN}]")
_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
_SCRIPTS = {"LATIN", "GREEK", "CYRILLIC"}  # of which letters of one look like those of another


def visible(text: str) -> str:
    """The text with what cannot be seen, or acts on what is seen, as `\\x1b`, `\\n` or `\\u202e`.

    A byte of a file's name that is no text becomes `\\xff`. Between double quotes YAML takes what
    stands for other characters as these, and a shell between `$'` and `'` takes all.
    """
    return text if text.isprintable() else HIDDEN.sub(_escape, text)


def visible_lines(text: str) -> str:
    """As `visible`, for text of several lines of which the line feeds are nnctl's own."""
    return HIDDEN_IN_LINES.sub(_escape, text)


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
        return shlex.quote(word)
    plain = word.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{visible(plain)}'"


def tell_apart(one: str, other: str) -> tuple[str, str] | None:
    """Two texts that look alike, with escapes where they differ; None where anybody sees it."""
    if one.isascii() and other.isascii():
        return None
    from difflib import SequenceMatcher  # all of it is rarely needed

    if not _look_alike(one, other):
        return None
    parts = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return (
        "".join(_spell(one[a:b], kind != "equal") for kind, a, b, _, _ in parts),
        "".join(_spell(other[a:b], kind != "equal") for kind, _, _, a, b in parts),
    )


def _look_alike(one: str, other: str) -> bool:
    """Whether two texts are the same in print, or but for letters of scripts that are akin."""
    from unicodedata import category, name, normalize

    def seen(text: str) -> str:
        return "".join(c for c in normalize("NFKC", text) if category(c) != "Cf")

    def script(letter: str) -> str:
        return name(letter, "").partition(" ")[0]

    ours, theirs = seen(one), seen(other)
    if len(ours) != len(theirs):
        return False
    return all(
        a == b or (script(a) != script(b) and {script(a), script(b)} <= _SCRIPTS)
        for a, b in zip(ours, theirs, strict=True)
    )


def _spell(text: str, differs: bool) -> str:
    if not differs:
        return visible(text)
    return "".join(visible(c) if c.isascii() else escape(c) for c in text)

"""Mathematical signs on a terminal that may not know them."""

import sys

from nnctl.cli.printing import wrap

SPELT = str.maketrans(
    {
        **{"∂": "d", "ε": "eps", "−": "-", "·": "*", "×": "x", "½": "0.5", "²": "^2", "µ": "u"},
        **{"≥": ">=", "≤": "<="},
    }
)


def say(text: str) -> None:
    """Prints a text as the terminal can show it, broken at words."""
    print(wrap(spell(text), sys.stdout))


def spell(text: str) -> str:
    """The text, spelt with plain letters where the terminal's encoding lacks its signs."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return text.translate(SPELT)
    return text

"""How figures are written wherever nnctl tells of one, on a terminal, in a message or on a page."""

PLAIN, LARGE = 1e4, 1e9  # between these, numbers are whole, with separators


def figure_text(value: float, *, padded: bool = False) -> str:
    """A number to four digits, a large one whole with separators; `padded` keeps zeros at its end.

    >>> [figure_text(value) for value in (0.05, 1.0, 50862.7, 3e214)]
    ['0.05', '1', '50,863', '3e+214']
    """
    if PLAIN <= abs(value) < LARGE:
        return f"{value:,.0f}"
    return f"{value:#.4g}".rstrip(".") if padded else f"{value:.4g}"

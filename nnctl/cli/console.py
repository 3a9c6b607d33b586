"""Rich's consoles, in which text is text: no name or value is taken for markup."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def open_console(*, stderr: bool = False) -> "Console":
    """A console that prints `[bold]` and `:smile:` as they are."""
    from rich.console import Console  # costs time, and only terminals need it

    return Console(stderr=stderr, markup=False, emoji=False)

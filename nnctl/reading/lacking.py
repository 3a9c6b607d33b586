"""Columns that are asked for and not there: one problem a cause, and what to do about it."""

from collections.abc import Iterator, Sequence

from nnctl.errors import Problem, Setting, did_you_mean, nearest
from nnctl.reading.header import Header

SHOWN_COLUMNS = 12
SHOWN_NAMES = 5
OTHER_SEPARATORS = ";\t|,"
NAMES_OF = {"\t": "a tab", " ": "blanks"}


def lacking(
    absent: Sequence[str], asked: int, header: Header, separator: str, by_model: bool
) -> Iterator[Problem]:
    """The problems of a table that lacks the columns `absent`, of so many that were asked for.

    Where all columns stand in one, or none of several is there, that is one problem; else each is
    one. The columns that there are come with the first. The item of its setting is the first of
    the columns that a problem is about. `by_model` says that not the user but the
    model has named them, so that it is the table that has to change.
    """
    if not absent:
        return
    columns = list(header.places)
    shown = ", ".join(columns[:SHOWN_COLUMNS]) + (", …" if len(columns) > SHOWN_COLUMNS else "")
    there = f"; the columns are: {shown}"
    other = next((mark for mark in OTHER_SEPARATORS if mark in columns[0]), None)
    if len(columns) == 1 and other is not None:
        told = f"{lack(absent)}{there}, which seem to be separated by {named_sign(other)}"
        fix = f"put {named_sign(separator)} between them"
        written = '"\\t"' if other == "\t" else f"'{other}'"
        setting = Setting("data.delimiter", absent[0], f"set data.delimiter: {written}")
        yield Problem(told, fix, line=header.line, setting=setting)
        return
    if len(absent) == asked > 1 and not any(nearest(name, columns) for name in absent):
        own = "give the table the columns that the model was trained with" if by_model else None
        setting = Setting("", absent[0], "name columns that the table has, or another table")
        yield Problem(f"{lack(absent)}{there}", own, line=header.line, setting=setting)
        return
    near = {name: nearest(name, columns) for name in absent}
    strange = [name for name, close in near.items() if close is None] if by_model else []
    for name, close in near.items():
        mend = did_you_mean(name, columns)
        names = strange if name in strange else [name]
        if by_model and close is not None:
            mend = f'if it is the column "{close}", call it "{name}" in the table'
        elif by_model:
            mend = f"add {'them' if len(names) > 1 else 'it'} to the table"
        if names[0] == name:
            setting = Setting(item=name)
            yield Problem(f"{lack(names)}{there}", mend, line=header.line, setting=setting)
            there = ""


def lack(names: Sequence[str]) -> str:
    """That these columns are not there."""
    if len(names) == 1:
        return f'there is no column "{names[0]}"'
    shown = ", ".join(f'"{name}"' for name in names[:SHOWN_NAMES])
    more = f" and {len(names) - SHOWN_NAMES:,} more" if len(names) > SHOWN_NAMES else ""
    return f"there are no columns {shown}{more}"


def named_sign(sign: str) -> str:
    """A sign that stands between columns, as a message names it."""
    return NAMES_OF.get(sign, f'"{sign}"')

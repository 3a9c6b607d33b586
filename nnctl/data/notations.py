"""How texts are written that are numbers in another notation: the keys of a config that say so."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnctl.data.columns import QUANTITY
from nnctl.data.raw import Raw
from nnctl.errors import Problem, Setting
from nnctl.reading.guessing import Sample, guessed_notation
from nnctl.reading.notation import is_sign
from nnctl.reading.table import Faults

SAMPLED = 1000  # labels, before all are tried


def keys_of_notation(labels: Sequence[str], delimiter: str = ",") -> dict[str, Any]:
    """The keys below `data`, with their values, by which all labels are numbers; else none."""
    units, bare = units_of(labels)
    sample = Sample([""], [[label] for label in bare[:SAMPLED]])
    found = guessed_notation(sample, delimiter)
    found = found._replace(signs=tuple(sorted({*found.signs, *filter(is_sign, units)})))
    if found.is_plain or any(found.number(label) is None for label in labels):
        return {}
    decimal = None if found.decimal == "." else found.decimal
    keys = {"decimal": decimal, "thousands": found.thousands, "signs": list(found.signs)}
    return {key: value for key, value in keys.items() if value}


def units_of(labels: Sequence[str]) -> tuple[set[str], list[str]]:
    """The units behind numbers in labels, and the labels without them; none where some are none."""
    found = [re.fullmatch(QUANTITY, label.strip()) for label in labels]
    units, bare = set(), []
    for label, match in zip(labels, found, strict=True):
        if match is None:
            return set(), list(labels)
        unit = match[1] or ""
        units.add(unit)
        bare.append(label.strip().removesuffix(unit).rstrip())
    return units - {""}, bare


def check_numbers(raw: Raw, names: Sequence[str]) -> None:
    """Raises `NnctlError` where targets that must be numbers are numbers in another notation."""
    faults = Faults(raw.targets.file)
    for name in names:
        labels = raw.targets.text[name].labels if name in raw.targets.text else ()
        units, _ = units_of(labels)
        keys = keys_of_notation(labels) if labels else {}
        if not keys and not units:
            continue
        message = f'the target holds numbers that are written as "{labels[0]}"'
        setting: Setting | None = Setting(f"data.{next(iter(keys), '')}", fix=settings_of(keys))
        fix = None
        if not keys:
            setting, fix = None, f"write the numbers alone, without {' and '.join(sorted(units))}"
        elif "decimal" in keys and not are_whole(raw):
            setting, fix = None, "write them with a point, as other columns have it"
        place = f"column {name}"
        faults.once(name, Problem(message, fix, raw.targets.file, path=place, setting=setting))
    faults.check()


def are_whole(raw: Raw) -> bool:
    """Whether no column of numbers has fractions, so that the decimal sign is free."""
    with np.errstate(invalid="ignore"):
        every = np.ones(len(raw), dtype=np.bool_)
        return not any((chunk % 1 > 0).any() for chunk in raw.chunks(every))


def settings_of(keys: Mapping[str, Any]) -> str:
    """What to set in a config, in words: `data.decimal: ','` and the like."""
    return " and ".join(f"set data.{key}: {_quoted(value)}" for key, value in keys.items())


def _quoted(value: str | Sequence[str]) -> str:
    """Text, or several, as YAML has them between quotes."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"[{', '.join(map(_quoted, value))}]"

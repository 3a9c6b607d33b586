"""A piece of advice: a rule that a config breaks, where it does, and the change to make."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nnctl.config import Config
from nnctl.config.dumping import dump_line
from nnctl.errors.visible import visible
from nnctl.rules import Rule


class Finding(NamedTuple):
    """What a check has found: `path` is the key that it is about, `found` a clause on what is
    there, and `change` gives dotted paths of the config their new values."""

    rule: Rule
    path: str
    found: str
    change: Mapping[str, Any]


OF_A_LAYER = r"layers\.\d+\.(?P<key>[a-z_.]+): (?P<value>.*)"
FEW = 3  # lines of the same change that are told one by one
SHOWN = 6  # paths of it that are told


def together(lines: Sequence[str]) -> Iterator[str]:
    """Lines of a change as they are told: the same one of many layers on one line."""
    groups: dict[Any, list[str]] = {}
    for line in lines:
        match = re.fullmatch(OF_A_LAYER, line)
        groups.setdefault(match.groups() if match else line, []).append(line)
    for group in groups.values():
        if len(group) <= FEW:
            yield from group
            continue
        value = group[0].partition(": ")[2]
        paths = [line.partition(": ")[0] for line in group]
        more = f" and {len(paths) - SHOWN:,} more" if len(paths) > SHOWN else ""
        yield f"{', '.join(paths[:SHOWN])}{more}: {value}"


class Advice(NamedTuple):
    """Advice to a user.

    `message` says on one line what was found and why it is a mistake. `change` is YAML, a line a
    dotted path, each of which `--set` takes as PATH=VALUE. `file`, `line` and `option` (the
    `--set` that gave the value) tell where.
    """

    code: str
    path: str
    message: str
    change: str
    file: str | None = None
    line: int | None = None
    option: str | None = None

    @classmethod
    def of(cls, finding: Finding, config: Config) -> "Advice":
        """A finding in that config as advice."""
        return cls(
            finding.rule.code,
            finding.path,
            f"{finding.found}; {finding.rule.why}",
            "\n".join(dump_line(path, value) for path, value in finding.change.items()),
            config.source.file,
            config.source.line(finding.path),
            config.source.option(finding.path),
        )

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "code": self.code,
            "path": self.path,
            "message": self.message,
            "change": self.change,
            "file": self.file,
            "line": self.line,
        }

    @property
    def place(self) -> str:
        """The option that gave the value, or its file and line."""
        place = self.option or self.file or ""
        return place if self.line is None or self.option is not None else f"{place}:{self.line}"

    def __str__(self) -> str:
        change = [f"    {line}" for line in together(self.change.split("\n"))]
        head = f"{visible(self.place)}  {visible(self.path)}  [{self.code}]"
        return "\n".join([head, f"  {visible(self.message)}", "  change:", *change])

"""A piece of advice: a rule that a config breaks, where it does, and the change to make."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from nnctl.config import Config
from nnctl.config.dumping import dump_line
from nnctl.rules import Rule
from nnctl.visible import visible


class Finding(NamedTuple):
    """What a check has found: `path` is the key that it is about, `found` a clause on what is
    there, and `change` gives dotted paths of the config their new values."""

    rule: Rule
    path: str
    found: str
    change: Mapping[str, Any]


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

    def __str__(self) -> str:
        place = self.option or self.file or ""
        if self.line is not None and self.option is None:
            place = f"{place}:{self.line}"
        change = [f"    {line}" for line in self.change.split("\n")]
        head = f"{visible(place)}  {visible(self.path)}  [{self.code}]"
        return "\n".join([head, f"  {visible(self.message)}", "  change:", *change])

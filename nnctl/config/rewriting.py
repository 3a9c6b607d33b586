"""One value of a config's text given anew, with all else as it stands there, comments included."""

from typing import Any

import yaml

from nnctl.errors import NnctlError, Problem

OPTIMIZER, RATE = "optimizer", "learning_rate"


def with_rate(text: str, rate: float, file: str) -> str:
    """A config's text with another learning rate, a number, on the line where it belongs.

    Raises `NnctlError` for a text without a line for it: where the optimizer stands elsewhere, and
    where the rate is a schedule.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    section = value_at(root, OPTIMIZER)
    if section is None:
        raise refusal(file, "it has no optimizer of its own")
    if isinstance(section, yaml.ScalarNode):
        return replaced(text, section, f"{{type: {section.value}, {RATE}: {rate:g}}}")
    value = value_at(section, RATE)
    if isinstance(value, yaml.ScalarNode):
        return replaced(text, value, f"{rate:g}")
    if value is not None:
        raise refusal(file, f"{OPTIMIZER}.{RATE} is a schedule", value.start_mark.line + 1)
    kind = value_at(section, "type")
    if not isinstance(kind, yaml.ScalarNode):
        raise refusal(file, "its optimizer has no type", section.start_mark.line + 1)
    written = text[kind.start_mark.index : kind.end_mark.index]
    if section.flow_style:
        return replaced(text, kind, f"{written}, {RATE}: {rate:g}")
    line_end = text.find("\n", kind.end_mark.index)
    line_end = len(text) if line_end < 0 else line_end
    indent = " " * section.start_mark.column
    return f"{text[:line_end]}\n{indent}{RATE}: {rate:g}{text[line_end:]}"


def value_at(node: Any, key: str) -> Any:
    """The node of a mapping's value, which stands behind its key; None where there is none."""
    if not isinstance(node, yaml.MappingNode):
        return None
    for own, value in node.value:
        # What an alias stands for is written elsewhere, and may be meant for others as well.
        if own.value == key and value.start_mark.index >= own.end_mark.index:
            return value
    return None


def replaced(text: str, node: Any, written: str) -> str:
    """The text with other words in the place of a node."""
    return text[: node.start_mark.index] + written + text[node.end_mark.index :]


def refusal(file: str, message: str, line: int | None = None) -> NnctlError:
    """Why no rate can be written into a config."""
    fix = "leave out --write, and give the rate by --set"
    return NnctlError(Problem(f"{message}, so no learning rate can be written", fix, file, line))

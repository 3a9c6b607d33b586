"""Class weights in a config: by the labels that the data have."""

from collections.abc import Mapping
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from nnctl.config.problems import detail, errors
from nnctl.config.wording import shown
from nnctl.network.annotations import Number, Range

WEIGHTS = Number(whole=False, bounds=Range(0)).limits


class OrLabelWeights:
    """Marks a field that takes a mapping of labels to weights besides what it is annotated with."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def either(value: Any, rest: core_schema.ValidatorFunctionWrapHandler) -> Any:
            return label_weights(value) if isinstance(value, Mapping) else rest(value)

        return core_schema.no_info_wrap_validator_function(either, handler(source))


def label_weights(value: Mapping[Any, Any]) -> dict[str, float]:
    """The weights by label, labels as text; raises worded errors."""
    found = []
    for label, weight in value.items():
        is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not is_number or weight not in WEIGHTS:
            message = f"the weight is {shown(weight)}; it must be a number at least 0"
            found.append(detail(message, None, (str(label),)))
    if not value:
        found.append(detail("there is no label in it", 'write {label: weight}, or "balanced"'))
    if found:
        raise errors(*found)
    return {label_text(label): float(weight) for label, weight in value.items()}


def label_text(label: Any) -> str:
    """A label as text, alike whether YAML or the data took it for a number or for text."""
    if isinstance(label, bool):
        return "true" if label else "false"
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)

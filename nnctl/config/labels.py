"""Class weights in a config: by the labels that the data have."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from nnctl.config.problems import detail, errors
from nnctl.config.scalars import TooLong, core_value
from nnctl.config.wording import excerpt
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
            message = f"the weight is {excerpt(weight)}; it must be a number at least 0"
            found.append(detail(message, None, (str(label),)))
    if not value:
        found.append(detail("there is no label in it", 'write {label: weight}, or "balanced"'))
    if found:
        raise errors(*found)
    return {str(label): float(weight) for label, weight in value.items()}


def index_of(written: str, labels: Sequence[Any]) -> int | None:
    """The place of a label of the data, by what a config writes for it; None where it has none.

    Text is that text; a number is any spelling of it, as `1.50` is of 1.5.
    """
    texts = [label if isinstance(label, str) else None for label in labels]
    if written in texts:
        return texts.index(written)
    try:
        value = core_value(written)
    except TooLong:
        return None
    return labels.index(value) if not isinstance(value, str) and value in labels else None

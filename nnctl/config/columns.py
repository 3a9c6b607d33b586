"""What a config says of single columns: `data.columns`."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Strict, model_validator
from pydantic_core import InitErrorDetails

from nnctl.config.constraints import Filled, Limits, Phrase
from nnctl.config.problems import detail, errors
from nnctl.config.scaling import SCALING
from nnctl.config.schema import Bins
from nnctl.config.types import Entry, Named, OrSection, Section
from nnctl.config.wording import excerpt
from nnctl.encoding.words import FILLING, ColumnType, Missing, Part
from nnctl.errors import did_you_mean
from nnctl.reading.dates import is_date_format

# The types of column that a key is for; `missing` is for all but those ignored.
KEYS_FOR = {
    "scale": ("number", "date"),
    "indicator": ("number", "date"),
    "bins": ("number",),
    "min_count": ("category",),
    "format": ("date",),
    "parts": ("date",),
    "missing": ("number", "category", "date"),
}
NEED_TYPE = ("format", "parts")  # which mean nothing without it


def known_format(pattern: str) -> str:
    """The format, if dates can be read by it."""
    if is_date_format(pattern):
        return pattern
    fix = 'write it as Python\'s strptime takes it, such as "%d.%m.%Y %H:%M"'
    raise errors(detail(f"{excerpt(pattern)} is not a format of dates", fix))


Format = Annotated[
    str, Phrase('a format of dates such as "%d.%m.%Y"', "formats"), AfterValidator(known_format)
]


class ColumnConfig(Section):
    """What a column is, and what becomes of it; what is None is as for all columns."""

    noun: ClassVar[str] = "a column"
    type: ColumnType | None = None
    scale: Annotated[Entry | None, Named(SCALING)] = None
    missing: Missing | None = None
    indicator: Annotated[bool, Strict()] = False
    bins: Bins | None = None
    min_count: Annotated[int, Limits(1)] = 1
    format: Format | None = None
    parts: Annotated[tuple[Part, ...], Filled()] | None = None

    @model_validator(mode="after")
    def _has_keys_of_its_type(self) -> Self:
        found = []
        for key in filter(self.gives, KEYS_FOR):
            if self.type is None and key in NEED_TYPE:
                message = f"{key} is for dates, and the column is not said to hold any"
                found.append(detail(message, 'add "type: date"', (key,)))
            elif self.type is not None and self.type not in KEYS_FOR[key]:
                message = f"{key} is not for a column of type {self.type}"
                found.append(detail(message, "remove it, or change the type", (key,)))
        for place, part in enumerate(self.parts or ()):
            if part in (self.parts or ())[:place]:
                message = f"the part {part} is listed twice"
                found.append(detail(message, "remove one of them", ("parts", place)))
        if found:
            raise errors(*found)
        return self

    def gives(self, key: str) -> bool:
        """Whether a key says something else than its default."""
        return bool(getattr(self, key) != type(self).model_fields[key].default)


def known_column(value: Any) -> Any:
    """What is said of a column, if it is a type or a mapping."""
    types = get_args(ColumnType)
    if value in types if isinstance(value, str) else isinstance(value, Mapping | Section):
        return value
    keys = ", ".join(sorted(ColumnConfig.model_fields))
    message = f"{excerpt(value)} stands here; a column is one of {', '.join(types)}, "
    fix = did_you_mean(value, types) if isinstance(value, str) else None
    raise errors(detail(f"{message}or a mapping with the keys {keys}", fix))


AnyColumn = Annotated[ColumnType, OrSection(ColumnConfig), BeforeValidator(known_column)]


def contradictions(
    rules: Mapping[str, ColumnConfig], missing: Missing, text: Collection[str]
) -> list[InitErrorDetails]:
    """What is said of columns, and otherwise of all of them, or of those of `text`."""
    found = []
    for name, column in rules.items():
        own, loc = column.missing or missing, ("columns", name)
        if name in text and column.type not in (None, "category"):
            message = f'the column "{name}" is among data.text, and here of type {column.type}'
            found.append(detail(message, "remove one of the two", (*loc, "type")))
        if column.indicator and own not in FILLING:
            message = f"missing is {own}, so that there is nothing to indicate"
            fix = 'add "missing: mean", or median, or remove the indicator'
            found.append(detail(message, fix, (*loc, "indicator")))
    return found

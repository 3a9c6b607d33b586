"""Marks of a config's annotations that pydantic enforces, and that say what they allow."""

from typing import Any, NamedTuple

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from nnctl.network.annotations import Allowed, Listing, Number, Range, Text


class Limits(Range):
    """A range that pydantic enforces: on finite numbers only, never on text or truth values."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        whole = source is int
        limits = Number(whole, self).limits
        bound = int if whole else float
        return {
            **handler(source),
            "strict": True,
            "gt" if self.low_open else "ge": bound(limits.low),
            "lt" if self.high_open else "le": bound(limits.high),
            **({} if whole else {"allow_inf_nan": False}),
        }


class Phrase(NamedTuple):
    """Marks text of a certain meaning, such as "a file", so that errors can name it.

    It is not empty, and may have a `pattern`, or known `options`, which somebody else enforces.
    """

    noun: str
    nouns: str
    pattern: str | None = None
    options: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        schema: Any = {**handler(source), "strict": True}
        if self.pattern is not None:
            return {**schema, "min_length": 1, "pattern": self.pattern}
        # pydantic's own limit would refuse names of files that are no text.
        return core_schema.no_info_after_validator_function(require_text, schema)

    def amend(self, allowed: Allowed) -> Allowed:
        """What is allowed, its text being of that meaning."""
        return allowed.changed(Text, **self._asdict())


def require_text(text: str) -> str:
    """The text, if it is not empty."""
    if not text:
        raise PydanticKnownError("string_too_short", {"min_length": 1})
    return text


class Filled(NamedTuple):
    """Marks a list that may not be empty."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return {**handler(source), "min_length": 1}

    def amend(self, allowed: Allowed) -> Allowed:
        """What is allowed, its lists having an item at least."""
        return allowed.changed(Listing, least=1)

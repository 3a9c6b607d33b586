"""The JSON Schema of a config, for editors: made of the same annotations that check it."""

import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from nnctl.config.descriptions import argument_told, key_told
from nnctl.config.ignoring import AdviceCode
from nnctl.config.schema import Config, DataConfig, FileConfig
from nnctl.config.tuning import SearchRange, TuneConfig
from nnctl.config.types import ArgumentsOf, Deferred, OrSection, Section, arguments_model, model_of
from nnctl.network.arguments import OneOf, Range
from nnctl.rules import RULES

DIALECT = "http://json-schema.org/draft-07/schema#"  # what editors know
TITLE = "nnctl config"
SHIPPED = Path(__file__).parents[1] / "docs" / "config.schema.json"  # where editors find it
Schema = dict[str, Any]
AHEAD: dict[type[Section], str] = {
    Config: "",
    DataConfig: "data.",
    FileConfig: "file.",
    TuneConfig: "tune.",
    SearchRange: "range.",
}


def json_schema() -> Schema:
    """The schema of a whole config: JSON Schema, draft 7, as plain data."""
    definitions: dict[str, Schema] = {}
    root = section_schema(Config, definitions)
    root["required"] = [key for key in root["required"] if key not in ("name", "metrics")]
    return {"$schema": DIALECT, "title": TITLE, **root, "definitions": definitions}


def section_schema(
    section: type[Section], definitions: dict[str, Schema], kind: str = ""
) -> Schema:
    """An object with the section's keys and no others; a key that is null counts as not given.

    `kind` is the name of the type whose arguments the keys are.
    """
    properties = {}
    for name, field in section.model_fields.items():
        told = key_told(AHEAD[section] + name) if section in AHEAD else argument_told(kind, name)
        properties[name] = described(field_schema(field, definitions), field, told)
    required = [name for name, field in section.model_fields.items() if field.is_required()]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def described(schema: Schema, field: FieldInfo, told: str) -> Schema:
    """The schema of a key, with what is told of it, and its default where that is plain."""
    default = None if field.is_required() else field.default
    if told:
        # Draft 7 ignores what stands beside a reference.
        schema = {"allOf": [schema]} if "$ref" in schema else schema
        schema = {"description": told, **schema}
    if isinstance(default, bool | int | float | str):
        return {**schema, "default": default}
    return schema


def field_schema(field: FieldInfo, definitions: dict[str, Schema]) -> Schema:
    return annotation_schema(field.annotation, tuple(field.metadata), definitions)


def annotation_schema(
    annotation: Any, marks: tuple[Any, ...], definitions: dict[str, Schema]
) -> Schema:
    """What an annotation allows; its marks may add to that or narrow it."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation == AdviceCode:
        return {"enum": sorted(RULES)}
    if origin is Annotated:
        return annotation_schema(parts[0], (*parts[1:], *marks), definitions)
    for mark in marks:
        if isinstance(mark, ArgumentsOf):
            return section_schema(arguments_model(mark.made, mark.noun), definitions, mark.noun)
    further = [found for mark in marks if (found := marked(mark, definitions)) is not None]
    alternatives = parts if is_union(origin) else (annotation,)
    own = [part for part in alternatives if part is not type(None)]
    inner = () if is_union(origin) else marks
    schemas = [plain_schema(part, inner, definitions) for part in own if not opaque(part, further)]
    return any_of([*schemas, *further])


def is_union(origin: Any) -> bool:
    return origin in (Union, types.UnionType)


def opaque(annotation: Any, further: list[Schema]) -> bool:
    """Whether an annotation says nothing that its marks do not say."""
    section = isinstance(annotation, type) and issubclass(annotation, Section)
    return bool(further) and (annotation is Any or section)


def marked(mark: Any, definitions: dict[str, Schema]) -> Schema | None:
    """What a mark allows besides the annotation: a named type, a section, weights by label."""
    one_of = getattr(mark, "one_of", None)
    if isinstance(one_of, OneOf):
        return named_schema(one_of, definitions)
    if isinstance(mark, OrSection):
        return section_schema(mark.section, definitions)
    if isinstance(mark, Deferred):
        return section_schema(mark.section(), definitions)
    return None


def named_schema(one_of: OneOf, definitions: dict[str, Schema]) -> Schema:
    """A reference to the names of a closed set, bare or with arguments."""
    key = one_of.kind.replace(" ", "_")
    if key not in definitions:
        definitions[key] = {}  # a layer may hold a layer's types: the reference comes first
        models = {name: model_of(one_of, name) for name in sorted(one_of.registry)}
        bare = [
            name
            for name, model in models.items()
            if not any(f.is_required() for key, f in model.model_fields.items() if key != "type")
        ]
        objects = []
        for name, model in models.items():
            schema = section_schema(model, definitions, name)
            schema["properties"]["type"] = {"const": name}
            objects.append(schema)
        definitions[key] = any_of([{"enum": bare}, *objects])
    return {"$ref": f"#/definitions/{key}"}


def plain_schema(annotation: Any, marks: tuple[Any, ...], definitions: dict[str, Schema]) -> Schema:
    """The schema of a type without named types of its own."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return annotation_schema(annotation, marks, definitions)
    if origin is Literal:
        return {"enum": list(parts)}
    if origin in (tuple, list):
        return list_schema(parts, marks, definitions)
    if origin is dict or annotation is dict:
        return mapping_schema(parts, definitions)
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return section_schema(annotation, definitions)
    simple = {bool: "boolean", str: "string", int: "integer", float: "number"}
    if annotation not in simple:
        return {}
    schema: Schema = {"type": simple[annotation]}
    for mark in flat(marks):
        if isinstance(mark, Range):
            schema |= range_schema(mark)
        if pattern := getattr(mark, "pattern", None):
            schema["pattern"] = pattern
    return schema


def list_schema(
    parts: tuple[Any, ...], marks: tuple[Any, ...], definitions: dict[str, Schema]
) -> Schema:
    if not parts:
        return {"type": "array"}
    if len(parts) > 1 and parts[-1] is not Ellipsis:
        items = [annotation_schema(part, (), definitions) for part in parts]
        size = len(parts)
        return {"type": "array", "items": items, "minItems": size, "maxItems": size}
    schema: Schema = {"type": "array", "items": annotation_schema(parts[0], (), definitions)}
    least = max((getattr(mark, "min_length", None) or 0 for mark in flat(marks)), default=0)
    return {**schema, "minItems": least} if least else schema


def flat(marks: tuple[Any, ...]) -> list[Any]:
    """The marks, and those that pydantic keeps within its own."""
    return [each for mark in marks for each in (mark, *getattr(mark, "metadata", ()))]


def mapping_schema(parts: tuple[Any, ...], definitions: dict[str, Schema]) -> Schema:
    schema: Schema = {"type": "object"}
    if parts and parts[1] is not Any:
        schema["additionalProperties"] = annotation_schema(parts[1], (), definitions)
    return schema


def range_schema(bounds: Range) -> Schema:
    """The limits of a number."""
    schema: Schema = {}
    if bounds.low > float("-inf"):
        schema["exclusiveMinimum" if bounds.low_open else "minimum"] = bounds.low
    if bounds.high < float("inf"):
        schema["exclusiveMaximum" if bounds.high_open else "maximum"] = bounds.high
    return schema


def any_of(schemas: list[Schema]) -> Schema:
    """One of several schemas; those alike count once."""
    different = [each for place, each in enumerate(schemas) if each not in schemas[:place]]
    return different[0] if len(different) == 1 else {"anyOf": different}

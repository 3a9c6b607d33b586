"""The JSON Schema of a config, for editors: made of the same annotations that check it."""

from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from nnctl.config.columns import ColumnConfig
from nnctl.config.descriptions import argument_line, key_line
from nnctl.config.images import ImageConfig
from nnctl.config.schema import Config, DataConfig, EnsembleConfig, FileConfig, MarksConfig
from nnctl.config.threshold import CostConfig, ThresholdConfig
from nnctl.config.tuning import SearchRange, TuneConfig
from nnctl.config.types import Section, model_of
from nnctl.network import annotations as forms
from nnctl.network.annotations import Allowed, OneOf, Range, read_annotation

DIALECT = "http://json-schema.org/draft-07/schema#"  # what editors know
TITLE = "nnctl config"
SHIPPED = Path(__file__).parents[1] / "docs" / "config.schema.json"  # where editors find it
Schema = dict[str, Any]
AHEAD: dict[type[Section], str] = {
    Config: "",
    DataConfig: "data.",
    FileConfig: "file.",
    MarksConfig: "marks.",
    ColumnConfig: "column.",
    ImageConfig: "image.",
    EnsembleConfig: "ensemble.",
    ThresholdConfig: "threshold.",
    CostConfig: "cost.",
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
        told = key_line(AHEAD[section] + name) if section in AHEAD else argument_line(kind, name)
        properties[name] = key_schema(field, told, definitions)
    required = [name for name, field in section.model_fields.items() if field.is_required()]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def key_schema(field: FieldInfo, told: str, definitions: dict[str, Schema]) -> Schema:
    """The schema of a key, with what is told of it, and its default where that is plain."""
    schema = allowed_schema(read_annotation(field.annotation, field.metadata), definitions)
    default = None if field.is_required() else field.default
    if told:
        # Draft 7 ignores what stands beside a reference.
        schema = {"allOf": [schema]} if "$ref" in schema else schema
        schema = {"description": told, **schema}
    if isinstance(default, bool | int | float | str):
        return {**schema, "default": default}
    return schema


def allowed_schema(allowed: Allowed, definitions: dict[str, Schema]) -> Schema:
    """What an annotation allows."""
    return any_of([form_schema(form, definitions) for form in allowed.forms])


def form_schema(form: forms.Form, definitions: dict[str, Schema]) -> Schema:
    """The schema of one form."""
    match form:
        case forms.Member(one_of):
            return named_schema(one_of, definitions)
        case forms.Instance(of) if issubclass(of, Section):
            return section_schema(of, definitions, of.noun)
        case forms.Choice(options) | forms.Text(options=(_, *_) as options):
            return {"enum": list(options)}
        case forms.Text(pattern=pattern):
            return {"type": "string", **({"pattern": pattern} if pattern else {"minLength": 1})}
        case forms.Switch():
            return {"type": "boolean"}
        case forms.Number(whole, bounds):
            limits = form.limits if whole else bounds
            return {"type": "integer" if whole else "number", **range_schema(limits)}
        case forms.Listing():
            return list_schema(form, definitions)
        case forms.Dictionary(values):
            below = allowed_schema(values, definitions)
            return {"type": "object", **({"additionalProperties": below} if below else {})}
    return {}


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


def list_schema(form: forms.Listing, definitions: dict[str, Schema]) -> Schema:
    items = [allowed_schema(item, definitions) for item in form.items]
    if not form.repeats:
        size = len(items)
        return {"type": "array", "items": items, "minItems": size, "maxItems": size}
    least = {"minItems": form.least} if form.least else {}
    return {"type": "array", "items": items[0], **least}


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

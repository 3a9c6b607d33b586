"""The JSON Schema accepts what nnctl accepts, as far as such a schema can tell."""

import copy
import json
from pathlib import Path

import fastjsonschema
import pytest

from nnctl.config.json_schema import SHIPPED, json_schema
from nnctl.config.source import read
from nnctl.network.initializers import INITIALIZERS
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.network.metrics import METRICS
from nnctl.network.optimizers import OPTIMIZERS

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
MNIST = Path(__file__).parents[2] / "configs/mnist.yaml"
SCHEMA = json_schema()
accept = fastjsonschema.compile(SCHEMA)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configs_are_accepted(config):
    accept(read(config).values)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configs_tell_editors_where_the_schema_is(config):
    line, *_ = config.read_text().splitlines()
    address = line.removeprefix("# yaml-language-server: $schema=")
    assert (config.parent / address).resolve() == SHIPPED


def keys_of(values, path=()):
    """The path of each key, in lists and mappings of any depth."""
    places = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in places:
        yield from [(*path, key)] if isinstance(key, str) else []
        if isinstance(value, dict | list):
            yield from keys_of(value, (*path, key))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_a_typo_in_any_key_of_a_shipped_config_is_refused(config):
    values = read(config).values
    keys = list(keys_of(values))
    assert len(keys) > len(values) > 0
    for *ahead, key in keys:
        # Their keys are names, labels, and paths of other keys.
        if "weights" in ahead or "class_weight" in ahead or ahead[-1:] == ["search"]:
            continue
        wrong = copy.deepcopy(values)
        inner = wrong
        for step in ahead:
            inner = inner[step]
        inner[key + "x"] = inner.pop(key)
        with pytest.raises(fastjsonschema.JsonSchemaValueException):
            accept(wrong)


def test_every_key_and_argument_is_described():
    def described(schema, path):
        for key, value in schema.get("properties", {}).items():
            if key != "type":
                yield f"{path}.{key}", "description" in value
        for key, value in schema.items():
            for inner in value if isinstance(value, list) else [value]:
                if isinstance(inner, dict):
                    yield from described(inner, f"{path}.{key}")

    found = list(described(SCHEMA, ""))
    assert len(found) > 100
    assert [key for key, told in found if not told] == []
    assert "](" not in json.dumps(SCHEMA)  # a link leads nowhere in an editor


RIGHT = [
    {"validation": 0.2},
    {"validation": {"features": "a.idx", "target": "b.idx"}},
    {"train": {"file": "a.npz", "features": "x", "target": "y"}},
    {"target": ["a", "b"], "scale": {"type": "rescale", "by": 255}, "missing": "mean"},
    {"delimiter": ";", "header": False, "text": ["a"]},
]


@pytest.mark.parametrize("data", RIGHT)
def test_forms_of_data_are_accepted(data):
    values = read(MNIST).values
    accept({**values, "data": {**values["data"], **data}})


WRONG = [
    ("epochs", "100"),
    ("epochs", 0),
    ("epoch", 3),
    ("batch_size", "ful"),
    ("dtype", "float16"),
    ("shuffle", 1),
    ("layers", []),
    ("layers", [{"type": "dens", "units": 3}]),
    ("layers", [{"type": "dense"}]),
    ("layers", [{"type": "dense", "units": 3, "unit": 3}]),
    ("layers", [{"type": "dropout", "rate": 1.5}]),
    ("layers", [{"type": "conv2d", "filters": 3, "kernel_size": [3, 3, 3]}]),
    ("layers", ["dense"]),
    ("loss", {"type": "huber", "delta": -1}),
    ("optimizer", {"type": "adam", "beta_1": 1.0}),
    ("optimizer", {"type": "adam", "learning_rate": {"type": "cosine"}}),
    ("metrics", "accuracy"),
    ("early_stopping", {"monitor": "loss"}),
    ("class_weight", "equal"),
    ("ignore_advice", ["linear-hiden"]),
    ("data", {"target": "label"}),
    ("data", {"train": "a.csv", "validation": 1.5}),
    ("data", {"train": "a.csv", "delimiter": "ab"}),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_mistakes_are_refused(key, value):
    values = copy.deepcopy(read(MNIST).values)
    values[key] = value
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        accept(values)


@pytest.mark.parametrize(
    ("kind", "registry"),
    [
        ("layer", LAYERS),
        ("loss", LOSSES),
        ("optimizer", OPTIMIZERS),
        ("metric", METRICS),
        ("initializer", INITIALIZERS),
    ],
)
def test_every_registered_type_is_in_it(kind, registry):
    text = json.dumps(SCHEMA["definitions"][kind])
    assert all(f'{{"const": "{name}"}}' in text for name in registry)


def test_the_command_prints_it(capsys):
    from nnctl.cli.commands.schema import command

    command()
    assert json.loads(capsys.readouterr().out) == SCHEMA

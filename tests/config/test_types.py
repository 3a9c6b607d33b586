"""Models of types, derived from signatures: on classes of this file, then on all registries."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest
from pydantic import ValidationError

from nnctl.config.problems import dotted_path
from nnctl.config.types import Entry, Named, make, model_of
from nnctl.errors import ArgumentError
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.annotations import DecayRate, OneOf, PositiveFloat, PositiveInt, Range
from nnctl.network.arguments import Component, arguments_of
from nnctl.network.initializers import INITIALIZERS
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.network.metrics import METRICS
from nnctl.network.optimizers import OPTIMIZERS


@dataclass(frozen=True)
class Slope:
    rate: PositiveFloat = 0.5
    steps: PositiveInt = 10


def leaky(z: float, slope: PositiveFloat = 0.2) -> float:
    return z * slope


SHAPES = OneOf("shape", {"leaky": leaky, "slope": Slope})


@dataclass(eq=False, repr=False)
class Part(Component):
    size: PositiveInt
    window: PositiveInt | tuple[PositiveInt, PositiveInt] = 2
    padding: Literal["valid", "same"] = "valid"
    scale: float = 1.0
    seed: int | None = None
    fade: DecayRate = 0.9
    on: bool = True
    label: str = "a"
    bounds: tuple[PositiveInt, ...] = (1,)
    shape: Annotated[Any, SHAPES] = "leaky"
    rate: PositiveFloat | Annotated[Any, SHAPES] = 0.1
    table: dict[str, Any] | None = None
    values: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.padding == "same" and not self.on:
            raise ArgumentError("padding and on exclude each other", "leave one out", "on")


PART = OneOf("part", {"part": Part})


def entry(value: object) -> Entry:
    return Named(PART).entry(value)


def findings(value: object) -> list[tuple[str, str, str | None]]:
    with pytest.raises(ValidationError) as caught:
        entry(value)
    found = [(each["loc"], each["ctx"]) for each in caught.value.errors()]
    return [(dotted_path(loc), ctx["message"], ctx["fix"]) for loc, ctx in found]


def test_defaults_are_those_of_the_signature() -> None:
    made = make(entry({"type": "part", "size": 2}))
    assert (made.size, made.window, made.padding, made.fade) == (2, 2, "valid", 0.9)
    assert (made.seed, made.bounds, made.table, made.rate) == (None, (1,), None, 0.1)
    assert made.values == []
    assert made.shape(1.0) == 0.2


def test_every_kind_of_value() -> None:
    values = {
        **{"size": 3, "window": [3, 4], "padding": "same", "scale": -2, "seed": 7, "fade": 0},
        **{"on": True, "label": "no", "bounds": [1, 2, 3], "table": {"k": [[1]]}, "values": [1]},
        **{"shape": {"type": "leaky", "slope": 3}, "rate": {"type": "slope", "steps": 4}},
    }
    made = make(entry({"type": "part", **values}))
    assert made.window == (3, 4)
    assert (made.scale, type(made.scale)) == (-2.0, float)
    assert made.bounds == (1, 2, 3)
    assert made.shape(1.0) == 3.0
    assert made.rate == Slope(0.5, 4)
    assert made.table == {"k": [[1]]}
    assert made.values == [1.0]


def test_null_means_not_given() -> None:
    assert entry({"type": "part", "size": 2, "window": None}).window == 2


def test_entries_are_frozen() -> None:
    with pytest.raises(ValidationError):
        entry({"type": "part", "size": 2}).size = 3


LEAVE = "leave it out for the default, "


@pytest.mark.parametrize(
    ("changes", "path", "message", "fix"),
    [
        ({"size": 0}, "size", "size is 0; it must be a whole number at least 1", None),
        (
            {"size": "2"},
            "size",
            'size is "2"; it must be a whole number at least 1',
            "write 2, without quotes",
        ),
        ({"size": True}, "size", "size is true; it must be a whole number at least 1", None),
        ({"size": 32.0}, "size", "size is 32.0; it must be a whole number at least 1", "write 32"),
        ({"size": 2.5}, "size", "size is 2.5; it must be a whole number at least 1", None),
        (
            {"window": [3, "a"]},
            "window",
            "window is [3, a]; it must be a whole number at least 1, "
            "or a list of 2 whole numbers at least 1",
            LEAVE + "2",
        ),
        (
            {"padding": "sam"},
            "padding",
            'padding is "sam"; it must be "valid" or "same"',
            'did you mean "same"?',
        ),
        (
            {"scale": float("inf")},
            "scale",
            "scale is .inf; it must be a finite number",
            LEAVE + "1.0",
        ),
        (
            {"scale": float("nan")},
            "scale",
            "scale is .nan; it must be a finite number",
            LEAVE + "1.0",
        ),
        ({"seed": "x"}, "seed", 'seed is "x"; it must be a whole number', None),
        ({"fade": 1}, "fade", "fade is 1; it must be a number in [0, 1)", LEAVE + "0.9"),
        ({"fade": True}, "fade", "fade is true; it must be a number in [0, 1)", LEAVE + "0.9"),
        ({"on": "off"}, "on", 'on is "off"; it must be true or false', "write false"),
        ({"on": 1}, "on", "on is 1; it must be true or false", LEAVE + "true"),
        ({"label": 3}, "label", "label is 3; it must be text", 'write "3", in quotes'),
        (
            {"bounds": 3},
            "bounds",
            "bounds is 3; it must be a list of whole numbers at least 1",
            "write [3]",
        ),
        (
            {"bounds": [1, 0]},
            "bounds.1",
            "bounds.1 is 0; bounds must be a list of whole numbers at least 1",
            None,
        ),
        (
            {"shape": "leeky"},
            "shape",
            'unknown shape "leeky"; allowed are: leaky, slope',
            'did you mean "leaky"?',
        ),
        (
            {"shape": 3},
            "shape",
            "3 stands here; a shape is a name or {type: …}; allowed are: leaky, slope",
            None,
        ),
        (
            {"shape": {"type": 3}},
            "shape.type",
            "unknown shape 3; allowed are: leaky, slope",
            "choose one of them",
        ),
        (
            {"shape": {"slope": 3}},
            "shape.type",
            "type is missing; a shape is one of: leaky, slope",
            "write {type: slope, …}",
        ),
        (
            {"shape": {"type": "leaky", "slop": 3}},
            "shape.slop",
            'unknown key "slop"; a leaky shape takes: slope',
            'did you mean "slope"?',
        ),
        (
            {"rate": 0},
            "rate",
            "rate is 0; it must be a number greater than 0, or a shape",
            LEAVE + "0.1",
        ),
        (
            {"rate": {"type": "slope", "steps": 0}},
            "rate.steps",
            "steps is 0; it must be a whole number at least 1",
            LEAVE + "10",
        ),
        ({"table": 3}, "table", "table is 3; it must be a mapping", None),
        (
            {"padding": "same", "on": False},
            "on",
            "padding and on exclude each other",
            "leave one out",
        ),
    ],
)
def test_what_a_type_does_not_take(
    changes: dict[str, Any], path: str, message: str, fix: str | None
) -> None:
    assert findings({"type": "part", "size": 1, **changes}) == [(path, message, fix)]


def test_a_missing_argument() -> None:
    assert findings("part") == [
        (
            "size",
            "size is missing; a part part needs it: a whole number at least 1",
            'add "size: …"',
        )
    ]


def test_a_misspelt_argument_is_one_mistake() -> None:
    (only,) = findings({"type": "part", "sise": 3})
    assert only[0] == "sise"
    assert only[1].startswith('unknown key "sise"; a part part takes: bounds, fade, label, on')
    assert only[2] == 'did you mean "size"?'


def test_all_mistakes_of_an_entry_at_once() -> None:
    found = findings({"type": "part", "size": 0, "colour": 1, "fade": 2, "shape": "x", 3: 4})
    assert sorted(path for path, _, _ in found) == ["3", "colour", "fade", "shape", "size"]


def test_unbounded_and_one_sided_ranges() -> None:
    @dataclass
    class Free:
        a: Annotated[float, Range()] = 0.0
        b: Annotated[float, Range(high=1)] = 0.0

    free = OneOf("thing", {"free": Free})
    assert make(Named(free).entry({"type": "free", "a": -1e300, "b": -5})) == Free(-1e300, -5.0)
    with pytest.raises(ValidationError, match="it must be a number"):
        Named(free).entry({"type": "free", "b": 1.5})


REGISTRIES = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "layer": LAYERS,
    "loss": LOSSES,
    "metric": METRICS,
    "optimizer": OPTIMIZERS,
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in REGISTRIES for name in REGISTRIES[kind]]
)
def test_every_type_has_a_model(kind: str, name: str) -> None:
    model = model_of(OneOf(kind, REGISTRIES[kind]), name)
    arguments = arguments_of(REGISTRIES[kind][name])
    assert set(model.model_fields) == {"type", *(a.name for a in arguments)}
    required = {a.name for a in arguments if a.required}
    if not required:
        made = make(model.model_validate({"type": name}))
        assert callable(made) or type(made) is REGISTRIES[kind][name]
    else:
        with pytest.raises(ValidationError) as caught:
            model.model_validate({"type": name})
        assert {each["loc"][0] for each in caught.value.errors()} == required


def test_types_without_arguments_share_a_model_and_others_do_not():
    written = [("activation", ACTIVATIONS, "relu"), ("activation", ACTIVATIONS, "tanh")]
    written += [("initializer", INITIALIZERS, "zeros"), ("metric", METRICS, "accuracy")]
    bare = [Named(OneOf(kind, registry)).entry(name) for kind, registry, name in written]
    given = Named(OneOf("activation", ACTIVATIONS)).entry({"type": "relu"})
    assert {type(each) for each in bare} == {type(given)}
    assert given == Named(given._one_of).entry("relu") != bare[1]
    assert [dict(each) for each in bare] == [{"type": name} for *_, name in written]
    made = [make(each) for each in bare]
    assert made[:2] == [ACTIVATIONS["relu"], ACTIVATIONS["tanh"]]
    assert [type(each) for each in made[2:]] == [INITIALIZERS["zeros"], METRICS["accuracy"]]
    slope = Named(SHAPES).entry("slope")
    assert type(slope) is model_of(SHAPES, "slope") is not type(given)
    with pytest.raises(ValidationError, match="frozen"):
        given.type = "tanh"


def test_a_type_without_arguments_takes_none():
    with pytest.raises(ValidationError) as caught:
        Named(OneOf("activation", ACTIVATIONS)).entry({"type": "relu", "slope": 1})
    assert "slope" in str(caught.value)

"""The one reader of annotations, on annotations of this file and on those of all registries."""

from typing import Annotated, Any, Literal

import pytest

from nnctl.config.scaling import SCALINGS
from nnctl.config.tuning import PRUNERS, SAMPLERS
from nnctl.errors import ArgumentError
from nnctl.network import annotations as forms
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.annotations import Allowed, OneOf, PositiveInt, Range, read_annotation
from nnctl.network.arguments import arguments_of, as_allowed
from nnctl.network.initializers import INITIALIZERS
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.network.metrics import METRICS
from nnctl.network.optimizers import OPTIMIZERS
from nnctl.network.regularizers import REGULARIZERS
from nnctl.network.schedules import SCHEDULES
from nnctl.training.monitors import EarlyStopping, ReduceLROnPlateau


class Thing:
    pass


THINGS = OneOf("thing", {"thing": Thing})
POSITIVE = forms.Number(True, Range(1))
SIZE = Allowed((POSITIVE,))
READ: list[tuple[Any, Allowed]] = [
    (int, Allowed((forms.Number(True),))),
    (float, Allowed((forms.Number(False),))),
    (bool, Allowed((forms.Switch(),))),
    (str, Allowed((forms.Text(),))),
    (Any, Allowed((forms.Anything(),))),
    (Thing, Allowed((forms.Instance(Thing),))),
    (None, Allowed((), optional=True)),
    (PositiveInt, SIZE),
    (PositiveInt | None, Allowed((POSITIVE,), optional=True)),
    (
        Annotated[int | float | str, Range(1)],
        Allowed((POSITIVE, forms.Number(False, Range(1)), forms.Text())),
    ),
    (Literal["a", "b"], Allowed((forms.Choice(("a", "b")),))),
    (tuple[PositiveInt, ...], Allowed((forms.Listing(tuple, (SIZE,), True),))),
    (tuple[PositiveInt], Allowed((forms.Listing(tuple, (SIZE,), False),))),
    (tuple[PositiveInt, PositiveInt], Allowed((forms.Listing(tuple, (SIZE, SIZE), False),))),
    (list[PositiveInt], Allowed((forms.Listing(list, (SIZE,), True),))),
    (dict[str, PositiveInt] | None, Allowed((forms.Dictionary(SIZE),), optional=True)),
    (Annotated[Any, THINGS], Allowed((forms.Member(THINGS),))),
    (Annotated[Thing, THINGS], Allowed((forms.Member(THINGS),))),
    (
        Annotated[int | Thing | None, THINGS],
        Allowed((forms.Number(True), forms.Member(THINGS)), optional=True),
    ),
    (Annotated[int, "somebody else's mark"], Allowed((forms.Number(True),))),
]


@pytest.mark.parametrize(("annotation", "allowed"), READ, ids=lambda each: str(each)[:50])
def test_what_an_annotation_allows(annotation: Any, allowed: Allowed) -> None:
    found = read_annotation(annotation)
    assert found == allowed
    assert [type(form) for form in found.forms] == [type(form) for form in allowed.forms]


WRONG: list[tuple[Any, Any, str]] = [
    (int, 1.5, "it must be a whole number"),
    (float, "1", "it must be a number"),
    (float, True, "it must be a number"),
    (float, float("nan"), "it must be a number"),
    (PositiveInt, 0, "it must be a whole number at least 1"),
    (bool, 1, "it must be True or False"),
    (str, 3, "it must be text, not empty"),
    (str, "", "it must be text, not empty"),
    (int, 2**53 + 1, "it must be a whole number"),
    (Annotated[int, Range(0, 1 << 64)], 2**64 + 1, "it must be a whole number in [0, 2^64]"),
    (PositiveInt, 10**400, "it must be a whole number at least 1"),
    (float, 10**400, "it must be a number"),
    (Literal["a", "b"], "c", "allowed are: 'a', 'b'"),
    (tuple[int, ...], 3, "it must be a list"),
    (tuple[int, int], [1], "it must have 2 items"),
    (dict[str, int], [1], "it must be a mapping"),
]


@pytest.mark.parametrize(("annotation", "value", "rule"), WRONG, ids=str)
def test_what_a_form_refuses(annotation: Any, value: Any, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        as_allowed(read_annotation(annotation), value, "it", "key")
    (problem,) = caught.value.problems
    assert (problem.message, problem.path) == (f"it is {value!r}; {rule}", "key")


def test_of_several_forms_the_first_says_what_is_wrong() -> None:
    allowed = read_annotation(PositiveInt | tuple[PositiveInt, PositiveInt] | None)
    assert as_allowed(allowed, None, "it", "") is None
    assert as_allowed(allowed, [1, 2], "it", "") == (1, 2)
    with pytest.raises(ArgumentError, match="it is 0; it must be a whole number at least 1"):
        as_allowed(allowed, 0, "it", "")


REGISTRIES = [
    *(ACTIVATIONS, INITIALIZERS, LAYERS, LOSSES, METRICS, OPTIMIZERS, PRUNERS, REGULARIZERS),
    *(SAMPLERS, SCALINGS, SCHEDULES),
    {"early_stopping": EarlyStopping, "reduce_lr_on_plateau": ReduceLROnPlateau},
]


@pytest.mark.parametrize(
    "made",
    dict.fromkeys(made for registry in REGISTRIES for made in registry.values()),
    ids=lambda made: made.__name__,
)
def test_every_argument_has_a_form_that_takes_its_default(made: Any) -> None:
    for argument in arguments_of(made):
        assert argument.allowed.forms
        assert not [f for f in argument.allowed.forms if isinstance(f, forms.Anything)]
        if not argument.required and isinstance(argument.default, bool | int | float | str | tuple):
            what = f"{made.__name__}'s {argument.name}"
            as_allowed(argument.allowed, argument.default, what, argument.name)


@pytest.mark.parametrize(
    "interval", [Range(1), Range(high=2.5, high_open=True), Range(-1, 1, True)]
)
def test_an_interval_is_shown_as_it_is_written(interval: Range) -> None:
    # Not with its address: names of tests are made of it, and would differ between processes.
    assert eval(repr(interval), {"Range": Range, "inf": float("inf")}) == interval

"""What no key takes, wherever it stands: numbers beyond all, and text that is empty."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from nnctl.cli.app import app
from nnctl.config import Config
from nnctl.config.scaling import SCALING
from nnctl.config.schema import DataConfig, FileConfig
from nnctl.config.tuning import PRUNERS, SAMPLERS, SearchRange, TuneConfig
from nnctl.config.types import Entry, Section, arguments_model, model_of
from nnctl.errors import Problem
from nnctl.network import annotations as forms
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.annotations import OneOf, read_annotation
from nnctl.network.initializers import INITIALIZERS
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.network.metrics import METRICS
from nnctl.network.optimizers import OPTIMIZERS
from nnctl.network.regularizers import REGULARIZERS
from nnctl.network.schedules import SCHEDULES
from nnctl.training.monitors import EarlyStopping, ReduceLROnPlateau

KINDS = {
    **{"activation": ACTIVATIONS, "initializer": INITIALIZERS, "layer": LAYERS, "loss": LOSSES},
    **{"metric": METRICS, "optimizer": OPTIMIZERS, "pruner": PRUNERS, "sampler": SAMPLERS},
    **{"regularizer": REGULARIZERS, "scaling": SCALING.registry, "schedule": SCHEDULES},
}
SECTIONS: list[type[Section]] = [
    *(Config, DataConfig, FileConfig, SearchRange, TuneConfig),
    arguments_model(EarlyStopping, "early_stopping"),
    arguments_model(ReduceLROnPlateau, "reduce_lr_on_plateau"),
    *(model_of(OneOf(kind, types), name) for kind, types in KINDS.items() for name in types),
]


def keys_with(kind: type[forms.Form]) -> Iterator[Any]:
    """The keys of all sections that take a form of that kind, or a list of such, with the form."""
    for section in SECTIONS:
        for key, field in section.model_fields.items():
            if key == "type":
                continue
            for form in read_annotation(field.annotation, field.metadata).forms:
                listed = isinstance(form, forms.Listing)
                inner = form.items[0].forms[0] if isinstance(form, forms.Listing) else form
                if isinstance(inner, kind):
                    name = f"{section.__name__}-{key}" + "-list" * listed
                    size = 1 if not listed or form.repeats else len(form.items)
                    yield pytest.param(section, key, inner, size if listed else None, id=name)


def refusal(section: type[Section], key: str, value: Any, size: int | None) -> dict[str, Any]:
    """What is said of a value of a key, or of a list of it; without it nothing is said of it."""
    given: dict[str, Any] = {key: value if size is None else [value] * size}
    if issubclass(section, Entry):
        given["type"] = section.__name__.rpartition(f"{section.one_of.kind}_")[2]
    with pytest.raises(ValidationError) as caught:
        section.model_validate(given)
    found = [each["ctx"] for each in caught.value.errors() if each["loc"][0] == key]
    assert found, caught.value
    assert len(found) <= (size or 1)
    return found[0]


@pytest.mark.parametrize(("section", "key", "form", "size"), [*keys_with(forms.Number)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_beyond_all_is_refused_in_words(
    section: type[Section], key: str, form: forms.Number, size: int | None, sign: int
) -> None:
    told = refusal(section, key, sign * 10**400, size)["message"]
    assert "must be " in told and key in told
    rule = "finite number" if not form.whole else "(up to 2^53)"
    assert (rule if form.bounds.high == math.inf else str(form.bounds)) in told


@pytest.mark.parametrize(("section", "key", "form", "size"), [*keys_with(forms.Number)])
def test_the_largest_whole_number_is_2_to_the_53(
    section: type[Section], key: str, form: forms.Number, size: int | None
) -> None:
    if form.whole and form.bounds.high == math.inf:
        assert "(up to 2^53)" in refusal(section, key, 2**53 + 1, size)["message"]


@pytest.mark.parametrize(("section", "key", "form", "size"), [*keys_with(forms.Text)])
def test_empty_text_is_refused_in_words(
    section: type[Section], key: str, form: forms.Text, size: int | None
) -> None:
    told = refusal(section, key, "", size)
    if form.options or form.pattern:
        assert '""' in told["message"]
    else:
        assert told["message"].endswith("not empty")
    assert told["fix"] is None or not told["fix"].startswith("write")


def test_all_kinds_of_keys_are_tried() -> None:
    numbers = [key.id for key in keys_with(forms.Number)]
    texts = [key.id for key in keys_with(forms.Text)]
    assert {"Config-seed", "Config-input_shape-list", "layer_dense-units"} <= {*numbers}
    assert {"DataConfig-sample_weight", "FileConfig-file", "layer_dense-name"} <= {*texts}


def test_the_largest_numbers_themselves_are_taken(right: Callable[..., Config]) -> None:
    config = right(f"seed={2**64}", f"epochs={2**53}")
    assert (config.seed, config.epochs) == (2**64, 2**53)


HUGE = "0x" + "f" * 297  # beyond what a float can hold
KEYS = [
    *("epochs", "seed", "batch_size", "layers.0.units", "input_shape.0", "data.memory"),
    *("optimizer.learning_rate", "data.scale.by"),
]


@pytest.mark.parametrize("key", KEYS)
def test_huge_numbers_in_files_and_options(
    problems: Callable[..., tuple[Problem, ...]], write: Callable[..., str], key: str
) -> None:
    given = ["input_shape=[1]", "data.scale={type: rescale, by: 2}", f"{key}={HUGE}"]
    (problem,) = problems(*given)
    assert (problem.path, problem.source is not None) == (key, True)


@pytest.mark.parametrize("command", ["validate", "train", "summary", "gradcheck", "profile"])
@pytest.mark.parametrize("change", [f"layers.0.units={HUGE}", 'data.sample_weight=""', 'name=""'])
def test_every_command_refuses_it(write: Callable[..., str], command: str, change: str) -> None:
    ended = CliRunner().invoke(app, [command, write(), "--set", change])
    assert ended.exit_code == 2
    assert "must be" in ended.output and change.partition("=")[0] in ended.output

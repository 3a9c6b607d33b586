"""A resolved config reads back as the same config."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnctl.config import Config, dump_yaml, load, resolved
from nnctl.config.wording import number_of
from nnctl.config.yaml_lines import compose

same_folder = settings(
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture]
)


def test_every_default_is_filled_in(right: Callable[..., Config]) -> None:
    values = resolved(right())
    assert values["name"] == "right"
    assert values["data"]["scale"] == "none"
    assert values["metrics"] == ["mae"]
    assert values["optimizer"]["type"] == "adam"
    assert values["optimizer"]["beta_1"] == 0.9
    first = values["layers"][0]
    assert (first["name"], first["kernel_initializer"]) == ("dense_1", "glorot_uniform")
    assert values["loss"] == "mean_squared_error"


def test_dumped_text(right: Callable[..., Config]) -> None:
    text = dump_yaml(resolved(right("input_shape=[2, 2]", "optimizer.learning_rate=1e-7")))
    assert text.startswith("name: right\nseed: 0\ndtype: float32\ndata:\n  train: train.csv\n")
    assert "\ninput_shape: [2, 2]\nlayers:\n- type: dense\n  units: 3\n  activation: relu\n" in text
    assert "  learning_rate: 1.0e-07\n" in text


def test_absolute_paths(write: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "link.csv").symlink_to("other.csv")
    text = (
        "data: {train: ../train.csv, validation: 0.1, test: ../link.csv, target: y}\nepochs: 1\n"
        "layers: [{type: dense, units: 1}]\nloss: mean_squared_error\noptimizer: adam\n"
    )
    config = load(write(text, "configs/a.yaml"))
    data = resolved(config, absolute_paths=True)["data"]
    folder = tmp_path.resolve()
    assert data["train"] == str(folder / "train.csv")
    assert data["test"] == str(folder / "link.csv")
    assert data["validation"] == 0.1
    assert resolved(config)["data"]["train"] == "../train.csv"


numbers = st.floats(min_value=0, exclude_min=True, allow_infinity=False, allow_nan=False)
rates = st.floats(min_value=0, max_value=1, exclude_max=True)
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
files = words.filter(lambda word: "\0" not in word)  # which cannot be the name of a file
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}", fullmatch=True).filter(
    lambda name: name != "metadata"
)
initializers = st.sampled_from(["zeros", {"type": "glorot_uniform"}])
activations = st.sampled_from(["relu", "linear", {"type": "sigmoid"}])
layers = st.fixed_dictionaries(
    {"type": st.just("dense"), "units": st.integers(1, 10**6)},
    optional={
        "activation": activations,
        "use_bias": st.booleans(),
        "kernel_initializer": initializers,
        "weights": st.fixed_dictionaries(
            {"kernel": st.lists(st.lists(st.floats(allow_nan=False), max_size=3), max_size=3)}
        ),
    },
)
adam = st.fixed_dictionaries(
    {"type": st.just("adam")},
    optional={"learning_rate": numbers, "beta_1": rates, "epsilon": numbers},
)
data = st.fixed_dictionaries(
    {"train": files, "target": words | st.lists(words, min_size=1, unique=True)},
    optional={
        "validation": files.filter(lambda word: number_of(word) is None)
        | st.floats(0, 1, exclude_min=True, exclude_max=True),
        "test": files,
        "features": words | st.lists(words, min_size=1, unique=True),
        "scale": st.sampled_from(["none", "minmax", {"type": "rescale", "by": 255}]),
    },
)
configs = st.fixed_dictionaries(
    {
        "data": data,
        "layers": st.lists(layers, min_size=1, max_size=3),
        "loss": st.sampled_from(["mean_squared_error", "binary_crossentropy"]),
        "optimizer": adam | st.just({"type": "gradient_descent", "learning_rate": 1}),
        "epochs": st.integers(1, 10**9),
    },
    optional={
        "name": names,
        "seed": st.integers(0, 2**64),
        "dtype": st.sampled_from(["float32", "float64"]),
        "input_shape": st.lists(st.integers(1, 999), min_size=1, max_size=3),
        "metrics": st.just([]),
        "batch_size": st.integers(1, 999) | st.just("full"),
        "shuffle": st.booleans(),
    },
)


@pytest.mark.slow
@same_folder
@given(values=configs)
def test_a_resolved_config_reads_back_equal(
    write: Callable[..., str], values: dict[str, Any]
) -> None:
    config = load(write(dump_yaml(values), "first.yaml"))
    text = dump_yaml(resolved(config))
    again = load(write(text, "second.yaml"))
    assert again == config
    assert dump_yaml(resolved(again)) == text


@given(value=st.floats(allow_nan=False))
def test_floats_read_back_to_the_last_bit(value: float) -> None:
    for read in (compose(dump_yaml({"a": value})).values, yaml.safe_load(dump_yaml({"a": value}))):
        assert type(read["a"]) is float
        assert read["a"].hex() == value.hex()


scalars = ["no", "on", "012", "0o14", "1e-3", "1e3", ".5", "null", "~", "", "true", "1:30", "<<"]


@pytest.mark.parametrize("text", [*scalars, "9" * 400, "a: b", "- x", "#c", "é\n", "2024-01-01"])
def test_text_stays_text_for_readers_of_either_version(text: str) -> None:
    dumped = dump_yaml({"a": text})
    assert compose(dumped).values == {"a": text}
    assert yaml.safe_load(dumped) == {"a": text}


def test_configs_that_say_different_things_differ(right: Callable[..., Config]) -> None:
    assert right() != right("epochs=6")
    assert right() != right("layers.0.units=4")

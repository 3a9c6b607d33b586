"""A learning rate is written into a config as it stands, however that is laid out."""

import pytest
import yaml

from nnctl.config.rewriting import with_rate
from nnctl.errors import NnctlError

REST = "# first\nepochs: 3  # a few\nlayers: [dense]\n"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (
            "optimizer: {type: adam, learning_rate: 0.1} # c",
            "optimizer: {type: adam, learning_rate: 0.003} # c",
        ),
        (
            "optimizer: {type: adam, beta_1: 0.8}",
            "optimizer: {type: adam, learning_rate: 0.003, beta_1: 0.8}",
        ),
        ("optimizer: adam   # c", "optimizer: {type: adam, learning_rate: 0.003}   # c"),
        (
            "optimizer:\n  type: 'sgd'  # c\n  learning_rate: 1e-2  # d",
            "optimizer:\n  type: 'sgd'  # c\n  learning_rate: 0.003  # d",
        ),
        (
            "optimizer:\n    type: sgd  # c\n    momentum: 0.9",
            "optimizer:\n    type: sgd  # c\n    learning_rate: 0.003\n    momentum: 0.9",
        ),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_one_line_changes_and_the_config_says_so(written, wanted, last):
    text = f"{REST}{written}" if last else f"{written}\n{REST}"
    found = with_rate(text, 0.003, "c.yaml")
    assert found == text.replace(written, wanted)
    assert yaml.safe_load(found)["optimizer"]["learning_rate"] == 0.003


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("epochs: 3", "it has no optimizer of its own"),
        ("a: &o {type: adam}\noptimizer: *o", "it has no optimizer of its own"),
        ("optimizer: {learning_rate: {type: cosine_decay}}", "is a schedule"),
        ("optimizer: {momentum: 0.5}", "has no type"),
        ("3", "it has no optimizer of its own"),
    ],
)
def test_where_there_is_no_place_for_it_nothing_is_written(written, says):
    with pytest.raises(NnctlError, match=says):
        with_rate(written, 0.003, "c.yaml")

"""Labels and their weights in a config."""

import pytest

from nnctl.config import load
from nnctl.config.labels import index_of


@pytest.mark.parametrize(
    ("written", "labels", "place"),
    [
        ("True", ("False", "True"), 1),
        ("true", ("False", "True"), None),
        ("012", ("012", "12"), 0),
        ("12", ("012", "12"), 1),
        ("1.50", ("1.5", "1.50"), 1),
        ("1.50", (0.5, 1.5), 1),
        ("3", (1.0, 3.0), 1),
        ("0x3", (1, 3), 1),
        ("3", ("4", "5"), None),
        ("no", (False, True), None),
        ("true", (False, True), 1),
        ("1" * 400, (0, 1), None),
    ],
)
def test_a_label_is_found_by_what_stands_in_the_config(written, labels, place):
    assert index_of(written, labels) == place


@pytest.mark.parametrize("label", ["True", "012", "1.50", "no", "0x3", "+1", "~x"])
@pytest.mark.parametrize("quoted", [False, True])
def test_labels_keep_their_spelling(write, label, quoted):
    text = (
        "data: {train: t.csv, target: y}\nlayers: [{type: dense, units: 1}]\nepochs: 1\n"
        "loss: binary_crossentropy\noptimizer: adam\nclass_weight:\n  "
    )
    config = load(write(text + (f"'{label}': 2" if quoted else f"{label}: 2")))
    assert config.class_weight == {label: 2.0}
    assert config.source.line(f"class_weight.{label}") == 7


def test_weights_by_label(right):
    config = right(
        old="loss: mean_squared_error",
        new="loss: binary_crossentropy\nclass_weight: {5: 2, no: 0.5, true: 0}",
    )
    assert config.class_weight == {"5": 2.0, "no": 0.5, "true": 0.0}
    assert right("class_weight=balanced", "loss=binary_crossentropy").class_weight == "balanced"


def test_what_is_no_weight(problems):
    found = problems("class_weight={a: -1, b: x, c: true, d: 1}", "loss=binary_crossentropy")
    assert [problem.path for problem in found] == [f"class_weight.{label}" for label in "abc"]
    assert found[0].message == "the weight is -1; it must be a number at least 0"
    (problem,) = problems("class_weight=equal", "loss=binary_crossentropy")
    assert problem.message == 'class_weight is "equal"; it must be "balanced", or a mapping'
    (problem,) = problems("class_weight={}", "loss=binary_crossentropy")
    assert problem.message == "there is no label in it"
    (problem,) = problems("class_weight=balanced")
    assert problem.message == "class_weight is for classes; this loss is for numbers"

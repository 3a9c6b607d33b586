"""Labels and their weights in a config."""

from nnctl.config.labels import label_text


def test_labels_are_text_alike_from_yaml_and_from_data():
    assert [label_text(label) for label in (3, 3.0, "3", True, 2.5, "no")] == [
        "3", "3", "3", "true", "2.5", "no",
    ]  # fmt: skip


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

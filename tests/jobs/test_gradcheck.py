"""`gradcheck` of a user's model: on its data, with its weights, and when a rule is wrong."""

import numpy as np
import pytest

from nnctl.derivatives.gradcheck import Entry
from nnctl.errors import NnctlError
from nnctl.graph import with_derivative
from nnctl.jobs.gradcheck import gradcheck
from nnctl.network import activations

CONFIG = """\
data: {{train: table.csv, features: [a, b], target: label{more}}}
layers:
  - {{type: dense, units: 30, activation: softplus}}
  - {{type: dense, units: 3}}
loss: {{type: categorical_crossentropy, from_logits: true, label_smoothing: 0.1}}
optimizer: sgd
epochs: 1
{extra}
"""
SHAPES = {
    "dense_1/kernel": (2, 30),
    "dense_1/bias": (30,),
    "dense_2/kernel": (30, 3),
    "dense_2/bias": (3,),
}


@pytest.fixture
def project(tmp_path):
    """Writes a config and its table; its keys may be added to."""
    rows = [(k % 7, k % 5 - 2, "abc"[k % 4 % 3], 1 + k % 3) for k in range(50)]
    lines = ["a,b,label,w", *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")

    def written(more="", extra=""):
        config = tmp_path / "config.yaml"
        config.write_text(CONFIG.format(more=more, extra=extra))
        return config

    return written


@pytest.mark.parametrize("method", ["complex-step", "central"])
@pytest.mark.parametrize(
    ("more", "extra"),
    [("", ""), (", sample_weight: w", ""), ("", "class_weight: balanced")],
    ids=["plain", "sample_weight", "class_weight"],
)
def test_a_config_s_model_passes(method, more, extra, project):
    result = gradcheck(project(more, extra), method=method)
    assert result.passed
    assert [case.name for case in result.cases] == list(SHAPES)
    assert [case.checked for case in result.cases] == [41, 31, 41, 4]


def test_the_weights_are_those_given(project, tmp_path):
    """With biases far below zero softplus is flat, and so all but the last layer."""
    arrays = {name: np.full(shape, 0.5) for name, shape in SHAPES.items()}
    arrays["dense_1/bias"] -= 60
    np.savez(tmp_path / "weights.npz", **arrays)
    result = gradcheck(project(), init_weights=tmp_path / "weights.npz")
    assert result.passed
    assert [case.zero for case in result.cases] == [True, True, True, False]
    assert not any(case.zero for case in gradcheck(project()).cases)


def test_weights_of_another_shape_are_refused(project, tmp_path):
    arrays = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    np.savez(tmp_path / "weights.npz", **{**arrays, "dense_1/bias": np.zeros(7)})
    with pytest.raises(NnctlError, match=r"dense_1/bias.*\(7,\)"):
        gradcheck(project(), init_weights=tmp_path / "weights.npz")


def test_a_wrong_rule_is_found_where_it_is(project, monkeypatch):
    """Behind the activation all is right, before it nothing is."""
    right = activations.softplus

    def wrong(z):
        a = right(z)
        return with_derivative(a, (a,), lambda da: da * 1.001, name="wrong")

    monkeypatch.setitem(activations.ACTIVATIONS, "softplus", wrong)
    result = gradcheck(project())
    assert [case.passed for case in result.cases] == [False, False, True, True]
    worst = result.cases[0].worst[0]
    assert isinstance(worst, Entry)
    assert worst.analytic == pytest.approx(1.001 * worst.numeric, rel=1e-9)
    assert worst.relative_error == pytest.approx(0.001, rel=0.01)

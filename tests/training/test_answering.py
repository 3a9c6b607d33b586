"""A model, or several, with what follows the output: to all who ask it is a model."""

import numpy as np
import pytest

from nnctl.network.annotations import OneOf
from nnctl.network.layers import LAYERS
from nnctl.network.metrics import METRICS, AtThreshold
from nnctl.training.answering import Answering
from nnctl.training.ensemble import Ensemble
from nnctl.training.sequential import Sequential

DRAWS = np.random.default_rng(0)
X = DRAWS.normal(size=(700, 3)).astype(np.float32)
Y = (X[:, 0] + DRAWS.normal(size=700) > 0).astype(np.float32)


def models(count, from_logits=True):
    made = []
    for member in range(1, count + 1):
        last = "linear" if from_logits else "sigmoid"
        layers = [{"type": "dense", "units": 1, "activation": last}]
        model = Sequential([OneOf("layer", LAYERS).make(each) for each in layers], member=member)
        model.compile(
            "sgd", {"type": "binary_crossentropy", "from_logits": from_logits}, ["accuracy"]
        )
        model.build((3,))
        made.append(model)
    return made


def sigmoid(z):
    return 1 / (1 + np.exp(-z.astype(np.float64)))


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("count", [1, 3])
def test_corrected_by_nothing_it_predicts_what_its_members_do(count, from_logits):
    made = models(count, from_logits)
    answers = Answering(made, made[0].metrics, lambda z: z)
    plain = made[0] if count == 1 else Ensemble(made)
    np.testing.assert_allclose(answers.predict(X), plain.predict(X), atol=1e-6)
    ours, theirs = (m.evaluator.figures(m.examples(X, Y)) for m in (answers, plain))
    assert ours == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("count", [1, 3])
def test_the_joint_logit_is_corrected(count, from_logits):
    made = models(count, from_logits)
    answers = Answering(made, {}, lambda z: z / 2 + 1)
    outputs = np.stack([model.predict(X) for model in made])
    p = (sigmoid(outputs) if from_logits else outputs.astype(np.float64)).mean(axis=0)
    expected = sigmoid(np.log(p / (1 - p)) / 2 + 1)
    found = answers.predict(X)
    np.testing.assert_allclose(sigmoid(found) if from_logits else found, expected, atol=1e-6)


def test_metrics_of_its_own_leave_the_members_alone():
    (model,) = models(1)
    epoch = model.state()
    answers = Answering([model], {"accuracy": AtThreshold(METRICS["accuracy"](), (0.9,))})
    figures = answers.evaluator.figures(answers.examples(X, Y))
    p = sigmoid(model.predict(X)[:, 0])
    assert figures["accuracy"] == pytest.approx(((p > 0.9) == Y).mean())
    answers.compile(None, None, {"f1": METRICS["f1"]()})
    assert list(answers.evaluator.figures(answers.examples(X, Y))) == ["loss", "f1"]
    assert model.state() is epoch and list(model.metrics) == ["accuracy"]


def test_some_members_may_have_a_say_in_some_rows():
    made = models(2)
    said = np.zeros((2, len(X)), bool)
    said[0, :300], said[1, 300:] = True, True
    answers = Answering(made, {}, lambda z: 2 * z).judged_by(said)
    found = answers.predict(X)
    np.testing.assert_allclose(found[:300], 2 * made[0].predict(X)[:300], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[300:], 2 * made[1].predict(X)[300:], rtol=1e-5, atol=1e-6)

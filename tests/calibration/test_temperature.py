"""Corrected probabilities: against scikit-learn's, and where nothing is to be learnt."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from nnctl.calibration.temperature import COLDEST, HOTTEST, Temperature, fit_temperature


class Scores(ClassifierMixin, BaseEstimator):
    """A classifier whose logits are its inputs."""

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        self.n_features_in_ = x.shape[1]
        return self

    def decision_function(self, x):
        return x[:, 0] if len(self.classes_) == 2 else x

    def predict(self, x):
        return self.classes_[x.argmax(axis=1)]


def softmax(z):
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def rows_of(classes, hot, count=400, seed=0):
    """Logits that are `hot` times too sure, and classes drawn by what they should be."""
    draws = np.random.default_rng(seed)
    z = draws.normal(size=(count, classes)) * 1.5
    labels = np.array([draws.choice(classes, p=p) for p in softmax(z)])
    return z * hot, labels


def calibrated(z, labels, method, weight=None):
    frozen = FrozenEstimator(Scores().fit(z, labels))
    return CalibratedClassifierCV(frozen, method=method).fit(z, labels, sample_weight=weight)


@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not appear")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("hot", [0.4, 3.0])
@pytest.mark.parametrize("classes", [3, 10])
def test_of_classes_it_is_that_of_scikit_learn(classes, hot, weighted):
    z, labels = rows_of(classes, hot)
    weight = np.random.default_rng(1).uniform(0.2, 3, len(z)) if weighted else None
    made = fit_temperature(z, labels, weight, classes=True, smooth=False)
    theirs = calibrated(z, labels, "temperature", weight).predict_proba(z)
    np.testing.assert_allclose(softmax(made.corrected(z)), theirs, atol=1e-6)
    assert made.temperatures[0] == pytest.approx(hot, rel=0.25)


@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not appear")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("hot", [0.4, 3.0])
def test_of_yes_and_no_it_is_that_of_scikit_learn_which_smooths(hot, weighted):
    z, labels = rows_of(2, hot, seed=2)
    z = z[:, :1] - z[:, 1:] + 0.7
    yes = labels == 0
    weight = np.random.default_rng(1).uniform(0.2, 3, len(z)) if weighted else None
    if weighted:  # theirs counts weights where the targets are smoothed, ours rows
        weight *= len(z) / weight.sum()
    made = fit_temperature(z, yes[:, None], weight, classes=False)
    theirs = calibrated(z, yes.astype(int), "sigmoid", weight).predict_proba(z)[:, 1]
    ours = 1 / (1 + np.exp(-made.corrected(z)[:, 0]))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_each_of_several_labels_has_its_own():
    z, labels = rows_of(3, 2.0)
    yes = np.stack([labels == 0, labels == 2], axis=1)
    both = fit_temperature(z[:, [0, 2]], yes, classes=False)
    for column, place in enumerate((0, 2)):
        alone = fit_temperature(z[:, [place]], yes[:, [column]], classes=False)
        assert both.temperatures[column] == alone.temperatures[0]
        assert both.shifts[column] == alone.shifts[0]


def test_rows_that_can_be_told_apart_are_not_told_for_sure():
    """Without smoothing every logit would grow to its limit, and one wrong row cost anything."""
    z = np.linspace(-6, 6, 40)[:, None]
    sure = fit_temperature(z, z > 0, classes=False, smooth=False)
    soft = fit_temperature(z, z > 0, classes=False)
    assert sure.temperatures == (COLDEST,)
    assert COLDEST < soft.temperatures[0] < 2
    both = np.concatenate([-z, z], axis=1)
    classes = (z[:, 0] > 0).astype(int)
    soft = fit_temperature(both, classes, classes=True)
    assert COLDEST < soft.temperatures[0] < 4


@pytest.mark.parametrize("yes", [[True] * 8, [False] * 8])
def test_one_answer_says_nothing_of_the_temperature(yes):
    z = np.linspace(-2, 2, 8)[:, None]
    made = fit_temperature(z, np.array(yes)[:, None], classes=False)
    assert made.temperatures == (1.0,)
    mean = (1 / (1 + np.exp(-made.corrected(z)))).mean()
    assert mean == pytest.approx(0.9 if yes[0] else 0.1)  # (8 + 1) / (8 + 2)


def test_equal_logits_are_shifted_to_the_rate():
    z, yes = np.full((98, 1), 3.0), np.arange(98)[:, None] < 48
    made = fit_temperature(z, yes, classes=False)
    p = 1 / (1 + np.exp(-made.corrected(z)[0, 0]))
    assert p == pytest.approx((48 * 49 / 50 + 50 / 52) / 98)


def test_what_makes_things_worse_stays_within_its_limits():
    z = np.linspace(-2, 2, 60)[:, None]
    assert fit_temperature(z, z < 0, classes=False).temperatures == (HOTTEST,)
    both = np.concatenate([-z, z], axis=1)
    backwards = fit_temperature(both, (z[:, 0] < 0).astype(int), classes=True)
    assert backwards.temperatures == (HOTTEST,)


def test_the_prior_comes_off_first():
    z, labels = rows_of(3, 1.0, 4000)
    prior = np.array([0.0, 1.0, -2.0])
    made = fit_temperature(z + prior, labels, None, prior, classes=True, smooth=False)
    np.testing.assert_allclose(made.corrected(z + prior), z / made.temperatures[0])
    assert made.temperatures[0] == pytest.approx(1, abs=0.1)


def test_rows_without_weight_are_as_if_they_were_not_there():
    z, labels = rows_of(3, 2.0)
    weight = (np.arange(len(z)) % 2).astype(np.float32)
    made = fit_temperature(z, labels, weight, classes=True)
    alone = fit_temperature(z[1::2], labels[1::2], classes=True)
    assert made.temperatures[0] == pytest.approx(alone.temperatures[0], rel=1e-6)


def test_it_reads_back():
    made = Temperature((0.0, 0.5, 0.1), (1.7,), (0.0, 0.0, 0.0))
    assert Temperature.from_json(made.to_json(), 3, True) == made


@pytest.mark.parametrize(
    "change",
    [
        {"temperatures": [0.01]},
        {"temperatures": [1.0, 1.0]},
        {"prior": [0.0]},
        {"shifts": [0.0, float("nan"), 0.0]},
        {"prior": None},
    ],
)
def test_what_is_no_temperature_is_refused(change):
    data = {**Temperature((0.0,) * 3, (1.7,), (0.0,) * 3).to_json(), **change}
    with pytest.raises((ValueError, LookupError)):
        Temperature.from_json(data, 3, True)

"""Corrected probabilities: against scikit-learn's, and where nothing is to be learnt."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from nnctl.calibration.temperature import (
    COLDEST,
    HOTTEST,
    Temperature,
    fit_temperature,
    proven_temperature,
)


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


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


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
def test_of_yes_and_no_it_is_that_of_scikit_learn(hot, weighted):
    """Theirs is always smoothed, by a row of each answer: beside 10 million of each it is not."""
    z, labels = rows_of(2, hot, seed=2)
    z = z[:, :1] - z[:, 1:] + 0.7
    yes = labels == 0
    weight = np.random.default_rng(1).uniform(0.2, 3, len(z)) if weighted else np.ones(len(z))
    made = fit_temperature(z, yes[:, None], weight, classes=False, smooth=False)
    theirs = calibrated(z, yes.astype(int), "sigmoid", weight * 1e7).predict_proba(z)[:, 1]
    np.testing.assert_allclose(sigmoid(made.corrected(z)[:, 0]), theirs, atol=1e-6)


def test_a_target_is_as_sure_as_its_rows_make_it_and_ten_of_the_model_make_it():
    """Platt 1999: of n rows (n + 1) / (n + 2); rows alike are given the mean of their targets."""
    z, yes = np.full((98, 1), 3.0), np.arange(98)[:, None] < 48
    made = fit_temperature(z, yes, classes=False)
    mean = (48 * 49 / 50 + 50 * 1 / 52) / 98
    assert sigmoid(made.corrected(z)) == pytest.approx((98 * mean + 10 * sigmoid(3.0)) / 108)


def test_each_of_several_labels_has_its_own():
    z, labels = rows_of(3, 2.0)
    yes = np.stack([labels == 0, labels == 2], axis=1)
    both = fit_temperature(z[:, [0, 2]], yes, classes=False)
    for column, place in enumerate((0, 2)):
        alone = fit_temperature(z[:, [place]], yes[:, [column]], classes=False)
        assert both.temperatures[column] == alone.temperatures[0]
        assert both.shifts[column] == alone.shifts[0]


@pytest.mark.parametrize("sure", [2.0, 6.0, 20.0])
def test_rows_that_are_told_apart_say_no_more_than_so_many_rows_can(sure):
    """Without smoothing every logit would grow to its limit, and one wrong row cost anything."""
    z = np.linspace(-sure, sure, 40)[:, None]
    yes = z > 0
    assert fit_temperature(z, yes, classes=False, smooth=False).temperatures == (COLDEST,)
    both, labels = np.concatenate([-z, z], axis=1), yes[:, 0].astype(int)
    assert fit_temperature(both, labels, classes=True, smooth=False).temperatures[0] < 0.2
    for made in (
        fit_temperature(z, yes, classes=False),
        fit_temperature(both, labels, classes=True),
    ):
        found = made.corrected(z if len(made.shifts) == 1 else both)
        p = sigmoid(found[:, -1] - (found[:, 0] if found.shape[1] > 1 else 0))
        # The slope at the least loss is 0: logits agree with the targets, not with right and wrong.
        own = sigmoid(z[:, 0] * (1 if len(made.shifts) == 1 else 2))
        targets = 0.8 * np.where(yes[:, 0], 21 / 22, 1 / 22) + 0.2 * own
        assert (p - targets) @ z[:, 0] == pytest.approx(0, abs=1e-6 * sure)


def test_where_the_model_is_surer_than_its_rows_could_make_it_nothing_changes():
    z = np.concatenate([np.linspace(-9, -4, 20), np.linspace(4, 9, 20)])[:, None]
    as_it_is = Temperature((0.0,), (1.0,), (0.0,))
    assert fit_temperature(z, z > 0, classes=False).temperatures[0] > 1.5
    assert proven_temperature(z, z > 0, classes=False) == (as_it_is, (False,))
    both, labels = np.concatenate([-z, z], axis=1), (z[:, 0] > 0).astype(int)
    assert proven_temperature(both, labels, classes=True)[1] == (False,)


@pytest.mark.parametrize("yes", [[True] * 8, [False] * 8])
def test_one_answer_says_nothing_of_the_temperature(yes):
    z = np.linspace(-2, 2, 8)[:, None]
    made = fit_temperature(z, np.array(yes)[:, None], classes=False)
    assert made.temperatures == (1.0,)
    target = (8 * (0.9 if yes[0] else 0.1) + 10 * sigmoid(z).mean()) / 18
    assert sigmoid(made.corrected(z)).mean() == pytest.approx(target)
    # Nor of how often the other answer is right.
    against = z - (3 if yes[0] else -3)
    assert proven_temperature(against, np.array(yes)[:, None], classes=False)[1] == (False,)


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


def test_a_correction_that_is_proven_is_taken():
    z, labels = rows_of(4, 3.0)
    found, proven = proven_temperature(z, labels, classes=True)
    assert proven == (True,) and found == fit_temperature(z, labels, classes=True)
    yes = (labels == 0)[:, None]
    found, proven = proven_temperature(z[:, :1] * 3, yes, classes=False)
    assert proven == (True,) and found == fit_temperature(z[:, :1] * 3, yes, classes=False)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("count", [7, 60, 6000])
def test_what_is_right_as_it_is_stays(count, weighted):
    z, labels = rows_of(3, 1.0, count)
    prior = np.array([0.0, 0.2, 0.4])
    weight = np.random.default_rng(0).uniform(0.5, 2, count) if weighted else None
    found, proven = proven_temperature(z + prior, labels, weight, prior, classes=True)
    assert proven == (False,)
    assert found == Temperature((0.0, 0.2, 0.4), (1.0,), (0.0, 0.0, 0.0))
    yes = np.random.default_rng(3).random((count, 2)) < sigmoid(z[:, :2])
    found, proven = proven_temperature(z[:, :2], yes, weight, classes=False)
    assert proven == (False, False) and found.temperatures == (1.0, 1.0)


def test_where_class_weights_have_bent_probabilities_the_rate_is_that_of_the_rows():
    draws = np.random.default_rng(5)
    p, rate = [], []
    for _ in range(10):
        z = draws.normal(size=(300, 1)) - 3
        yes = draws.random((300, 1)) < sigmoid(z)
        bent = z + 0.3 + np.log(20)  # by more than the weights, which nobody could prove
        found, _ = proven_temperature(bent, yes, None, np.array([np.log(20)]), classes=False)
        p.append(sigmoid(found.corrected(bent)).mean())
        rate.append(sigmoid(z).mean())
    assert np.mean(p) == pytest.approx(np.mean(rate), rel=0.1)


def test_each_label_is_proven_by_itself():
    """What one label gains says nothing of another, nor of one that is yes in every row."""
    z, labels = rows_of(3, 4.0)
    right = np.random.default_rng(3).random(400) < sigmoid(z[:, 1] / 4)
    logits = np.stack([z[:, 0], z[:, 1] / 4, z[:, 2]], axis=1)
    yes = np.stack([labels == 0, right, np.ones(400, bool)], axis=1)
    found, proven = proven_temperature(logits, yes, classes=False)
    assert proven == (True, False, False)
    alone = fit_temperature(logits[:, :1], yes[:, :1], classes=False)
    assert found.temperatures == (*alone.temperatures, 1.0, 1.0)
    assert found.shifts == (*alone.shifts, 0.0, 0.0)


def test_a_fold_without_others_that_count_proves_nothing():
    z, labels = rows_of(3, 1.0, 40)
    weight = (np.arange(40) % 5 == 0).astype(np.float32)
    assert proven_temperature(z, labels, weight, classes=True)[1] == (False,)


def test_a_single_wrong_row_proves_nothing():
    z = np.linspace(-9, 9, 50)[:, None]
    yes = z > 0
    yes[3] = True
    assert fit_temperature(z, yes, classes=False).temperatures[0] > 1.3
    as_it_is = Temperature((0.0,), (1.0,), (0.0,))
    assert proven_temperature(z, yes, classes=False) == (as_it_is, (False,))


@pytest.mark.parametrize("classes", [True, False])
def test_the_next_row_might_be_sure_and_wrong(classes):
    """Of many rows that are too little sure one is very sure: what if that had been wrong?"""
    z, truth = rows_of(5 if classes else 2, 0.5, count=600)
    if not classes:
        z, truth = z[:, 1:] - z[:, :1], truth[:, None]
    assert proven_temperature(z, truth, classes=classes)[1] == (True,)
    z[0, truth[0] if classes else 0] = 200 if classes or truth[0] else -200
    assert proven_temperature(z, truth, classes=classes)[1] == (False,)


def test_a_wrong_row_at_the_edge_does_not_move_the_edge():
    """With a shift of minus 44 all of them would be right, and the next rows all wrong."""
    z = np.array([-14.8, -12.6, -11.7, -11.3, -10, -9.5, 6.6, 7.4, 8.3, 8.5, 9.1, 9.6, 11.1])[
        :, None
    ]
    yes = z > 7
    unsure = fit_temperature(z, yes, classes=False, smooth=False)
    assert unsure.shifts[0] < -40
    assert abs(fit_temperature(z, yes, classes=False).shifts[0]) < 1


@pytest.mark.slow
def test_over_many_splits_it_does_no_harm():
    """On rows of its own the loss never grows by much, and shrinks where there is something."""
    ratios = {}
    for hot in (1.0, 2.5):
        for seed in range(15):
            z, labels = rows_of(3, hot, 700, seed)
            found, _ = proven_temperature(z[:100], labels[:100], classes=True)
            before, after = (
                -np.log(softmax(each)[np.arange(600), labels[100:]]).mean()
                for each in (z[100:], found.corrected(z[100:]))
            )
            ratios.setdefault(hot, []).append(after / before)
    assert max(ratios[1.0] + ratios[2.5]) < 1.1
    assert np.mean(ratios[2.5]) < 0.9


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

"""Gradcheck fails for mutants of the programs it checks: all those of one case for each name.

`python -m tests.derivatives.gradcheck.mutants` does the same for every built-in case.
"""

import itertools

import numpy as np
import pytest

from nnctl.derivatives.gradcheck.builtin import model_cases, regularized_case
from nnctl.derivatives.gradcheck.operations import operation_cases
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.network.regularizers import REGULARIZERS
from tests.derivatives.gradcheck import mutants
from tests.derivatives.gradcheck.mutants import CAUGHT, LIFETIME, MISSED, Subject, outcomes

CYCLES = [itertools.cycle(names) for names in (LAYERS, ACTIVATIONS, LOSSES)]
NAMES = list(itertools.islice(zip(*CYCLES, strict=True), 3 * len(LAYERS)))


@pytest.fixture(autouse=True)
def divisions_by_zero_are_a_mutant_s_right():
    with np.errstate(all="ignore"):
        yield


def of_model(layer: str, activation: str, loss: str) -> Subject:
    """One variant of the loss, at random, after the layer with the activation."""
    generator = np.random.default_rng(7)
    cases = list(model_cases(layer, activation, loss, generator))
    name, case = cases[int(generator.integers(len(cases)))]
    return Subject(case, name)


def judged(subject: Subject) -> list[mutants.Outcome]:
    found = list(outcomes(subject))
    assert not [outcome for outcome in found if outcome.fate == MISSED]
    return found


def test_the_sample_has_every_name():
    layers, activations, losses = map(set, zip(*NAMES, strict=True))
    assert (layers, activations, losses) == (set(LAYERS), set(ACTIVATIONS), set(LOSSES))


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "activation", "loss"), NAMES)
def test_no_mutant_of_a_model_is_missed(layer, activation, loss):
    found = judged(of_model(layer, activation, loss))
    negated = [outcome.fate == CAUGHT for outcome in found if outcome.mutation == "negated"]
    assert np.mean(negated) > 0.6


def test_no_mutant_of_an_operation_is_missed():
    found = [judged(Subject(case, n)) for n, case in operation_cases(np.random.default_rng(8))]
    caught = [outcome.fate == CAUGHT for case in found for outcome in case]
    assert sum(caught) > 100


@pytest.mark.parametrize("name", REGULARIZERS)
def test_no_mutant_of_a_regularizer_is_missed(name):
    assert CAUGHT in {
        o.fate for o in judged(Subject(regularized_case(name, np.random.default_rng(9))))
    }


def test_lifetimes_that_end_early_are_caught():
    found = judged(of_model("conv1d", "softplus", "binary_crossentropy"))
    assert [o for o in found if (o.mutation, o.fate) == (LIFETIME, CAUGHT)]


def test_a_check_that_passes_everything_misses_mutants(monkeypatch):
    """The reasons of survivors do not excuse what a better check would have seen."""
    subject = of_model("dense", "tanh", "mean_squared_error")
    right = {(o.mutation, o.value) for o in outcomes(subject) if o.fate == CAUGHT}
    passes = Subject.passes

    def blind(self):
        passes(self)
        return True

    monkeypatch.setattr(Subject, "passes", blind)
    assert {(o.mutation, o.value) for o in outcomes(subject) if o.fate == MISSED} == right

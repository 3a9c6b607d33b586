"""Each rule speaks up on its demonstration and is quiet about the remedy, which trains better."""

import json

import pytest

from nnctl.rules import RULES
from tests.advice.demonstrations import DEMONSTRATIONS
from tests.advice.figures import RECORDED, both

WITHOUT = {"stopped-early", "below-baseline"}  # one is no mistake, the other has many causes
FIGURES = json.loads(RECORDED.read_text())


def gain(code: str, bad: float, repaired: float) -> float:
    """How much better the remedy is, in the figure's own direction."""
    return (repaired - bad) * (1 if DEMONSTRATIONS[code].better == "higher" else -1)


def test_every_rule_has_a_demonstration_and_figures():
    shown = [code for code in RULES if code not in WITHOUT]
    assert list(DEMONSTRATIONS) == shown == list(FIGURES)


@pytest.mark.parametrize("code", DEMONSTRATIONS)
def test_the_recorded_remedy_trains_better(code):
    assert gain(code, FIGURES[code]["bad"], FIGURES[code]["repaired"]) > 0


@pytest.mark.slow
@pytest.mark.parametrize("code", DEMONSTRATIONS)
def test_the_rule_speaks_up_is_heeded_and_the_model_gets_better(code, tmp_path):
    bad, repaired = both(code, tmp_path, seed=7)
    assert bad.on(code)
    assert repaired.advice == repaired.on(code) == ()
    assert gain(code, bad.figure, repaired.figure) > 0

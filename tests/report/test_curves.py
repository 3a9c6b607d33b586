"""Learning curves: what is said of those that cannot be drawn as a whole."""

import math
from types import SimpleNamespace

import pytest

from nnctl.report.curves import is_cut


@pytest.mark.parametrize(
    ("losses", "cut"),
    [
        ([1.0, 0.5], False),
        ([1.0, 1e150], True),
        ([-2e200, 1.0], True),
        ([1.0, math.inf], False),
    ],
)
def test_a_figure_that_is_too_large_to_be_drawn_is_noticed(losses, cut):
    plain = SimpleNamespace(histories=[{"epoch": [1.0, 2.0], "loss": [3.0, 2.0]}])
    run = SimpleNamespace(histories=[{"epoch": [1.0, 2.0], "loss": losses}])
    assert not is_cut([plain])
    assert is_cut([plain, run]) == cut

"""What follows a model's output, in files."""

import pytest

from nnctl.calibration.intervals import Intervals
from nnctl.calibration.readout import AS_IT_IS, Readout
from nnctl.calibration.temperature import Temperature

WHOLE = Readout(
    Temperature((0.0, 0.0), (1.5, 2.0), (0.1, 0.2)),
    (0.3, 0.4),
    Intervals(0.9, "constant", 40, (1.0,)),
)


@pytest.mark.parametrize(
    "made", [AS_IT_IS, WHOLE, WHOLE._replace(cuts=None), Readout(cuts=(0.5, 0.1))]
)
def test_it_reads_back(made):
    assert Readout.from_json(made.to_json(), 2, 1, single=False, kind="constant") == made


def test_a_step_that_is_not_taken_is_not_spoken_of():
    assert AS_IT_IS.to_json() == {}
    assert list(Readout(cuts=(0.5,)).to_json()) == ["cuts"]


def test_a_step_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="sharpness"):
        Readout.from_json({"sharpness": 2}, 2, 1, single=False, kind="constant")
    with pytest.raises(ValueError, match="cuts has 2 numbers, not 3"):
        Readout.from_json({"cuts": [0.1, 0.2]}, 3, 1, single=False, kind="constant")

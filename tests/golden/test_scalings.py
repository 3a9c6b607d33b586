"""Every scaling agrees with scikit-learn, in whatever pieces the rows come."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnctl.encoding.fitting import FITS, fit

CASES = json.loads(Path(__file__).with_name("scalings.json").read_text())["cases"]
TOLERANCE = 1e-12
NAMES = sorted(CASES[0]["scaled"])


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rows']} rows")
@pytest.mark.parametrize("name", NAMES)
def test_scalings_agree_with_scikit_learn(name, case, pieces):
    x, new = np.array(case["x"]), np.array(case["new"])
    scaling = fit(name, lambda: np.array_split(x, pieces))
    made, expected = scaling.apply(new), np.array(case["scaled"][name])
    if (
        name == "robust"
    ):  # which divides by 1 where the quartiles are equal, nnctl by half the range
        lower, upper = np.quantile(x, [0.25, 0.75], axis=0)
        made, expected = made[:, upper > lower], expected[:, upper > lower]
    np.testing.assert_allclose(made, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_every_scaling_with_statistics_is_compared():
    assert set(NAMES) == set(FITS) - {"none", "rescale"}
    assert TOLERANCE <= 1e-12

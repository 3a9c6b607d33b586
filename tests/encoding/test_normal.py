"""The normal distribution, against the standard library's."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from nnctl.encoding.normal import FURTHEST_SHARE, normal_quantile, normal_share

SHARES = np.concatenate([np.linspace(1e-4, 1 - 1e-4, 4001), 10.0 ** -np.arange(1, 12)])


def test_quantiles_are_those_of_the_standard_library() -> None:
    expected = [NormalDist().inv_cdf(share) for share in SHARES.tolist()]
    np.testing.assert_allclose(normal_quantile(SHARES), expected, rtol=1e-15)
    assert SHARES.min() == pytest.approx(FURTHEST_SHARE)


def test_shares_are_those_of_the_error_function() -> None:
    x = np.linspace(-8, 8, 801)
    expected = [math.erfc(-each / math.sqrt(2)) / 2 for each in x.tolist()]
    # The exponent of the tail is a number of up to 32, rounded.
    np.testing.assert_allclose(normal_share(x), expected, rtol=2e-14)
    np.testing.assert_allclose(normal_share(x[350:451]), expected[350:451], rtol=5e-16)


def test_one_undoes_the_other() -> None:
    np.testing.assert_allclose(normal_share(normal_quantile(SHARES)), SHARES, rtol=1e-13)

"""How figures are written."""

import pytest

from nnctl.errors.figures import figure_text


@pytest.mark.parametrize(
    ("value", "text", "padded"),
    [
        (0.25, "0.25", "0.2500"),
        (1, "1", "1.000"),
        (-1234.56, "-1235", "-1235"),
        (9999.4, "9999", "9999"),
        (50862.7, "50,863", "50,863"),
        (-1e4, "-10,000", "-10,000"),
        (999_999_999, "999,999,999", "999,999,999"),
        (1e9, "1e+09", "1.000e+09"),
        (3.2161e214, "3.216e+214", "3.216e+214"),
        (0.0000123, "1.23e-05", "1.230e-05"),
        (float("inf"), "inf", "inf"),
        (float("nan"), "nan", "nan"),
    ],
)
def test_large_figures_are_whole_and_all_others_have_four_digits(value, text, padded):
    assert figure_text(value) == text
    assert figure_text(value, padded=True) == padded

"""Numbers as a page writes them."""

import pytest

from nnctl.report.wording import count_text, number, setting, short, signed


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.91549, "0.9155"),
        (-0.5, "−0.5"),
        (52967.9, "52,968"),
        (-474791.7, "−474,792"),
        (1.34e-11, "1.34·10⁻¹¹"),
        (6.19e18, "6.19·10¹⁸"),
        (1e-5, "10⁻⁵"),
        (None, "—"),
        (float("nan"), "—"),
    ],
)
def test_numbers_have_four_digits_or_are_whole(value, written):
    assert number(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (0.001, "0.001"),
        (1e-5, "10⁻⁵"),
        (9000, "9000"),
        (15000, "15k"),
        (-2.5e6, "−2.5M"),
        (3e9, "3G"),
        (1e16, "10¹⁶"),
    ],
)
def test_an_axis_is_written_shortly(value, written):
    assert short(value) == written


def test_what_is_added_has_a_sign():
    assert [signed(value) for value in (0.25, -3e5, 0)] == ["+0.25", "−300,000", "0"]


def test_settings_are_written_as_in_a_config():
    assert [setting(value) for value in ("relu", 32, True, 1e-3, {"type": "elu"})] == [
        "relu",
        "32",
        "true",
        "0.001",
        '{"type": "elu"}',
    ]


def test_counts():
    assert (count_text(1, "row"), count_text(5000, "row")) == ("1 row", "5,000 rows")

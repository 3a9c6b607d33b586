"""Whether a column of dates is in their order."""

import pytest

from nnctl.data.date_columns import DateOrder


@pytest.mark.parametrize(
    ("dates", "holds"),
    [
        (["2024-01-01", "2024-01-02", "2024-01-02"], True),
        (["2024-01-02", "2024-01-01"], False),
        (["2024-01-01"] * 3, False),
        (["31.01.2024", "01.02.2024"], True),
        (["01/31/2024", "02/01/2024"], True),
        (["2024-01-01 09:00", "2024-01-01 10:00"], True),
        (["2024-01-01T10:00", "2024-01-01T09:00"], False),
        (["2024-01-01 9:30", "2024-01-01 10:00"], True),
        (["1/31/2024 11:30 AM", "1/31/2024 12:10 PM", "1/31/2024 1:05 pm"], True),
        (["1/31/2024 12:10 AM", "1/31/2024 9:05 AM"], True),
        (["1/31/2024 12:10 PM", "1/31/2024 9:05 AM"], False),
        (["1/2/2024", "2024-01-03"], False),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 9])
def test_dates_in_order(dates, holds, size):
    order = DateOrder()
    for start in range(0, len(dates), size):
        order.add(dates[start : start + size])
    assert order.holds == holds

"""Columns of dates: how they are written, and whether they are in order."""

import pytest

from nnctl.data.columns import look
from nnctl.reading import bytestream
from nnctl.reading.files import DataFile


@pytest.fixture(params=[1 << 19, 64], ids=["one block", "many"])
def column_of(request, monkeypatch, tmp_path):
    """What is known of a column of such cells."""
    monkeypatch.setattr(bytestream, "BLOCK", request.param)

    def found(cells):
        path = tmp_path / "d.csv"
        path.write_text("a,t\n" + "".join(f'"{cell}",{k}\n' for k, cell in enumerate(cells)))
        return look(DataFile(path), "t").columns[0]

    return found


@pytest.mark.parametrize(
    ("dates", "holds"),
    [
        (["2024-01-01", "2024-01-02", "2024-01-02"], True),
        (["2024-01-02", "2024-01-01"], False),
        (["2024-01-01"] * 3, False),
        (["", "2024-01-01", "", "2024-01-02", ""], True),
        (["31.01.2024", "01.02.2024"], True),
        (["01/31/2024", "02/01/2024"], True),
        (["01/02/2024", "02/01/2024"], True),
        (["2024-01-01 09:00", "2024-01-01 10:00"], True),
        (["2024-01-01T10:00", "2024-01-01T09:00"], False),
        (["2024-01-01T10:00+02:00", "2024-01-01T09:00+00:00"], True),
        (["2024-01-01 9:30", "2024-01-01 10:00"], True),
        (["1/31/2024 11:30 AM", "1/31/2024 12:10 PM", "1/31/2024 1:05 pm"], True),
        (["1/31/2024 12:10 AM", "1/31/2024 9:05 AM"], True),
        (["1/31/2024 12:10 PM", "1/31/2024 9:05 AM"], False),
        (["30 Apr 2024", "1 May 2024"], True),
        (["1 May 2024", "30 Apr 2024"], False),
        (["2024年9月1日", "2024年10月1日"], True),
        (["1/2/2024", "2024-01-03"], False),
    ],
)
@pytest.mark.parametrize("times", [1, 5])
def test_dates_in_order(column_of, dates, holds, times):
    repeated = [date for date in dates for _ in range(times)]
    assert column_of(repeated).in_order == holds


@pytest.mark.parametrize(
    ("dates", "found"),
    [
        (["2024-01-01", "2024-01-02"], [None]),
        (["01/02/2024", "02/01/2024"], ["%d/%m/%Y", "%m/%d/%Y"]),
        (["01/02/2024", "02/13/2024"], ["%m/%d/%Y"]),
        (["1 May 2024", "2 May 2024"], ["%d %b %Y"]),
        (["1 May 2024", "2 June 2024"], ["%d %B %Y"]),
        (["1 May 2024", "2 Jun 2024"], ["%d %b %Y"]),
        (["1 Jun 2024", "2 July 2024"], []),
    ],
)
def test_the_formats_that_fit_all(column_of, dates, found):
    column = column_of(dates * 4)
    assert column.are_dates and column.written.found == found
    assert column.written.example == dates[0]
    if not found:
        assert column.written.odd == dates[1]

"""Dates of text tables, against the standard library's `datetime`."""

import io
import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading.dates import date_of, forms_of, is_date_format, looks_like_date, patterns_of
from nnctl.reading.files import TextFormat
from nnctl.reading.notation import Notation
from nnctl.reading.source import open_source
from nnctl.reading.table import DateFormat, Table

START = datetime(1970, 1, 1)
DAYS = (datetime(9999, 12, 31) - datetime(1, 1, 1)).days
EDGES = [
    datetime(1, 1, 1),
    datetime(9999, 12, 31, 23, 59, 59, 999_999),
    datetime(1969, 12, 31, 23, 59, 59, 999_999),
    datetime(1900, 2, 28),
    datetime(1900, 3, 1),
    datetime(2000, 2, 29, 12),
    datetime(2024, 2, 29),
    datetime(2100, 2, 28, 23, 59),
    datetime(400, 2, 29),
]


def tables(cells, pattern=None, offset=None, **text_format) -> list[Table]:
    """The rows of a table with the dates `d`, told to be written so."""
    text = "d,x\n" + "".join(f"{cell},1\n" for cell in cells)
    notation = Notation(frozenset(text_format.pop("missing", {"", "NA"})))
    with open_source(
        io.BytesIO(text.encode()), text_format=TextFormat(notation=notation)
    ) as source:
        return list(source.tables(["d", "x"], dates={"d": DateFormat(pattern, offset)}))


def seconds(cells, pattern=None, offset=None, **text_format):
    return np.concatenate(
        [table.columns(["d"])[:, 0] for table in tables(cells, pattern, offset, **text_format)]
    )


def drawn(count: int) -> list[datetime]:
    """Dates of all years, to the microsecond."""
    draws = random.Random(5)
    return EDGES + [
        datetime(1, 1, 1)
        + timedelta(draws.randrange(DAYS), draws.randrange(86_400), draws.randrange(10**6))
        for _ in range(count)
    ]


def parts(date: datetime) -> tuple[int, int]:
    """Whole seconds since 1970, and microseconds."""
    since = date - START
    return since.days * 86_400 + since.seconds, since.microseconds


@pytest.mark.parametrize("unit", ["microseconds", "milliseconds", "seconds", "minutes", "hours"])
@pytest.mark.parametrize("sign", ["T", " "])
def test_iso_dates_are_those_of_the_standard_library(unit, sign):
    dates = drawn(3000)
    texts = [date.isoformat(sign, unit) for date in dates]
    expected = [parts(datetime.fromisoformat(text)) for text in texts]
    made = seconds(texts)
    assert np.floor(made).tolist() == [whole for whole, _ in expected]
    part = made - np.floor(made)
    # A double near the year 9999 has 3e-5 seconds to its neighbours.
    np.testing.assert_allclose(part, [micro / 1e6 for _, micro in expected], atol=4e-5)


def test_every_day_of_four_centuries():
    first = datetime(1890, 1, 1)
    dates = [first + timedelta(day) for day in range(366 * 400)]
    made = seconds([date.date().isoformat() for date in dates])
    assert made.tolist() == [parts(date)[0] for date in dates]


@pytest.mark.parametrize(
    "pattern",
    [
        "%d.%m.%Y",
        "%m/%d/%Y %H:%M",
        "%Y%m%d",
        "%d %b %Y",
        "%d.%m.%Y %H:%M:%S.%f",
        "%Y-%j",
        "%B %d, %Y",
        "%Y/%m/%d %H",
        "%H:%M",
    ],
)
def test_formats_are_those_of_strptime(pattern):
    texts = [f'"{date:{pattern}}"' for date in drawn(500) if date.year >= 1000]
    expected = [datetime.strptime(text.strip('"'), pattern) for text in texts]
    made = seconds(texts, pattern)
    assert np.floor(made).tolist() == [parts(date)[0] for date in expected]


def test_digits_that_are_left_out_are_read_as_strptime_does():
    assert (
        seconds(["5.3.2024", "05.03.2024", " 5.03.2024 "], "%d.%m.%Y").tolist()
        == [parts(datetime(2024, 3, 5))[0]] * 3
    )


def test_offsets_go_to_utc():
    texts = ["2024-03-05T10:00+02:00", "2024-03-05 03:30:00-04:30", "2024-03-05T08:00Z"]
    assert set(seconds(texts)) == {parts(datetime(2024, 3, 5, 8))[0]}
    (table,) = tables(texts)
    assert table.dates["d"] == DateFormat(None, True)
    assert seconds(["05.03.2024 10:00 +0200"], "%d.%m.%Y %H:%M %z").tolist() == [
        parts(datetime(2024, 3, 5, 8))[0]
    ]


def test_other_ways_of_iso():
    expected = datetime(2024, 3, 5)
    assert set(seconds(["20240305", "2024-W10-2", "2024-03-05T00"])) == {parts(expected)[0]}


def told(cells, pattern=None, offset=None):
    with pytest.raises(NnctlError) as caught:
        tables(cells, pattern, offset)
    return [(problem.line, problem.message) for problem in caught.value.problems]


ISO = "is not a date of ISO 8601, such as 2024-02-29 or 2024-02-29T18:30"
TWO = 'can be read in 2 ways, as "%d/%m/%Y" or "%m/%d/%Y"'
FAULTS = [
    (["2024-01-01", "2023-02-29"], None, 3, f'"2023-02-29" {ISO}'),
    (["2024-13-01"], None, 2, f'"2024-13-01" {ISO}'),
    (["2024-01-01T24:30"], None, 2, f'"2024-01-01T24:30" {ISO}'),
    (["0000-01-01"], None, 2, f'"0000-01-01" {ISO}'),
    (["03/04/2024"], None, 2, f'"03/04/2024" {TWO}'),
    (["13/04/2024"], None, 2, f'"13/04/2024" {ISO}'),
    (["1700000000"], None, 2, f'"1700000000" {ISO}'),
    (["2024-01-01x10:00"], None, 2, f'"2024-01-01x10:00" {ISO}'),
    (["29.02.2023"], "%d.%m.%Y", 2, '"29.02.2023" is not a date of the form %d.%m.%Y'),
    (["2024-02-29"], "%d.%m.%Y", 2, '"2024-02-29" is not a date of the form %d.%m.%Y'),
    (
        ["0001-01-01T00:00+01:00"], None, 2,
        '"0001-01-01T00:00+01:00" is, in UTC, not in the years 1 to 9999',
    ),
    (
        ["2024-01-01T10:00Z", "2024-01-01T10:00"], None, 3,
        '"2024-01-01T10:00" has no offset from UTC; the column\'s dates have one, such as '
        "2024-01-01T10:00Z",
    ),
    (
        ["2024-01-01", "2024-01-01T10:00-01:00"], None, 3,
        '"2024-01-01T10:00-01:00" has an offset from UTC; the column\'s dates have none, such as '
        "2024-01-01",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "pattern", "line", "message"), FAULTS)
def test_what_is_no_date_is_told_with_its_cell(cells, pattern, line, message):
    assert told(cells, pattern) == [(line, message)]


def test_where_the_model_knows_of_offsets_the_first_cell_is_no_exception():
    assert (
        "has no offset from UTC; the column's dates have one"
        in told(["2024-01-01"], None, True)[0][1]
    )
    assert seconds(["2024-01-01"], None, False).tolist() == [parts(datetime(2024, 1, 1))[0]]


def test_a_date_of_two_readings_asks_for_a_format():
    with pytest.raises(NnctlError) as caught:
        tables(["03/04/2024"])
    (problem,) = caught.value.problems
    assert problem.setting is not None and problem.setting.fix == (
        'tell in data.columns how dates are written, with format: "%d/%m/%Y" or "%m/%d/%Y"'
    )


def test_missing_cells_and_marks():
    (table,) = tables(["2024-01-01", "", "NA", '"NA"', " "])
    assert np.isnan(table.columns(["d"])[:, 0]).tolist() == [False, True, True, True, True]
    assert table.marks["d"] == {2: "NA", 3: "NA"}


def test_a_mark_that_could_be_a_date_is_a_mark():
    made = seconds(["1900-01-01", "1900-01-02"], missing={"", "1900-01-01"})
    assert np.isnan(made).tolist() == [True, False]


def test_a_second_is_never_rounded_up():
    (made,) = seconds(["9999-12-31T23:59:59.999999"])
    assert np.floor(made) == parts(datetime(9999, 12, 31, 23, 59, 59))[0]
    slow, _ = date_of("9999-12-31T23:59:59,999999", None) or (None, None)
    assert slow == made


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("03/04/2024", ["%d/%m/%Y", "%m/%d/%Y"]),
        ("13.04.2024 10:30", ["%d.%m.%Y %H:%M"]),
        ("04/13/2024", ["%m/%d/%Y"]),
        ("4/13/2024 1:05 PM", ["%m/%d/%Y %I:%M %p"]),
        ("4/13/2024 12:05:09am", ["%m/%d/%Y %I:%M:%S%p"]),
        ("4/13/2024 13:05 PM", []),
        ("2024/04/13", ["%Y/%m/%d"]),
        ("01-02-03", ["%d-%m-%y", "%m-%d-%y", "%y-%m-%d"]),
        ("13-13-2024", []),
        ("2024", []),
        ("5 Jan 2024", ["%d %b %Y"]),
        ("05-JAN-24", ["%d-%b-%y"]),
        ("5. January 2024", ["%d. %B %Y"]),
        ("June 5, 2024", ["%B %d, %Y"]),
        ("May 5, 2024", ["%b %d, %Y", "%B %d, %Y"]),
        ("Sep 5 2024 10:30 PM", ["%b %d %Y %I:%M %p"]),
        ("30 Feb 2024", []),
        ("5 Foo 2024", []),
        ("2024年1月5日", ["%Y年%m月%d日"]),
        ("2024年01月05日 10:30", ["%Y年%m月%d日 %H:%M"]),
        ("2024년 1월 5일", ["%Y년 %m월 %d일"]),
        ("2024-01-05 13:08:24 UTC", ["%Y-%m-%d %H:%M:%S UTC"]),
        ("04/13/2024, 13:08:24.125", ["%m/%d/%Y, %H:%M:%S.%f"]),
    ],
)
def test_the_formats_that_a_date_may_have(text, patterns):
    assert patterns_of(text) == patterns
    for pattern in patterns:
        assert is_date_format(pattern)
        assert seconds([f'"{text}"'], pattern).tolist() == [
            (datetime.strptime(text, pattern) - START).total_seconds()
        ]


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("30 Feb 2024", True), ("30.02.2024 um 9", True), ("2024-13-01", True),
        ("2024年13月1日", True), ("marched 5", False), ("march", False), ("10:30", False),
        ("1.2.3.4", False), ("5 Foo 2024", False), ("May 5", False),
    ],
)  # fmt: skip
def test_what_looks_like_a_date(text, looks):
    assert looks_like_date(text) == looks


@pytest.mark.parametrize("pattern", ["%d.%m.%Y", "%b %Y", "%Y-%m-%dT%H:%M:%S%z", "%%%Y"])
def test_formats(pattern):
    assert is_date_format(pattern)


@pytest.mark.parametrize("pattern", ["%q", "%", "d.m.Y", "", "%d%d", "%Y%"])
def test_what_is_no_format(pattern):
    assert not is_date_format(pattern)


def test_forms_of_fixed_width_are_read_at_once_and_others_are_left():
    assert forms_of("%d.%m.%Y") == ["dd.mm.YYYY"]
    assert forms_of("%d. %B %Y") == forms_of("%Y%%") == forms_of("%Y Heute %m") == []


def test_seconds_count_from_1970_in_utc():
    now = datetime(2024, 3, 5, 10, 30, tzinfo=UTC)
    assert seconds([now.isoformat()]).tolist() == [now.timestamp()]

"""Charts: what is drawn where, in whose colours, and that two on a page do not get mixed up."""

import re

import matplotlib
import numpy as np
import pytest

from nnctl.report.charts import LEFT, RIGHT, WIDTH, Charts, Line, is_wide
from nnctl.report.predictions import even_places

INSIDE = WIDTH - LEFT - RIGHT
EPOCHS = list(range(1, 41))
LINES = [
    Line("train", EPOCHS, [1 / epoch for epoch in EPOCHS], 0, "dashed"),
    Line("validation", EPOCHS, [0.5 + 0.001 * epoch for epoch in EPOCHS], 1),
]


def curves(charts=None, lines=LINES, marks=((7, 1),)):
    return (charts or Charts()).curves("loss", lines, marks)


def points(svg: str, variable: str) -> np.ndarray:
    """The corners of the first line of that colour, (points, 2)."""
    paths = re.findall(r'<path d="([^"]*)"[^>]*style="([^"]*)"', svg)
    path = next(d for d, style in paths if f"stroke: var({variable})" in style)
    return np.array([float(n) for n in re.findall(r"[\d.]+", path)]).reshape(-1, 2)


def test_a_line_goes_where_its_values_are():
    svg = curves()
    drawn, values = points(svg, "--line-2"), np.array(LINES[1].values)
    assert (drawn[-1, 0] - drawn[0, 0]) / 39 == pytest.approx(INSIDE / 39, rel=1e-3)
    assert drawn[0, 0] == LEFT
    assert drawn[-1, 1] < drawn[0, 1]  # it rises
    train = points(svg, "--line-1")
    ratio = (train[0, 1] - train[-1, 1]) / (drawn[0, 1] - drawn[-1, 1])
    assert ratio == pytest.approx((1 - 1 / 40) / (values[0] - values[-1]), rel=1e-3)


def test_marks_lines_and_dashes_are_there():
    svg = curves()
    assert len(re.findall(r"stroke-dasharray", svg)) == 2  # train, and the mark
    mark = (7 - 1) / 39 * INSIDE + LEFT
    upright = re.findall(r'd="M ([\d.]+) [\d.]+\nL \1 [\d.]+\n"[^>]*--line-2', svg)
    assert float(upright[0]) == pytest.approx(mark, rel=1e-5)
    assert "train goes from 1 to 0.025, validation goes from 0.501 to 0.54" in svg


def test_lines_of_several_runs_have_marks_that_tell_them_apart_in_grey():
    lines = [Line(f"run {k}", EPOCHS, [float(k)] * 40, k, mark=k) for k in range(2)]
    svg = curves(lines=lines, marks=())
    shapes = re.findall(r'<path id="([^"]*)" d="([^"]*)"', svg)
    used = [name for name, _ in shapes if f'href="#{name}"' in svg]
    assert len({shape for name, shape in shapes if name in used}) == 2
    assert [svg.count(f'href="#{name}"') for name in used] == [8, 8]


def test_all_colours_are_those_of_the_page():
    fit = Charts().fit("y", np.arange(5.0), np.arange(5.0))
    errors = Charts().errors("y", np.arange(5.0))
    for svg in (curves(), fit, errors):
        assert not re.findall(r"#[0-9a-f]{6}|rgb|font-family|DejaVu", svg)
        assert "var(--line-1)" in svg
        assert "var(--rule)" in svg


def test_two_charts_share_no_identifier_and_refer_to_their_own():
    charts = Charts()
    few = [Line("train", [1, 2], [1.0, 2.0], 0)]
    drawn = [curves(charts, few), curves(charts, few)]
    own = [set(re.findall(r' id="([^"]*)"', svg)) for svg in drawn]
    assert all(own) and not own[0] & own[1]
    for svg, ids in zip(drawn, own, strict=True):
        assert set(re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', svg)) <= {
            pair for name in ids for pair in ((name, ""), ("", name))
        }


def test_a_chart_is_the_same_every_time_whatever_style_the_user_has(monkeypatch):
    plain = curves()
    monkeypatch.setitem(matplotlib.rcParams, "lines.linewidth", 9)
    monkeypatch.setitem(matplotlib.rcParams, "lines.solid_capstyle", "round")
    assert curves() == plain
    assert matplotlib.rcParams["lines.linewidth"] == 9


@pytest.mark.parametrize(
    ("values", "wide"),
    [([1, 0.02], False), ([1, 0.01], True), ([1, 0], False), ([1, -0.01], False), ([], False)],
)
def test_values_that_span_decades_have_a_logarithmic_axis(values, wide):
    assert is_wide([values]) == wide
    assert is_wide([[float("nan"), *values]]) == wide


@pytest.mark.parametrize("values", [[float("nan")] * 3, [1.0, float("inf"), 2.0], [3.0] * 3])
def test_what_cannot_be_drawn_is_left_out(values):
    svg = curves(lines=[Line("train", [1, 2, 3], values, 0)], marks=())
    assert "nan" not in svg and "inf" not in svg
    assert ("no numbers" in svg) == (not np.isfinite(values).any())


def test_a_single_epoch_has_a_mark():
    svg = curves(lines=[Line("train", [1], [0.5], 0)], marks=())
    assert len(re.findall("<use", svg)) == 1


def test_points_are_where_true_and_predicted_numbers_meet():
    truth, predicted = np.array([0.0, 10.0, 4.0]), np.array([10.0, 0.0, 4.0])
    svg = Charts().fit("y", truth, predicted)
    places = np.array(re.findall(r'<use [^>]*x="([\d.]*)" y="([\d.]*)"', svg), float)
    assert len(places) == 3
    low, high = places.min(axis=0), places.max(axis=0)
    shares = (places - low) / (high - low)
    np.testing.assert_allclose(shares, [[0, 0], [1, 1], [0.4, 0.6]], atol=1e-3)


def test_of_many_rows_some_are_drawn_at_even_distances():
    assert even_places(5, 10).tolist() == [0, 1, 2, 3, 4]
    assert even_places(101, 5).tolist() == [0, 25, 50, 75, 100]
    svg = Charts().fit("y", np.arange(5000.0), np.arange(5000.0))
    assert len(re.findall("<use", svg)) == 1000


def test_predictions_that_are_no_numbers_do_no_harm():
    nothing = np.array([np.nan, np.inf])
    for drawing in (Charts().fit("y", np.ones(2), nothing), Charts().errors("y", nothing)):
        assert "nan" not in drawing and "inf" not in drawing


@pytest.mark.parametrize(
    "numbers", [[1e308, -1e308], [5e-324, 1e300], [1e9, 1e9 + 1e-6], [0, 0], [1e-300, 2e-300]]
)
def test_numbers_of_any_size_are_drawn_or_left_out(numbers):
    values = np.array(numbers)
    charts = Charts()
    drawn = charts.fit("y", np.ones(2), values) + charts.errors("y", values)
    drawn += curves(lines=[Line("train", [1, 2], numbers, 0)], marks=())
    assert not re.findall(r"\b(nan|inf)\b", drawn)


def test_a_series_is_a_line_a_channel_within_its_frame():
    svg = Charts().series(np.array([[0, 5], [10, 5], [-10, 5]]), -10, 10, 'a "b" <c>')
    lines = [
        np.array([float(n) for n in re.findall(r"[\d.]+", line)]).reshape(-1, 2)
        for line in re.findall(r'points="([^"]*)"', svg)
    ]
    height = [53, 3]  # of -10 and 10
    assert lines[0][:, 1].tolist() == [28, height[1], height[0]]
    assert set(lines[1][:, 1]) == {15.5}
    assert 'aria-label="a &quot;b&quot; &lt;c&gt;"' in svg

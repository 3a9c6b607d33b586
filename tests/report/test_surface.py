"""The surface of a model of one or two columns, against what `predict` says there."""

import csv
import re

import numpy as np
import pytest

from nnctl.jobs.predict import predict
from nnctl.jobs.train import train
from nnctl.report.charts import LEFT, RIGHT, WIDTH, Charts
from nnctl.report.collecting import collect
from nnctl.report.page import page
from nnctl.report.surface import Surface, spread_over
from nnctl.report.surface_charts import margins, surface_charts

LOSSES = {
    "two": ("side", "{type: binary_crossentropy, from_logits: true}", 1),
    "three": ("kind", "{type: sparse_categorical_crossentropy, from_logits: true}", 3),
    "number": ("height", "mean_squared_error", 1),
}


@pytest.fixture(scope="module")
def of(tmp_path_factory):
    """The run of a small model of so many columns, and its report."""
    folder = tmp_path_factory.mktemp("surface")
    draw = np.random.default_rng(2)
    lines = ["<a>,b,side,kind,height"]
    for k, (a, b) in enumerate(draw.normal(size=(40, 2))):
        lines.append(f"{a:.3f},{b:.3f},{'<i>' if a > 0 else 'no'},{'xyz'[k % 3]},{100 * a:.2f}")
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    made = {}

    def report_on(kind, features):
        key = (kind, len(features))
        if key not in made:
            target, loss, units = LOSSES[kind]
            scaled = ", target_scale: standardize" if kind == "number" else ""
            (folder / "model.yaml").write_text(
                f"data: {{train: table.csv, target: {target}, features: {list(features)}, "
                f"scale: standardize, bins: 3{scaled}}}\n"
                f"layers: [{{type: dense, units: {units}}}]\n"
                f"loss: {loss}\noptimizer: {{type: adam, learning_rate: 0.1}}\nepochs: 3\n"
            )
            run = train(folder / "model.yaml", output=folder / f"{kind}-{len(features)}").folder
            made[key] = run, collect(run, "x")
        return made[key]

    return report_on


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("features", [("<a>",), ("<a>", "b")])
def test_the_values_are_those_that_predict_gives(kind, features, of, tmp_path):
    run, report = of(kind, features)
    surface = report.surface
    assert surface.columns == features
    places = [(0,) * len(features), tuple(len(axis) - 2 for axis in surface.axes)]
    rows = [[axis[k] for axis, k in zip(surface.axes, place, strict=True)] for place in places]
    file = tmp_path / "new.csv"
    with file.open("w", newline="") as written:
        csv.writer(written).writerows([features, *rows])
    said = list(csv.DictReader("".join(predict(run, file).chunks()).splitlines()))
    columns = {
        "two": ["probability"],
        "three": [f"probability_{label}" for label in "xyz"],
        "number": ["height"],
    }[kind]
    for place, row in zip(places, said, strict=True):
        expected = [float(row[column]) for column in columns]
        np.testing.assert_allclose(surface.values[place], expected, rtol=1e-5)


def test_the_rows_are_those_of_the_data_with_their_truth(of):
    _, report = of("two", ("<a>", "b"))
    surface = report.surface
    assert len(surface.rows) == 40
    np.testing.assert_array_equal(surface.truth == 0, surface.rows[:, 0] > 0)  # "<i>" is the first
    assert surface.wrong.sum() == report.judged.mistakes
    _, report = of("number", ("<a>",))
    np.testing.assert_allclose(
        report.surface.truth[:, 0], 100 * report.surface.rows[:, 0], atol=0.06
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("features", [("<a>",), ("<a>", "b")])
def test_every_surface_is_drawn_in_the_page_s_colours(kind, features, of):
    _, report = of(kind, features)
    drawings = surface_charts(Charts(), report.surface)
    assert len(drawings) == 1
    svg = drawings[0][1]
    assert not re.findall(r"#[0-9a-f]{6}|rgb\(", svg)
    assert f"with {len(report.surface.rows)} rows" in svg
    assert len(re.findall(r"<use ", svg)) >= 40
    text = page([report])
    assert "What it says, by <bdi>&lt;a&gt;</bdi>" in text


def surface_with(values, classes, cut=0.5) -> Surface:
    nothing = np.zeros((0, 2))
    axes = (np.arange(2.0), np.arange(1.0))
    names = classes[1:] if len(classes) == 2 else classes
    wrong = np.zeros(0, bool)
    return Surface(("a", "b"), names, classes, axes, values, nothing, np.zeros(0), wrong, cut)


def across_alone(classes: tuple[str, ...], rows) -> Surface:
    """A surface whose values rise with the first column, from 0 to 1, and not with the second."""
    axes = (np.linspace(-1, 1, 9), np.linspace(-5, 5, 7))
    values = np.repeat(((axes[0] + 1) / 2)[:, None], 7, axis=1)[..., None]
    truth = (rows[:, 0] > 0).astype(int) if classes else rows[:, :1]
    wrong = np.array([k == 0 for k in range(len(rows))])
    return Surface(("a", "b"), ("yes",), classes, axes, values, rows, truth, wrong, 0.5)


def inked(svg: str) -> list[np.ndarray]:
    """The corners of each line in the colour of text, (corners, 2)."""
    paths = re.findall(r'<path d="([^"]*)"[^>]*stroke: var\(--ink\)', svg)
    numbers = [[float(n) for n in re.findall(r"[\d.]+", path)] for path in paths]
    return [np.array(each).reshape(-1, 2) for each in numbers]


def test_the_line_between_two_classes_stands_where_the_model_changes_its_mind():
    rows = np.array([[-0.5, 4.0], [0.5, -4.0]])
    ((_, svg),) = surface_charts(Charts(), across_alone(("no", "yes"), rows))
    middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
    (line,) = (each for each in inked(svg) if np.ptp(each[:, 1]) > 100)
    np.testing.assert_allclose(line[:, 0], middle, atol=1)
    marks = re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"[^>]*>', svg)
    (x, y), (further, below) = [[float(n) for n in mark] for mark in marks]
    assert x < middle < further and y < below
    assert len(re.findall(r"stroke-width: 2", svg)) >= 1  # the outline of what is wrong
    assert "with 2 rows, 1 of them predicted wrongly" in svg


def test_lines_of_equal_numbers_are_upright_where_they_rise_across_alone():
    rows = np.array([[-0.5, 4.0], [0.5, -4.0]])
    ((title, svg),) = surface_charts(Charts(), across_alone((), rows))
    lines = [each for each in inked(svg) if np.ptp(each[:, 1]) > 20]
    assert title == "yes" and len(lines) >= 4
    assert all(np.ptp(each[:, 0]) < 1 for each in lines)
    assert "from 0 to 1" in svg


def test_a_class_is_ahead_where_it_is_predicted():
    values = np.array([[[0.5, 0.3, 0.2]], [[0.1, 0.2, 0.7]]])
    found = margins(surface_with(values, ("x", "y", "z")))
    np.testing.assert_allclose(
        [each[:, 0] for each in found], [[0.2, -0.6], [-0.2, -0.5], [-0.3, 0.5]]
    )


def test_of_yes_and_no_the_cut_parts_them():
    no, yes = margins(surface_with(np.array([[[0.2]], [[0.6]]]), ("no", "yes"), cut=0.2 + 1e-12))
    assert no[0, 0] > -1e-9 and no[1, 0] == -yes[1, 0] == pytest.approx(-0.5)


def test_no_surface_of_words_pictures_or_more_columns(reports):
    assert [reports[name].surface for name in ("houses", "pictures", "labels")] == [
        None,
        None,
        None,
    ]


def test_places_lie_around_all_rows():
    places = spread_over(np.array([2.0, 4.0]), 5)
    assert places[0] < 2 and places[-1] > 4 and len(places) == 5
    same = spread_over(np.array([3.0, 3.0]), 3)
    assert same[0] < 3 < same[-1]

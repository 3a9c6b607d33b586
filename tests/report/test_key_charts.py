"""Each searched key against the figure: where trials stand, and which of them are shown."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from nnctl.report.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Charts
from nnctl.report.key_charts import SHIFT, key_pictures, word_places


def study(*trials, importance=None):
    rows = [
        {
            "trial": k,
            "state": "pruned" if value is None else "complete",
            "value": value,
            "values": v,
        }
        for k, (value, v) in enumerate(trials)
    ]
    paths = list(dict.fromkeys(path for _, values in trials for path in values))
    results = {"importance": importance or {}}
    return SimpleNamespace(
        trials=rows, paths=paths, monitor="val_loss", best={"trial": 1}, results=results
    )


def dots(svg: str) -> np.ndarray:
    """Where the marks are, (marks, 2)."""
    found = re.findall(r'<use href="[^"]*" x="([\d.]+)" y="([\d.]+)"', svg)
    return np.array([[float(n) for n in pair] for pair in found])


def test_trials_stand_where_their_values_and_figures_put_them():
    found = study(
        (0.1, {"rate": 1.0}), (0.2, {"rate": 2.0}), (None, {"rate": 9.0}), (0.4, {"rate": 4.0})
    )
    (picture,) = key_pictures(Charts(), found)
    places = dots(picture.drawing)
    assert len(places) == 4  # three trials, and the frame of the best
    x, y = places[:3].T
    assert (x[1] - x[0]) / (x[2] - x[0]) == pytest.approx(1 / 3, rel=1e-4)
    assert (y[0] - y[1]) / (y[0] - y[2]) == pytest.approx(1 / 3, rel=1e-4)
    assert places[3].tolist() == places[1].tolist()
    inside = (x >= LEFT) & (x <= WIDTH - RIGHT) & (y >= TOP) & (y <= HEIGHT - BOTTOM)
    assert inside.all()


def test_a_key_that_spans_decades_has_a_logarithmic_axis():
    found = study((0.1, {"rate": 1e-4}), (0.2, {"rate": 1e-3}), (0.4, {"rate": 1e-1}))
    (picture,) = key_pictures(Charts(), found)
    x = dots(picture.drawing)[:3, 0]
    assert (x[1] - x[0]) / (x[2] - x[0]) == pytest.approx(1 / 3, rel=1e-4)


def test_words_have_places_that_are_named_below():
    values = ("tanh", {"type": "<elu>"}, "relu", "tanh")
    found = study(*((0.1 * (k + 1), {"a": value}) for k, value in enumerate(values)))
    (picture,) = key_pictures(Charts(), found)
    assert picture.places == ("relu", "tanh", '{"type": "<elu>"}')
    places = word_places(["tanh", "relu", "gone"], ["relu", "tanh"])
    np.testing.assert_allclose(places[:2], [1 - SHIFT, 0])
    assert np.isnan(places[2])


def test_the_most_important_keys_come_first():
    found = study((0.1, {"a": 1, "b": 2}), (0.2, {"a": 2, "b": 1}), importance={"a": 0.2, "b": 0.8})
    assert [picture.path for picture in key_pictures(Charts(), found)] == ["b", "a"]


def test_of_no_complete_trial_there_is_no_picture():
    assert key_pictures(Charts(), study((None, {"a": 1}))) == []

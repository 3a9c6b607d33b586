"""The pictures of the curves are drawn from what was measured."""

import json

import pytest

from tests.benchmarks import curves

WORDS = {"step-time.svg": ["parameters", "batch size", "nnctl"], "growth.svg": ["rows", "epochs"]}


@pytest.mark.parametrize("name", WORDS)
def test_the_pictures_are_drawn_and_shipped(name, tmp_path, monkeypatch):
    shipped = (curves.PICTURES / name).read_text()
    monkeypatch.setattr(curves, "PICTURES", tmp_path)
    curves.draw()
    for picture in (shipped, (tmp_path / name).read_text()):
        assert all(word in picture for word in WORDS[name])
        assert 'href="http' not in picture


def test_time_grows_in_proportion_to_rows_and_epochs():
    """Towards the most of them: whatever is fixed has lost its weight there."""
    for values in json.loads(curves.MEASURED.read_text())["growth"].values():
        before, last = [values[key] for key in sorted(values, key=int)][-2:]
        assert 7 < last / before < 13

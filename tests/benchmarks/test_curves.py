"""The pictures of the curves are drawn from what was measured."""

import json

import pytest

from tests.benchmarks import curves

WORDS = {"step-time.svg": ["parameters", "batch size", "nnctl"], "growth.svg": ["rows", "epochs"]}


@pytest.mark.slow
def test_the_pictures_are_drawn_and_shipped(tmp_path, monkeypatch):
    shipped = {name: (curves.PICTURES / name).read_text() for name in WORDS}
    monkeypatch.setattr(curves, "PICTURES", tmp_path)
    curves.draw()
    drawn = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert drawn.keys() == shipped.keys()
    for name, words in WORDS.items():
        for picture in (shipped[name], drawn[name]):
            assert [word for word in words if word not in picture] == []
            assert 'href="http' not in picture


def test_time_grows_in_proportion_to_rows_and_epochs():
    """Towards the most of them: whatever is fixed has lost its weight there."""
    growth = json.loads(curves.MEASURED.read_text())["growth"]
    assert growth.keys() == {"rows", "epochs"}
    for values in growth.values():
        before, last = [values[key] for key in sorted(values, key=int)][-2:]
        assert 7 < last / before < 13

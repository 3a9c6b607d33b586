"""The pictures are of what nnctl prints, small, and complete in themselves."""

import re
from xml.etree import ElementTree

import pytest

from nnctl.jobs.explain import explain
from tests.docs.pages import ROOT
from tests.docs.pictures import COLUMNS, PICTURES, SHOWN, drawn, picture_of, screen

NAMES = list(SHOWN)


def words(picture: str) -> str:
    """The text of a picture, in its order."""
    return " ".join(" ".join(ElementTree.fromstring(picture).itertext()).split())


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_needs_nothing_else(name):
    picture = (PICTURES / f"{name}.svg").read_text()
    assert len(picture) < 100_000
    for outside in ("@font-face", "@import", "href", "<image", "<script"):
        assert outside not in picture
    for command in SHOWN[name]:
        assert command in words(picture).replace("\u00a0", " ")


@pytest.mark.slow
@pytest.mark.process
def test_the_picture_of_validate_is_what_it_prints():
    assert words((PICTURES / "validate.svg").read_text()) == words(picture_of("validate"))


def ending(picture: str) -> str:
    """What a run's picture says below the live display, with # for each number."""
    _, _, text = words(picture).replace("\u00a0", " ").rpartition("loss, logarithmic")
    return re.sub(r"\d[\d.]*", "#", text)


@pytest.mark.slow
@pytest.mark.process
def test_the_picture_of_train_is_what_it_prints():
    """But for times, and the last digits that another computer makes."""
    picture = (PICTURES / "train.svg").read_text()
    assert ending(picture) == ending(picture_of("train"))
    for part in ("epoch 100/100", "the training rows are learnt by heart", "nnctl predict runs/"):
        assert part in words(picture).replace("\u00a0", " ")


def test_the_readme_shows_one():
    assert "(nnctl/docs/pictures/train.svg)" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("one\r\ntwo\r\n", ["one", "two", ""]),
        ("half\rwhole", ["whole"]),
        ("bar 1\r\nfigures 1\r\x1b[2K\x1b[1A\x1b[2Kbar 2\r\nfigures 2", ["bar 2", "figures 2"]),
        ("\x1b[?25l\x1b[1mbold\x1b[0m\x1b[?25h", ["\x1b[1mbold\x1b[0m"]),
    ],
)
def test_what_is_left_on_a_terminal(written, lines):
    assert screen(written) == lines


def test_long_lines_are_broken_where_a_terminal_does():
    text = words(drawn({"nnctl": ["x" * (COLUMNS + 3)]}, "a title"))
    assert "x" * COLUMNS + " xxx" in text


def test_the_picture_of_a_report_is_small():
    picture = (PICTURES / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n") and len(picture) < 150_000


def test_the_picture_of_a_graph_is_what_explain_draws(tmp_path):
    file = tmp_path / "graph.svg"
    explain(ROOT / "configs/backprop-two-layers.yaml", output=file, measure=False)
    assert (PICTURES / "backprop.svg").read_text() == file.read_text()

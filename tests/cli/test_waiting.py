"""What is seen of long work: a line that goes away on a terminal, a line now and then elsewhere."""

import io
import os

import pytest

from nnctl.cli import waiting
from nnctl.cli.progress import LiveFigures
from nnctl.cli.waiting import WaitingLine, shown_waiting
from nnctl.system.waiting import tell_waiting


class Screen(io.StringIO):
    """What stderr is, on a terminal or not."""

    def __init__(self, live):
        super().__init__()
        self.live = live

    def isatty(self):
        return self.live


@pytest.fixture
def clock(monkeypatch):
    """The seconds, which stand still."""
    seconds = [100.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: seconds[0])
    monkeypatch.setenv("TERM", "xterm")
    return seconds


@pytest.mark.parametrize("live", [True, False])
def test_work_that_takes_long_is_seen(live, clock, monkeypatch):
    screen = Screen(live)
    monkeypatch.setattr("sys.stderr", screen)
    with shown_waiting(quiet=False):
        for done in range(1, 1301):
            clock[0] += 1 / 64
            tell_waiting("images decoded", done, 1301)
        before = screen.getvalue()
        tell_waiting("images decoded", 1301, 1301)
    if live:
        assert before.startswith("\r65 of 1,301 images decoded\x1b[K\r81 of 1,301 ")
        assert screen.getvalue() == before + "\r\x1b[K"
    else:
        assert before == "641 of 1,301 images decoded\n1,281 of 1,301 images decoded\n"
        assert screen.getvalue() == before


def test_what_was_drawn_goes_away_where_the_work_fails(clock, monkeypatch):
    screen = Screen(live=True)
    monkeypatch.setattr("sys.stderr", screen)
    with pytest.raises(ValueError, match="no"), shown_waiting(quiet=False):
        for done in range(1, 4):
            tell_waiting("images decoded", done, 5)
            clock[0] += 1
        raise ValueError("no")
    assert screen.getvalue() == "\r2 of 5 images decoded\x1b[K\r3 of 5 images decoded\x1b[K\r\x1b[K"


def test_nobody_is_told_where_it_is_to_be_quiet_nor_by_another_process(clock, monkeypatch):
    screen = Screen(live=True)
    monkeypatch.setattr("sys.stderr", screen)
    line = WaitingLine()
    own = os.getpid()
    monkeypatch.setattr(waiting.os, "getpid", lambda: own + 1)
    with shown_waiting(quiet=True):
        for done in range(1, 5):
            clock[0] += 5
            tell_waiting("images decoded", done, 5)
            line("images decoded", done, 5)
    assert screen.getvalue() == ""


def test_the_live_display_says_what_it_waits_for():
    figures = LiveFigures()
    assert figures.draw(80).plain == "starting …"
    figures.on_waiting("images decoded", 1200, 5000)
    assert figures.draw(80).plain == "1,200 of 5,000 images decoded"
    figures.on_waiting("images decoded", 5000, 5000)
    assert figures.draw(80).plain == "starting …"

"""The page as text: complete in itself, and safe whatever names hold."""

import base64
import hashlib
import html.parser
import json
import re

import pytest

from nnctl.playground.page import BESIDE, SCRIPTS, playground_page, script

MOST_LINES, WIDEST = 900, 130  # of all scripts
HOSTILE = "</script><script>alert('&')</script>\u2028"


class Scripts(html.parser.HTMLParser):
    """The scripts of a page, with their types."""

    def __init__(self):
        super().__init__()
        self.found, self._kind = [], None

    def handle_starttag(self, tag, attributes):
        if tag == "script":
            self._kind = dict(attributes).get("type", "")
            self.found.append([self._kind, ""])

    def handle_endtag(self, tag):
        self._kind = None

    def handle_data(self, data):
        if self._kind is not None:
            self.found[-1][1] += data


def scripts_of(page: str) -> list[list[str]]:
    parser = Scripts()
    parser.feed(page)
    return parser.found


def test_a_name_cannot_leave_its_place():
    page = playground_page([{"name": HOSTILE, "columns": [HOSTILE]}])
    (contents, own) = scripts_of(page)
    assert json.loads(contents[1]) == [{"name": HOSTILE, "columns": [HOSTILE]}]
    assert own == ["", script()]
    assert page.count("alert") == 4  # twice as JSON, and as title and heading, which are escaped
    assert "<title>&lt;/script&gt;" in page


def test_the_browser_is_told_to_run_this_script_alone():
    page = playground_page([{"name": "a"}])
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )
    assert not re.search(r"(src|href)=|https?:(?!//www.w3.org/)|@import|url\(", page)


def test_all_scripts_are_in_and_few_enough_to_read():
    assert {f"{name}.js" for name in SCRIPTS} == {path.name for path in BESIDE.glob("scripts/*")}
    lines = [line for path in BESIDE.glob("scripts/*") for line in path.read_text().splitlines()]
    assert 500 < len(lines) < MOST_LINES and max(map(len, lines)) <= WIDEST


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_json_is_refused(number):
    with pytest.raises(ValueError):
        playground_page([{"name": "a", "loss": number}])

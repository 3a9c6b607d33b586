"""The page as text: what it holds, that nothing in it runs, and that it is the same every time."""

import re
import tomllib
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nnctl.report.page import differences, page, setting_text
from tests.report.conftest import IMAGE, SCRIPT

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "section", "article"),
    *("h1", "h2", "h3", "p", "span", "b", "br", "code", "pre", "div", "ul", "li", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img"),
    *("svg", "g", "path", "defs", "use", "text", "clippath", "rect", "polyline", "circle"),
    *("nav", "a", "bdi"),
}
EMPTY = {"meta", "br", "img"}


class Page(HTMLParser):
    """The elements of a page, their attributes, and all text; checks that elements nest."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), attrs
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="session")
def pages(reports):
    """The page of each run, and one that compares all of them."""
    made = {name: page([report]) for name, report in reports.items()}
    return {**made, "all": page(list(reports.values()))}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hostile", "pictures", "houses", "labels", "series", "all"])
def test_every_page_is_sound_and_stands_alone(name, pages):
    text = pages[name]
    parsed = Page(text)
    assert {tag for tag, _ in parsed.elements} <= TAGS
    attributes = [each for _, own in parsed.elements for each in own.items()]
    assert attributes and not [key for key, _ in attributes if key.startswith("on")]
    addresses = [value for key, value in attributes if key in ("src", "href")]
    assert all(value.startswith(("data:image/png;base64,", "#")) for value in addresses)
    assert not re.findall(r"@import|url\((?!#)|https?://", text)
    ids = Counter(value for key, value in attributes if key == "id")
    assert set(ids.values()) == {1}
    referred = [value[1:] for value in addresses if value.startswith("#")]
    referred += [each for own in parsed.all("section") for each in [own["aria-labelledby"]]]
    assert set(referred) <= set(ids)
    assert all(image["alt"] for image in parsed.all("img"))
    assert all("aria-label" in own or "aria-hidden" in own for own in parsed.all("svg"))
    assert all(own.get("scope") in ("row", "col") for own in parsed.all("th"))
    assert "None" not in parsed.text and "nan" not in parsed.text


@pytest.mark.slow
def test_what_looks_like_html_in_the_data_is_text(pages):
    parsed = Page(pages["hostile"])
    for written in (SCRIPT, IMAGE, "<b>target</b>", "a<i>", "$c$ 中", "b & b"):
        assert written in parsed.text
    assert "script" not in {tag for tag, _ in parsed.elements}
    (policy,) = [own["content"] for own in parsed.all("meta") if "http-equiv" in own]
    assert policy.startswith("default-src 'none'")


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes(pages, reports):
    assert page([reports["hostile"]]) == pages["hostile"]


def rows(text: str, kind: str) -> list[list[str]]:
    """The cells of the table of that class."""
    table = re.search(rf'<table class="{kind}">.*?</table>', text, re.DOTALL)[0]
    lines = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in lines]


@pytest.mark.slow
def test_the_tables_say_what_was_found(pages, reports):
    report = reports["hostile"]
    head, *body = rows(pages["hostile"], "figures")
    assert [cell.partition("<")[0] for cell in head[1:]] == ["train", "test", "baseline"]
    loss, accuracy = report.figures["test"]["loss"], report.figures["test"]["accuracy"]
    unit = '<span class="sub"><bdi>sparse categorical crossentropy</bdi></span>'
    assert [row[:1] + row[2:] for row in body] == [
        [f"loss{unit}", f"{loss:.4g}", "—"],
        ["accuracy", f"{accuracy:.4g}", "0.3333"],
    ]
    _, *counts = rows(pages["hostile"], "confusion")
    assert [[int(cell) for cell in row[1:]] for row in counts] == report.judged.matrix


def test_the_learning_rate_is_drawn_where_it_changes(pages):
    assert "<figcaption>learning rate</figcaption>" in pages["hostile"]
    assert "<figcaption>learning rate</figcaption>" not in pages["labels"]


def test_the_data_and_the_day_stand_at_the_top(pages, reports):
    top = pages["houses"].partition('<h2 id="curves">')[0]
    for told in ("houses.csv", "30 rows", "25 % of the training file", "10 rows"):
        assert told in top
    assert f"<dd>{reports['houses'].date}</dd>" in top
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", reports["houses"].date)


def test_figures_say_what_they_are_measured_in(pages, reports):
    assert reports["houses"].units["loss"] == "mean squared error, in scaled units"
    assert "in the targets&#39; own units" in pages["houses"]
    assert reports["labels"].units == {"loss": "binary crossentropy"}


def test_sections_that_lack_something_say_why(pages):
    assert "The run kept no rows apart" in pages["labels"]
    assert "Of the rows that train; the run has no validation rows." in pages["labels"]
    assert "Numbers are given without a range: the config has no intervals." in pages["houses"]
    assert "The run kept no rows apart" not in pages["houses"]


@pytest.mark.slow
def test_a_page_of_several_runs_tells_where_they_differ(reports):
    runs = [reports["pictures"], reports["series"]]
    text = page(runs)
    values = [format(run.figures["train"]["loss"], ".4g") for run in runs]
    found = [row for row in rows(text, "figures") if row[:2] == ["train", "loss"]]
    assert found == [["train", "loss", *values]]
    told = dict(differences(runs))
    assert told["layers.0.filters"] == ["3", "2"]
    assert told["data.validation"] == ["0.25", "—"]
    assert not {"name", "optimizer.beta_1"} & set(told)
    assert all(f"<code>{key}</code>" in text for key in told)
    assert "The configs are the same." in page([runs[0], runs[0]])


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (True, "true"), (["mae", "r2"], '["mae", "r2"]'), ("relu", "relu"), (0.5, "0.5")],
)
def test_settings_are_written_as_a_config_has_them(value, text):
    assert setting_text(value) == text


def test_a_section_that_one_config_has_differs_in_its_keys(reports):
    told = dict(differences([reports["houses"], reports["labels"]]))
    assert told["early_stopping.patience"] == ["2", "—"]
    assert "early_stopping" not in told


def test_template_and_style_are_part_of_the_package():
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(project["tool"]["setuptools"]["package-data"]["nnctl"])
    files = {
        path
        for path in (root / "nnctl/report/templates").iterdir()
        if path.suffix in (".j2", ".css")
    }
    assert len(files) == 8
    matched = {path for each in listed for path in (root / "nnctl").glob(each)}
    assert files <= matched

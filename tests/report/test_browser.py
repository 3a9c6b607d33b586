"""Reports as a browser shows them: drawn, legible in light and dark, and nothing loaded."""

import json
import re
from pathlib import Path

import pytest

from nnctl.jobs.explain import explain
from nnctl.jobs.report import report
from nnctl.jobs.train import train
from nnctl.report.study import study_page, study_report
from tests.derivatives.explain.test_picture import BRANCHED
from tests.report.browser import installed_browser
from tests.report.hard_names import HARD, HARD_NAMES, HARD_STUDY, write_hard_table

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.slow]
WINDOWS = [(width, "light") for width in (390, 800, 1280, 1920)] + [(390, "dark"), (1280, "dark")]
SHEET = 680  # pixels that a printed page has across
DRAWINGS = """[...document.querySelectorAll('svg[role=img]')].map(svg => {
  const shapes = [...svg.querySelectorAll('path, use, polyline')].filter(shape =>
    !shape.closest('defs, clipPath'));
  const unseen = shapes.filter(shape =>
    ['stroke', 'fill'].every(paint => getComputedStyle(shape)[paint] == 'none'));
  const box = svg.getBoundingClientRect();
  return [box.width, box.height, shapes.length, unseen.length];
})"""
PICTURES = "[...document.images].map(image => [image.naturalWidth, image.width])"
COLORS = """[...document.querySelectorAll('body *')].filter(element =>
  [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim())
  && !element.closest('style')).map(element => {
    let below = element, style = getComputedStyle(element);
    const color = element.closest('svg') ? style.fill : style.color;
    while (below && getComputedStyle(below).backgroundColor == 'rgba(0, 0, 0, 0)')
      below = below.parentElement;
    return [color, getComputedStyle(below || document.body).backgroundColor, element.outerHTML];
  })"""
READABLE = 4.5  # WCAG 2.2, criterion 1.4.3
SMALLEST, LARGEST = 9.0, 18.0  # pixels of the text of a chart
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What reaches over an edge of the page, but for what can be scrolled to, and what is hidden.
OUTSIDE = """[...document.querySelectorAll('main *, header *')].filter(element =>
  !element.closest('.scroll *, .hidden, defs') && !element.closest('svg *')).filter(element => {
    const box = element.getBoundingClientRect();
    return box.width && (box.right > document.documentElement.clientWidth + 1 || box.left < -1);
  }).map(element => element.outerHTML.slice(0, 200))"""
# Texts of a chart that lie on each other, or reach out of its figure by more than the margin.
COVERED = """[...document.querySelectorAll('svg.chart')].flatMap(svg => {
  const edge = svg.closest('figure, section').getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text')].map(text => [text.textContent,
    text.getBoundingClientRect()]);
  return boxes.flatMap(([name, a], k) => {
    const out = a.left < edge.left - 14 || a.right > edge.right + 14 ? [name + ' is cut'] : [];
    return out.concat(boxes.slice(k + 1).filter(([, b]) => a.left + 1 < b.right &&
      b.left + 1 < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom).map(([other]) =>
      name + ' and ' + other));
  });
})"""
SIZES = """[...document.querySelectorAll('svg.chart text')].map(text => {
  const svg = text.closest('svg');
  return parseFloat(getComputedStyle(text).fontSize) * svg.getBoundingClientRect().width /
    svg.viewBox.baseVal.width;
})"""
NARROWEST = 24  # pixels of a cell of an example that still holds a number in one or two lines
CELLS = """[...document.querySelectorAll('.rows td')].map(cell =>
  cell.getBoundingClientRect().width).filter(width => width)"""
CUT_OFF = """[...document.querySelectorAll('.scroll')].filter(element =>
  element.firstElementChild.getBoundingClientRect().right >
  document.documentElement.clientWidth + 1).map(element => element.ariaLabel)"""
SCROLLING = """[...document.querySelectorAll('body *')].filter(element =>
  element.scrollWidth > element.clientWidth + 1 &&
  ['auto', 'scroll'].includes(getComputedStyle(element).overflowX)).map(element =>
  element.tabIndex == 0 && element.role == 'region' && !!element.ariaLabel)"""
FOCUSED = """(() => {
  const element = document.activeElement;
  const place = [...document.querySelectorAll('*')].indexOf(element);
  return [place, getComputedStyle(element).outlineStyle != 'none'];
})()"""
FILL = "getComputedStyle(document.querySelector('KIND')).fill"
COVERED_IN_GRAPH = """(() => {
  const texts = [...document.querySelectorAll('text')].map(text => [text.textContent,
    text.getBoundingClientRect()]);
  const meets = (a, b) => a.left + 1 < b.right && b.left + 1 < a.right && a.top + 2 < b.bottom &&
    b.top + 2 < a.bottom;
  const found = texts.flatMap(([name, a], k) => texts.slice(k + 1).filter(([, b]) =>
    meets(a, b)).map(([other]) => name + ' and ' + other));
  const ways = [...document.querySelectorAll('path.arrow, path.brace')];
  for (const way of ways) {
    const matrix = way.getScreenCTM();
    for (let at = 0; at <= way.getTotalLength(); at += 2) {
      const {x, y} = way.getPointAtLength(at).matrixTransform(matrix);
      for (const [name, box] of texts)
        if (box.left < x && x < box.right && box.top + 2 < y && y < box.bottom - 2)
          found.push(name + ' on ' + way.getAttribute('d'));
    }
  }
  const boxes = [...document.querySelectorAll('rect.node, rect.parameter')];
  for (const box of boxes)
    for (const [name, text] of texts) {
      const edge = box.getBoundingClientRect();
      const inside = edge.left < text.left && text.right < edge.right && edge.top < text.top &&
        text.bottom < edge.bottom;
      if (meets(edge, text) && !inside) found.push(name + ' over the edge of a box');
    }
  return found;
})()"""
CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="module")
def browser():
    with installed_browser() as started:
        yield started


@pytest.fixture(scope="module")
def files(runs, tmp_path_factory):
    """The report of each run, one of all of them, and those of runs and a study with hard names."""
    folder = tmp_path_factory.mktemp("pages")
    made = {name: report([run], output=folder / f"{name}.html").path for name, run in runs.items()}
    for name, run in hard_runs(folder).items():
        made[name] = report([run], output=folder / f"{name}.html").path
    made["study"] = folder / "study.html"
    made["study"].write_text(study_page(study_report("<b>study", HARD_STUDY, None)))
    return {**made, "all": report(list(runs.values()), output=folder / "all.html").path}


def hard_runs(folder: Path) -> dict[str, Path]:
    """Runs on a table whose columns and classes have names that no page expects."""
    write_hard_table(folder / "hard.csv")
    (folder / "config.yaml").write_text(HARD, encoding="utf-8")
    several = train(folder / "config.yaml", output=folder / "hard").folder
    two = [f"data.features={json.dumps(HARD_NAMES[:2], ensure_ascii=False)}"]
    surface = train(folder / "config.yaml", output=folder / "surface", overrides=two).folder
    return {"hard": several, "surface": surface}


Color = tuple[float, float, float]


def channels(color: str, below: Color = (0, 0, 0)) -> Color:
    """The red, green and blue of a CSS colour over an opaque one, from 0 to 1."""
    numbers = [float(number) for number in re.findall(r"[\d.]+(?:e-?\d+)?", color)]
    if not color.startswith("color("):
        numbers[:3] = [number / 255 for number in numbers[:3]]
    opacity = numbers[3] if len(numbers) > 3 else 1
    red, green, blue = (
        opacity * over + (1 - opacity) * under
        for over, under in zip(numbers[:3], below, strict=True)
    )
    return red, green, blue


def brightness(color: Color) -> float:
    """The relative luminance of a colour, by WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(color: Color, background: Color) -> float:
    low, high = sorted(map(brightness, (color, background)))
    return (high + 0.05) / (low + 0.05)


PAGES = ["hostile", "pictures", "houses", "labels", "series", "all", "hard", "surface", "study"]


@pytest.mark.parametrize("name", PAGES)
def test_a_report_is_drawn_and_readable_in_every_window(name, files, browser):
    browser.open(files[name], *WINDOWS[0])
    check_events(browser.events, files[name].as_uri())
    for width, scheme in WINDOWS:
        browser.show(width, scheme)
        drawings = browser.run(DRAWINGS)
        assert drawings
        for wide, high, shapes, unseen in drawings:
            assert wide > 100 and high > 40 and shapes and not unseen
        assert all(natural and shown for natural, shown in browser.run(PICTURES))
        assert browser.run(OVERFLOW) <= 0, (width, scheme)
        assert browser.run(OUTSIDE) == [], width
        assert browser.run(COVERED) == [], width
        assert browser.run(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
        page = channels(browser.run("getComputedStyle(document.body).backgroundColor"))
        assert brightness(page) > 0.9 if scheme == "light" else brightness(page) < 0.05
        check_colors(browser.run(COLORS), page)
        sizes = browser.run(SIZES)
        assert all(SMALLEST <= size <= LARGEST for size in sizes), (width, sizes)


@pytest.mark.parametrize("name", PAGES)
def test_a_printed_report_holds_all_that_it_has_across(name, files, browser):
    browser.open(files[name], SHEET, "light")
    browser.show(SHEET, "light", "print")
    assert browser.run(OVERFLOW) <= 0
    assert browser.run(CUT_OFF) == []
    assert min(browser.run(CELLS), default=NARROWEST) >= NARROWEST
    assert browser.run("getComputedStyle(document.querySelector('nav')).display") == "none"


@pytest.mark.parametrize("name", ["hard", "study"])
def test_all_that_scrolls_or_leads_somewhere_is_reached_by_keyboard(name, files, browser):
    browser.open(files[name], 390, "light")
    scrolling = browser.run(SCROLLING)
    assert scrolling and all(scrolling)
    count = browser.run("document.querySelectorAll('a, [tabindex]').length")
    reached = []
    for _ in range(count):
        for kind in ("keyDown", "keyUp"):
            browser.do("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
        reached.append(browser.run(FOCUSED))
    assert len({place for place, _ in reached}) == count
    assert all(outlined for _, outlined in reached)


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """Drawings of computation graphs: the course's, and one that branches."""
    folder = tmp_path_factory.mktemp("graphs")
    (folder / "table.csv").write_text("p,q,t,w\n1,2,1,1\n-1,0.5,0,2\n")
    (folder / "branched.yaml").write_text(BRANCHED)
    configs = [CONFIGS / "backprop-two-layers.yaml", folder / "branched.yaml"]
    for config in configs:
        explain(config, output=folder / f"{config.stem}.svg", measure=False)
    return [folder / f"{config.stem}.svg" for config in configs]


def test_in_the_drawing_of_a_graph_no_text_meets_an_arrow_or_other_text(graphs, browser):
    for file in graphs:
        for scheme in ("light", "dark"):
            browser.open(file, 1280, scheme)
            assert browser.run("document.querySelectorAll('text').length") > 20
            assert browser.run(COVERED_IN_GRAPH) == []
            page = channels(browser.run(FILL.replace("KIND", ".page")))
            assert brightness(page) > 0.9 if scheme == "light" else brightness(page) < 0.05
            for kind in (".value", ".slope", ".label", ".formula"):
                shown = channels(browser.run(FILL.replace("KIND", f"text{kind}")))
                assert contrast(shown, page) >= READABLE, kind


def check_colors(texts: list[list[str]], page: Color) -> None:
    """All text stands out from what is behind it."""
    assert len(texts) > 30
    for color, background, element in texts:
        behind = channels(background, page)
        assert contrast(channels(color, behind), behind) >= READABLE, (color, background, element)


def check_events(events, address: str) -> None:
    """Nothing came from elsewhere, failed to load, or was complained of."""
    loaded = [told["request"]["url"] for event, told in events if event.endswith("WillBeSent")]
    assert address in loaded
    assert all(url == address or url.startswith("data:") for url in loaded)
    bad = ("Network.loadingFailed", "Log.entryAdded", "Runtime.exceptionThrown")
    assert not [told for event, told in events if event in (*bad, "Runtime.consoleAPICalled")]

"""Reports as a browser shows them: drawn, legible in light and dark, and nothing loaded."""

import os
import re

import pytest

from nnctl.jobs.report import report
from tests.report.browser import Browser, chromium

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.slow]
WIDTHS, SCHEMES = (400, 1280), ("light", "dark")
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


@pytest.fixture(scope="module")
def browser():
    program = chromium()
    if program is None:
        message = "Chromium is not installed"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    with Browser(program) as started:
        yield started


@pytest.fixture(scope="module")
def files(runs, tmp_path_factory):
    """The report of each run, and one of all of them."""
    folder = tmp_path_factory.mktemp("pages")
    made = {name: report([run], output=folder / f"{name}.html").path for name, run in runs.items()}
    return {**made, "all": report(list(runs.values()), output=folder / "all.html").path}


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


@pytest.mark.parametrize("name", ["hostile", "pictures", "houses", "labels", "series", "all"])
def test_a_report_is_drawn_and_readable_in_every_window(name, files, browser):
    for width in WIDTHS:
        for scheme in SCHEMES:
            browser.open(files[name], width, scheme)
            drawings = browser.run(DRAWINGS)
            assert drawings
            for wide, high, shapes, unseen in drawings:
                assert wide > 100 and high > 40 and shapes and not unseen
            assert all(natural and shown for natural, shown in browser.run(PICTURES))
            overflow = (
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
            assert browser.run(overflow)
            assert browser.run(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
            page = channels(browser.run("getComputedStyle(document.body).backgroundColor"))
            assert brightness(page) > 0.9 if scheme == "light" else brightness(page) < 0.05
            check_colors(browser.run(COLORS), page)
            check_events(browser.events, files[name].as_uri())


def check_colors(texts: list[list[str]], page: Color) -> None:
    """All text stands out from what is behind it."""
    assert len(texts) > 50
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

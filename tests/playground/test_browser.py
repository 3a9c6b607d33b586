"""The page in a browser: its numbers are those of nnctl, and all of it can be used and read."""

import csv
import gzip
import json
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest

from nnctl.assembly.predicted import columns_of, predicted_rows
from nnctl.assembly.trained import Trained, load_trained
from nnctl.config import load
from nnctl.jobs.explain import explain
from nnctl.jobs.playground import playground
from nnctl.jobs.predict import predict
from nnctl.jobs.train import train
from nnctl.report.collecting import read_histories
from tests.report.browser import Browser, chromium
from tests.report.test_browser import (
    COLORS,
    READABLE,
    brightness,
    channels,
    check_colors,
    check_events,
    contrast,
)

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.slow]
CONFIGS = Path(__file__).parents[2] / "configs"
SHIPPED = sorted(path.stem for path in CONFIGS.glob("*.yaml") if "tune" not in path.stem)
ROWS, DIGITS = 60, 4
PAPER = 680  # pixels across a printed page
ROW_SHOWN = """({
  place: state.model.rows[state.row].place,
  answers: [...find("answer").querySelectorAll("tr")].map(row => [row.className,
    ...[...row.children].slice(0, 2).map(cell => cell.textContent)]),
  nodes: [...find("steps").children].map(row => [...row.children].map(cell => cell.textContent)),
  moment: find("moment").textContent})"""


@pytest.fixture(scope="module")
def browser():
    program = chromium()
    if program is None:
        message = "Chromium is not installed"
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    with Browser(program) as started:
        yield started


def numbers_in(text: str) -> list[float]:
    return [float(each.replace("−", "-")) for each in re.findall(r"−?\d[\d.]*(?:e[−+]?\d+)?", text)]


def agree(shown: float, number: float, scale: float = 0.0) -> bool:
    """Whether `shown` is `number` to its last digit; `scale` is of what it may be a difference."""
    if number == 0 or not math.isfinite(number):
        return shown == number or abs(shown) <= 1e-6 * scale
    unit = 10.0 ** (math.floor(math.log10(abs(number))) - DIGITS + 1)
    return abs(shown - number) <= 0.5 * unit * 1.01 + 1e-6 * max(abs(number), scale)


def check_numbers(text: str, told) -> None:
    """What a cell shows is what `explain --json` tells: numbers, or mean and norm of many."""
    scale = told["norm"] if isinstance(told, dict) else np.abs(told).max()
    if isinstance(told, dict):
        shown = numbers_in(text.partition(":")[2])
        assert f"{math.prod(told['shape'])} numbers" in text
        assert agree(shown[0], told["mean"], scale) and agree(shown[1], told["norm"])
        return
    own = np.ravel(told).tolist()
    if len(own) > 16:
        own = [float(np.mean(own)), float(np.linalg.norm(own))]
        text = text.partition(":")[2]
    shown = numbers_in(text)
    assert len(shown) == len(own), (text, told)
    assert all(map(agree, shown, own, [scale] * len(own))), (text, told)


def told_of(nodes: dict[str, dict], name: str) -> dict | None:
    """A node of `explain --json`, of a small graph put together of its entries."""
    if name in nodes:
        return nodes[name]
    own = [node for key, node in nodes.items() if key.startswith(f"{name}[")]
    if not own:
        return None
    return {key: [node[key] for node in own] for key in ("value", "gradient")}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Each shipped config, trained for an epoch on a few of its rows."""
    folder = tmp_path_factory.mktemp("runs")
    return {name: trained_on_few(name, folder) for name in SHIPPED}


def trained_on_few(name: str, folder: Path) -> Path:
    config = CONFIGS / f"{name}.yaml"
    given = CONFIGS / load(config).data.train
    with gzip.open(given, "rt") if given.suffix == ".gz" else given.open() as file:
        head, *rows = file.readlines()
    few = folder / f"{name}.csv"
    few.write_text(head + "".join(rows[:: max(1, len(rows) // ROWS)]))
    overrides = [f"data.train={few}", "data.test=null"]
    return train(config, epochs=1, overrides=overrides, output=folder / name).folder


@pytest.fixture(scope="module")
def all_of_them(runs, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    return playground(list(runs.values()), output=path).path


@pytest.fixture
def page(all_of_them, browser):
    """One page of them all, opened."""
    if browser.run("location.href") != all_of_them.as_uri():
        browser.open(all_of_them, 1280, "light")
    return browser


@pytest.mark.parametrize("name", SHIPPED)
def test_all_numbers_are_those_of_explain_predict_and_history(name, runs, page):
    run = runs[name]
    page.run(f"chooseModel({SHIPPED.index(name)})")
    shown = page.run(ROW_SHOWN)
    told = explain(run, row=shown["place"], weights=run, measure=False)
    check_explained(shown["nodes"], told.as_json())
    check_predicted(shown["answers"], load_trained(run), told.example.x)
    with (run / "history.csv").open() as file:
        (figures,) = csv.DictReader(file)
    for key in figures.keys() - {"epoch", "seconds"}:
        (text,) = re.findall(rf"\b{key} ([^ ,]+)", shown["moment"])
        assert agree(numbers_in(text)[0], float(figures[key])), key


def check_explained(shown: list[list[str]], told: dict) -> None:
    """The nodes of the page, with their derivatives, and the parameters."""
    nodes = {node["name"]: node for node in told["nodes"]} | told["parameters"]
    found = set()
    for name, _, value, slope in shown:
        node = told_of(nodes, name)
        # A pooling may come before the ReLU of its convolution, which then is no node of explain's.
        before_relu = f"{name[:-1]}z" in [own for own, *_ in shown]
        if node is None or (node.get("op") == "c + b" and before_relu):
            continue
        for text, own in ((value, node["value"]), (slope, node["gradient"])):
            check_numbers(text, own)
        found.add(name)
    assert found > {"J", *told["parameters"]}


def check_predicted(answers: list[list[str]], trained: Trained, x: np.ndarray) -> None:
    """The answers are what predict prints for the example."""
    (cells,) = predicted_rows(trained, x.astype(trained.model.dtype), trained.cuts)
    own = dict(zip(columns_of(trained), map(str, cells), strict=True))
    chosen = [name for kind, name, _ in answers if kind == "chosen"]
    targets = trained.preprocessing.targets
    if targets.task == "regression":
        wanted = own
    elif targets.classes is None:
        wanted = {name: own[f"probability_{name}"] for name in targets.names}
        assert chosen == [name for name in targets.names if own[name] == "1"]
    else:
        assert chosen == [own["prediction"]]
        labels = list(map(str, targets.classes.labels))
        wanted = {label: own.get(f"probability_{label}") for label in labels}
        if targets.task == "binary":
            second = float(own["probability"])
            wanted = {labels[0]: 1 - second, labels[1]: second}
    assert [name for _, name, _ in answers] == list(wanted)
    for _, name, text in answers:
        assert agree(numbers_in(text)[0], float(wanted[name]), 1.0), name


KEYS = {"Tab": 9, "ArrowLeft": 37, "ArrowRight": 39, "End": 35, "Home": 36, "Enter": 13, " ": 32}


def press(browser: Browser, key: str, times: int = 1) -> None:
    for _ in range(times):
        for kind in ("keyDown", "keyUp"):
            own = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            code = KEYS[key]
            browser.do(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **own
            )


def text_of(browser: Browser, ident: str) -> str:
    return browser.run(f"document.getElementById('{ident}').textContent")


@pytest.fixture(scope="module")
def moons(browser, tmp_path_factory):
    """The page of a training, and its history."""
    path = tmp_path_factory.mktemp("moons") / "moons.html"
    config = CONFIGS / "moons.yaml"
    playground([config], output=path, epochs=40)
    run = train(config, epochs=40, output=path.parent / "run").folder
    return path, read_histories(run / "history.csv")[0]


def test_the_slider_goes_through_the_training_as_its_history_has_it(moons, browser):
    path, history = moons
    browser.open(path, 1280, "light")
    assert browser.run("document.querySelectorAll('.unit').length") == 2 + 8 + 8 + 1
    browser.run("find('frame').focus()")
    press(browser, "Home")
    assert text_of(browser, "moment") == "step 0, epoch 0"
    before = browser.run("surface.plane.canvas.toDataURL()")
    seen = set()
    for _ in range(browser.run("state.model.vectors.length") - 1):
        press(browser, "ArrowRight")
        moment = text_of(browser, "moment")
        epoch = int(re.findall(r"epoch (\d+)", moment)[0])
        if epoch not in seen and epoch:
            for key in ("loss", "val_loss", "accuracy"):
                (shown,) = re.findall(rf"[ ]{key} ([^ ,]+)", moment)
                assert agree(numbers_in(shown)[0], history[key][epoch - 1])
        seen.add(epoch)
    assert seen == {*range(41)}
    assert browser.run("surface.plane.canvas.toDataURL()") != before


def test_a_moment_is_drawn_in_a_sixtieth_of_a_second(moons, browser):
    browser.open(moons[0], 1280, "light")
    script = """(() => { const spent = []; for (let k = 0; k < 200; k++) {
      const began = performance.now(); chooseFrame(k %% %d);
      spent.push(performance.now() - began); }
      return spent.sort((a, b) => a - b)[100]; })()"""
    assert browser.run(script % browser.run("state.model.vectors.length")) < 16


def test_backpropagation_is_stepped_through_in_the_numbers_of_the_course(page):
    page.run(f"chooseModel({SHIPPED.index('backprop-two-layers')}); chooseFrame(0)")
    page.run("state.vector.set([2, 0, 3, 1]); refresh(); find('start').focus()")
    press(page, "Enter")
    wanted = {
        "dense_1/kernel": ("2", "6"), "dense_1/bias": ("0", "6"), "dense_1/c": ("2", "6"),
        "dense_1/z": ("2", "6"), "dense_1/a": ("2", "6"), "dense_2/kernel": ("3", "4"),
        "dense_2/bias": ("1", "2"), "dense_2/c": ("6", "2"), "dense_2/z": ("7", "2"),
        "dense_2/a": ("7", "2"), "J": ("2", "1"),
    }  # fmt: skip
    shown = page.run(ROW_SHOWN)["nodes"]
    assert [name for name, *_ in shown] == list(wanted)
    assert {(value, slope) for *_, value, slope in shown} == {("", "")}
    page.run("find('next').focus()")
    for done in range(1, 2 * len(wanted) + 1):
        press(page, "Enter")
        shown = page.run(ROW_SHOWN)["nodes"]
        forward = min(done, len(wanted))
        for k, (name, _, value, slope) in enumerate(shown):
            known = k >= 2 * len(wanted) - done
            assert value == (wanted[name][0] if k < forward else "")
            assert slope == (wanted[name][1] if known else "")
        if done == len(wanted) + 1:
            assert text_of(page, "said").startswith("Backward: ∂J/∂(J) = 1")


def test_a_digit_is_drawn_and_recognised_as_predict_would(runs, page):
    page.run(f"chooseModel({SHIPPED.index('mnist')}); find('clear').click()")
    page.run("find('canvas').scrollIntoView({block: 'center'})")
    box = page.run(
        "(({x, y, width, height}) => [x, y, width, height])(find('canvas').getBoundingClientRect())"
    )
    left, top, wide, high = box
    for k in range(12):
        kind = "mousePressed" if k == 0 else "mouseMoved" if k < 11 else "mouseReleased"
        place = {"x": left + 0.5 * wide, "y": top + (0.2 + 0.05 * k) * high}
        page.do(
            "Input.dispatchMouseEvent", type=kind, button="left", buttons=1, clickCount=1, **place
        )
    drawn = np.array(page.run("Array.from(state.x)"), np.float32)
    picture = drawn.reshape(28, 28)
    assert picture[6:20, 14].min() > 0.8 and not picture[:, :10].any() and picture.max() <= 1
    check_predicted(page.run(ROW_SHOWN)["answers"], load_trained(runs["mnist"]), drawn[None])
    before = text_of(page, "answer")
    page.run("find('canvas').focus()")
    press(page, "ArrowLeft", 6)
    press(page, " ")
    assert np.array(page.run("Array.from(state.x)")).reshape(28, 28)[:, 6:10].max() > 0.8
    assert text_of(page, "answer") != before


def test_a_row_is_typed_and_answered_as_predict_would(runs, page, tmp_path):
    page.run(f"chooseModel({SHIPPED.index('house-prices')})")
    typed = {"city": "ELK_GROVE", "zip": None, "beds": "3", "baths": "2.5", "sqft": "1750",
             "type": "Condo", "latitude": "38.4", "longitude": "-121.4"}  # fmt: skip
    for name, value in typed.items():
        page.run(f"""(() => {{ const {{control}} = trying.fields.find(({{column}}) =>
          column.name == "{name}"); const given = {json.dumps(value)};
          if (control.tagName == "SELECT") control.selectedIndex = given == null ? 1
            : [...control.options].findIndex(({{text}}) => text == given);
          else control.value = given; control.oninput(); }})()""")
    typed["zip"] = page.run("trying.fields[1].control.selectedOptions[0].text")
    (tmp_path / "row.csv").write_text(f"{','.join(typed)}\n{','.join(typed.values())}\n")
    printed = "".join(predict(runs["house-prices"], tmp_path / "row.csv").chunks()).split()
    assert agree(numbers_in(text_of(page, "answer"))[0], float(printed[1]))
    page.run("(({control}) => { control.value = 'three'; control.oninput(); })(trying.fields[2])")
    assert text_of(page, "answer") == "beds: a number is needed."


OVERLAPS = """(() => { const all = [...document.querySelectorAll('main *, form *, header *')];
  const boxes = all.filter(element => !element.closest('svg, .plane, .net, select, option')
    && element.checkVisibility()
    && [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim()))
  .map(element => [element, element.getBoundingClientRect()]);
  return boxes.flatMap(([one, a], k) => boxes.slice(k + 1).filter(([other, b]) =>
    !one.contains(other) && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
    .map(([other]) => one.outerHTML.slice(0, 80) + " | " + other.outerHTML.slice(0, 80))); })()"""


@pytest.mark.parametrize("width", [390, 800, 1280, 1920])
def test_the_page_is_readable_in_every_window(width, moons, browser):
    for scheme in ("light", "dark"):
        browser.open(moons[0], width, scheme)
        for media in ("screen", "print")[: 1 if width < PAPER else 2]:
            wanted = [{"name": "prefers-color-scheme", "value": scheme}]
            browser.do("Emulation.setEmulatedMedia", media=media, features=wanted)
            page = channels(browser.run("getComputedStyle(document.body).backgroundColor"))
            assert (brightness(page) < 0.05) == (scheme == "dark" and media == "screen")
            check_colors(browser.run(COLORS), page)
            size = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            assert browser.run(size)
            assert browser.run(OVERLAPS) == []
        browser.do("Emulation.setEmulatedMedia", media="")
        check_events(browser.events, moons[0].as_uri())


def test_everything_is_reached_by_keyboard_and_seen_to_be(page):
    page.run(f"chooseModel({SHIPPED.index('mnist')}); document.activeElement.blur()")
    wanted = page.run("""[...document.querySelectorAll('button, input, select, [tabindex]')].filter(
      element => element.checkVisibility() && !element.disabled).length""")
    page.run("window.reached = new Set(); scrollTo(0, 0)")
    for _ in range(wanted + 2):
        press(page, "Tab")
        outline = page.run("""(() => { const at = document.activeElement;
          if (at == document.body) return 3;
          reached.add(at);
          return parseFloat(getComputedStyle(at).outlineWidth); })()""")
        assert outline >= 2
    assert page.run("reached.size") == wanted
    named = "button, input, select, canvas[role], svg[role]"
    unnamed = page.run(f"""[...document.querySelectorAll('{named}')].filter(
      element => element.checkVisibility() && !element.getAttribute('aria-label')
        && !element.labels?.length && !element.textContent.trim()).map(
      element => element.outerHTML)""")
    assert unnamed == []


def test_shades_tell_apart_without_colour(page):
    light, dark = (channels(page.run(f"shade({share})")) for share in (0, 1))
    assert contrast(light, dark) > READABLE
    between = [brightness(channels(page.run(f"shade({k / 10})"))) for k in range(11)]
    assert between == sorted(between, reverse=True)

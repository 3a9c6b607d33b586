"""The page in a browser: its numbers are those of nnctl, and all of it can be used and read."""

import csv
import io
import json
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.jobs.explain import explain
from nnctl.jobs.playground import playground
from nnctl.jobs.predict import predict
from nnctl.jobs.train import train
from tests.report.browser import Browser, chromium

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.slow]
CONFIGS = Path(__file__).parents[2] / "configs"
SHIPPED = sorted(path.stem for path in CONFIGS.glob("*.yaml") if "tune" not in path.stem)
DIGITS = 4
ROW = """(() => { chooseRow(%d); return {
  place: state.model.rows[state.row].place,
  answers: [...find("answer").querySelectorAll("tr")].map(row => [row.className,
    ...[...row.children].slice(0, 2).map(cell => cell.textContent)]),
  nodes: [...find("steps").children].map(row => [...row.children].map(cell => cell.textContent)),
  moment: find("moment").textContent}; })()"""


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


def check_numbers(text: str, told, scale: float) -> None:
    """What a cell shows is what `explain --json` tells: numbers, or mean and norm of many."""
    if isinstance(told, dict):
        shown = numbers_in(text.partition(":")[2])
        assert f"{math.prod(told['shape'])} numbers" in text
        assert agree(shown[0], told["mean"], told["norm"]) and agree(shown[1], told["norm"])
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


@pytest.mark.parametrize("name", SHIPPED)
def test_all_numbers_are_those_of_explain_predict_and_history(name, browser, tmp_path):
    run = train(CONFIGS / f"{name}.yaml", epochs=1, output=tmp_path / "run").folder
    page = playground([run], output=tmp_path / "page.html").path
    browser.open(page, 1280, "light")
    shown = browser.run(ROW % 0)
    check_explained(shown, explain(run, row=shown["place"], weights=run, measure=False).as_json())
    check_predicted(shown["answers"], run)
    with (run / "history.csv").open() as file:
        (figures,) = csv.DictReader(file)
    for key in figures.keys() - {"epoch", "seconds"}:
        (text,) = re.findall(rf"\b{key} ([^ ,]+)", shown["moment"])
        assert agree(numbers_in(text)[0], float(figures[key])), key


def check_explained(shown: dict, told: dict) -> None:
    """The nodes of the page, with their derivatives, and the parameters."""
    nodes = {node["name"]: node for node in told["nodes"]} | told["parameters"]
    found = 0
    for name, _, value, slope in shown["nodes"]:
        node = told_of(nodes, name)
        # A pooling may come before the ReLU of its convolution, whose z then is what explain has.
        moved = node is not None and node.get("op") == "c + b" and f"{name[:-1]}z" in [
            own for own, *_ in shown["nodes"]
        ]
        if node is None or moved:
            continue
        sizes = [np.abs(node[key]["norm"] if isinstance(node[key], dict) else node[key]).max() for key in ("value", "gradient")]
        check_numbers(value, node["value"], sizes[0])
        check_numbers(slope, node["gradient"], sizes[1])
        found += 1
    assert found >= len(told["parameters"]) + 2


def check_predicted(answers: list[list[str]], run: Path) -> None:
    """The answer for the first row that trains: what predict gives for the rows that train."""
    built = build(load(run / "config.yaml"))
    trained_rows = built.train.x[:1]
    first = predicted_for(run, built, trained_rows)
    for name, text in ((name, text) for _, name, text in answers):
        assert agree(numbers_in(text)[0], first[name], 1.0 if abs(first[name]) <= 1 else 0.0), name
    chosen = {name for kind, name, _ in answers if kind == "chosen"}
    assert chosen == first["chosen"] or len(chosen) > 1


def predicted_for(run, built, x):
    from nnctl.assembly.predicted import columns_of, predicted_rows
    from nnctl.assembly.trained import load_trained

    trained = load_trained(run)
    (cells,) = predicted_rows(trained, x, trained.cuts)
    own = dict(zip(columns_of(trained), map(str, cells), strict=True))
    targets = trained.preprocessing.targets
    if targets.task == "regression":
        return {name: float(cell) for name, cell in own.items()} | {"chosen": set(own)}
    if targets.classes is None:
        return {n: float(own[f"probability_{n}"]) for n in targets.names} | {
            "chosen": {n for n in targets.names if own[n] == "1"}
        }
    labels = [str(label) for label in targets.classes.labels]
    if targets.task == "binary":
        p = float(own["probability"])
        return {labels[0]: 1 - p, labels[1]: p, "chosen": {own["prediction"]}}
    return {label: float(own[f"probability_{label}"]) for label in labels} | {"chosen": {own["prediction"]}}

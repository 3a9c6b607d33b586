"""The numbers of the page are those of `explain --json`, `predict` and `history.csv`."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnctl.assembly.trained import answering, load_trained
from nnctl.calibration.readout import Readout
from nnctl.calibration.temperature import Temperature
from nnctl.jobs.explain import explain
from nnctl.jobs.playground import playground
from nnctl.jobs.train import train
from nnctl.playground.nodes import AUGMENTING
from tests.playground.agreement import (
    ROW_SHOWN,
    agree,
    check_explained,
    check_predicted,
    numbers_in,
)
from tests.playground.conftest import SHIPPED

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.slow]


def without_chance(run: Path) -> list[str]:
    """Takes out the layers that change images by chance, as the page and predict let them pass."""
    layers = yaml.safe_load((run / "config.yaml").read_text())["layers"]
    kept = [layer for layer in layers if layer["type"] not in AUGMENTING]
    return [f"layers={json.dumps(kept)}"] if kept != layers else []


@pytest.mark.parametrize("name", SHIPPED)
def test_all_numbers_are_those_of_explain_predict_and_history(name, runs, page):
    run = runs[name]
    page.run(f"chooseModel({SHIPPED.index(name)})")
    shown = page.run(ROW_SHOWN)
    told = explain(
        run, row=shown["place"], weights=run, overrides=without_chance(run), measure=False
    )
    check_explained(shown["nodes"], told.as_json())
    check_predicted(shown["answers"], load_trained(run), told.example.x)
    with (run / "history.csv").open() as file:
        (figures,) = csv.DictReader(file)
    for key in figures.keys() - {"epoch", "seconds"}:
        (text,) = re.findall(rf"\b{key} (\S+?),?(?= |$)", shown["moment"])
        assert agree(numbers_in(text)[0], float(figures[key])), key


HOSTILE = "</script><script>alert(1)</script>"
KINDS = {
    "columns": """\
data: {train: table.csv, target: cls, missing: mean, scale: standardize, columns: {num: ignore, \
other: ignore, a: {bins: 5, indicator: true}, b: {scale: log}, "HOSTILE": {scale: {type: robust, \
clip: true}}, when: date, city: {min_count: 2}}}
layers: [{type: dense, units: 6, activation: gelu}, layer_normalization, {type: dense, units: 4, \
activation: {type: elu, alpha: 0.7}}, {type: dense, units: 1, activation: sigmoid}]
loss: {type: binary_crossentropy, label_smoothing: 0.1}
threshold: 0.3
class_weight: balanced
""",
    "quantiles": """\
data: {train: table.csv, target: [num, other], target_scale: standardize, scale: minmax, \
features: [b, "HOSTILE", city]}
layers: [{type: dense, units: 6, activation: silu}, {type: dense, units: 6, activation: {type: \
leaky_relu, negative_slope: 0.1}, use_bias: false}, {type: dense, units: 6, kernel_regularizer: l1}]
loss: {type: quantile, quantiles: [0.1, 0.5, 0.9]}
""",
    "pictures": """\
data: {train: pictures.npz, scale: {type: rescale, by: 255}}
layers: [{type: conv2d, filters: 3, kernel_size: [3, 2], strides: 2, padding: same, activation: \
softplus}, {type: average_pooling2d, padding: same}, {type: conv2d, filters: 4, kernel_size: 2, \
dilation_rate: 2, padding: same, activation: tanh}, {type: max_pooling2d, strides: 1}, \
global_average_pooling2d, {type: dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
""",
    "series": """\
data: {train: series.npz}
layers: [{type: conv1d, filters: 3, kernel_size: 3, padding: causal, activation: {type: gelu, \
approximate: true}}, batch_normalization, {type: dropout, rate: 0.2}, flatten, {type: dense, \
units: 1}]
loss: {type: binary_crossentropy, from_logits: true}
""",
    "huber": """\
data: {train: table.csv, target: num, features: [b], scale: quantile}
layers: [{type: dense, units: 1, use_bias: false}]
loss: {type: huber, delta: 0.4}
""",
    "labels": """\
data: {train: table.csv, target: cls, features: [b, "HOSTILE"]}
layers: [{type: dense, units: 3}]
loss: {type: categorical_crossentropy, from_logits: true}
""",
}
IN_TRAINING_OTHERWISE = {"series"}  # batch normalization and dropout: explain shows a training step


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """A run of each kind of layer, loss and column."""
    folder, draw = tmp_path_factory.mktemp("kinds"), np.random.default_rng(3)
    lines = [f"a,b,{HOSTILE},city,when,cls,num,other"]
    for k in range(60):
        a, b, c = draw.normal(), np.exp(draw.normal()), draw.uniform(-5, 5)
        city = ("north", "south & <b>", "x y")[k % 3]
        cells = ["" if k % 11 == 3 else f"{a:.3f}", f"{b:.4f}", f"{c:.3f}", city]
        cells += [f"2024-0{1 + k % 9}-1{k % 10}", ("no", "yes")[int(a * b + c > 0)]]
        lines.append(",".join([*cells, f"{a + 2 * b:.3f}", f"{c - b:.3f}"]))
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    np.savez(folder / "pictures.npz", x=draw.integers(0, 255, (30, 9, 8, 2)), y=np.arange(30) % 3)
    np.savez(folder / "series.npz", x=draw.normal(size=(30, 12, 2)), y=np.arange(30) % 2)
    found = {}
    for name, config in KINDS.items():
        text = config.replace("HOSTILE", HOSTILE) + "optimizer: adam\nepochs: 2\n"
        (folder / f"{name}.yaml").write_text(text)
        found[name] = train(folder / f"{name}.yaml", output=folder / name).folder
    return found


@pytest.fixture(scope="module")
def page_of_kinds(kinds, browser, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "kinds.html"
    playground(list(kinds.values()), output=path)
    browser.open(path, 1280, "light")
    complaints = ("Log.entryAdded", "Runtime.exceptionThrown", "Page.javascriptDialogOpening")
    assert [event for event in browser.events if event[0] in complaints] == []
    return browser


@pytest.mark.parametrize("name", KINDS)
def test_numbers_of_every_kind_are_those_of_explain_and_predict(name, kinds, page_of_kinds):
    page_of_kinds.run(f"chooseModel({list(KINDS).index(name)})")
    shown = page_of_kinds.run(ROW_SHOWN)
    told = explain(kinds[name], row=shown["place"], weights=kinds[name], measure=False)
    check_predicted(shown["answers"], load_trained(kinds[name]), told.example.x)
    if name not in IN_TRAINING_OTHERWISE:
        check_explained(shown["nodes"], told.as_json())


@pytest.mark.parametrize(("name", "outputs"), [("columns", 1), ("series", 1), ("labels", 3)])
def test_corrected_probabilities_are_those_of_the_correction(name, outputs, kinds, page_of_kinds):
    """A temperature and shifts, put into the page in place of those that rows have not proved."""
    place = list(KINDS).index(name)
    own = Temperature((0.1,) * outputs, (1.7,), (0.3, -0.2, 0.1)[:outputs])
    page_of_kinds.run(f"chooseModel({place}); state.model.targets.temperature = {own.to_json()};")
    shown = page_of_kinds.run(f"chooseRow(3), {ROW_SHOWN}")
    page_of_kinds.run("state.model.targets.temperature = null")
    trained = load_trained(kinds[name])
    readout = Readout(own, trained.readout.cuts)
    corrected = trained._replace(model=answering(trained.model, readout), readout=readout)
    x = np.array(page_of_kinds.run("Array.from(state.x)")).reshape(1, *trained.model.input_shape)
    check_predicted(shown["answers"], corrected, x)

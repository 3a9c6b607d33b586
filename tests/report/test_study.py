"""The report on a study: its trials, the importance of each key, the best config."""

import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from nnctl.errors import NnctlError
from nnctl.jobs.report import report
from nnctl.jobs.tune import tune
from nnctl.report.study import best_so_far

CONFIG = """\
data: {train: table.csv, target: y}
layers: [{type: dense, units: 1, activation: tanh}, {type: dense, units: 1}]
loss: mean_squared_error
optimizer: sgd
epochs: 2
tune:
  monitor: loss
  trials: 12
  pruner: none
  search:
    optimizer.learning_rate: {low: 1e-3, high: 1e-1, log: true}
    layers.0.activation: [tanh, {type: elu, alpha: 0.5}, relu]
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    (folder / "table.csv").write_text("x,y\n1,2\n2,4\n3,6\n")
    (folder / "small.yaml").write_text(CONFIG)
    return tune(folder / "small.yaml", output=folder / "study<1>", workers=1).folder


@pytest.fixture
def study(searched, tmp_path) -> Path:
    return shutil.copytree(searched, tmp_path / "study<1>")


def test_a_page_shows_trials_importance_and_the_best_config(study):
    text = report([study]).path.read_text(encoding="utf-8")
    results = json.loads((study / "results.json").read_text())
    assert "study&lt;1&gt;" in text and "study<1>" not in text
    assert f"Of 12 trials trial {results['best']['trial']} came out best" in text
    rows = text.partition('<h2 id="trials">')[2].partition("</section>")[0]
    assert rows.count("<tr>") == 13
    assert "{&#34;type&#34;: &#34;elu&#34;, &#34;alpha&#34;: 0.5}" in rows
    importance = text.partition('<h2 id="importance">')[2].partition("</section>")[0]
    for path, share in results["importance"].items():
        assert f"<code>{path}</code></th><td>{share:.3f}</td>" in importance
    assert "table.csv" in text and str(study.parent) not in text
    drawing = text.partition("<svg")[2].partition("</svg>")[0]
    ElementTree.fromstring(f"<svg{drawing}</svg>")
    assert "the best goes from" in drawing


def test_the_same_study_gives_the_same_bytes(study):
    first = report([study]).path.read_bytes()
    assert report([study]).path.read_bytes() == first


def test_a_study_that_has_not_ended_is_told_so(study):
    (study / "results.json").unlink()
    with pytest.raises(NnctlError, match="has not ended"):
        report([study])


@pytest.mark.parametrize("results", [{}, {"history": 3}, {"history": [{}], "best": None}])
def test_results_that_are_damaged_are_an_error(results, study):
    (study / "results.json").write_text(json.dumps(results))
    with pytest.raises(NnctlError, match="not what nnctl tune writes"):
        report([study])
    assert not (study / "report.html").exists()


def test_a_study_makes_a_report_of_its_own(study, tmp_path):
    with pytest.raises(NnctlError, match="a report of its own"):
        report([study, study], output=tmp_path / "both.html")


def test_the_best_so_far():
    assert best_so_far([3.0, 4.0, 1.0, 2.0], "minimize") == [3.0, 3.0, 1.0, 1.0]
    assert best_so_far([3.0, 4.0, 1.0], "maximize") == [3.0, 4.0, 4.0]

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
from nnctl.report.wording import number

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


@pytest.mark.slow
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
        bar = f'<td class="bar"><span style="--share: {round(share, 4)}"></span></td>'
        assert f"<code>{path}</code></th>{bar}<td>{number(share)}</td>" in importance
    assert "table.csv" in text and str(study.parent) not in text
    drawing = text.partition("<svg")[2].partition("</svg>")[0]
    ElementTree.fromstring(f"<svg{drawing}</svg>")
    assert "the best goes from" in drawing


@pytest.mark.slow
def test_the_same_study_gives_the_same_bytes(study):
    first = report([study]).path.read_bytes()
    assert report([study]).path.read_bytes() == first


def cut_short(study: Path, rows: int) -> None:
    """Leaves of a study what there was when so many trials were over."""
    for name in ("results.json", "best.yaml"):
        (study / name).unlink(missing_ok=True)
    lines = (study / "trials.csv").read_text().splitlines(keepends=True)
    (study / "trials.csv").write_text("".join(lines[: rows + 1]))


@pytest.mark.slow
def test_of_a_study_that_has_not_ended_the_page_shows_what_there_is(study):
    known = json.loads((study / "results.json").read_text())["history"][:5]
    cut_short(study, 5)
    done = report([study])
    told = "the study has not ended: 5 of 12 trials are over"
    assert done.missing == {"study<1>": {"importance": told}}
    text = done.path.read_text(encoding="utf-8")
    best = min(known, key=lambda row: row["value"])
    assert "The study has not ended: 5 of 12 trials are over." in text
    assert f"Of 5 trials trial {best['trial']} came out best so far, with a loss of" in text
    assert "It is told when the study has ended." in text
    assert "As in best.yaml" not in text and "versions" not in text
    assert f"learning_rate: {best['values']['optimizer.learning_rate']}" in text
    rows = text.partition('<h2 id="trials">')[2].partition("</section>")[0]
    assert rows.count("<tr>") == 6
    assert "the best goes from" in text
    assert str(study.parent) not in text


def test_of_a_study_whose_first_trial_runs_it_is_told_that_none_is_over(study):
    cut_short(study, 0)
    (study / "trials.csv").unlink()
    text = report([study]).path.read_text(encoding="utf-8")
    assert "The study has not ended: 0 of 12 trials are over." in text
    assert "<svg" not in text and 'id="trials"' not in text and "came out best" not in text


def test_a_study_that_goes_further_has_not_ended(study):
    lines = (study / "trials.csv").read_text().splitlines(keepends=True)
    further = lines[-1].replace("12,", "13,", 1)
    (study / "trials.csv").write_text("".join([*lines, further]))
    text = report([study]).path.read_text(encoding="utf-8")
    assert "The study has not ended: 13 trials are over." in text


def test_trials_that_are_damaged_are_an_error(study):
    cut_short(study, 5)
    for text in ("head\n1,complete\n", "head\n" + "x," * 8 + "\n"):
        (study / "trials.csv").write_text(text)
        with pytest.raises(NnctlError, match=r"trials\.csv\n  this file is not what nnctl tune"):
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

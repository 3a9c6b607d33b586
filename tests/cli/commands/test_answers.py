"""What is asked of answers, as `train` and `evaluate` print it."""

import re

import pytest

from nnctl.cli.outcome import correction_note
from tests.answers import config_of


def test_train_says_what_its_figures_are_judged_by(tmp_path, monkeypatch, invoke):
    monkeypatch.chdir(tmp_path)
    config_of("binary", tmp_path)
    done = invoke("train", "c.yaml", "-o", "run")
    assert done.exit_code == 0
    text = " ".join(done.stdout.split())
    assert "train: on the rows that trained, with the weights that are kept" in text
    assert "rows do not show that probabilities are off: they stay as they are" in done.stderr
    assert "answers: probabilities stay as they are; yes is said from above 0.4;" in text
    assert "sets of 0.8 are fitted to 72 rows" in text


@pytest.mark.parametrize(
    ("prior", "temperatures", "shifts", "told"),
    [
        ([0.0], [1.0], [0.0], "probabilities stay as they are"),
        ([0.0], [1.0], [0.5], "probabilities are corrected (temperature 1)"),
        ([0.5], [1.0], [0.0], "probabilities are corrected (temperature 1)"),
        ([0.0, 0.0], [1.0, 2.0], [0.0, 0.0], "probabilities are corrected (temperature 1, 2)"),
    ],
)
def test_what_corrects_nothing_is_said_to_correct_nothing(prior, temperatures, shifts, told):
    assert correction_note(prior, temperatures, shifts) == told


def test_evaluate_says_how_sure_it_is(tmp_path, monkeypatch, invoke):
    monkeypatch.chdir(tmp_path)
    config_of("binary", tmp_path)
    assert invoke("train", "c.yaml", "-q", "-o", "run").exit_code == 0
    done = invoke("evaluate", "run", "new.csv")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["240", "rows", "95%", "interval", "baseline"]
    assert re.fullmatch(r"accuracy +0\.\d+ +0\.\d+ to 0\.\d+ +0\.\d+", lines[2])
    assert "yes, or the second class, from above 0.4" in lines
    assert any(line.startswith("sets hold the truth of 0.") for line in lines)
    assert max(map(len, lines)) <= 80 and len(lines) <= 24
    plain = invoke("evaluate", "run", "new.csv", "--no-intervals").stdout.splitlines()
    assert plain[0].split() == ["240", "rows", "baseline"]


def test_labels_have_no_second_class(tmp_path, monkeypatch, invoke):
    monkeypatch.chdir(tmp_path)
    config_of("labels", tmp_path)
    assert invoke("train", "c.yaml", "-q", "-o", "run").exit_code == 0
    lines = invoke("evaluate", "run", "new.csv", "--threshold", "0.3").stdout.splitlines()
    assert "yes from above 0.3" in lines


def test_what_lacks_rows_gives_the_line_to_add(tmp_path, monkeypatch, invoke):
    monkeypatch.chdir(tmp_path)
    config_of("number", tmp_path, {"calibration": None})
    done = invoke("train", "c.yaml", "-o", "run")
    assert done.exit_code == 2 and not (tmp_path / "run").exists()
    assert 'fix: add "calibration: 0.1" to data' in done.stderr
    assert re.search(r"c\.yaml:\d+  intervals", done.stderr)

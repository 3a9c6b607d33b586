"""What is read of a run folder, and what is said of what is not there."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.jobs.train import train
from nnctl.report.collecting import collect, read_histories
from nnctl.report.page import page
from nnctl.training.callbacks import Callback
from tests.report.conftest import CONFIGS, write_data

pytestmark = pytest.mark.slow


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A run of the tests' own, with its data, to take things away from."""
    write_data(tmp_path)
    (tmp_path / "hostile.yaml").write_text(CONFIGS["hostile"])
    return train(tmp_path / "hostile.yaml", output=tmp_path / "run").folder


def test_figures_are_those_of_the_results(runs):
    for run in runs.values():
        report = collect(run, "x")
        results = json.loads((run / "results.json").read_text())
        assert report.missing == {}
        assert report.figures == {part: results[part] for part in report.figures}
        assert set(report.rows) == set(report.figures)


def test_the_epoch_whose_weights_were_kept_is_told_where_it_need_not_be_the_last(runs):
    results = json.loads((runs["houses"] / "results.json").read_text())
    assert collect(runs["houses"], "x").best_epochs == (results["best_epoch"],)
    assert collect(runs["hostile"], "x").best_epochs == ()


def test_data_files_are_named_without_their_folders(runs):
    report = collect(runs["hostile"], "x")
    assert [file.name for file in report.files] == ["hostile.csv", "hostile-test.csv"]
    assert str(runs["hostile"].parent) not in report.yaml
    assert "train: hostile.csv" in report.yaml


def test_data_that_changed_are_not_judged(own):
    with (own.parent / "hostile-test.csv").open("a") as file:
        file.write("0,0,b & b\n")
    report = collect(own, "x")
    assert report.judged is None
    assert "hostile-test.csv: it has changed since the run" in report.missing["data"]
    assert [bool(file.fault) for file in report.files] == [False, True]
    assert report.parameters and report.figures["test"]
    assert (report.importance, report.surface) == (None, None)


def test_without_the_training_file_the_test_rows_are_still_judged(own):
    whole = collect(own, "x")
    (own.parent / "hostile.csv").unlink()
    report = collect(own, "x")
    assert "there is no such file" in report.missing["data"]
    assert (report.judged.part, report.judged.matrix) == ("test", whole.judged.matrix)
    assert report.rows == {"test": 30}


def test_a_checkpoint_that_is_gone_is_made_up_for(own):
    whole = collect(own, "x")
    (own / "checkpoint.npz").unlink()
    report = collect(own, "x")
    assert (report.settings, report.files) == (whole.settings, whole.files)
    assert report.ended and report.judged.matrix == whole.judged.matrix
    with (own.parent / "hostile.csv").open("a") as file:
        file.write("0,0,b & b\n")
    assert "changed" in collect(own, "x").missing["data"]


class Stop(Callback):
    def on_epoch_end(self, run, event):
        if event.epoch == 2:
            run.stop("interrupted")


def test_an_interrupted_run_has_curves_but_no_predictions(own):
    config = own.parent / "hostile.yaml"
    run = train(config, output=own.parent / "other", callbacks=[Stop()]).folder
    report = collect(run, "x")
    assert (report.ended, report.judged, report.first_layer) == (False, None, None)
    assert "has not ended" in report.missing["weights"]
    (history,) = report.histories
    assert len(history["loss"]) == 2
    assert report.figures["train"]["loss"] == history["loss"][-1]


def test_a_run_that_diverged_shows_where(own):
    config = own.parent / "houses.yaml"
    config.write_text(CONFIGS["houses"])
    given = {"overrides": ["optimizer={type: sgd, learning_rate: 1e30}"]}
    run = train(config, output=own.parent / "other", **given).folder
    report = collect(run, "x")
    assert (report.ended, report.judged) == (False, None)
    assert "There are no predictions: the run diverged, and left no weights." in page([report])


@pytest.mark.parametrize(
    ("name", "content", "subject"),
    [
        ("history.csv", b"epoch,loss\n1,abc\n", "history"),
        ("history.csv", b"epoch,loss\n1\n", "history"),
        ("history.csv", b"\xff", "history"),
        ("history.csv", b"", "history"),
        ("history.csv", b"\n1\n", "history"),
        ("history.csv", b"garbage\n", "history"),
        ("history.csv", b"epo,loss\n1,0.5\n", "history"),
        ("history.csv", b"epoch,loss\nnan,0.5\n", "history"),
        ("history.csv", None, "history"),
        ("weights.npz", b"nothing", "weights"),
        ("checkpoint.npz", b"nothing", None),
        ("results.json", b"[1]", None),
        ("results.json", b'{"test": {"loss": "<b>"}, "best_epoch": [], "versions": 3}', None),
    ],
)
def test_damaged_files_cost_what_was_in_them(name, content, subject, runs, tmp_path):
    run = shutil.copytree(runs["hostile"], tmp_path / "run")
    if content is None:
        (run / name).unlink()
    else:
        (run / name).write_bytes(content)
    report = collect(run, "x")
    assert set(report.missing) == ({subject} if subject else set())
    assert (report.judged is None) == (subject == "weights")


def test_what_is_no_run_is_an_error(tmp_path):
    for path, message in ((tmp_path, "holds no run"), (tmp_path / "gone", "no such run folder")):
        with pytest.raises(NnctlError, match=message):
            collect(path, "x")


def test_history_has_a_list_a_column(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,loss\n1,0.5\n2,inf\n")
    assert read_histories(path) == ({"epoch": [1, 2], "loss": [0.5, float("inf")]},)
    path.write_text("epoch,loss\n")
    assert read_histories(path) == ({},)


def test_each_member_has_a_history_of_its_own(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("member,epoch,loss\n1,1,0.5\n1,2,0.25\n3,1,0.75\n")
    first, second, third = read_histories(path)
    assert first == {"epoch": [1, 2], "loss": [0.5, 0.25]}
    assert second == {}
    assert third == {"epoch": [1], "loss": [0.75]}
    path.write_text("member,epoch,loss\n1,2,0.5\n")
    with pytest.raises(NnctlError, match="damaged"):
        read_histories(path)


def test_what_was_told_of_a_run_is_kept_for_the_report(own):
    results = json.loads((own / "results.json").read_text())
    told = collect(own, "x").told
    assert list(told.codes) == results["verdict"]["codes"] and told.text
    results["verdict"] = {"codes": ["diverged"], "text": "it climbed", "change": "epochs: 3"}
    advice = {"code": "dead-relu", "path": "layers.0", "message": "9 units", "change": ""}
    results |= {"advice": [advice], "warnings": ["a <b>warning</b>"]}
    (own / "results.json").write_text(json.dumps(results))
    report = collect(own, "x")
    assert (report.told.codes, report.told.text) == (("diverged",), "it climbed")
    assert [each.code for each in report.advice] == ["dead-relu"]
    assert report.warnings == ("a <b>warning</b>",)
    text = page([report])
    verdict = '<p class="lead verdict"><b>diverged:</b> it climbed.</p>'
    assert verdict in text
    assert text.index(verdict) == text.index('<p class="lead')  # nothing is said before it
    assert "<pre>epochs: 3</pre>" in text and "a &lt;b&gt;warning" in text


@pytest.mark.parametrize("gone", ["verdict", "advice", "warnings"])
def test_results_of_before_have_nothing_told(own, gone):
    results = json.loads((own / "results.json").read_text())
    del results[gone]
    (own / "results.json").write_text(json.dumps(results))
    assert collect(own, "x").told is None


def test_the_epoch_that_is_marked_is_that_of_the_weights(runs, tmp_path):
    run = shutil.copytree(runs["houses"], tmp_path / "run")
    results = json.loads((run / "results.json").read_text())
    results |= {"best_epoch": 2, "weights_epoch": 5}
    (run / "results.json").write_text(json.dumps(results))
    assert collect(run, "x").best_epochs == (5,)


def test_an_ensemble_shows_all_members_and_is_judged_out_of_bag(own):
    config = own.parent / "houses.yaml"
    config.write_text(CONFIGS["houses"])
    several = train(config, output=own.parent / "several", overrides=["ensemble=3"], processes=1)
    report = collect(several.folder, "x")
    found = several.results
    assert [len(each["loss"]) for each in report.histories] == found["members"]["epochs"]
    assert report.best_epochs == tuple(found["members"]["weights_epochs"])
    assert report.ended
    assert report.rows["validation"] > collect(own, "x").rows.get("validation", 0)
    assert report.judged.part == "validation"
    mae = np.mean([np.abs(fit.truth - fit.predicted).mean() for fit in report.judged.fits])
    assert mae == pytest.approx(found["validation"]["mae"], rel=1e-5)
    (several.folder / "results.json").unlink()
    assert collect(several.folder, "x").figures == {}


def test_an_ensemble_has_ended_when_all_members_have(own):
    config = own.parent / "hostile.yaml"
    given = {"overrides": ["ensemble=3"], "callbacks": [Stop()]}
    run = train(config, output=own.parent / "other", **given).folder
    report = collect(run, "x")
    assert (report.ended, report.judged, report.first_layer) == (False, None, None)
    assert [len(each.get("loss", ())) for each in report.histories] != [6, 6, 6]


def test_the_worst_rows_of_an_ensemble_are_judged_by_those_that_held_them_out(own):
    config = own.parent / "labels.yaml"
    config.write_text(CONFIGS["labels"])
    overrides = ["ensemble=3", "data.validation=0.3", "epochs=3"]
    run = train(config, output=own.parent / "several", overrides=overrides, processes=1)
    report = collect(run.folder, "x")
    assert report.judged.part == "validation"
    worst = [each.off for each in report.judged.worst]
    assert worst == sorted(worst)

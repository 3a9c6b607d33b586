"""`report`: which file it writes about which runs, whole or not at all."""

import shutil
import sys
from pathlib import Path

import pytest

from nnctl.errors import ArgumentError, NnctlError
from nnctl.jobs.report import names_of, report
from nnctl.jobs.train import train

CONFIG = """\
data: {train: table.csv, target: y}
layers: [{type: dense, units: 1}]
loss: mean_squared_error
optimizer: adam
epochs: 2
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "table.csv").write_text("x,y\n1,2\n2,4\n3,6\n")
    (folder / "config.yaml").write_text(CONFIG)
    return train(folder / "config.yaml", output=folder / "run").folder


@pytest.fixture
def run(trained, tmp_path) -> Path:
    return shutil.copytree(trained, tmp_path / "run")


def test_a_report_goes_into_the_run_s_folder(run):
    result = report([run])
    assert result.path == run / "report.html"
    assert result.missing == {"run": {}}
    text = result.path.read_text(encoding="utf-8")
    assert result.size == len(text.encode())
    assert text.lstrip().startswith("<!doctype html>")


@pytest.mark.parametrize("file", ["weights.npz", "checkpoint.npz"])
def test_a_run_may_be_named_by_its_files(file, run):
    assert report([run / file]).path == run / "report.html"


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes_wherever_it_lies(run, tmp_path):
    first = report([run]).path.read_bytes()
    assert report([run]).path.read_bytes() == first
    (tmp_path / "other").mkdir()
    moved = shutil.copytree(run, tmp_path / "other" / "run")
    assert report([moved]).path.read_bytes() == first


@pytest.mark.slow
def test_several_runs_need_a_file_of_their_own(run, tmp_path):
    with pytest.raises(ArgumentError, match="none of their folders"):
        report([run, run])
    other = shutil.copytree(run, tmp_path / "other")
    result = report([run, other], output=tmp_path / "both.html")
    assert result.path.is_file()
    assert list(result.missing) == ["run", "other"]
    assert not (run / "report.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize("gone", ["history.csv", "results.json", "weights.npz"])
def test_a_run_that_lacks_a_file_stands_beside_a_whole_one(gone, run, tmp_path):
    other = shutil.copytree(run, tmp_path / "other")
    (other / gone).unlink()
    result = report([other, run], output=tmp_path / "both.html")
    assert result.missing["run"] == {}
    assert list(result.missing["other"]) == [] if gone == "results.json" else [gone.split(".")[0]]


def test_runs_are_named_by_their_folders_unless_two_are_alike():
    assert names_of([Path("runs/a"), Path("b")]) == ["a", "b"]
    assert names_of([Path("x/a"), Path("y/a")]) == ["x/a", "y/a"]


def test_a_report_that_fails_leaves_the_old_one(run, monkeypatch):
    (run / "report.html").write_text("old")

    def failing(runs):
        raise NnctlError(())

    monkeypatch.setattr("nnctl.report.page.page", failing)
    with pytest.raises(NnctlError):
        report([run])
    assert (run / "report.html").read_text() == "old"
    assert not list(run.glob("*.tmp"))


@pytest.mark.parametrize("package", ["matplotlib", "jinja2"])
def test_a_missing_package_is_named_with_its_extra(package, run, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NnctlError, match=f"needs the package {package}") as error:
        report([run])
    assert "nnctl[report]" in error.value.problems[0].fix

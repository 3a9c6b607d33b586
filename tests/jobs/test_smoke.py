"""`train --smoke`: it passes for what learns, fails for what does not, and leaves nothing."""

import errno
from pathlib import Path

import pytest

from nnctl.errors import ExitStatus, NnctlError
from nnctl.jobs.smoke import smoke
from tests.faults.disk import TAKING_SPACE, Disk

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_config_passes(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = smoke(config)
    assert result.status is ExitStatus.DONE
    assert result.job.results["epochs"] == 1
    assert list(tmp_path.iterdir()) == []
    assert not result.job.folder.exists()


def test_what_cannot_learn_fails():
    overrides = ["optimizer={type: sgd, learning_rate: 1e-30}"]
    result = smoke(ROOT / "configs/softmax-regression.yaml", overrides=overrides)
    assert (result.status, result.steps) == (ExitStatus.NO, 200)
    assert result.after == result.before


def test_an_output_folder_is_kept(tmp_path):
    result = smoke(ROOT / "configs/softmax-regression.yaml", output=tmp_path / "run")
    assert result.job.folder == tmp_path / "run"
    assert (tmp_path / "run" / "weights.npz").is_file()


@pytest.mark.parametrize(
    ("number", "status"), [(errno.ENOSPC, ExitStatus.NO), (errno.EACCES, ExitStatus.COULD_NOT_RUN)]
)
def test_a_temporary_folder_that_cannot_be_made_is_told_as_any_other(number, status, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", None)  # so that Python looks for one anew
    with pytest.raises(NnctlError) as caught, Disk(1, number, TAKING_SPACE).mounted():
        smoke(ROOT / "configs/softmax-regression.yaml")
    assert caught.value.status is status


def test_the_mistake_that_keeps_it_from_learning_is_named():
    told = []
    layers = "layers=[{type: dense, units: 3, kernel_initializer: zeros, activation: relu}, "
    overrides = [layers + "{type: dense, units: 3}]", "optimizer.learning_rate=1e-30"]
    config = ROOT / "configs/softmax-regression.yaml"
    result = smoke(config, overrides=overrides, advise=told.extend)
    assert result.status is ExitStatus.NO
    assert [each.code for each in told] == ["equal-units", "learning-rate"]

"""The folder of a study: where it may be, and that its files belong together."""

import hashlib

import pytest

from nnctl.errors import NnctlError
from nnctl.runs.study_folder import StudyFolder, choose_study, is_study


def test_a_folder_is_made_once_and_then_gone_on_with(tmp_path):
    folder = choose_study("a", tmp_path / "study", overwrite=False)
    assert not folder.is_begun
    with folder.hold():
        folder.create("tune: {}\n")
    assert is_study(folder.path)
    assert choose_study("a", folder.path, overwrite=False).is_begun
    assert not choose_study("a", folder.path, overwrite=True).is_begun


def test_begun_anew_nothing_is_left(tmp_path):
    folder = StudyFolder(tmp_path)
    folder.create("old")
    folder.write_best("a: 1\n", b"weights")
    folder.storage.write_bytes(b"trials")
    folder.create("new", anew=True)
    assert [path.name for path in folder.path.iterdir()] == ["tune.yaml"]


def test_other_folders_are_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(NnctlError, match="not a study's"):
            choose_study("a", tmp_path, overwrite=overwrite)
    with pytest.raises(NnctlError, match="this is a file"):
        choose_study("a", tmp_path / "notes.txt", overwrite=False)


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("is_begun", [False, True])
def test_a_folder_that_is_held_is_refused(tmp_path, overwrite, is_begun):
    folder = StudyFolder(tmp_path / "study")
    with folder.hold():
        if is_begun:
            folder.create("tune: {}\n")
        with pytest.raises(NnctlError, match="another process is writing this folder"):
            choose_study("a", folder.path, overwrite=overwrite)
        with pytest.raises(NnctlError, match="another process is writing"), folder.hold():
            raise AssertionError("two have it")
    assert choose_study("a", folder.path, overwrite=overwrite)
    assert folder.path.exists() == is_begun


def test_an_empty_folder_that_was_there_stays(tmp_path):
    with StudyFolder(tmp_path).hold():
        pass
    assert tmp_path.is_dir()


def test_a_folder_that_a_killed_process_was_making_is_no_obstacle(tmp_path):
    (tmp_path / ".tune.yaml.1234abcd.tmp").write_text("")
    assert not choose_study("a", tmp_path, overwrite=False).is_begun


def test_weights_never_stand_beside_another_config(tmp_path):
    folder = StudyFolder(tmp_path)
    folder.create("tune: {}\n")
    folder.write_best("a: 1\n", b"one")
    assert folder.has_weights(hashlib.sha256(b"one").hexdigest())
    folder.write_best("a: 1\n", None)
    assert folder.weights.read_bytes() == b"one"
    folder.write_best("a: 2\n", None)
    assert not folder.weights.exists()
    assert not folder.has_weights(hashlib.sha256(b"one").hexdigest())


def test_what_is_not_plain_stands_as_json_in_the_table(tmp_path):
    folder = StudyFolder(tmp_path)
    folder.write_trials(["trial", "value"], [[1, {"type": "l2"}], [2, None], [3, True]])
    assert (tmp_path / "trials.csv").read_text() == (
        'trial,value\n1,"{""type"": ""l2""}"\n2,\n3,true\n'
    )

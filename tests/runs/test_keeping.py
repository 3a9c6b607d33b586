"""A run's folder that somebody removes while it trains."""

import shutil

import pytest

from nnctl.errors import NnctlError
from nnctl.runs.folder import CONFIG
from nnctl.runs.keeping import KeptFolder
from nnctl.runs.lock import require_unheld, writing


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "runs" / "a"
    path.mkdir(parents=True)
    return path


def test_a_folder_that_stays_is_left_alone(folder):
    kept = KeptFolder(folder, "epochs: 3\n")
    kept.require()
    assert (list(folder.iterdir()), kept.notices) == ([], ())
    require_unheld(folder)


@pytest.mark.parametrize("with_parent", [False, True])
def test_a_folder_that_is_gone_is_made_anew_and_held(with_parent, folder):
    kept = KeptFolder(folder, "epochs: 3\n")
    shutil.rmtree(folder.parent if with_parent else folder)
    kept.require()
    kept.require()  # which finds nothing to do
    assert (folder / CONFIG).read_text() == "epochs: 3\n"
    (notice,) = kept.notices
    assert notice.file == str(folder) and "made anew" in notice.message and notice.fix
    with pytest.raises(NnctlError, match="another process is writing this folder"):
        require_unheld(folder)
    kept.close()
    require_unheld(folder)


def test_another_run_in_its_place_is_not_written(folder):
    kept = KeptFolder(folder, "epochs: 3\n")
    folder.rename(folder.with_name("b"))
    folder.mkdir()
    with (
        writing(folder),
        pytest.raises(NnctlError, match="another process is writing this folder"),
    ):
        kept.require()
    assert list(folder.iterdir()) == []


def test_where_it_cannot_be_made_anew_that_is_said(folder):
    kept = KeptFolder(folder, "epochs: 3\n")
    shutil.rmtree(folder.parent)
    folder.parent.write_text("a file")
    with pytest.raises(NnctlError, match="cannot be written"):
        kept.require()


def test_the_folder_of_a_member_is_missed(folder):
    kept = KeptFolder(folder)
    folder.rmdir()
    with pytest.raises(NnctlError, match="removed while its run trained") as error:
        kept.require()
    assert error.value.problems[0].fix.startswith("train again")

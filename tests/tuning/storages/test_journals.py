"""Journal files: what a process leaves that was killed while it wrote, and what is no journal."""

import json

import pytest

from nnctl.errors import NnctlError
from nnctl.tuning.storages.base import Storage
from nnctl.tuning.storages.opening import open_storage, silence_optuna


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "study.log"


def names(storage: Storage) -> list[str]:
    return [study.study_name for study in storage.own.get_all_studies()]


def test_what_is_written_is_kept_and_no_lock_is_left(journal):
    with silence_optuna(), open_storage(str(journal)) as storage:
        storage.own.create_new_study([1], "one")
    assert json.loads(journal.read_text())["study_name"] == "one"
    assert list(journal.parent.iterdir()) == [journal]
    with silence_optuna(), open_storage(str(journal)) as storage:
        assert names(storage) == ["one"]


@pytest.mark.parametrize("torn", ['{"op_code":0,"study_na', '{"op_code":0,"x":"' + "y" * 10**5])
def test_a_line_that_was_cut_short_is_removed_by_the_next_who_writes(torn, journal):
    with (
        silence_optuna(),
        open_storage(str(journal)) as storage,
        open_storage(str(journal)) as other,
    ):
        storage.own.create_new_study([1], "one")
        with journal.open("a") as file:
            file.write(torn)
        assert names(other) == ["one"]
        storage.own.create_new_study([1], "two")
        assert names(other) == names(storage) == ["one", "two"]
        other.own.create_new_study([1], "three")
        assert names(storage) == ["one", "two", "three"]
    assert len([json.loads(line) for line in journal.read_text().splitlines()]) == 3


@pytest.mark.parametrize("text", ["notes", "notes\n", "{}\n", "[1]\nmore\n", '"op_code"\n'])
def test_what_is_no_journal_is_refused_and_stays(text, journal):
    journal.write_text(text)
    with pytest.raises(NnctlError, match="not a journal of Optuna's"), open_storage(str(journal)):
        pass
    assert journal.read_text() == text


def test_a_line_that_is_damaged_is_told(journal):
    with silence_optuna(), open_storage(str(journal)) as storage:
        for name in ("one", "two"):
            storage.own.create_new_study([1], name)
    journal.write_text(journal.read_text().replace('"two"', "two") * 2)
    damaged = pytest.raises(NnctlError, match="a line of the journal is damaged")
    with damaged, silence_optuna(), open_storage(str(journal)):
        pass


def test_a_file_that_cannot_be_written_is_told(journal):
    for path, reason in ((journal / "x.log", "No such file"), (journal, "Is a directory")):
        journal.mkdir(exist_ok=True)
        if reason == "No such file":
            journal.rmdir()
        with pytest.raises(NnctlError, match=f"storage fails: {reason}"), open_storage(str(path)):
            pass

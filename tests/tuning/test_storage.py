"""Storages: files, URLs, and what is said where one cannot be used."""

import sqlite3
from contextlib import closing

import pytest

from nnctl.errors import NnctlError
from nnctl.tuning.storage import file_of, of_server, opened, quiet, shown


@pytest.mark.parametrize("name", ["study.db", "a {b} 100% ?c#d.db"])
def test_a_file_of_any_name_keeps_what_is_written(name, tmp_path):
    with quiet(), opened(tmp_path / name) as storage:
        storage.create_new_study([1], "one")
    with closing(sqlite3.connect(tmp_path / name)) as connection:
        assert connection.execute("select study_name from studies").fetchall() == [("one",)]
    assert [path.name for path in tmp_path.iterdir()] == [name]  # no log is left beside it


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("study.db", "--storage study.db is not a URL"),
        ("nosuch://host/study", "Optuna has no such storage"),
        ("sqlite://", "would be forgotten"),
        ("sqlite:///:memory:", "would be forgotten"),
    ],
)
def test_what_is_no_storage_is_refused(url, message):
    with pytest.raises(NnctlError, match=message):
        file_of(url)


def test_a_url_of_sqlite_names_a_file(tmp_path):
    assert file_of(f"sqlite:///{tmp_path}/a.db") == tmp_path / "a.db"


def test_a_driver_that_is_missing_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    url = "postgresql+psycopg://me:secret@host/studies"
    assert file_of(url) is None
    with pytest.raises(NnctlError, match="driver of this database") as caught, quiet(), opened(url):
        pass
    assert "secret" not in str(caught.value)
    assert shown(url) == "postgresql+psycopg://me:***@host/studies"


def test_a_storage_that_fails_is_an_error_and_no_traceback(tmp_path):
    (tmp_path / "text.db").write_text("no database " * 100)
    for file, message in (
        ("gone/study.db", "storage fails: unable to open"),
        ("text.db", "file is not a database"),
    ):
        with pytest.raises(NnctlError, match=message), quiet(), opened(tmp_path / file):
            pass


def test_only_servers_get_signs_of_life(tmp_path):
    with quiet(), opened(tmp_path / "study.db") as storage:
        assert storage.heartbeat_interval is None
    with quiet():
        server = of_server(f"sqlite:///{tmp_path}/server.db")
    assert 0 < server.heartbeat_interval < server.grace_period
    server.engine.dispose()

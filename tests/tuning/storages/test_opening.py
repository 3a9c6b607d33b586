"""Storages: files, URLs, and what is said where one cannot be used."""

import errno
import io
import logging
import sqlite3
import sys
import traceback
from contextlib import closing

import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from nnctl.errors import NnctlError
from nnctl.system.atomic import DiskFullError
from nnctl.tuning.storages import base
from nnctl.tuning.storages.base import hide_passwords
from nnctl.tuning.storages.databases import file_of, sql_storage
from nnctl.tuning.storages.opening import open_storage, place_of, silence_optuna


@pytest.mark.parametrize("name", ["study.db", "a {b} 100% ?c#d.db"])
def test_a_file_of_any_name_keeps_what_is_written(name, tmp_path):
    with silence_optuna(), open_storage(tmp_path / name) as storage:
        storage.own.create_new_study([1], "one")
    with closing(sqlite3.connect(tmp_path / name)) as connection:
        assert connection.execute("select study_name from studies").fetchall() == [("one",)]
    assert [path.name for path in tmp_path.iterdir()] == [name]  # no log is left beside it


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("study.db", "--storage study.db is no storage of Optuna's"),
        ("postgresql:/me:secret", "--storage postgresql:/me:secret is no storage of Optuna's"),
        ("nosuch://host/study", "Optuna has no such storage"),
        ("sqlite://", "would be forgotten"),
        ("sqlite:///:memory:", "would be forgotten"),
        ("grpc://host/study", "--storage grpc://host/study is not the address of a gRPC proxy"),
        ("grpc://me:secret@host", r"--storage grpc://me:\*\*\*@host is not the address"),
        ("grpc://host:port", "--storage grpc://host:port is not the address"),
    ],
)
def test_what_is_no_storage_is_refused(url, message):
    with pytest.raises(NnctlError, match=message):
        place_of(url)


def test_a_url_of_sqlite_names_a_file(tmp_path):
    assert file_of(f"sqlite:///{tmp_path}/a.db", "") == tmp_path / "a.db"
    assert place_of(f"sqlite:///{tmp_path}/a.db").name == str(tmp_path / "a.db")


def test_a_driver_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    url = "postgresql+psycopg://me:secret@host/studies"
    assert file_of(url, "") is None
    with (
        pytest.raises(NnctlError, match="driver of this database") as caught,
        silence_optuna(),
        open_storage(url),
    ):
        pass
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "package", "fix"),
    [
        ("redis://host", "redis", "pip install redis"),
        ("grpc://host", "grpc", "pip install grpcio protobuf"),
        ("grpc://host", "google.protobuf", "pip install grpcio protobuf"),
    ],
)
def test_a_package_that_is_missing_is_named(url, package, fix, monkeypatch):
    if package != "grpc":
        pytest.importorskip("grpc")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NnctlError, match=f"needs the package {package}, which") as caught:
        place_of(url)
    assert caught.value.problems[0].fix == fix


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql+psycopg://me:secret@host/db", "postgresql+psycopg://me:***@host/db"),
        ("redis://:secret@host:6379/0", "redis://:***@host:6379/0"),
        ("redis://:se/c@ret@host", "redis://:***@host"),
        ("redis://host?db=1&password=secret&x=1", "redis://host?db=1&password=***&x=1"),
        ("postgresql://host/db?sslpassword=secret", "postgresql://host/db?sslpassword=***"),
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("runs/study.log", "runs/study.log"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("me:secret@host/db", "me:***@host/db"),
        ("redis:me:secret@host", "redis:***@host"),
        ("postgresql:/me:secret@host/db", "postgresql:/me:***@host/db"),
        ("postgresql//me:secret@host/db", "postgresql//me:***@host/db"),
        ("postgresql://me:secret@host:port/db", "postgresql://me:***@host:port/db"),
        ("postgresql://host:5432/db?PASSWORD=se@cret", "postgresql://host:5432/db?PASSWORD=***"),
    ],
)
def test_passwords_are_not_shown(url, told):
    assert hide_passwords(url) == told


SECRET = "quite+secret"


class Reached(Exception):
    """What would be done next is to look for the host."""


def reach(*_: object, **__: object) -> None:
    raise Reached


@pytest.mark.parametrize(
    "after", ["host", "host:port", "host:99999", "[::1", "", "part@host", "host?foo=1"]
)
@pytest.mark.parametrize(
    "start",
    [
        *("postgresql://", "postgresql:/", "postgresql//", "postgresql:", "mysql+pymysql://", ""),
        *("redis://", "rediss://", "redis:", "grpc://", "sqlite://", "nosuch://", "http://", "://"),
    ],
)
def test_a_wrong_url_is_an_error_without_its_password(start, after, monkeypatch):
    monkeypatch.setattr("redis.connection.ConnectionPool.get_connection", reach)
    with (
        pytest.raises((NnctlError, Reached)) as caught,
        silence_optuna(),
        open_storage(f"{start}me:{SECRET}@{after}/:memory:") as storage,
    ):
        storage.own.get_all_studies()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("url", [f"redis://me:{SECRET}@host", "redis://host?db=3"])
def test_a_right_url_of_redis_leads_to_its_server(url, monkeypatch):
    monkeypatch.setattr("redis.connection.ConnectionPool.get_connection", reach)
    with pytest.raises(Reached), silence_optuna(), open_storage(url) as storage:
        storage.own.get_all_studies()


def sqlite_error(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = getattr(sqlite3, name)
    return error


@pytest.mark.parametrize(
    ("name", "room", "full"),
    [
        ("SQLITE_FULL", True, True),
        ("SQLITE_IOERR_SHMSIZE", True, True),
        ("SQLITE_IOERR_WRITE", False, True),
        ("SQLITE_IOERR_WRITE", True, False),
        ("SQLITE_IOERR_READ", False, False),
        ("SQLITE_BUSY", False, False),
    ],
)
def test_a_full_disk_is_told_from_other_failures(name, room, full, tmp_path, monkeypatch):
    def file(**_: object) -> object:
        if room:
            return io.BytesIO()
        raise OSError(errno.EFBIG, "File too large")

    monkeypatch.setattr(base.tempfile, "TemporaryFile", file)
    wrapped = SQLAlchemyError()
    wrapped.__cause__ = OperationalError("insert", {}, sqlite_error(name))
    (tmp_path / "a.db").write_bytes(b"1" * 10)
    assert base.is_of_full_disk(wrapped, tmp_path / "a.db") == full


@pytest.mark.parametrize(("state", "full"), [("53100", True), ("57014", False)])
def test_a_server_tells_that_its_disk_is_full(state, full):
    error = RuntimeError()
    error.sqlstate = state
    assert base.is_of_full_disk(OperationalError("insert", {}, error), None) == full


def test_a_journal_that_has_no_room_is_a_full_disk(tmp_path, monkeypatch):
    def append(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("optuna.storages.journal.JournalFileBackend.append_logs", append)
    with (
        pytest.raises(DiskFullError, match="there is no room for the study: No space left"),
        silence_optuna(),
        open_storage(f"{tmp_path}/a.log") as storage,
    ):
        storage.own.create_new_study([1], "one")


def test_a_storage_that_fails_is_an_error_and_no_traceback(tmp_path):
    (tmp_path / "text.db").write_text("no database " * 100)
    for file, message in (
        ("gone/study.db", "storage fails: unable to open"),
        ("text.db", "file is not a database"),
    ):
        with (
            pytest.raises(NnctlError, match=message),
            silence_optuna(),
            open_storage(tmp_path / file),
        ):
            pass


def test_only_servers_get_signs_of_life(tmp_path):
    with silence_optuna(), open_storage(tmp_path / "study.db") as storage:
        assert storage.own.heartbeat_interval is None
    with silence_optuna():
        server = sql_storage(f"sqlite:///{tmp_path}/server.db")
    assert 0 < server.heartbeat_interval < server.grace_period
    server.engine.dispose()


def test_what_interrupts_a_query_is_logged_nowhere(capsys, monkeypatch):
    """Somebody who breaks off a study sees one line, and no traceback of a library."""
    monkeypatch.setattr(logging.root, "handlers", [])  # pytest's own
    with silence_optuna():
        logging.getLogger("sqlalchemy.pool.impl").error("Error closing cursor", exc_info=True)
    assert capsys.readouterr().err == ""

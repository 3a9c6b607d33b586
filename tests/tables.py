"""SQLite files with Optuna's tables in them: to make these takes longer than most tests."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from nnctl.tuning.storages.databases import close, sqlite_storage


@cache
def empty() -> bytes:
    """A file with all tables and no study."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "study.db"
        close(sqlite_storage(file))
        return file.read_bytes()


def with_tables(path: Path) -> Path:
    """The path, where there is a file with tables from now on, if there was none."""
    if not path.exists() and path.parent.is_dir():
        path.write_bytes(empty())
    return path

"""Operations that fail in turn, each with one error; `python -m tests.faults` tries them all."""

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from nnctl.runs import checkpoint
from tests.faults.cases import World, contents, nnctl
from tests.faults.disk import ALL, Disk
from tests.faults.faults import ERRORS, Error, failures


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in ("BETWEEN_EPOCHS", "WITHIN_EPOCH"):
        monkeypatch.setattr(checkpoint, name, getattr(checkpoint, name))  # put back afterwards
    yield World(tmp_path)


def one_error(operations: Sequence[str], index: int) -> Sequence[Error]:
    """Every third with an error; of the writes that follow one another, the first alone."""
    if index % 3 or operations[max(0, index - 1) : index + 1] == ["write", "write"]:
        return ()
    return (ERRORS[index // 3 % len(ERRORS)],)


@pytest.mark.slow
def test_whatever_fails_nothing_older_is_lost(world):
    counts = failures(world, one_error)
    print(counts)
    assert min(counts.values()) >= 2
    assert sum(counts.values()) > 70


@pytest.mark.slow
def test_an_older_run_that_cannot_be_put_back_is_kept_where_the_message_says(world):
    case = next(case for case in world.cases if case.name == "overwrite")
    operations = world.count(case)
    swap = operations.index("mkdir", 2)  # of the folder that the older run's files wait in
    older = contents(case.before / "run")
    for broken in range(swap + 1, swap + 1 + len(older) + 2):
        place = world.copy(case)
        with Disk(broken + 1, errno.EIO, ALL).mounted():
            result = nnctl(*case.arguments(place))
        assert result.exit_code == 2
        found = {path.read_bytes() for path in place.rglob("*") if path.is_file()}
        assert found >= set(older.values())
        (kept,) = [*place.rglob("old"), None][:1]
        assert (str(kept) in result.stderr) == (kept is not None)

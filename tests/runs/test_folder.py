"""Run folders: where a run goes, what it replaces, and that a failure leaves nothing."""

from pathlib import Path

import pytest

from nnctl.errors import NnctlError
from nnctl.runs.folder import choose

OLD = {"config.yaml": b"old", "weights.npz": b"w", "checkpoint.npz": b"c", "notes.txt": b"n"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def saved(path: Path) -> None:
    path.write_bytes(b"checkpoint")


def failing(path: Path) -> None:
    raise NnctlError(())


def run_in(path: Path) -> Path:
    """A folder that holds a run, and a file of the user's."""
    path.mkdir(parents=True)
    for name, content in OLD.items():
        (path / name).write_bytes(content)
    return path


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_names_are_numbered_where_they_are_taken():
    paths = [choose("a", None, False).create("x", saved).path for _ in range(3)]
    assert paths == [Path("runs/a"), Path("runs/a-2"), Path("runs/a-3")]
    assert contents(paths[2]) == {"config.yaml": b"x", "checkpoint.npz": b"checkpoint"}


def test_two_runs_that_chose_the_same_name_get_a_folder_each():
    first, second = choose("a", None, False), choose("a", None, False)
    assert first.path == second.path
    Path("runs/a").mkdir(parents=True)  # the other one has made it, and written nothing yet
    assert first.create("1", saved).path == Path("runs/a-2")
    assert second.create("2", saved).path == Path("runs/a-3")


def test_a_named_folder_is_made_with_its_parents_or_used_while_empty():
    assert choose("a", Path("x/y"), False).create("1", saved).path == Path("x/y")
    Path("empty").mkdir()
    assert choose("a", Path("empty"), False).create("1", saved).path == Path("empty")
    late = choose("a", Path("late"), False)
    choose("b", Path("late"), False).create("1", saved)
    with pytest.raises(NnctlError, match="this folder holds a run"):
        late.create("2", saved)


def test_a_run_is_replaced_only_when_asked_and_other_files_stay():
    run_in(Path("run"))
    with pytest.raises(NnctlError, match="replace it with --overwrite"):
        choose("a", Path("run"), False)
    assert choose("a", Path("run"), True).create("new", saved).path == Path("run")
    assert contents(Path("run")) == {
        "config.yaml": b"new",
        "checkpoint.npz": b"checkpoint",
        "notes.txt": b"n",
    }


def test_a_report_goes_with_the_run_that_it_is_about():
    (run_in(Path("run")) / "report.html").touch()
    choose("a", Path("run"), True).create("new", saved)
    assert set(contents(Path("run"))) == {"config.yaml", "checkpoint.npz", "notes.txt"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_a_run_is_never_taken(overwrite):
    Path("mine").mkdir()
    Path("mine/notes.txt").touch()
    Path("file").touch()
    with pytest.raises(NnctlError, match="files that are not a run's"):
        choose("a", Path("mine"), overwrite)
    with pytest.raises(NnctlError, match="this is a file"):
        choose("a", Path("file"), overwrite)
    with pytest.raises(NnctlError, match="this is a file"):
        choose("a", Path("file/below/it"), overwrite).create("1", saved)


def test_a_first_checkpoint_that_fails_leaves_everything_as_it_was():
    run_in(Path("run"))
    for folder in (choose("a", None, False), choose("a", Path("run"), True)):
        with pytest.raises(NnctlError):
            folder.create("new", failing)
    assert contents(Path("run")) == OLD
    assert not Path("runs/a").exists()

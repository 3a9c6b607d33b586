"""Run folders: where a run goes, what it replaces, and that a failure leaves nothing."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from nnctl.errors import NnctlError
from nnctl.runs.folder import CHECKPOINT, RunFolder, choose
from nnctl.runs.lock import writing

OLD = {"config.yaml": b"old", "weights.npz": b"w", "checkpoint.npz": b"c", "notes.txt": b"n"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def saved(path: Path) -> None:
    path.write_bytes(b"checkpoint")


def created(folder: RunFolder, config: str, save: Callable[[Path], None]) -> RunFolder:
    """The folder as it was made, and as it is once its process has ended."""
    with ExitStack() as held:
        return folder.create(config, {CHECKPOINT: save}, held)


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
    paths = [created(choose("a", None, False), "x", saved).path for _ in range(3)]
    assert paths == [Path("runs/a"), Path("runs/a-2"), Path("runs/a-3")]
    assert contents(paths[2]) == {"config.yaml": b"x", "checkpoint.npz": b"checkpoint"}


def test_two_runs_that_chose_the_same_name_get_a_folder_each():
    first, second = choose("a", None, False), choose("a", None, False)
    assert first.path == second.path
    Path("runs/a").mkdir(parents=True)  # the other one has made it, and written nothing yet
    assert created(first, "1", saved).path == Path("runs/a-2")
    assert created(second, "2", saved).path == Path("runs/a-3")


def test_a_named_folder_is_made_with_its_parents_or_used_while_empty():
    assert created(choose("a", Path("x/y"), False), "1", saved).path == Path("x/y")
    Path("empty").mkdir()
    assert created(choose("a", Path("empty"), False), "1", saved).path == Path("empty")
    late = choose("a", Path("late"), False)
    created(choose("b", Path("late"), False), "1", saved)
    with pytest.raises(NnctlError, match="this folder holds a run"):
        created(late, "2", saved)


def test_a_run_is_replaced_only_when_asked_and_other_files_stay():
    run_in(Path("run"))
    with pytest.raises(NnctlError, match="replace it with --overwrite"):
        choose("a", Path("run"), False)
    assert created(choose("a", Path("run"), True), "new", saved).path == Path("run")
    assert contents(Path("run")) == {
        "config.yaml": b"new",
        "checkpoint.npz": b"checkpoint",
        "notes.txt": b"n",
    }


def test_a_report_goes_with_the_run_that_it_is_about():
    (run_in(Path("run")) / "report.html").touch()
    created(choose("a", Path("run"), True), "new", saved)
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
        created(choose("a", Path("file/below/it"), overwrite), "1", saved)


def test_a_first_checkpoint_that_fails_leaves_everything_as_it_was():
    run_in(Path("run"))
    for folder in (choose("a", None, False), choose("a", Path("run"), True)):
        with pytest.raises(NnctlError):
            created(folder, "new", failing)
    assert contents(Path("run")) == OLD
    assert not Path("runs/a").exists()


def test_the_next_number_is_of_the_name_not_of_the_number_chosen_first():
    chosen = [choose("a", None, False) for _ in range(2)]
    for name in ("runs/a", "runs/a-2"):
        created(choose("a", None, False), name, saved)
    folders = [created(folder, "late", saved).path for folder in chosen]
    later = choose("a", None, False)
    created(choose("a", None, False), "between", saved)
    assert [*folders, created(later, "later", saved).path] == [
        Path("runs/a-3"), Path("runs/a-4"), Path("runs/a-6"),
    ]  # fmt: skip


def test_a_run_that_is_being_written_is_not_replaced():
    with ExitStack() as held:
        path = choose("a", Path("run"), False).create("old", {CHECKPOINT: saved}, held).path
        with pytest.raises(NnctlError, match="another process is writing this folder"):
            choose("a", path, True)
        assert contents(path) == {"config.yaml": b"old", "checkpoint.npz": b"checkpoint"}
    assert created(choose("a", path, True), "new", saved).path == path


def test_a_run_that_another_process_began_meanwhile_is_not_replaced():
    path = created(choose("a", Path("run"), False), "old", saved).path
    late = choose("a", path, True)
    with writing(path), pytest.raises(NnctlError, match="another process is writing"):
        created(late, "new", saved)
    assert contents(path)["config.yaml"] == b"old"
    assert [each.name for each in Path().iterdir()] == ["run"]

"""Run folders: where a run goes, what it replaces, and that a failure leaves nothing."""

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from nnctl.errors import NnctlError
from nnctl.runs.folder import CHECKPOINT, RunFolder, choose, has_checkpoint
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


ONE = {CHECKPOINT: saved}
SEVERAL = {f"members/{k}/checkpoint.npz": saved for k in (1, 2)}
OLDER = {
    "single": ["checkpoint.npz"],
    "several": ["members/1/checkpoint.npz", "members/3/checkpoint.npz"],
}


def older_run(kind: str) -> dict[str, bytes]:
    """Makes a run in the folder `run`, and returns its files."""
    files = {name: b"older" for name in ("config.yaml", "weights.npz", *OLDER[kind])}
    for name, content in files.items():
        (Path("run") / name).parent.mkdir(parents=True, exist_ok=True)
        (Path("run") / name).write_bytes(content)
    return files


def all_files(path: Path) -> dict[str, bytes]:
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file()}


@pytest.mark.parametrize("before", OLDER)
@pytest.mark.parametrize("after", [ONE, SEVERAL], ids=["single", "several"])
def test_runs_of_one_and_of_several_members_replace_each_other(before, after):
    older_run(before)
    with ExitStack() as held:
        choose("a", Path("run"), True).create("new", after, held)
    assert all_files(Path("run")) == {"config.yaml": b"new", **dict.fromkeys(after, b"checkpoint")}
    assert [path.name for path in Path().iterdir()] == ["run"]
    assert RunFolder(Path("run")).holds_members == (after is SEVERAL)


@pytest.mark.parametrize("before", OLDER)
@pytest.mark.parametrize("after", [ONE, SEVERAL], ids=["single", "several"])
def test_a_replacement_that_fails_anywhere_puts_the_older_run_back(before, after, monkeypatch):
    files = older_run(before)
    real = os.replace
    for place in range(1, 20):
        calls = []

        def failing_there(*arguments, calls=calls, place=place):
            calls.append(arguments)
            if len(calls) == place:
                raise OSError(28, "no space")
            real(*arguments)

        with monkeypatch.context() as patch, ExitStack() as held:
            folder = choose("a", Path("run"), True)
            patch.setattr("nnctl.runs.folder.os.replace", failing_there)
            try:
                folder.create("new", after, held)
                break
            except NnctlError:
                assert all_files(Path("run")) == files
    assert place > 4


@pytest.mark.parametrize("before", OLDER)
@pytest.mark.parametrize("after", [ONE, SEVERAL], ids=["single", "several"])
def test_a_process_that_is_killed_while_it_replaces_leaves_one_whole_run(
    before, after, monkeypatch
):
    """Whichever it is; `resume` removes what is left of the other."""
    real, seen = os.replace, []
    for place in range(1, 20):
        shutil.rmtree("run", ignore_errors=True)
        older_run(before)
        calls = []

        def dying_there(*arguments, calls=calls, place=place):
            calls.append(arguments)
            if len(calls) >= place:
                raise KilledError  # from here on nothing can be done any more
            real(*arguments)

        with monkeypatch.context() as patch, ExitStack() as held:
            folder = choose("a", Path("run"), True)
            patch.setattr("nnctl.runs.folder.os.replace", dying_there)
            patch.setattr("nnctl.runs.folder.shutil.rmtree", lambda *a, **k: None)
            with suppress(KilledError, NnctlError):
                folder.create("new", after, held)
        found = RunFolder(Path("run"))
        assert has_checkpoint(found.path)
        several = found.holds_members
        found.clear_away()
        left = {name: c for name, c in all_files(found.path).items() if name.endswith("point.npz")}
        older = dict.fromkeys(OLDER[before], b"older")
        newer = dict.fromkeys(after, b"checkpoint")
        assert left in (older, newer)
        assert several == any(name.startswith("members/") for name in left)
        seen.append(left == newer)
        if len(calls) < place:
            break
    assert seen[0] is False and seen[-1] is True
    assert seen == sorted(seen)  # up to some moment the older one, from then on the newer


class KilledError(BaseException):
    """Stands for SIGKILL."""


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

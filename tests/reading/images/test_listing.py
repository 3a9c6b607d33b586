"""Which images a folder has: their order, their classes, and what is no image."""

import inspect
import os
import sys

import pytest

from nnctl.errors import NnctlError
from nnctl.reading.images.listing import list_images, parts_of


def touch(root, *names):
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")


def test_files_come_in_the_order_of_their_names(tmp_path, monkeypatch):
    names = ["b/2.png", "b/10.JPG", "a/z/1.jpeg", "a/x.png", "a.png", "b/notes.txt", "b/.one.png"]
    touch(tmp_path, *names)
    scan = os.scandir

    def listed_in(order):
        monkeypatch.setattr(os, "scandir", order)
        return list_images(tmp_path, classes=True)

    def by_name(path):
        return sorted(scan(path), key=lambda entry: entry.name)

    seen = [listed_in(by_name), listed_in(lambda path: reversed(by_name(path)))]
    assert seen[0] == seen[1]
    assert seen[0].files == ("a/x.png", "a/z/1.jpeg", "b/10.JPG", "b/2.png")
    assert seen[0].labels == ("a", "a", "b", "b")
    assert (seen[0].loose, seen[0].others, seen[0].problems) == (1, 0, ())
    every = list_images(tmp_path, classes=False)
    assert every.files[0] == "a.png" or every.files[-1] == "b/2.png"
    assert (len(every.files), every.labels) == (5, None)


def test_links_are_followed_to_files_in_the_folder_alone(tmp_path):
    root, out = tmp_path / "photos", tmp_path / "out.png"
    touch(root, "a/1.png")
    touch(tmp_path, "out.png", "elsewhere/2.png")
    links = {"in": root / "a/1.png", "out": out, "gone": root / "nowhere", "up": tmp_path}
    for name, end in links.items():
        (root / f"a/{name}.png").symlink_to(end)
    (root / "a/loop.png").symlink_to(root / "a/loop.png")
    (root / "b").symlink_to(tmp_path / "elsewhere")
    found = list_images(root, classes=True)
    assert found.files == ("a/1.png", "a/in.png")
    told = {problem.file.rpartition("/")[2]: problem.message for problem in found.problems}
    assert sorted(told) == ["b", "gone.png", "loop.png", "out.png", "up.png"]
    assert "out of the folder" in told["out.png"]
    assert told["gone.png"] == told["loop.png"] == "this is a link to nothing, or to itself"
    assert told["b"] == told["up.png"] == "this is a link to a folder, which is not followed"


def test_folders_may_lie_deeper_than_functions_may_call_each_other(tmp_path):
    touch(tmp_path, f"a/{'d/' * 200}1.png")
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 60)
    try:
        found = list_images(tmp_path, classes=True)
    finally:
        sys.setrecursionlimit(before)
    assert (len(found.files), found.labels) == (1, ("a",))


def test_a_class_whose_name_is_no_text_is_a_problem(tmp_path):
    touch(tmp_path, "a/1.png")
    try:
        touch(tmp_path, os.fsdecode(b"\xff/1.png"))
    except (OSError, UnicodeError):
        pytest.skip("the system has no such names")
    found = list_images(tmp_path, classes=True)
    assert (found.files, found.labels) == (("a/1.png",), ("a",))
    assert [problem.message for problem in found.problems] == ["the name of this class is no UTF-8"]


def test_an_empty_class_is_a_problem_and_other_kinds_of_images_are_counted(tmp_path):
    touch(tmp_path, "a/1.png", "a/2.gif", "a/3.webp")
    (tmp_path / "b").mkdir()
    found = list_images(tmp_path, classes=True)
    assert [problem.file for problem in found.problems] == [str(tmp_path / "b")]
    assert found.others == 2


@pytest.mark.parametrize(
    ("names", "classes", "words"),
    [
        (["1.png"], True, "without folders of images, of which each class is one"),
        (["a/1.txt"], False, "there is no PNG or JPEG"),
    ],
)
def test_a_folder_without_what_is_needed_is_refused(tmp_path, names, classes, words):
    touch(tmp_path, *names)
    with pytest.raises(NnctlError, match=words):
        list_images(tmp_path, classes)


def test_a_folder_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(NnctlError, match="there is no such folder"):
        list_images(tmp_path / "gone", classes=False)


@pytest.mark.parametrize("name", ["validation", "val", "valid"])
def test_a_folder_may_be_divided(tmp_path, name):
    touch(tmp_path, "train/a/1.png", f"{name}/a/1.png")
    assert parts_of(tmp_path) == {"train": tmp_path / "train", "validation": tmp_path / name}
    touch(tmp_path, "test/a/1.png")
    assert parts_of(tmp_path)["test"] == tmp_path / "test"


def test_a_class_called_train_divides_nothing(tmp_path):
    touch(tmp_path, "train/1.png", "plane/1.png")
    assert parts_of(tmp_path) == {}

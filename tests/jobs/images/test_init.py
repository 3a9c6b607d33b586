"""A config for a folder of images: it trains as it stands."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from nnctl.cli.app import app
from nnctl.config import load
from nnctl.errors import NnctlError
from nnctl.jobs.images.init import init_images, plan_of
from nnctl.jobs.smoke import smoke
from nnctl.jobs.validate import validate
from tests.images import write_folder, write_image


def test_what_init_writes_trains_and_has_no_advice(tmp_path):
    write_folder(tmp_path / "photos", {"dark": 6, "light": 6})
    path = init_images(tmp_path / "photos", output=tmp_path / "c.yaml").path
    found = validate([path])
    assert (found.errors, found.advice) == ((), ())
    config = load(path)
    assert config.data.image.image_size == (12, 12)
    assert config.loss.type == "binary_crossentropy"
    assert smoke(path).status == 0


def test_a_divided_folder_is_named_part_by_part_and_what_is_unreadable_is_told(tmp_path):
    for part in ("train", "val", "test"):
        write_folder(tmp_path / "photos" / part, {"a": 3, "b": 3, "c": 3})
    (tmp_path / "photos/val/a/text.png").write_text("hello")
    found = init_images(tmp_path / "photos", output=tmp_path / "c.yaml")
    config = load(found.path)
    assert config.data.validation == "photos/val"
    assert config.data.test == "photos/test"
    assert config.data.image.unreadable == "skip"
    assert [problem.file for problem in found.plan.unreadable] == [
        str(tmp_path / "photos/val/a/text.png")
    ]
    assert config.layers[-1].arguments()["units"] == 3


def test_names_of_any_kind_load_again(tmp_path):
    write_folder(tmp_path / "my: photos # 1", {"yes": 2, "no: \u2028 {x}": 2})
    found = init_images(tmp_path / "my: photos # 1", output=tmp_path / "my config.yaml")
    assert load(found.path).data.train == "my: photos # 1"
    assert "nnctl train 'my config.yaml'" in found.path.read_text()


@pytest.mark.parametrize(
    ("shapes", "size"),
    [
        ([(28, 28)] * 3, (28, 28)),
        ([(20, 60)] * 3, (20, 60)),
        ([(20, 30), (25, 90), (40, 22)], (22, 22)),
        ([(480, 640), (900, 700), (100, 90)], (64, 64)),
        ([(3, 3), (4, 4), (5, 5)], (8, 8)),
    ],
)
def test_the_size_is_that_of_the_images_up_to_64(tmp_path, shapes, size):
    for kind in "ab":
        for number, shape in enumerate(shapes):
            array = np.zeros((*shape, 3), np.uint8)
            write_image(tmp_path / f"photos/{kind}/{number}.png", array, "L")
    plan = plan_of(tmp_path / "photos")
    assert plan.size == size
    assert plan.are_grey


@pytest.mark.parametrize(
    ("classes", "words"),
    [({"a": 3}, "all images are of one class, a"), ({"a": 3, "b": 1}, "of the class b there is")],
)
def test_a_folder_of_nothing_to_learn_is_refused(tmp_path, classes, words):
    write_folder(tmp_path / "photos", classes)
    with pytest.raises(NnctlError, match=words):
        plan_of(tmp_path / "photos")


def test_who_trains_a_folder_is_told_to_begin_with_init(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "my photos", {"a": 2, "b": 2})
    done = CliRunner().invoke(app, ["train", "my photos"])
    assert done.exit_code == 2
    assert "this is a folder of images, not a config" in done.stderr
    assert "nnctl init 'my photos'" in done.stderr


def test_the_command_asks_for_no_target(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "photos", {"a": 2, "b": 2})
    done = CliRunner().invoke(app, ["init", "photos"])
    assert (done.exit_code, "(4 images of 2 classes)" in done.stdout) == (0, True)
    assert "nnctl train photos.yaml" in done.stdout
    assert CliRunner().invoke(app, ["init", "photos"]).exit_code == 2
    done = CliRunner().invoke(app, ["init", "photos", "--overwrite", "--json"])
    assert json.loads(done.stdout) == {
        "config": "photos.yaml",
        "task": "binary",
        "images": {"train": 4},
        "classes": ["a", "b"],
        "warnings": [],
    }
    assert CliRunner().invoke(app, ["init", "photos", "--overwrite", "-q"]).stdout == ""
    for more in (["--target", "y"], ["--try"]):
        done = CliRunner().invoke(app, ["init", "photos", "--overwrite", *more])
        assert done.exit_code == 2 and "is for tables" in done.stderr
    (tmp_path / "empty").mkdir()
    done = CliRunner().invoke(app, ["init", "empty", "--target", "y"])
    assert done.exit_code == 2 and "without folders of images" in done.stderr
    done = CliRunner().invoke(app, ["init", "photos", "--overwrite", "--table", "y"])
    assert done.exit_code == 2 and "is for databases and workbooks" in done.stderr

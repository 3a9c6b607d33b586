"""`data.image`, and what a folder of images says by itself."""

import pytest

from nnctl.assembly.examples import data_file
from nnctl.config import load, resolved
from nnctl.errors import NnctlError
from tests.images import write_folder

REST = """
layers: [flatten, {type: dense, units: 2}]
loss: {type: sparse_categorical_crossentropy, from_logits: true}
optimizer: adam
epochs: 1
"""


def config_of(tmp_path, data):
    (tmp_path / "c.yaml").write_text(f"data: {data}\n{REST}")
    return load(tmp_path / "c.yaml")


def test_a_folder_has_the_defaults_and_needs_no_target(tmp_path):
    write_folder(tmp_path / "photos", {"a": 1, "b": 1})
    config = config_of(tmp_path, "{train: photos}")
    file = data_file(config, config.data.train)
    assert file.holds_images and file.path == tmp_path / "photos"
    assert file.image == ((64, 64), "rgb", False, False, "bilinear", "error")
    assert resolved(config)["data"]["image"] == {
        "image_size": [64, 64],
        "color_mode": "rgb",
        "crop_to_aspect_ratio": False,
        "pad_to_aspect_ratio": False,
        "interpolation": "bilinear",
        "unreadable": "error",
    }


def test_tables_say_nothing_of_images(tmp_path):
    config = config_of(tmp_path, "{train: {file: t.csv, target: y}}")
    assert "image" not in resolved(config)["data"]
    assert "images" not in resolved(config)["data"]["train"]


@pytest.mark.parametrize(
    ("folders", "data", "expected"),
    [
        ("train val", "{train: photos}", ("photos/train", "photos/val", None)),
        ("train valid test", "{train: photos/}", ("photos/train", "photos/valid", "photos/test")),
        ("train val test", "{train: photos, validation: 0.5, test: t}", ("photos/train", 0.5, "t")),
        ("train other", "{train: photos}", ("photos", None, None)),
    ],
)
def test_a_divided_folder_stands_for_its_parts(tmp_path, folders, data, expected):
    for folder in folders.split():
        write_folder(tmp_path / "photos" / folder, {"a": 1, "b": 1})
    found = config_of(tmp_path, data).data
    assert (found.train, found.validation, found.test) == expected


def test_a_validation_folder_can_be_monitored(tmp_path):
    for folder in ("train", "validation"):
        write_folder(tmp_path / "photos" / folder, {"a": 1, "b": 1})
    (tmp_path / "c.yaml").write_text(
        "data: {train: photos}\nearly_stopping: {monitor: val_loss, patience: 3}\n" + REST
    )
    assert load(tmp_path / "c.yaml").early_stopping.monitor == "val_loss"


def test_a_table_of_paths_names_its_column(tmp_path):
    data = "{train: {file: t.csv, images: path}, test: u.csv, target: kind}"
    config = config_of(tmp_path, data)
    for part, name in (("train", "t.csv"), ("test", "u.csv")):
        file = data_file(config, getattr(config.data, part))
        assert (file.path, file.image_column) == (tmp_path / name, "path")
        assert file.targets == ("kind",)


def test_all_that_is_wrong_is_told(tmp_path):
    write_folder(tmp_path / "photos", {"a": 1, "b": 1})
    image = "{image_size: [0, 8], color_mode: cmyk, interpolation: bicubic, unreadable: no}"
    with pytest.raises(NnctlError) as caught:
        config_of(tmp_path, f"{{train: photos, image: {image}}}")
    paths = {problem.path for problem in caught.value.problems}
    assert paths == {
        "data.image.image_size.0",
        "data.image.color_mode",
        "data.image.interpolation",
        "data.image.unreadable",
    }
    image = "{crop_to_aspect_ratio: true, pad_to_aspect_ratio: true}"
    with pytest.raises(NnctlError, match="both cropped and padded"):
        config_of(tmp_path, f"{{train: photos, image: {image}}}")

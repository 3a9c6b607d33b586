"""What validate tells of images."""

import numpy as np
from PIL import Image
from typer.testing import CliRunner

from nnctl.assembly.build import build
from nnctl.cli.app import app
from nnctl.config import load
from nnctl.jobs.images import sheet
from nnctl.jobs.images.sheet import Twins, sheets_of
from nnctl.jobs.train import train
from tests.images import pixels, write_folder, write_image

CONFIG = """
data:
  train: photos
  scale: {type: rescale, by: 255}
  image: {image_size: [16, 16], unreadable: skip}
layers: [flatten, {type: dense, units: 2}]
loss: {type: sparse_categorical_crossentropy, from_logits: true}
optimizer: adam
epochs: 1
"""


def smooth(seed):
    """An image that survives being stored again."""
    small = Image.fromarray(pixels(4, 4, seed))
    return np.asarray(small.resize((40, 40), Image.Resampling.BICUBIC))


def written(tmp_path, text=CONFIG):
    (tmp_path / "c.yaml").write_text(text)
    return tmp_path / "c.yaml"


def test_sizes_modes_and_what_is_unreadable_are_counted(tmp_path):
    for part in ("train", "test"):
        write_folder(tmp_path / "photos" / part, {"a": 3, "b": 2})
    write_image(tmp_path / "photos/train/a/grey.png", pixels(30, 40), "L")
    (tmp_path / "photos/train/a/no.png").write_text("no")
    own, test = sheets_of(build(load(written(tmp_path)))).parts
    assert (own.part, own.images, own.unreadable) == ("train", 6, 1)
    assert own.classes == {"a": 4, "b": 2}
    assert (own.heights, own.widths) == ((12, 12, 30), (12, 13, 40))
    assert own.modes == {"RGB": 5, "L": 1}
    assert (test.part, test.images) == ("test", 5)
    shown = CliRunner().invoke(app, ["validate", str(tmp_path / "c.yaml")])
    assert "12 to 30, 12 in the middle" in shown.stdout
    assert shown.exit_code == 0


def test_images_that_are_nearly_alike_in_train_and_validation_are_named(tmp_path, monkeypatch):
    for number in range(8):
        part = "train" if number < 5 else "validation"
        for kind in "ab":
            image = smooth(number + 100 * (kind == "b"))
            write_image(tmp_path / f"photos/{part}/{kind}/{number}.png", image)
    darker = (smooth(3) * 0.8).astype(np.uint8)
    write_image(tmp_path / "photos/validation/a/again.jpg", darker)
    found = sheets_of(build(load(written(tmp_path))))
    assert found.twins == (Twins("a/3.png", "a/again.jpg"),)
    shown = CliRunner().invoke(app, ["validate", str(tmp_path / "c.yaml")]).stdout
    assert "1 image that validates is nearly the same as one that trains:" in shown
    assert "  a/again.jpg  like  a/3.png" in shown
    told = []
    train(tmp_path / "c.yaml", output=tmp_path / "run", warn=told.append)
    assert [problem.message for problem in told] == [
        "1 of the 7 images that validate is nearly the same as one that trains, such as "
        "a/again.jpg as a/3.png"
    ]
    monkeypatch.setattr(sheet, "MOST_PAIRS", 69)
    assert list(sheet.warn_of_twins(build(load(tmp_path / "c.yaml")))) == []


def test_twins_are_found_where_rows_are_drawn_to_validate(tmp_path):
    for number in range(6):
        for copy in range(2):
            for kind in "ab":
                image = smooth(number + 100 * (kind == "b"))
                write_image(tmp_path / f"photos/{kind}/{number}-{copy}.png", image)
    text = CONFIG.replace("train: photos", "train: photos\n  validation: 0.5")
    built = build(load(written(tmp_path, text)))
    twins = sheets_of(built).twins
    assert twins
    assert all(twin.train[:3] == twin.validation[:3] for twin in twins)
    assert all(twin.train != twin.validation for twin in twins)


def test_twins_of_a_table_are_counted_among_the_rows_that_have_a_target(tmp_path):
    lines = ["path;kind"]
    for number in range(12):
        write_image(tmp_path / f"{number}.png", smooth(number % 6))
        lines.append(f"{number}.png;{'' if number == 0 else 'ab'[number % 2]}")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    keys = 'target: kind\n  delimiter: ";"\n  validation: 0.5'
    text = CONFIG.replace("train: photos", f"train: {{file: t.csv, images: path}}\n  {keys}")
    built = build(load(written(tmp_path, text)))
    twins = sheets_of(built).twins
    assert twins
    division, rows = built.prepared.pool.division, np.arange(1, 12)
    for twin in twins:
        first, second = (int(name.partition(".")[0]) for name in twin)
        assert first % 6 == second % 6
        assert first in rows[division.trains] and second in rows[division.drawn]


def test_flat_images_are_like_nothing(tmp_path):
    for part in ("train", "validation"):
        for kind in "ab":
            write_image(tmp_path / f"photos/{part}/{kind}/1.png", np.full((9, 9, 3), 90, np.uint8))
    assert sheets_of(build(load(written(tmp_path)))).twins == ()


def test_tables_have_no_sheets(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n" + "1,0\n2,1\n" * 5)
    text = CONFIG.replace("train: photos", "train: t.csv\n  target: y")
    text = text.replace("  image: {image_size: [16, 16], unreadable: skip}\n", "")
    assert sheets_of(build(load(written(tmp_path, text)))) is None

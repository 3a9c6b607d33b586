"""A folder of images through all that a run goes through."""

import csv
import io
import sqlite3
import sys
from contextlib import closing

import numpy as np
import pytest
from typer.testing import CliRunner

from nnctl.assembly.build import build
from nnctl.cli.app import app
from nnctl.config import load
from nnctl.errors import NnctlError
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.looking.attribution import attribution
from nnctl.jobs.looking.importance import importance
from nnctl.jobs.predict import predict
from nnctl.jobs.report import report
from nnctl.jobs.resume import resume
from nnctl.jobs.train import train
from nnctl.reading.images import decoded
from nnctl.report.files import used_files
from tests.images import pixels, write_folder, write_image
from tests.processes import run as run_process
from tests.typed_tables import FORMATS, write_table

CONFIG = """
data:
  train: photos
  validation: 0.25
  scale: {type: rescale, by: 255}
  image: {image_size: [8, 8]}
layers:
  - random_flip
  - {type: random_rotation, factor: 0.1}
  - {type: random_contrast, factor: [0.1, 0.1], value_range: [0, 1]}
  - {type: conv2d, filters: 4, kernel_size: 3, activation: relu}
  - flatten
  - {type: dense, units: 2}
loss: {type: sparse_categorical_crossentropy, from_logits: true}
optimizer: {type: adam, learning_rate: 0.05}
batch_size: 4
epochs: 6
"""
CLASSES = {"dark": 8, "light": 8}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images, a config, and its run."""
    root = tmp_path_factory.mktemp("images")
    write_folder(root / "photos", CLASSES)
    (root / "c.yaml").write_text(CONFIG)
    return root


@pytest.fixture(scope="module")
def run(folder):
    return train(folder / "c.yaml", output=folder / "run")


def rows_of(predictions):
    return list(csv.DictReader(io.StringIO("".join(predictions.chunks()))))


def weights_of(run_folder):
    return (run_folder / "weights.npz").read_bytes()


def test_classes_are_learnt_and_each_prediction_names_its_file(folder, run):
    assert run.results["validation"]["accuracy"] == 1
    rows = rows_of(predict(run.folder, folder / "photos"))
    assert [row["file"] for row in rows][:2] == ["dark/0.jpg", "dark/1.png"]
    assert list(rows[0]) == ["file", "prediction", "probability_dark", "probability_light"]
    assert all(row["prediction"] == row["file"].partition("/")[0] for row in rows)
    one = rows_of(predict(run.folder, folder / "photos/dark/1.png"))
    assert one == [{**rows[1], "file": "1.png"}]
    assert rows_of(predict(run.folder, folder / "photos/light"))[0]["file"] == "0.jpg"


def test_evaluate_tells_that_these_images_trained_it(folder, run, tmp_path):
    found = evaluate(run.folder, folder / "photos", intervals=False)
    assert (found.rows, found.metrics["accuracy"]) == (16, 1)
    assert "trained on these very rows" in found.warnings[0].message
    write_folder(tmp_path / "new", {"light": 3, "dark": 1})
    fresh = evaluate(run.folder, tmp_path / "new", intervals=False)
    assert (fresh.rows, fresh.warnings) == (4, ())


def test_the_report_shows_the_images(run):
    page = report([run.folder]).path.read_text()
    assert "Drawn as pictures of 8 × 8 × 3" in page or "Drawn as pictures of 8 × 8" in page
    assert "data:image/png" in page or "<image" in page


def test_the_same_images_give_the_same_bytes_again(folder, run, tmp_path):
    again = train(run.folder / "config.yaml", output=tmp_path / "again")
    assert weights_of(again.folder) == weights_of(run.folder)
    first = train(folder / "c.yaml", output=tmp_path / "part", epochs=2)
    resume(first.folder, epochs=6)
    with np.load(first.folder / "weights.npz") as short, np.load(run.weights) as whole:
        for name in ("conv2d_1/kernel", "dense_1/kernel"):
            np.testing.assert_array_equal(short[name], whole[name])


def test_images_larger_than_memory_are_read_in_blocks(folder, run, tmp_path):
    small = ["data.memory=4000", "shuffle=false"]
    streamed = train(folder / "c.yaml", output=tmp_path / "a", overrides=small)
    held = train(folder / "c.yaml", output=tmp_path / "b", overrides=small[1:])
    with np.load(streamed.weights) as one, np.load(held.weights) as other:
        np.testing.assert_array_equal(one["conv2d_1/kernel"], other["conv2d_1/kernel"])
    rows = rows_of(predict(streamed.folder, folder / "photos"))
    assert rows == rows_of(predict(held.folder, folder / "photos"))


def test_what_cannot_be_read_is_left_out_where_that_is_asked_for(tmp_path):
    write_folder(tmp_path / "photos", CLASSES)
    (tmp_path / "photos/dark/text.jpg").write_text("hello")
    (tmp_path / "c.yaml").write_text(CONFIG)
    with pytest.raises(NnctlError, match=r"text\.jpg"):
        train(tmp_path / "c.yaml", output=tmp_path / "run")
    skipping = ["data.image.unreadable=skip"]
    run = train(tmp_path / "c.yaml", output=tmp_path / "run", overrides=skipping, epochs=1)
    (told,) = run.results["warnings"]
    assert "1 image cannot be read; left out" in told
    warnings = []
    rows = rows_of(predict(run.folder, tmp_path / "photos", warn=warnings.append))
    assert len(rows) == 16 and len(warnings) == 1


def test_a_table_of_paths_may_have_numbers_to_learn(tmp_path):
    lines = ["file,shade"]
    for number in range(12):
        shade = number * 20
        image = np.full((8, 8, 3), shade, np.uint8)
        write_image(tmp_path / f"pictures/{number}.png", image)
        lines.append(f"pictures/{number}.png,{shade}")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    (tmp_path / "c.yaml").write_text(
        "data: {train: {file: t.csv, images: file}, target: shade, target_scale: standardize,\n"
        "  scale: {type: rescale, by: 255}, image: {image_size: [2, 2], color_mode: grayscale}}\n"
        "layers: [flatten, {type: dense, units: 1}]\nloss: mean_squared_error\n"
        "optimizer: {type: adam, learning_rate: 0.1}\nbatch_size: full\nepochs: 150\n"
    )
    run = train(tmp_path / "c.yaml", output=tmp_path / "run")
    rows = rows_of(predict(run.folder, tmp_path / "t.csv"))
    assert [row["file"] for row in rows] == [f"pictures/{number}.png" for number in range(12)]
    assert all(abs(float(row["shade"]) - 20 * k) < 10 for k, row in enumerate(rows))
    assert evaluate(run.folder, tmp_path / "t.csv", intervals=False).metrics["mae"] < 5
    shades = {row["file"]: row["shade"] for row in rows_of(predict(run.folder, tmp_path))}
    assert shades == {row["file"]: row["shade"] for row in rows}


def test_a_divided_folder_trains_validates_and_tests(tmp_path):
    for part in ("train", "val", "test"):
        write_folder(tmp_path / "photos" / part, {"dark": 3, "light": 3})
    (tmp_path / "c.yaml").write_text(CONFIG.replace("  validation: 0.25\n", ""))
    results = train(tmp_path / "c.yaml", output=tmp_path / "run", epochs=1).results
    assert {"train", "validation", "test"} <= results.keys()
    assert {part: facts["file"] for part, facts in results["data"].items()} == {
        "train": "train",
        "validation": "val",
        "test": "test",
    }


def test_a_model_of_images_takes_no_table_and_one_of_tables_no_folder(folder, run, tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    done = CliRunner().invoke(app, ["predict", str(run.folder), str(tmp_path / "t.csv")])
    assert done.exit_code == 2 and "neither a folder nor an image" in done.stderr
    text = "data: {train: t.csv, target: b}\nlayers: [{type: dense, units: 1}]\n"
    text += "loss: mean_squared_error\noptimizer: adam\nepochs: 1\n"
    (tmp_path / "t.yaml").write_text(text)
    plain = train(tmp_path / "t.yaml", output=tmp_path / "plain")
    for images, what in (("photos", "a folder of images"), ("photos/dark/1.png", "an image")):
        done = CliRunner().invoke(app, ["predict", str(plain.folder), str(folder / images)])
        assert done.exit_code == 2
        assert f"this is {what}; the model was trained on a table" in done.stderr


@pytest.mark.parametrize(
    ("typed", "fix"),
    [
        ("predict {folder}/photos {folder}/run", "nnctl predict {folder}/run {folder}/photos"),
        ("evaluate {parts} {folder}/run", "nnctl evaluate {folder}/run {parts}"),
        ("train {parts}", "nnctl init {parts} --target COLUMN"),
        ("predict {folder}/run {folder}/photos --keep kind", "leave out --keep"),
    ],
)
def test_folders_in_the_wrong_place_are_told(folder, run, tmp_path, monkeypatch, typed, fix):
    parts = tmp_path / "parts"
    parts.mkdir()
    write_table(parts / "0.parquet", {"a": [1.0]})
    words = typed.format(folder=folder, parts=parts).split()
    monkeypatch.setattr("sys.argv", ["nnctl", *words])
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert done.stderr.endswith(f"fix: {fix.format(folder=folder, parts=parts)}\n"), done.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [("new", "there is no such file or folder"), ("new.jpg", "there is no such file\n")],
)
def test_images_that_are_not_there_are_told(run, tmp_path, name, words):
    done = CliRunner().invoke(app, ["predict", str(run.folder), str(tmp_path / name)])
    assert done.exit_code == 2 and words in done.stderr


def test_images_that_are_checked_first_are_decoded_once(folder, run, monkeypatch):
    monkeypatch.setattr(decoded.KEEPER, "_sets", {})
    calls, decode = [], decoded.decode
    monkeypatch.setattr(decoded, "decode", lambda *given: calls.append(given) or decode(*given))
    assert importance(run.folder).rows == 4
    assert len(calls) == 16


def test_importance_and_attribution_are_those_of_parts_of_the_images(tmp_path):
    for number in range(12):
        image = pixels(16, 16, number)
        image[:8, 8:] = 250 * (number % 2)  # which alone tells the class
        write_image(tmp_path / "photos" / "ab"[number % 2] / f"{number}.png", image)
    (tmp_path / "c.yaml").write_text(CONFIG.replace("[8, 8]", "[16, 16]"))
    plain = ["layers=[flatten, {type: dense, units: 2}]", "optimizer.learning_rate=0.001"]
    run = train(tmp_path / "c.yaml", output=tmp_path / "run", overrides=plain, epochs=20).folder
    shown = CliRunner().invoke(app, ["importance", str(run), str(tmp_path / "photos")]).stdout
    head, _, names, first, *others = shown.splitlines()
    assert head == "how much worse where a part is shuffled, on 12 images"
    assert (names.split()[0], len(others)) == ("part", 3)
    assert first.startswith("rows 0-7, columns 8-15  ")
    (why,) = attribution(run, tmp_path / "photos", rows=[6], baseline="zeros")
    first, *others = sorted(why.columns, key=lambda part: -abs(part.amount))
    assert (first.name, len(others)) == ("rows 0-7, columns 8-15", 3)
    assert first.value == pytest.approx(250)


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """A table of images with people, weights, rows without a target, and its config."""
    root = tmp_path_factory.mktemp("listed")
    write_folder(root / "photos", {"dark": 10, "light": 10})
    rows = ["path;kind;person;w;file"]
    for place, image in enumerate(sorted((root / "photos").glob("*/*"))):
        kind = "" if place in (3, 14) else image.parent.name
        weight = 0 if place % 5 == 0 else 1
        rows.append(f"{image.relative_to(root)};{kind};p{place // 2};{weight};{place}")
    (root / "t.csv").write_text("\n".join(rows))
    keys = 'target: kind\n  delimiter: ";"\n  group: person\n  sample_weight: w'
    config = CONFIG.replace("train: photos", f"train: {{file: t.csv, images: path}}\n  {keys}")
    (root / "c.yaml").write_text(config)
    return root


def test_a_table_of_images_has_groups_weights_and_gaps_as_others_have(listed):
    built = build(load(listed / "c.yaml"))
    division = built.prepared.pool.division
    people = np.delete(np.arange(20) // 2, [3, 14])
    assert not set(people[division.trains]) & set(people[division.drawn])
    weights = np.delete(np.arange(20) % 5 != 0, [3, 14])
    np.testing.assert_array_equal(built.train.weight, weights[division.trains])
    assert any("2 of 20 rows have no target" in each.message for each in built.prepared.warnings)


def test_predictions_carry_columns_of_a_table_of_images_along(listed):
    run = train(listed / "c.yaml", output=listed / "run", epochs=1)
    rows = rows_of(predict(run.folder, listed / "t.csv", keep=["person", "kind"]))
    assert list(rows[0])[:3] == ["file", "person", "kind"]
    assert [row["person"] for row in rows] == [f"p{place // 2}" for place in range(20)]
    assert rows[4]["file"] == "photos/dark/4.jpg" and rows[3]["kind"] == ""
    assert evaluate(run.folder, listed / "t.csv", intervals=False).rows == 18
    assert evaluate(run.folder, listed / "photos", intervals=False).rows == 20
    for column, words in (("nobody", 'no column "nobody"'), ("file", "a column .file. themselves")):
        with pytest.raises(NnctlError, match=words):
            "".join(predict(run.folder, listed / "t.csv", keep=[column]).chunks())


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("data.group=nobody", 'data.group\n  there is no column "nobody"'),
        ("data.sample_weight=v", 'data.sample_weight\n  there is no column "v"'),
        ("data.group=kind", 'column "kind" is both a target and the group'),
    ],
)
def test_columns_that_a_table_of_images_lacks_are_told(listed, override, words):
    with pytest.raises(NnctlError) as caught:
        build(load(listed / "c.yaml", overrides=[override]))
    assert words in str(caught.value)


@pytest.mark.parametrize(("key", "what"), [("group", "groups"), ("sample_weight", "weights")])
def test_a_folder_of_images_has_neither_groups_nor_weights(folder, key, what):
    with pytest.raises(NnctlError, match=f"images in a folder have no {what}"):
        build(load(folder / "c.yaml", overrides=[f"data.{key}=who"]))


@pytest.mark.parametrize("end", FORMATS)
def test_a_table_of_paths_in_any_format_is_for_every_model_of_images(folder, run, tmp_path, end):
    rows = rows_of(predict(run.folder, folder / "photos"))
    names = [str(folder / "photos" / row["file"]) for row in rows]
    kinds = [row["file"].partition("/")[0] for row in rows]
    file = tmp_path / f"t.{end}"
    write_table(file, {"path": names, "kind": kinds})
    if end == "db":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE others (a)")
    table = "rows" if end in ("db", "xlsx") else None
    told = {"features": ["path"], "table": table}
    found = rows_of(predict(run.folder, file, **told))
    assert found == [{**row, "file": name} for row, name in zip(rows, names, strict=True)]
    figures = evaluate(run.folder, file, target=["kind"], intervals=False, **told)
    assert (figures.rows, figures.metrics["accuracy"]) == (16, 1)
    key = {"db": ", table: rows", "xlsx": ", sheet: rows"}.get(end, "")
    config = CONFIG.replace("photos", f"{{file: t.{end}, images: path{key}}}\n  target: kind")
    (tmp_path / "c.yaml").write_text(config)
    examples = build(load(tmp_path / "c.yaml")).train
    expected = build(load(folder / "c.yaml")).train
    np.testing.assert_array_equal(examples.x[:], expected.x[:])
    np.testing.assert_array_equal(examples.y, expected.y)


def test_a_class_that_training_did_not_see_is_an_error(run, tmp_path):
    write_image(tmp_path / "new/dark/1.png", pixels(8, 8))
    write_image(tmp_path / "new/green/1.png", pixels(8, 8))
    with pytest.raises(NnctlError, match="green"):
        evaluate(run.folder, tmp_path / "new")


def test_other_pixels_behind_the_same_table_are_other_data(folder, tmp_path):
    for place, row in enumerate(("a", "b") * 4):
        write_image(tmp_path / f"{place}.png", pixels(8, 8, place + 9 * (row == "a")))
    names = [f"{place}.png" for place in range(8)]
    write_table(tmp_path / "t.csv", {"path": names, "kind": ["a", "b"] * 4})
    config = CONFIG.replace("photos", "{file: t.csv, images: path}\n  target: kind")
    (tmp_path / "c.yaml").write_text(config)
    run = train(tmp_path / "c.yaml", output=tmp_path / "run", epochs=1)
    seen = evaluate(run.folder, tmp_path / "t.csv", intervals=False).warnings
    assert any("these very rows" in each.message for each in seen)
    write_image(tmp_path / "3.png", pixels(8, 8, 77))
    with pytest.raises(NnctlError, match=r"data\.train\.file is not what it was"):
        resume(run.folder, epochs=2)
    assert not evaluate(run.folder, tmp_path / "t.csv", intervals=False).warnings
    digests = {part: own["sha256"] for part, own in run.results["data"].items()}
    (used,) = used_files(load(run.folder / "config.yaml"), digests)
    assert used.fault == "it has changed since the run (its SHA-256 differs)"


FOLDS = """
import sys
from pathlib import Path

from nnctl.jobs.crossval import crossval
from nnctl.reading.images import decoded
from nnctl.system import forks

decode_all = decoded.decode_all


def told(*given):
    print("decoded", flush=True)
    return decode_all(*given)


if __name__ == "__main__":
    decoded.decode_all = told
    crossval(Path(sys.argv[1]), folds=3, epochs=1, workers=2)
    print(forks.start_method())
"""


@pytest.mark.process
@pytest.mark.slow
def test_images_are_decoded_once_for_all_folds(folder, tmp_path):
    (tmp_path / "folds.py").write_text(FOLDS)
    done = run_process([sys.executable, str(tmp_path / "folds.py"), str(folder / "c.yaml")])
    assert done.returncode == 0, done.stderr
    *decodings, method = done.stdout.split()
    if method != "fork":
        pytest.skip("a process that is started anew has nothing of the one that starts it")
    assert decodings == ["decoded"]

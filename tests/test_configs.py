"""The configs of the course teach what they say."""

import csv
import gzip
import json
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from nnctl.jobs.predict import predict
from nnctl.jobs.train import train

ROOT = Path(__file__).parents[1]
DATASETS = ROOT / "datasets"
HOUSES = DATASETS / "sacramento.csv"
GENERATED = {
    "make_digits_0_or_1": ["digits-0-or-1-train.csv.gz", "digits-0-or-1-test.csv.gz"],
    "make_heartbeats": ["heartbeats.csv.gz"],
    "make_line": ["line.csv"],
    "make_spirals": ["spirals.csv"],
    "make_leaves": [str(file.relative_to(DATASETS)) for file in DATASETS.glob("leaves/*/*/*")],
    "make_street_measurements": ["street-measurements.csv"],
    "make_street_scenes": ["street-scenes.csv.gz"],
    "make_two_moons": ["two-moons.csv"],
}


SOURCES = {"make_digits_0_or_1": ["mnist-train.csv.gz", "mnist-test.csv.gz"]}


def columns(*names: str) -> np.ndarray:
    with HOUSES.open() as file:
        return np.array([[float(row[name]) for name in names] for row in csv.DictReader(file)])


def test_linear_layers_collapse_into_linear_regression(tmp_path: Path) -> None:
    run = train(ROOT / "configs/linear-collapse.yaml", output=tmp_path / "run").folder
    printed = "".join(predict(run, HOUSES).chunks()).splitlines()[1:]
    x, price = columns("beds", "baths", "sqft", "latitude", "longitude"), columns("price")
    design = np.column_stack([x, np.ones(len(x))])
    solution, *_ = np.linalg.lstsq(design, price[:, 0], rcond=None)
    np.testing.assert_allclose([float(cell) for cell in printed], design @ solution, rtol=1e-6)


def test_house_prices_are_learnt_from_text_and_numbers(tmp_path: Path) -> None:
    run = train(ROOT / "configs/house-prices.yaml", output=tmp_path / "run")
    found = run.results["validation"]
    price = columns("price")
    assert found["mae"] < 0.6 * np.abs(price - price.mean()).mean()
    assert found["r2"] > 0.6
    assert run.results["best_epoch"] < run.results["epochs"] < 200
    kept = "".join(predict(run.folder, HOUSES, keep=["zip"]).chunks()).splitlines()
    assert len(kept) == 933 and kept[1].startswith("z95838,")


@pytest.mark.slow
def test_convolutions_recognise_digits(tmp_path: Path) -> None:
    run = train(ROOT / "configs/mnist-cnn.yaml", output=tmp_path / "run")
    assert run.results["test"]["accuracy"] >= 0.955


def test_a_convolution_over_steps_tells_heartbeats_as_no_line_can(tmp_path: Path) -> None:
    run = train(ROOT / "configs/ecg-conv1d.yaml", output=tmp_path / "run")
    with np.load(run.folder / "weights.npz") as arrays:
        shapes = {name: array.shape for name, array in arrays.items()}
    assert shapes["conv1d_1/kernel"] == (20, 1, 6)  # nine places, ten apart, of 100 values
    assert shapes["conv1d_2/kernel"] == (5, 6, 6)  # three places, two apart, of nine
    assert shapes["dense_1/kernel"] == (3 * 6, 1)
    overrides = ["layers=[{type: dense, units: 1}]", "input_shape=null"]
    line = train(ROOT / "configs/ecg-conv1d.yaml", output=tmp_path / "line", overrides=overrides)
    assert line.results["validation"]["accuracy"] < 0.85
    assert 0.92 <= run.results["validation"]["accuracy"] < 1


@pytest.mark.slow
def test_one_network_answers_three_questions_about_a_scene(tmp_path: Path) -> None:
    run = train(ROOT / "configs/street-scenes.yaml", output=tmp_path / "run", epochs=14)
    assert run.results["validation"]["accuracy"] >= 0.85
    printed = "".join(predict(run.folder, DATASETS / "street-scenes.csv.gz").chunks()).splitlines()
    labels = "car,probability_car,bus,probability_bus,pedestrian,probability_pedestrian"
    assert printed[0] == labels
    found = {tuple(row.split(",")[::2]) for row in printed[1:]}
    assert len(found) == 2**3  # none of them, all of them, and all between


@pytest.mark.slow
def test_leaves_turned_and_lit_otherwise_teach_more(tmp_path: Path) -> None:
    """In a smaller size, which takes less time: the page tells of the config's own."""
    layers = yaml.safe_load((ROOT / "configs/images.yaml").read_text())["layers"]
    plain = [layer for layer in layers if not layer["type"].startswith("random_")]
    found = []
    for name, own in (("augmented", layers), ("plain", plain)):
        overrides = [f"layers={json.dumps(own)}", "data.image.image_size=[24, 24]"]
        config, folder = ROOT / "configs/images.yaml", tmp_path / name
        run = train(config, output=folder, overrides=overrides, epochs=60)
        found.append(run.results["validation"]["accuracy"])
    assert found[0] >= found[1] + 0.03
    assert found[0] >= 0.7


@pytest.mark.slow
@pytest.mark.parametrize(("script", "files"), GENERATED.items())
def test_generated_data_is_what_its_script_makes(
    script: str, files: list[str], tmp_path: Path
) -> None:
    shutil.copy(DATASETS / f"{script}.py", tmp_path)
    for source in SOURCES.get(script, []):
        shutil.copy(DATASETS / source, tmp_path)
    runpy.run_path(str(tmp_path / f"{script}.py"), run_name="__main__")
    for file in files:
        assert content(tmp_path / file) == content(DATASETS / file)


def test_every_script_of_the_data_is_run_above() -> None:
    assert {path.stem for path in DATASETS.glob("make_*.py")} == set(GENERATED) > set(SOURCES)


def content(path: Path) -> bytes:
    """What a file says; how well it is packed depends on the zlib at hand."""
    if path.suffix == ".png":
        with Image.open(path) as image:
            return image.tobytes()
    packed = path.read_bytes()
    return gzip.decompress(packed) if path.suffix == ".gz" else packed

"""The configs of the course teach what they say."""

import csv
from pathlib import Path

import numpy as np

from nnctl.jobs.predict import predict
from nnctl.jobs.train import train

ROOT = Path(__file__).parents[1]
HOUSES = ROOT / "datasets/sacramento.csv"


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

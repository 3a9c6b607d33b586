"""A browser for all tests of the page, and a page of all shipped configs."""

import gzip
from pathlib import Path

import pytest

from nnctl.config import load
from nnctl.jobs.playground import playground
from nnctl.jobs.train import train
from tests.report.browser import installed_browser

CONFIGS = Path(__file__).parents[2] / "configs"
OTHERS = {"house-prices-tune"}  # it has the model of another
SHIPPED = sorted({path.stem for path in CONFIGS.glob("*.yaml")} - OTHERS)
ROWS = 60


@pytest.fixture(scope="module")
def browser():
    with installed_browser() as started:
        yield started


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Each shipped config, trained for an epoch on a few of its rows."""
    folder = tmp_path_factory.mktemp("runs")
    return {name: trained_on_few(name, folder) for name in SHIPPED}


def trained_on_few(name: str, folder: Path) -> Path:
    config = CONFIGS / f"{name}.yaml"
    given = CONFIGS / load(config).data.train
    if given.is_dir():
        return train(config, epochs=1, output=folder / name).folder
    with gzip.open(given, "rt") if given.suffix == ".gz" else given.open() as file:
        head, *rows = file.readlines()
    few = folder / f"{name}.csv"
    few.write_text(head + "".join(rows[:: max(1, len(rows) // ROWS)]))
    overrides = [f"data.train={few}", "data.test=null"]
    return train(config, epochs=1, overrides=overrides, output=folder / name).folder


@pytest.fixture(scope="session")
def all_of_them(runs, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    return playground(list(runs.values()), output=path).path


@pytest.fixture
def page(all_of_them, browser):
    """One page of them all, opened."""
    if browser.run("location.href") != all_of_them.as_uri():
        browser.open(all_of_them, 1280, "light")
    return browser

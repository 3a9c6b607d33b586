"""The benchmark on tables: splits, scores, what they come to, and nnctl's own part in it."""

import re

import numpy as np
import pytest

from tests.benchmarks.tables.methods import METHODS, nnctl, predictions, sorted_classes
from tests.benchmarks.tables.page import NAMES, tables_page
from tests.benchmarks.tables.results import Results, errors_to_best, key_of, ranks
from tests.benchmarks.tables.scores import scores
from tests.benchmarks.tables.tables import DATASETS, TABLES, Rows, Table, columns, read, split

SEEDS = (0, 1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_fifth_of_the_rows_is_held_out_and_each_row_once(name: str) -> None:
    table = TABLES[name]
    whole = sorted(map(tuple, read(table).cells))
    train, test = split(table, 1)
    assert len(test.cells) == -(-len(whole) // 5)
    assert sorted([*map(tuple, train.cells), *map(tuple, test.cells)]) == whole


@pytest.mark.parametrize("name", [name for name in TABLES if TABLES[name].task != "regression"])
def test_both_parts_have_the_same_share_of_each_class(name: str) -> None:
    table = TABLES[name]
    train, test = (part.column(table.target) for part in split(table, 0))
    for label in set(train):
        share = float((train == label).mean())
        assert abs(float((test == label).mean()) - share) <= 1 / len(test) + 3e-3


def test_another_seed_holds_out_other_rows() -> None:
    first, second = (split(TABLES["insurance"], seed)[1].cells for seed in (0, 1))
    assert first.tolist() != second.tolist()


def test_each_shipped_table_is_described_with_its_size() -> None:
    page = (DATASETS / "README.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)\.csv\.gz` \| ([\d,]+ × \d+) \|", page, re.MULTILINE))
    there = {name: read(table) for name, table in TABLES.items() if "tables/" in table.file}
    assert told == {
        name: f"{len(rows.cells):,} × {len(rows.header) - 1}" for name, rows in there.items()
    }
    assert {path.name for path in (DATASETS / "tables").iterdir()} == {
        f"{name}.csv.gz" for name in there
    }


def test_columns_are_numbers_or_text_by_the_rows_that_train() -> None:
    cells = [[str(k), f"{k / 8}" if k else "", "ab"[k % 2], "same", f"id-{k}"] for k in range(20)]
    rows = Rows(("y", "size", "kind", "constant", "name"), np.array(cells, dtype=object))
    assert columns(rows, "y") == (["size"], ["kind"])


def test_scores_are_those_of_their_definitions() -> None:
    truth = np.array(["b", "a", "b"])
    shares = np.array([[0.2, 0.8], [0.7, 0.3], [0.6, 0.4]])
    found = scores("binary", truth, shares, ["a", "b"])
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["auc"] == pytest.approx(1)
    assert found["log_loss"] == pytest.approx(-np.log([0.8, 0.7, 0.4]).mean())
    assert scores("binary", truth, shares[:, ::-1], ["b", "a"]) == found
    numbers = scores("regression", np.array(["1", "2", "6"]), np.array([2.0, 2, 5]), None)
    assert numbers == pytest.approx({"r2": 1 - 2 / 14, "rmse": (2 / 3) ** 0.5})


def test_a_class_that_no_training_row_has_counts_as_wrong() -> None:
    truth = np.array(["a", "c"])
    found = scores("multiclass", truth, np.array([[0.9, 0.1], [0.5, 0.5]]), ["a", "b"])
    assert found["accuracy"] == 0.5
    assert found["log_loss"] == pytest.approx(-(np.log(0.9) + np.log(1e-7)) / 2, rel=1e-5)


def test_ranks_share_places_and_begin_with_the_greatest() -> None:
    assert ranks(np.array([[3.0, 1, 2], [5, 5, 1]])).tolist() == [1.25, 2.25, 2.5]


def test_an_error_is_compared_with_the_best_other_tool() -> None:
    runs = {
        key_of("insurance", seed, method): {"r2": value}
        for seed in SEEDS
        for method, value in (("nnctl", 0.79), ("linear", 0.59), ("mlp", 0.89))
    }
    found = errors_to_best(Results(runs), ("nnctl", "linear", "mlp"))
    assert found == {"insurance": pytest.approx(0.22 / 0.12)}


def test_classes_that_are_numbers_are_sorted_as_numbers() -> None:
    assert sorted_classes(np.array(["10", "9", "10"])) == ["9", "10"]
    assert sorted_classes(np.array(["10", "x"])) == ["10", "x"]


def test_predictions_are_read_by_kind_of_task() -> None:
    two = predictions(TABLES["telco"], [{"prediction": "No", "probability": "0.25"}], ["No", "Yes"])
    assert (two[0], two[1].tolist()) == (["No", "Yes"], [[0.75, 0.25]])
    row = {"prediction": "x", "probability_x": "0.5", "probability_y": "0.3", "probability_z": ".2"}
    more = predictions(TABLES["car"], [row], ["x", "y", "z"])
    assert (more[0], more[1].tolist()) == (["x", "y", "z"], [[0.5, 0.3, 0.2]])
    assert predictions(TABLES["bike"], [{"cnt": "7.5"}], [])[1].tolist() == [7.5]


@pytest.mark.slow
@pytest.mark.process
def test_nnctl_learns_a_table_by_its_commands() -> None:
    draw = np.random.default_rng(3)
    x = draw.normal(size=(160, 2)).round(3)
    cells = [[f"{a:g}", f"{b:g}", "yes" if a > b else "no"] for a, b in x]
    rows = Rows(("a", "b", "more"), np.array(cells, dtype=object))
    train, test = Rows(rows.header, rows.cells[:120]), Rows(rows.header, rows.cells[120:])
    table = Table("made", "", "more", "binary")
    classes, shares = nnctl(table, 0, train, test.without("more"))
    found = scores("binary", test.column("more"), shares, classes)
    assert found["auc"] > 0.97


def test_every_method_was_measured_on_every_table_and_split() -> None:
    assert list(NAMES) == list(METHODS)
    wanted = {key_of(name, seed, method) for name in TABLES for seed in SEEDS for method in METHODS}
    assert set(Results.load().runs) == wanted


def test_the_readme_has_the_figures_of_the_page() -> None:
    readme = " ".join((DATASETS.parent / "README.md").read_text().split())
    row = next(line for line in tables_page().splitlines() if line.startswith("| mean rank, "))
    ranks_of = dict(zip(METHODS, map(str.strip, row.strip("|").split("|")[1:]), strict=True))
    assert f"best mean rank: {ranks_of['nnctl']}, CatBoost {ranks_of['catboost']}," in readme
    assert f"HistGradientBoosting {ranks_of['hgb']}, LightGBM {ranks_of['lightgbm']}." in readme
    assert float(ranks_of["nnctl"]) == min(map(float, ranks_of.values()))

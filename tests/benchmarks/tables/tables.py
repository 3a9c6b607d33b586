"""The tables: where they lie, what is predicted of them, and how they are split."""

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

Task = Literal["binary", "multiclass", "regression"]
DATASETS = Path(__file__).parents[3] / "datasets"
HELD_OUT = 0.2
FEWEST_TO_STRATIFY = 5  # rows of a class; rarer ones go with the commonest
MOST_KINDS = 0.5  # distinct texts a row, beyond which a column names its rows


@dataclass(frozen=True)
class Table:
    """One table: its file below `datasets/`, its target, and what kind of target that is."""

    name: str
    file: str
    target: str
    task: Task


TABLES = {
    table.name: table
    for table in (
        Table("german_credit", "tables/german_credit.csv.gz", "default", "binary"),
        Table("telco", "tables/telco.csv.gz", "Churn", "binary"),
        Table("bank", "tables/bank.csv.gz", "y", "binary"),
        Table("spambase", "tables/spambase.csv.gz", "class", "binary"),
        Table("car", "tables/car.csv.gz", "class", "multiclass"),
        Table("wine_quality", "tables/wine_quality.csv.gz", "quality", "multiclass"),
        Table("abalone", "tables/abalone.csv.gz", "rings", "regression"),
        Table("california", "tables/california.csv.gz", "median_house_value", "regression"),
        Table("insurance", "tables/insurance.csv.gz", "charges", "regression"),
        Table("bike", "tables/bike.csv.gz", "cnt", "regression"),
        Table("breast_cancer", "breast-cancer.csv", "diagnosis", "binary"),
        Table("sacramento", "sacramento.csv", "price", "regression"),
    )
}


@dataclass(frozen=True)
class Rows:
    """Some rows of a table as they are written: a text for each cell, empty for a gap."""

    header: tuple[str, ...]
    cells: np.ndarray  # (rows, columns) of str objects

    def column(self, name: str) -> np.ndarray:
        """The cells of one column, shape (rows,)."""
        return self.cells[:, self.header.index(name)]

    def without(self, name: str) -> "Rows":
        """The same rows, less one column."""
        keep = [place for place, other in enumerate(self.header) if other != name]
        return Rows(tuple(self.header[place] for place in keep), self.cells[:, keep])

    def write(self, path: Path) -> None:
        """Writes the rows as a CSV file."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(self.header)
            writer.writerows(self.cells)


def read(table: Table) -> Rows:
    """The whole of a table, no cell changed."""
    path = DATASETS / table.file
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return Rows(tuple(header), np.array(rows, dtype=object))


def split(table: Table, seed: int) -> tuple[Rows, Rows]:
    """The part that trains and the fifth that is held out, stratified by class."""
    from sklearn.model_selection import train_test_split

    whole = read(table)
    strata = None
    if table.task != "regression":
        labels = whole.column(table.target)
        classes, first, counts = np.unique(labels, return_index=True, return_counts=True)
        order = np.lexsort((first, -counts))
        commonest = classes[order[0]]
        rare = classes[counts < FEWEST_TO_STRATIFY]
        strata = np.where(np.isin(labels, rare), commonest, labels)
    train, test = train_test_split(
        np.arange(len(whole.cells)), test_size=HELD_OUT, random_state=seed, stratify=strata
    )
    return Rows(whole.header, whole.cells[train]), Rows(whole.header, whole.cells[test])


def numbers_of(texts: np.ndarray) -> np.ndarray | None:
    """A column's cells as float64 with NaN for gaps, or None where one is no number."""
    try:
        return np.array([float(text) if text else np.nan for text in texts])
    except ValueError:
        return None


def columns(train: Rows, target: str) -> tuple[list[str], list[str]]:
    """The columns of numbers and of text that the other tools are given.

    Left out are columns of one value, and text that all but names its rows.
    """
    numbers, texts = [], []
    for name in train.header:
        if name == target:
            continue
        cells = train.column(name)
        known = cells[cells != ""]
        kinds = len(set(known))
        if kinds < 2 and not (kinds == 1 and len(known) < len(cells)):
            continue
        if numbers_of(known) is not None:
            numbers.append(name)
        elif kinds <= MOST_KINDS * len(known):
            texts.append(name)
    return numbers, texts

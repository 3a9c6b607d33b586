"""What is compared: each method learns from rows and predicts others, its defaults unchanged.

A method takes the table, the split's seed, the rows that train and the rows to predict (without
their target) and gives the classes, or None, and the predictions: probabilities in the order of the
classes, or numbers.
"""

import csv
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.tables.tables import Rows, Table, columns, numbers_of

Predictions = tuple[list[str] | None, np.ndarray]
Method = Callable[[Table, int, Rows, Rows], Predictions]
GAP = "(missing)"
MOST_CATEGORIES = 255  # that scikit-learn's boosting takes; wider columns are given as numbers


# nnctl ------------------------------------------------------------------------------------------


def nnctl(table: Table, seed: int, train: Rows, test: Rows) -> Predictions:
    """`nnctl init`, `train` and `predict`, with the config as `init` wrote it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train.write(folder / "table.csv")
        test.write(folder / "new.csv")
        command("init", "table.csv", "--target", table.target, folder=folder)
        printed = command("train", "table.yaml", "--json", "--quiet", folder=folder)
        weights = json.loads(printed)["weights"]
        command("predict", weights, "new.csv", "-o", "predictions.csv", folder=folder)
        with (folder / "predictions.csv").open(newline="", encoding="utf-8") as file:
            found = list(csv.DictReader(file))
    return predictions(table, found, sorted_classes(train.column(table.target)))


def command(*words: str, folder: Path) -> str:
    """What a command printed. Raises `RuntimeError` with its messages where it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "nnctl", *words], cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"nnctl {' '.join(words)}: {done.returncode}: {done.stderr[-1500:]}")
    return done.stdout


def predictions(table: Table, rows: list[dict[str, str]], classes: list[str]) -> Predictions:
    """The columns of a table of predictions, as arrays."""
    if table.task == "regression":
        return None, np.array([float(row[table.target]) for row in rows])
    if "probability" in rows[0]:
        second = np.array([float(row["probability"]) for row in rows])
        return classes, np.column_stack([1 - second, second])
    names = [name for name in rows[0] if name.startswith("probability_")]
    found = np.array([[float(row[name]) for name in names] for row in rows])
    return [name.removeprefix("probability_") for name in names], found


def sorted_classes(labels: np.ndarray) -> list[str]:
    """The distinct labels in sorted order, numbers as numbers."""
    kinds = sorted(set(labels))
    return sorted(kinds, key=float) if numbers_of(np.array(kinds)) is not None else kinds


# What the other tools are given -----------------------------------------------------------------


@dataclass(frozen=True)
class Typed:
    """Columns by kind: numbers (rows, n) with NaN for gaps, texts (rows, m) of str."""

    numbers: np.ndarray
    texts: np.ndarray


def typed(table: Table, train: Rows, test: Rows) -> tuple[Typed, Typed]:
    """Both parts with the columns that the training part decides."""
    numbers, texts = columns(train, table.target)

    def one(rows: Rows) -> Typed:
        found = [numbers_of(rows.column(name)) for name in numbers]
        words = [np.where(rows.column(name) == "", GAP, rows.column(name)) for name in texts]
        size = len(rows.cells)
        return Typed(
            np.column_stack([column for column in found if column is not None])
            if numbers
            else np.zeros((size, 0)),
            np.column_stack(words) if texts else np.zeros((size, 0), object),
        )

    return one(train), one(test)


def coded(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts as the training part's codes, NaN for a new one, and the number of codes a column."""
    from sklearn.preprocessing import OrdinalEncoder

    if not train.shape[1]:
        return train.astype(float), test.astype(float), np.zeros(0, int)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan).fit(train)
    kinds = np.array([len(found) for found in encoder.categories_])
    return encoder.transform(train), encoder.transform(test), kinds


def dense(train: Typed, test: Typed) -> tuple[np.ndarray, np.ndarray]:
    """Numbers with their mean for gaps and standardized, texts one-hot."""
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    parts = []
    if train.numbers.shape[1]:
        scaled = make_pipeline(SimpleImputer(), StandardScaler()).fit(train.numbers)
        parts.append((scaled.transform(train.numbers), scaled.transform(test.numbers)))
    if train.texts.shape[1]:
        hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(train.texts)
        parts.append((hot.transform(train.texts), hot.transform(test.texts)))
    learnt, held = zip(*parts, strict=True)
    return np.hstack(learnt), np.hstack(held)


def answer(model: Any, inputs: np.ndarray, *, is_number: bool) -> Predictions:
    """A fitted model's predictions."""
    if is_number:
        return None, np.asarray(model.predict(inputs), float)
    return [str(label) for label in model.classes_], model.predict_proba(inputs)


# scikit-learn -----------------------------------------------------------------------------------


def on_dense_inputs(classifier: Callable[[int], Any], regressor: Callable[[int], Any]) -> Method:
    """A method of scikit-learn that takes numbers alone; targets are standardized for it."""

    def method(table: Table, seed: int, train: Rows, test: Rows) -> Predictions:
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.preprocessing import StandardScaler

        inputs, held = dense(*typed(table, train, test))
        target = train.column(table.target)
        if table.task == "regression":
            model = TransformedTargetRegressor(regressor(seed), transformer=StandardScaler())
            return answer(model.fit(inputs, target.astype(float)), held, is_number=True)
        return answer(classifier(seed).fit(inputs, target.astype(str)), held, is_number=False)

    return method


def logistic(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=2000)


def ridge(seed: int) -> Any:
    from sklearn.linear_model import Ridge

    return Ridge()


def mlp_classifier(seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(random_state=seed)


def mlp_regressor(seed: int) -> Any:
    from sklearn.neural_network import MLPRegressor

    return MLPRegressor(random_state=seed)


def hist_gradient_boosting(table: Table, seed: int, train: Rows, test: Rows) -> Predictions:
    """scikit-learn's boosted trees; columns of too many categories are given as numbers."""
    from sklearn import ensemble

    learnt, held = typed(table, train, test)
    codes, held_codes, kinds = coded(learnt.texts, held.texts)
    inputs = np.hstack([learnt.numbers, codes])
    is_category = np.r_[np.zeros(learnt.numbers.shape[1], bool), kinds <= MOST_CATEGORIES]
    is_number = table.task == "regression"
    kind = "HistGradientBoostingRegressor" if is_number else "HistGradientBoostingClassifier"
    model = getattr(ensemble, kind)(random_state=seed, categorical_features=is_category)
    target = train.column(table.target).astype(float if is_number else str)
    model.fit(inputs, target)
    return answer(model, np.hstack([held.numbers, held_codes]), is_number=is_number)


# Others, where they are installed ---------------------------------------------------------------


def lightgbm(table: Table, seed: int, train: Rows, test: Rows) -> Predictions:
    import lightgbm as package

    learnt, held = typed(table, train, test)
    codes, held_codes, _ = coded(learnt.texts, held.texts)
    width = learnt.numbers.shape[1]
    categories = list(range(width, width + codes.shape[1]))
    is_number = table.task == "regression"
    kind = package.LGBMRegressor if is_number else package.LGBMClassifier
    model = kind(random_state=seed, n_jobs=1, verbose=-1)
    target = train.column(table.target).astype(float if is_number else str)
    model.fit(np.hstack([learnt.numbers, codes]), target, categorical_feature=categories)
    return answer(model, np.hstack([held.numbers, held_codes]), is_number=is_number)


def catboost(table: Table, seed: int, train: Rows, test: Rows) -> Predictions:
    import catboost as package

    learnt, held = typed(table, train, test)
    width = learnt.numbers.shape[1]
    categories = list(range(width, width + learnt.texts.shape[1]))
    is_number = table.task == "regression"
    kind = package.CatBoostRegressor if is_number else package.CatBoostClassifier
    model = kind(
        random_seed=seed,
        thread_count=1,
        verbose=0,
        allow_writing_files=False,
        cat_features=categories,
    )
    inputs = np.hstack([learnt.numbers.astype(object), learnt.texts])
    target = train.column(table.target).astype(float if is_number else str)
    model.fit(inputs, target)
    held_inputs = np.hstack([held.numbers.astype(object), held.texts])
    return answer(model, held_inputs, is_number=is_number)


METHODS: dict[str, Method] = {
    "nnctl": nnctl,
    "linear": on_dense_inputs(logistic, ridge),
    "mlp": on_dense_inputs(mlp_classifier, mlp_regressor),
    "hgb": hist_gradient_boosting,
    "lightgbm": lightgbm,
    "catboost": catboost,
}
PACKAGES = {"nnctl": "nnctl", "lightgbm": "lightgbm", "catboost": "catboost"}  # else scikit-learn
ONE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NNCTL_THREADS")
}


def installed(method: str) -> bool:
    """Whether the package that a method needs is here."""
    return importlib.util.find_spec(PACKAGES.get(method, "sklearn")) is not None


def one_thread() -> dict[str, str]:
    """The environment of a process that may use one core."""
    return os.environ | ONE_THREAD

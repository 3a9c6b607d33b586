"""`predict`: one row for each row, in the targets' own unit, with what is carried along."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.errors import ArgumentError, NnctlError
from nnctl.jobs.predict import CELL, Predictions, predict
from nnctl.jobs.train import train

ROOT = Path(__file__).parents[2]
HOUSES = ROOT / "datasets/sacramento.csv"


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    """A run with text columns and a scaled target, under `missing: drop`."""
    folder = tmp_path_factory.mktemp("runs") / "houses"
    config = ROOT / "configs/house-prices.yaml"
    return train(config, output=folder, epochs=3, overrides=["data.missing=drop"]).folder


@pytest.fixture(scope="module")
def flowers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "flowers"
    return train(ROOT / "configs/softmax-regression.yaml", output=folder, epochs=3).folder


def table(run, source, **options):
    """The rows of the predictions, and what the user is told."""
    told = []
    text = "".join(predict(run, source, warn=told.append, **options).chunks())
    return list(csv.reader(io.StringIO(text))), told


def stream(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return io.BytesIO(text.getvalue().encode())


def house_rows():
    with HOUSES.open() as file:
        return list(csv.reader(file))


def test_regression_is_in_the_targets_own_unit(houses, tmp_path):
    rows, _ = table(houses, HOUSES)
    assert rows[0] == ["price"] and len(rows) == 933
    prices = np.array([float(row[0]) for row in rows[1:]])
    assert 50_000 < np.median(prices) < 500_000
    built = build(load(houses / "config.yaml"), init_weights=houses)
    figures = built.model.evaluator.figures(built.validation)
    scaling = built.prepared.preprocessing.targets.scaling
    outputs = built.model(built.validation.x) * scaling.divisor + scaling.shift
    truth = built.validation.y * scaling.divisor + scaling.shift
    assert figures["mae"] == pytest.approx(np.abs(outputs - truth).mean(), rel=1e-5)
    assert set(outputs.astype(np.float32).ravel()) <= set(prices.astype(np.float32))


def test_columns_are_carried_along_as_they_are_written(houses):
    rows, _ = table(houses, HOUSES, keep=["zip", "city"])
    assert rows[0] == ["zip", "city", "price"]
    assert [row[:2] for row in rows[1:]] == [[row[1], row[0]] for row in house_rows()[1:]]


def test_a_kept_column_must_not_be_taken_for_a_prediction(houses, flowers):
    with pytest.raises(NnctlError, match='--keep price: the predictions have a column "price"'):
        predict(houses, HOUSES, keep=["price"])
    with pytest.raises(NnctlError, match='there is no column "id"'):
        table(flowers, ROOT / "datasets/iris.csv", keep=["id"])


def test_rows_that_cannot_be_predicted_keep_their_places(houses):
    rows = house_rows()[:6]
    rows[2][2] = ""
    rows[4][0] = "NA"
    made, told = table(houses, stream(rows), keep=["zip"])
    assert [row[1] == "" for row in made[1:]] == [False, True, False, True, False]
    assert [row[0] for row in made[1:]] == [row[1] for row in rows[1:]]
    (warning,) = told
    assert (warning.file, warning.message) == (
        "stdin", "2 of 5 rows have missing values; left out",
    )  # fmt: skip
    made, told = table(houses, stream([rows[0], rows[2], rows[4]]))
    assert made[1:] == [[""], [""]] and told[0].message.startswith("2 of 2 rows")


def test_a_category_first_seen_is_told_once(houses):
    rows = house_rows()[:3]
    rows[1][0] = rows[2][0] = "ATLANTIS"
    made, told = table(houses, stream(rows))
    assert len(made) == 3
    (warning,) = told
    assert "'ATLANTIS'" in warning.message and warning.path == "column city"


def test_a_threshold_is_for_binary_predictions(flowers):
    with pytest.raises(ArgumentError, match="--threshold is for binary predictions"):
        predict(flowers, HOUSES, threshold=0.3)


@pytest.mark.slow
@given(data=st.data())
def test_a_table_in_any_layout_is_predicted_to_the_last_digit(flowers, tmp_path_factory, data):
    """Written again (digits, quotes, order, line ends, tabs, arrays), or row by row: the same."""
    with (ROOT / "datasets/iris.csv").open() as file:
        rows = list(csv.reader(file))
    chosen = data.draw(st.lists(st.sampled_from(rows[1:]), min_size=1, max_size=8))
    numbers = data.draw(
        st.lists(
            st.lists(st.floats(-1e4, 1e4), min_size=4, max_size=4),
            min_size=len(chosen),
            max_size=len(chosen),
        )
    )
    folder = tmp_path_factory.mktemp("tables")
    names = rows[0][:4]
    plain = folder / "a.csv"
    with plain.open("w") as file:
        csv.writer(file).writerows([names, *numbers])
    expected, _ = table(flowers, plain)
    order = data.draw(st.permutations(range(4)))
    with (folder / "b.tsv").open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow([names[k] for k in order])
        writer.writerows([[f" {row[k]:.17e} " for k in order] for row in numbers])
    assert table(flowers, folder / "b.tsv")[0] == expected
    np.savez(folder / "c.npz", x=np.array(numbers))
    assert table(flowers, folder / "c.npz")[0] == expected
    alone = [table(flowers, stream([names, row]))[0][1] for row in numbers]
    assert [expected[0], *alone] == expected


def test_what_predict_wrote_reads_back_to_the_same_numbers(flowers):
    run = load(flowers / "config.yaml")
    built = build(run, init_weights=flowers)
    rows, _ = table(flowers, ROOT / "datasets/iris.csv")
    printed = np.array([[np.float32(cell) for cell in row[1:]] for row in rows[1:]])
    x = np.array([[float(c) for c in r] for r in map(lambda r: r[:4], iris_rows())])
    scaled = built.prepared.preprocessing.inputs.scaling.apply(x).astype(np.float32)
    logits = built.model(scaled)
    np.testing.assert_array_equal(printed, np.asarray(built.model.loss.output_activation(logits)))


def iris_rows():
    with (ROOT / "datasets/iris.csv").open() as file:
        return list(csv.reader(file))[1:]


def test_idx_files_are_predicted_too(tmp_path):
    from tests.reading.test_idx import packed

    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (12, 2, 2), np.uint8)
    (tmp_path / "images").write_bytes(packed(8, images.shape, images.tobytes()))
    (tmp_path / "labels").write_bytes(packed(8, (12,), bytes([0, 1] * 6)))
    config = {
        "data": {"train": {"features": "images", "target": "labels"}},
        "input_shape": [4],
        "layers": [{"type": "dense", "units": 1}],
        "loss": {"type": "binary_crossentropy", "from_logits": True},
        "optimizer": "sgd",
        "epochs": 1,
    }
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    run = train(tmp_path / "c.yaml", output=tmp_path / "run").folder
    expected, _ = table(run, tmp_path / "images")
    assert len(expected) == 13
    rows = [["a", "b", "c", "d"], *images.reshape(12, 4).tolist()]
    assert table(run, stream(rows))[0] == expected


@pytest.mark.parametrize("block", [1, 1 << 12, 1 << 30])
@pytest.mark.parametrize("run", ["houses", "flowers"])
def test_the_text_is_the_same_however_many_rows_are_in_hand(run, block, request, monkeypatch):
    source = HOUSES if run == "houses" else ROOT / "datasets/iris.csv"
    keep = {"houses": ["zip"], "flowers": ["species"]}[run]
    told = []
    options = {"keep": keep, "warn": told.append}
    expected = "".join(predict(request.getfixturevalue(run), source, **options).chunks())
    monkeypatch.setattr("nnctl.training.blocks.BLOCK_BYTES", block)
    chunks = list(predict(request.getfixturevalue(run), source, **options).chunks())
    assert "".join(chunks) == expected
    assert told[: len(told) // 2] == told[len(told) // 2 :]
    lines = {chunk.count("\n") for chunk in chunks[1:]}
    assert (lines == {1}) == (block == 1)


def test_rows_in_hand_are_chosen_by_all_that_becomes_of_them(flowers, monkeypatch):
    """By inputs and outputs those that are predicted together, by their text those of a chunk."""
    taken, rows, names = [], Predictions.rows, iris_names()
    monkeypatch.setattr(
        Predictions, "rows", lambda self, batch: taken.append(len(batch)) or rows(self, batch)
    )
    block, numbers, cells = 512, 4 + 2 * 3, 1 + 3
    monkeypatch.setattr("nnctl.training.blocks.BLOCK_BYTES", 2 * block * numbers * 4 + 100)
    chunks = list(predict(flowers, stream([names, *[[5, 3, 2, 1]] * 2500])).chunks())
    assert taken == [2 * block, 2 * block, 2500 - 4 * block]
    size = (2 * block * numbers * 4 + 100) // (cells * CELL)
    assert [chunk.count("\n") for chunk in chunks][:3] == [1, size, 2 * block - size]


def iris_names():
    with (ROOT / "datasets/iris.csv").open() as file:
        return next(csv.reader(file))[:4]

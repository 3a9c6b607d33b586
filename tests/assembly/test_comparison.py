"""What a model's predictions are held against, counted pair by pair."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nnctl.assembly import comparison
from nnctl.assembly.comparison import (
    MOST_CLASSES,
    Confusion,
    Guesses,
    baselines,
    block_guesses,
    deviation,
    guesses_for,
    predictions_by_block,
    predictions_for,
    spread_by_block,
)
from nnctl.assembly.trained import Trained, load_trained
from nnctl.data.targets import Targets
from nnctl.jobs.train import train
from nnctl.training import blocks
from nnctl.training.ensemble import WIDENED, Ensemble
from nnctl.training.step import Examples

LABELS = ("ape", "bee", "cat", "dog")


@pytest.fixture
def guesses(generator: np.random.Generator) -> Guesses:
    truth, guess = generator.integers(0, len(LABELS), (2, 200))
    return Guesses(truth, guess, generator.random(200))


def test_the_matrix_counts_rows_by_truth_and_guess(guesses: Guesses) -> None:
    counts = Counter(zip(guesses.truth.tolist(), guesses.guess.tolist(), strict=True))
    confusion = Confusion.of(LABELS, guesses)
    assert confusion.matrix == [[counts[a, b] for b in range(4)] for a in range(4)]
    assert confusion.rows.sum() == 200


def test_the_commonest_confusions_come_first_and_hits_are_none(guesses: Guesses) -> None:
    confusion = Confusion.of(LABELS, guesses)
    counts = Counter(
        (LABELS[a], LABELS[b])
        for a, b in zip(guesses.truth.tolist(), guesses.guess.tolist(), strict=True)
        if a != b
    )
    found = confusion.commonest(5)
    assert [rows for *_, rows in found] == sorted(counts.values(), reverse=True)[:5]
    assert all(counts[truth, guess] == rows for truth, guess, rows in found)
    right = Confusion.of(LABELS, Guesses(guesses.truth, guesses.truth, guesses.probability))
    assert right.commonest(5) == []


@pytest.mark.parametrize("classes", [MOST_CLASSES, MOST_CLASSES + 1])
def test_of_too_many_classes_there_are_pairs_and_no_matrix(classes: int) -> None:
    rows = np.arange(classes)
    guesses = Guesses(rows, rows[::-1], np.ones(classes))
    confusion = Confusion.of([f"c{k}" for k in rows], guesses)
    assert (confusion.matrix is None) == (classes > MOST_CLASSES)
    assert len(confusion.rows) == classes and confusion.commonest(1) == [
        ("c0", f"c{classes - 1}", 1)
    ]


def test_units_beyond_the_classes_are_never_guessed() -> None:
    predictions = np.array([[0.1, 0.3, 0.6], [0.7, 0.2, 0.1]])
    found = block_guesses("multiclass", 2, np.array([1, 1]), predictions)
    assert [part.tolist() for part in found] == [[1, 1], [1, 0], [0.3, 0.2]]


def test_of_two_classes_the_first_has_what_the_second_lacks() -> None:
    found = block_guesses("binary", 2, np.array([[0.0], [1.0]]), np.array([[0.2], [0.3]]))
    assert [part.tolist() for part in found] == [[0, 1], [0, 0], [0.8, 0.3]]


@pytest.fixture
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("kinds")
    rows = "".join(f"{k % 7},{k % 5},{LABELS[k % 4]}\n" for k in range(60))
    (folder / "t.csv").write_text("a,b,kind\n" + rows)
    (folder / "c.yaml").write_text(
        "data: {train: t.csv, target: kind}\nlayers: [{type: dense, units: 4}]\n"
        "loss: {type: sparse_categorical_crossentropy, from_logits: true}\n"
        "optimizer: adam\nepochs: 1\n"
    )
    return load_trained(train(folder / "c.yaml", output=folder / "run").folder)


def test_predictions_come_block_by_block(trained: Trained, generator: np.random.Generator) -> None:
    x = generator.normal(size=(1300, 2)).astype(np.float32)
    y = generator.integers(0, 4, 1300)
    found = list(predictions_by_block(trained, x))
    assert [rows.stop - rows.start for rows, _ in found] == [512, 512, 276]
    whole = predictions_for(trained, x)
    logits = trained.model.predict(x)
    np.testing.assert_array_equal(whole, trained.model.loss.output_activation(logits))
    for rows, predictions in found:
        np.testing.assert_array_equal(predictions, whole[rows])
    guesses = guesses_for(trained, Examples(x, y))
    np.testing.assert_array_equal(guesses.guess, whole.argmax(axis=1))
    np.testing.assert_array_equal(guesses.probability, whole[np.arange(1300), y])


def test_of_many_members_few_rows_are_widened_together(
    trained: Trained, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a deviation takes grows neither with the members nor with the outputs."""
    members = [load_trained(Path(trained.file).parent).model for _ in range(5)]
    for member in members:
        member.vector[:] = generator.normal(size=member.vector.shape)
    several = trained._replace(model=Ensemble(members))
    x = generator.normal(size=(100, 2)).astype(np.float32)
    (whole,) = spread_by_block(several, x)
    assert (whole[2] > 0).all()
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 5 * 4 * WIDENED * 40)
    parts = list(spread_by_block(several, x))
    assert [rows.stop - rows.start for rows, *_ in parts] == [32, 32, 32, 4]
    assert parts[-1][0] == slice(96, 100)
    for place in (1, 2):
        np.testing.assert_array_equal(np.concatenate([part[place] for part in parts]), whole[place])


@pytest.mark.parametrize("width", [1, 3])
def test_a_deviation_does_not_depend_on_the_rows_beside(
    width: int, generator: np.random.Generator
) -> None:
    each = generator.normal(size=(40, 9, width))
    together = deviation(each)
    np.testing.assert_allclose(together, each.std(axis=0), rtol=1e-12)
    for row in range(9):
        own = slice(row, row + 1)
        np.testing.assert_array_equal(deviation(each[:, own]), together[own])


@pytest.mark.parametrize(
    ("size", "dtype"), [(1.0, "float32"), (1e-38, "float32"), (3e38, "float32"), (1e300, "float64")]
)
def test_baselines_of_numbers_of_any_size(size: float, dtype: str) -> None:
    y = (np.linspace(0.1, 1, 40)[:, None] * size).astype(dtype)
    found = baselines("regression", Targets(("t",), "regression", dtype), y)
    apart = np.abs(y.astype(np.float64) - y.mean(dtype=np.float64))
    assert found["mae"] == pytest.approx(apart.mean(), rel=1e-6)
    assert found["rmse"] == (pytest.approx(apart.std(mean=0), rel=1e-6) if size < 1e150 else np.inf)


@pytest.mark.parametrize("at_once", [3, 1 << 20])
def test_guessing_the_mean_is_judged_part_by_part(at_once, monkeypatch):
    monkeypatch.setattr(comparison, "ROWS_AT_ONCE", at_once)
    y = np.array([[1, 10], [2, 20], [3, 60], [6, 30]], np.float32)
    found = baselines("regression", Targets(("a", "b"), "regression", "float32"), y)
    apart = y - y.mean(axis=0)
    assert found["mae"] == pytest.approx(np.abs(apart).mean(), rel=1e-6)
    assert found["mse"] == pytest.approx(np.square(apart).mean(), rel=1e-6)
    assert found["rmse"] ** 2 == pytest.approx(found["mse"]) and found["r2"] == 0

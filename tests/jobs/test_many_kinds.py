"""Jobs on a table with a column of many kinds, whose inputs a model takes as a choice of rows."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnctl.advice import column_checks
from nnctl.assembly.build import build
from nnctl.assembly.trained import load_trained
from nnctl.config import load
from nnctl.errors import NnctlError
from nnctl.graph import choices, numpy_calls
from nnctl.jobs.crossval import crossval
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.explain import explain
from nnctl.jobs.gradcheck import gradcheck
from nnctl.jobs.predict import predict
from nnctl.jobs.summary import summary
from nnctl.jobs.train import train
from nnctl.runs.weights import load_weights
from nnctl.training import one_hot
from nnctl.training.one_hot import OneHot
from tests.processes import run

KINDS, ROWS = 1400, 1800
LAYERS = [{"type": "dense", "units": 3, "activation": "tanh"}, {"type": "dense", "units": 1}]
CONFIG = {
    "data": {"train": "t.csv", "target": "y", "validation": 0.1, "scale": "standardize"},
    "dtype": "float64",
    "layers": LAYERS,
    "loss": "mean_squared_error",
    "optimizer": "adam",
    "epochs": 2,
}


def table(kinds: int, rows: int) -> str:
    """Two numbers, a kind between them, a few colours, and a target that hangs on all of them."""
    draws = np.random.default_rng(0)
    worth = draws.normal(size=kinds)
    shops = np.concatenate([np.arange(kinds), draws.integers(0, kinds, rows - kinds)])
    draws.shuffle(shops)
    a, b = draws.normal(size=(2, rows)).round(3)
    y = (worth[shops] + a - b / 2).round(4)
    rows_of_cells = zip(*(column.tolist() for column in (a, shops, b, shops % 3, y)), strict=True)
    lines = (f"{a},s{shop},{b},c{colour},{y}" for a, shop, b, colour, y in rows_of_cells)
    return "\n".join(["a,shop,b,colour,y", *lines])


def written(folder: Path, **changes: object) -> Path:
    (folder / "t.csv").write_text(table(KINDS, ROWS) + "\n")
    path = folder / "t.yaml"
    path.write_text(yaml.safe_dump({**CONFIG, **changes}))
    return path


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = written(tmp_path_factory.mktemp("many"))
    train(path, output=path.parent / "run")
    return path


def predicted(run_folder: Path, text: str) -> list[str]:
    found = predict(run_folder, io.BytesIO(text.encode()), warn=lambda problem: None)
    return "".join(found.chunks()).splitlines()[1:]


def test_the_weights_are_those_of_the_product(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build(load(config))
    assert isinstance(built.train.x, OneHot) and built.train.x.is_wide
    monkeypatch.setattr(one_hot, "WIDE", 1 << 30)
    assert one_hot.wide_form(build(load(config)).train.x) is None
    train(config, output=config.parent / "made")
    chosen, made = (load_weights(config.parent / name).arrays for name in ("run", "made"))
    assert list(chosen) == list(made)
    for name, array in made.items():
        np.testing.assert_allclose(chosen[name], array, rtol=1e-9, atol=1e-12)


def test_a_row_is_predicted_alike_alone_and_among_others(config: Path) -> None:
    head, *lines = table(KINDS, ROWS).splitlines()
    whole = predicted(config.parent / "run", "\n".join([head, *lines]))
    for k in (0, 700, ROWS - 1):
        assert predicted(config.parent / "run", f"{head}\n{lines[k]}\n") == [whole[k]]


def test_a_new_kind_is_none_of_them(config: Path) -> None:
    trained = load_trained(config.parent / "run")
    (found,) = predicted(config.parent / "run", "a,shop,b,colour\n1,new,2,c1\n")
    inputs = trained.preprocessing.inputs
    x = np.zeros((1, *inputs.shape))
    starts, scaling = inputs.starts(), inputs.scaling
    x[0, inputs.places_scaled()] = scaling.apply(np.array([[1.0, 2.0]]))
    x[0, starts["colour"] + inputs.categories["colour"].index("c1")] = 1
    assert float(found) == pytest.approx(float(trained.members[0].predict(x)[0, 0]), rel=1e-12)


def test_evaluate_judges_what_predict_says(config: Path) -> None:
    rows = table(KINDS, ROWS)
    truth = np.array([float(line.rsplit(",", 1)[1]) for line in rows.splitlines()[1:]])
    said = np.array(predicted(config.parent / "run", rows), dtype=np.float64)
    figures = evaluate(config.parent / "run", config.parent / "t.csv").metrics
    assert figures["mae"] == pytest.approx(np.abs(said - truth).mean(), rel=1e-9)


@pytest.mark.slow
def test_folds_predict_the_rows_that_they_held_out_as_they_judge_them(config: Path) -> None:
    folder, judged = config.parent / "held", []
    folder.mkdir()
    crossval(config, folds=10, workers=1, predictions=folder, tell=judged.append)
    for result in judged:
        lines = (folder / f"{result.fold}.jsonl").read_text().splitlines()
        cells = np.array([json.loads(line)[2:] for line in lines], dtype=np.float64)
        mae = np.abs(cells[:, 0] - cells[:, 1]).mean()
        assert result.figures["mae"] == pytest.approx(mae, rel=1e-9)


def test_gradcheck_proves_the_choice_itself(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = gradcheck(config)
    assert found.passed and max(case.max_relative_error for case in found.cases) < 1e-9

    def doubled(*arguments: object) -> list[numpy_calls.Call]:
        calls = choices.scatter_calls(*arguments)
        return [*calls, lambda: np.multiply(arguments[1], 2, arguments[1])]

    monkeypatch.setattr(choices, "scatter_rows", spoilt_by(doubled))
    assert not gradcheck(config).passed


def spoilt_by(calls):
    right = choices.scatter_rows

    def scatter_rows(numbers, ones, d, places, kernel):
        value = right(numbers, ones, d, places, kernel)
        value.op.calls = lambda out, *arrays: calls(places, out, *arrays)
        return value

    return scatter_rows


def test_explain_draws_every_input(config: Path) -> None:
    found = explain(config, row=3, measure=False)
    assert np.count_nonzero(found.example.x) == 4  # two numbers, a shop, a colour
    assert found.inputs[1].startswith("shop = ")


@pytest.mark.slow
@pytest.mark.parametrize("source", ["config", "run"])
def test_a_summary_counts_the_work_of_a_choice(config: Path, source: str) -> None:
    found = summary(config if source == "config" else config.parent / "run")
    first, second = (layer.flops for layer in found.layers)
    # Products with two numbers, sums of two rows, the bias, and tanh.
    assert first == 3 * (2 * 2 + 2 + 1 + 1) and second == 2 * 3 + 1
    assert found.parameters == 3 * (kinds_kept(config) + 2 + 3 + 1) + 4


def kinds_kept(config: Path) -> int:
    inputs = load_trained(config.parent / "run").preprocessing.inputs
    return len(inputs.categories["shop"])


@pytest.mark.parametrize(
    ("first", "parts"),
    [
        ({"type": "dense", "units": 2}, 1),  # chooses rows of its kernel
        ({"type": "dropout", "rate": 0.1}, 51),  # for which the inputs of a part are made
        ({"type": "batch_normalization"}, None),  # which wants those of all rows
    ],
    ids=str,
)
def test_a_batch_of_all_rows_fits_where_the_inputs_of_a_part_do(
    first: dict[str, object], parts: int | None, tmp_path: Path
) -> None:
    data = {**CONFIG["data"], "memory": "4MB"}
    path = written(tmp_path, layers=[first, *LAYERS], batch_size="full", data=data)
    if parts is None:
        with pytest.raises(NnctlError, match="a batch of 1,620 rows takes"):
            build(load(path))
    else:
        built = build(load(path))
        assert built.train.x.is_wide
        assert built.model.step(built.train, len(built.train)).parts == parts


def test_columns_are_looked_at_as_they_are_held(config: Path) -> None:
    built = build(load(config))
    x, inputs = built.train.x, built.prepared.preprocessing.inputs
    x.ones[0, 0] = -1  # a kind that is new
    for columns in (column_checks.columns_of, column_checks.numbers_of):
        np.testing.assert_array_equal(columns(x, inputs), columns(x[:], inputs))
    for places in ([1, 3], [0]):
        for place, column in column_checks.columns_at(column_checks.columns_of, x, inputs, places):
            assert column.tolist() == column_checks.columns_of(x[:], inputs)[:, place].tolist()


def test_no_rows_say_how_rows_are_held(config: Path) -> None:
    built = build(load(config))
    none, some = built.prepared.preprocessing.inputs.no_rows(), built.train.x
    assert one_hot.form_of(none) == one_hot.form_of(some) is not None
    assert none.shape == (0, *some.shape[1:]) and none.dtype == some.dtype


MEASURED = """
import resource, subprocess, sys
status = subprocess.call([sys.executable, "-m", "nnctl", *sys.argv[1:]])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the peak in units of 1024 bytes")
def test_a_hundred_thousand_kinds_cost_their_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table(100_000, 300_000) + "\n")
    changes = {"epochs": 1, "batch_size": 512, "dtype": "float32"}
    (tmp_path / "t.yaml").write_text(yaml.safe_dump({**CONFIG, **changes}))
    for command, limit in (
        (["train", "t.yaml", "-o", "run"], 400e6),
        (["predict", "run", "t.csv", "-o", "p.csv"], 200e6),
    ):
        done = run([sys.executable, "-c", MEASURED, *command], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        peak = 1024 * int(done.stderr.split()[-1])
        assert peak < limit, f"{command[0]} took {peak:,} bytes"
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 300_001

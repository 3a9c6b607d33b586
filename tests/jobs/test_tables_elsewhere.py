"""Commands on tables in files of every format: one model, the same predictions."""

import json
import random
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from nnctl.cli.app import app
from nnctl.jobs.init import init
from nnctl.jobs.predict import json_cell
from nnctl.system.npz import read_arrays
from tests.typed_tables import FORMATS, write_sqlite, write_table

ROWS = 80
QUERY = "SELECT * FROM rows ORDER BY rowid"
CONFIG = {
    "data": {
        "validation": 0.25,
        "target": "label",
        "scale": "standardize",
        "missing": "mean",
        "columns": {"sold": {"type": "date", "parts": ["month", "days"]}},
        "memory": "1MB",
    },
    "layers": [{"type": "dense", "units": 2, "activation": "softmax"}],
    "loss": "sparse_categorical_crossentropy",
    "optimizer": "sgd",
    "epochs": 1,
}


def columns() -> dict[str, list[object]]:
    draw = random.Random(5)
    town = ["Ålesund", 'the "x"', "a, b", "two\nlines", None]
    return {
        "town": [town[k % 5] for k in range(ROWS)],
        "area": [None if k % 9 == 4 else draw.gauss(50, 9) for k in range(ROWS)],
        "floor": [(-1) ** k * 0.0 if k % 2 else float(k % 4) for k in range(ROWS)],
        "sold": [f"2024-{k % 12 + 1:02}-{k % 28 + 1:02}" for k in range(ROWS)],
        "label": [2**63 - 1 - k % 2 for k in range(ROWS)],
    }


def nnctl(*words: object, status: int = 0) -> str:
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exit_code == status, done.output
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("elsewhere")
    for end in FORMATS:
        write_table(made / f"t.{end}", columns())
        data = {"train": f"t.{end}", **CONFIG["data"]}
        config = {**CONFIG, "name": "one", "data": data}
        (made / f"{end}.yaml").write_text(yaml.safe_dump(config))
        nnctl("train", made / f"{end}.yaml", "-o", made / end, "-q")
    return made


@pytest.mark.parametrize("end", FORMATS[1:])
def test_the_model_is_the_same_whatever_it_was_trained_from(folder, end):
    want, found = (read_arrays(folder / run / "weights.npz") for run in ("csv", end))
    about = [json.loads(str(each.pop("metadata"))) for each in (want, found)]
    assert {k: v.tobytes() for k, v in found.items()} == {k: v.tobytes() for k, v in want.items()}
    for each in about:
        each["config"]["data"].pop("train")
        each["data"].pop("train")  # its name and its hash
        each.pop("checksum")  # of that, too
    assert about[0] == about[1]


@pytest.mark.slow
@pytest.mark.parametrize("end", FORMATS[1:])
def test_predictions_and_figures_are_the_same(folder, end):
    for command in ("predict", "evaluate", "drift"):
        options = [] if command == "predict" else ["--json"]
        want = nnctl(command, folder / "csv", folder / "t.csv", *options)
        assert nnctl(command, folder / "csv", folder / f"t.{end}", *options) == want


def test_a_folder_of_parquet_is_one_table_of_a_run(folder, tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    whole = columns()
    for start in (0, 50):
        rows = {name: cells[start : start + 50] for name, cells in whole.items()}
        write_table(parts / f"{start:02}.parquet", rows)
    config = yaml.safe_load((folder / "csv.yaml").read_text())
    config["data"]["train"] = "parts"
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    nnctl("train", tmp_path / "c.yaml", "-o", tmp_path / "run")
    want, found = (read_arrays(run / "weights.npz") for run in (folder / "csv", tmp_path / "run"))
    assert np.array_equal(found["dense_1/kernel"], want["dense_1/kernel"])
    predicted = nnctl("predict", folder / "csv", folder / "t.csv")
    assert nnctl("predict", tmp_path / "run", parts) == predicted
    nnctl("evaluate", tmp_path / "run", parts, "--no-intervals")


def test_what_explains_a_model_takes_them(folder):
    for end in ("jsonl", "db"):
        found = nnctl("importance", folder / "csv", folder / f"t.{end}", "--json")
        assert len(json.loads(found)["columns"]) == 4
        assert json.loads(
            nnctl("attribution", folder / end, folder / "t.csv", "--row", 1, "--json")
        )


def test_predictions_may_be_json_lines(folder, tmp_path):
    out = tmp_path / "out.jsonl"
    options = ["--keep", "town", "--keep", "area"]
    nnctl("predict", folder / "csv", folder / "t.jsonl", "-o", out, *options)
    made = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    table = nnctl("predict", folder / "csv", folder / "t.csv")
    header, *rows = [line.split(",") for line in table.splitlines()]
    assert list(made[0]) == ["town", "area", *header] and len(made) == len(rows) == ROWS
    assert [row["prediction"] for row in made] == [int(row[0]) for row in rows]
    assert [row[header[-1]] for row in made] == [float(row[-1]) for row in rows]
    assert made[4]["town"] is None and made[4]["area"] is None and made[0]["town"] == "Ålesund"
    assert made[0]["area"] == columns()["area"][0]


@pytest.mark.parametrize(
    ("cell", "is_label", "text"),
    [
        ("12", True, '"12"'),
        ("12", False, "12"),
        ("1e-07", False, "1e-07"),
        ("01067", False, '"01067"'),
        (12, True, "12"),
        ("", False, "null"),
        ("nan", False, "null"),
        ('the "x"', True, '"the \\"x\\""'),
    ],
)
def test_a_cell_of_json_is_what_it_was(cell, is_label, text):
    assert json_cell(cell, is_label) == text


@pytest.mark.parametrize(
    "named", [{"table": "rows"}, {"query": "SELECT * FROM rows ORDER BY rowid"}]
)
def test_a_table_of_a_database_is_named_in_configs_and_commands(folder, tmp_path, named):
    path = tmp_path / "two.db"
    write_sqlite(path, columns())
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE others AS SELECT * FROM rows WHERE rowid <= 40")
    connection.close()
    config = yaml.safe_load((folder / "csv.yaml").read_text())
    config["data"]["train"] = {"file": "two.db", **named}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    said = nnctl("train", tmp_path / "c.yaml", "-o", tmp_path / "run")
    (value,) = named.values()
    assert "--table" in said and value.split()[0] in said
    want, found = (read_arrays(run / "weights.npz") for run in (folder / "csv", tmp_path / "run"))
    assert np.array_equal(found["dense_1/kernel"], want["dense_1/kernel"])
    want = nnctl("predict", folder / "csv", folder / "t.csv")
    assert nnctl("predict", tmp_path / "run", path, "--table", value) == want
    nnctl("validate", tmp_path / "run" / "config.yaml")
    seen = [
        CliRunner().invoke(app, ["evaluate", str(tmp_path / "run"), str(path), "--table", each])
        for each in (value, "others")
    ]
    assert ["these very rows" in each.stderr for each in seen] == [True, False]
    refused = CliRunner().invoke(app, ["predict", str(tmp_path / "run"), str(path)])
    assert refused.exit_code == 2 and "it has 2 tables: rows, others" in refused.stderr


@pytest.mark.parametrize("end", FORMATS[1:])
def test_init_writes_the_config_that_it_writes_for_text(folder, tmp_path, end):
    texts = []
    for each in ("csv", end):
        path = init(folder / f"t.{each}", "label", output=tmp_path / f"{each}.yaml").path
        texts.append(path.read_text().replace(f"t.{each}", "t").replace(f"{each}.yaml", "c.yaml"))
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("train", "told"),
    [
        ({"file": "t.db", "table": "rows", "query": "SELECT 1"}, "exclude each other"),
        ({"file": "t.csv", "query": "SELECT 1"}, "a query is for an SQLite database"),
        ({"file": "t.parquet", "table": "rows"}, "leave it out"),
        ({"file": "t.db", "query": "SELECT * FROM rows"}, "no ORDER BY"),
        ({"file": "t.xlsx", "sheet": "Rows"}, 'no sheet "Rows"'),
    ],
)
def test_what_a_file_does_not_have_is_told_at_the_config(folder, train, told):
    config = yaml.safe_load((folder / "csv.yaml").read_text())
    config["data"]["train"] = train
    path = Path(folder / "wrong.yaml")
    path.write_text(yaml.safe_dump(config))
    said = nnctl("validate", path, status=2)
    assert told in said and "wrong.yaml:" in said and "data.train" in said

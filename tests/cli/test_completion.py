"""What a shell is told when somebody presses Tab, by the protocol of Typer's own scripts."""

import gzip
import os
import shlex
import sqlite3
import sys
from contextlib import closing
from types import SimpleNamespace

import pytest

from nnctl.cli import completion
from nnctl.config import Config
from nnctl.network.metrics import METRICS
from nnctl.rules import RULES
from tests.processes import run
from tests.typed_tables import write_table

RUN = """
import sys
from nnctl.__main__ import main
sys.argv = ["nnctl"]
try:
    main()
except SystemExit:
    pass
heavy = {"numpy", "rich", "yaml", "nnctl.config", "nnctl.jobs"} & set(sys.modules)
assert not heavy, heavy
"""
FILES = (
    "configs/a.yaml",
    "configs/b.yml",
    "configs/notes.txt",
    "data/rows.csv.gz",
    "models/a.onnx",
    "runs/a/weights.npz",
    "runs/a/config.yaml",
    "runs/b/checkpoint.npz",
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder such as people have, and the current one."""
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "data" / "rows.csv.gz").write_bytes(gzip.compress(b"price,proof,size\n1,2,3\n"))
    (tmp_path / ".hidden").mkdir()
    return tmp_path


def told(**protocol: str) -> str:
    """What a shell is told, which needs nothing heavy to be found."""
    done = run([sys.executable, "-c", RUN], env={**os.environ, **protocol})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("nnctl pr", ["predict", "profile"]),
        ("nnctl train con", ["configs/a.yaml", "configs/b.yml"]),
        ("nnctl predict runs/a d", ["data/rows.csv.gz"]),
        ("nnctl resume r", ["runs/a", "runs/b"]),
        ("nnctl export runs/a m", ["models/a.onnx"]),
        ("nnctl explain configs/a.yaml --weights runs/a/", ["runs/a/weights.npz"]),
        ("nnctl evaluate runs/a d --fail-under r", ["r2=", "recall="]),
        ("nnctl evaluate runs/a d --fail-over r", ["rmse="]),
        ("nnctl train configs/a.yaml --set early_stopping.p", ["early_stopping.patience="]),
        ("nnctl tune con", ["configs/a.yaml", "configs/b.yml"]),
        ("nnctl tune configs/a.yaml --set tune.tr", ["tune.trials="]),
        ("nnctl advice linear", ["linear-hidden"]),
        ("nnctl help exp", ["explain", "export"]),
        ("nnctl init data/rows.csv.gz --target pr", ["price", "proof"]),
        ("nnctl predict runs/a data/rows.csv.gz --keep s", ["size"]),
        ("nnctl train configs/a.yaml --set optimizer = adag", ["adagrad"]),
    ],
)
def test_tab_completes(words, expected, folder):
    position = str(len(words.split(" ")) - 1)
    protocol = {"_NNCTL_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": position}
    assert told(**protocol).split() == expected


@pytest.mark.process
def test_zsh_is_told_files_too(folder):
    protocol = {
        "_NNCTL_COMPLETE": "complete_zsh",
        "_TYPER_COMPLETE_ARGS": "nnctl validate configs/b",
    }
    assert '"configs/b.yml"' in told(**protocol)


def test_files_of_other_kinds_are_left_out(folder):
    assert completion.configs("") == ["configs/", "data/", "models/", "runs/"]
    assert completion.configs("configs/") == ["configs/a.yaml", "configs/b.yml"]
    assert completion.configs(f"{folder}/configs/b") == [f"{folder}/configs/b.yml"]
    assert completion.weights("configs/") == []
    assert completion.tables("nowhere/") == []
    assert completion.configs(".h") == [".hidden/"]


def test_the_folder_of_a_run_is_one_thing_where_a_run_is_asked_for(folder):
    assert completion.runs("runs/a") == ["runs/a"]
    assert completion.runs("runs/a/") == []
    assert completion.weights("runs/") == ["runs/a", "runs/b"]
    assert completion.weights("runs/b/") == ["runs/b/checkpoint.npz"]
    assert completion.configs("runs/a") == ["runs/a/config.yaml"]


@pytest.mark.parametrize("name", ["my rows.csv", "a$b.csv", "it's.csv", "a:b.csv", "a=b.csv"])
def test_a_path_that_needs_quotes_is_left_to_the_shell(name, folder):
    (folder / "data" / name).touch()
    assert completion.tables("data/") == []
    assert completion.tables("data/r") == ["data/rows.csv.gz"]


def test_every_metric_is_known_and_offered_for_the_bound_that_suits_it():
    rising = {name for name, metric in METRICS.items() if metric.higher_is_better}
    assert set(completion.RISING) == rising
    assert set(completion.FALLING) == {"loss", *METRICS} - rising


def test_every_code_comes_with_its_title():
    assert dict(completion.codes("")) == {code: rule.title for code, rule in RULES.items()}


def test_every_key_of_a_config_is_offered():
    assert {key.strip("=.") for key in completion.settings("")} == set(Config.model_fields)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ep", ["epochs="]),
        ("opt", ["optimizer=", "optimizer."]),
        ("optimizer.nest", ["optimizer.nesterov="]),
        ("optimizer.learning_rate.warmup_s", ["optimizer.learning_rate.warmup_steps="]),
        ("layers.12.unit", ["layers.12.units="]),
        ("input_shape", ["input_shape="]),
        ("data.scale.", ["data.scale.type=", "data.scale.by=", "data.scale.clip="]),
        ("epochs.", []),
        ("nothing.", []),
    ],
)
def test_keys_are_completed_up_to_the_next_dot(typed, expected):
    assert completion.settings(typed) == expected


def test_the_only_match_shows_what_it_holds():
    held = completion.settings("early_stopping.")
    assert completion.settings("early") == held
    assert "early_stopping.patience=" in held


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("optimizer=ada", ["optimizer=adagrad", "optimizer=adam", "optimizer=adamw"]),
        ("shuffle=", ["shuffle=false", "shuffle=true"]),
        ("batch_size=", ["batch_size=full"]),
        ("layers.3.activation=relu", ["layers.3.activation=relu"]),
        ("data.target_scale=s", ["data.target_scale=standardize"]),
        ("epochs=", []),
        ("nothing=", []),
    ],
)
def test_values_are_completed_where_they_are_a_few_names(typed, expected):
    assert completion.settings(typed) == expected


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("a.csv", "id,Pool QC,price,a$b\n1,2,3,4\n", ["id", "price"]),
        ("a.csv", '\ufeff"id";price, x;y z\n1;2,5;3\n', ["id"]),
        ("a.tsv", "id\tprice\n", ["id", "price"]),
        ("a.jsonl", '{"id": 1, "price": 2}\n{"later": 3}\n', ["id", "price"]),
        ("a.ndjson", '{"id": 1, "price": 2}\n', ["id", "price"]),
        ("a.jsonl", "[1]\n", []),
        ("a.jsonl", "{", []),
        ("a.csv", "", []),
        ("a.npz", "id,price\n", []),
        ("a.csv.gz", "not compressed", []),
    ],
)
def test_columns_are_those_of_the_table_on_the_line(name, text, names, folder):
    (folder / name).write_text(text, encoding="utf-8")
    for key in ("data", "input"):
        line = SimpleNamespace(params={key: folder / name})
        assert completion.columns(line, "") == names
        assert completion.columns(line, "p") == [each for each in names if each[0] == "p"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.db", "a.parquet", "a.xlsx", "a"])
def test_columns_are_those_of_a_table_of_any_format(name, folder):
    path = folder / name
    if not path.suffix:
        path.mkdir()
    write_table(path if path.suffix else path / "0.parquet", {"id": [1], "price": [2.5]})
    line = SimpleNamespace(params={"data": path})
    assert completion.columns(line, "") == ["id", "price"]
    if path.suffix:
        path.write_bytes(b"no table")
        assert completion.columns(line, "") == []


def test_of_several_tables_the_one_that_is_named_counts(folder):
    write_table(folder / "a.db", {"id": [1]})
    with closing(sqlite3.connect(folder / "a.db")) as connection:
        connection.execute("CREATE TABLE others (size, prize)")

    def told_of(table):
        line = SimpleNamespace(params={"data": folder / "a.db", "table": table})
        return completion.columns(line, "")

    assert [told_of(each) for each in (None, "others", "rows")] == [[], ["size", "prize"], ["id"]]
    assert told_of("select size from others order by size") == []


@pytest.mark.parametrize("params", [{}, {"data": None}, {"data": "gone.csv"}, {"data": "."}])
def test_without_a_table_no_column_is_offered(params, folder):
    assert completion.columns(SimpleNamespace(params=params), "") == []


@pytest.mark.parametrize(
    ("words", "joined", "ahead"),
    [
        (["train", "a", "--set", "loss", "=", "hu"], ["train", "a", "--set", "hu"], "loss="),
        (["train", "--set", "loss", "="], ["train", "--set", ""], "loss="),
        (["train", "--set", "loss", "=", "hu", "a"], ["train", "--set", "loss=hu", "a"], ""),
        (["init", "a", "--target", "=", "pr"], ["init", "a", "--target", "pr"], ""),
        (["train", "--set", "loss=hu"], ["train", "--set", "loss=hu"], ""),
        (["train", "a", ""], ["train", "a", ""], ""),
    ],
)
def test_bash_parts_words_that_are_one(words, joined, ahead, monkeypatch):
    monkeypatch.setattr(completion.Shell, "ahead", "")
    monkeypatch.setenv("_NNCTL_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "\n".join(["nnctl", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    completion.rejoin_words()
    assert shlex.split(os.environ["COMP_WORDS"]) == ["nnctl", *joined]
    assert os.environ["COMP_CWORD"] == str(len(joined))
    assert completion.Shell.ahead == ahead
    if ahead:
        assert completion.settings("hu") == ["huber"]


def test_words_that_cannot_be_read_are_left_alone(monkeypatch):
    monkeypatch.setenv("_NNCTL_COMPLETE", "complete_bash")
    for words, current in (("nnctl 'train", "1"), ("nnctl train", "many")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", current)
        completion.rejoin_words()
        assert (os.environ["COMP_WORDS"], os.environ["COMP_CWORD"]) == (words, current)

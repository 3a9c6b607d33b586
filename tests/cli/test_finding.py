"""A name means a config, weights or a run; where it cannot, the line to type is told."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Invoke

WITH_CONFIG = {
    "train": ["-q"],
    "validate": [],
    "summary": [],
    "crossval": ["--folds", "2", "--workers", "1", "-q"],
    "gradcheck": [],
    "explain": [],
    "profile": [],
}
WITH_WEIGHTS = {"predict": ["table.csv"], "evaluate": ["table.csv"], "summary": []}
WITH_RUN = {"resume": []}
NAMES = {
    "the run folder": "runs/small",
    "the run's bare name": "small",
    "the run's weights": "runs/small/weights.npz",
    "the run's config": "runs/small/config.yaml",
}
Said = Callable[..., str]


@pytest.fixture
def said(invoke: Invoke) -> Said:
    """What a command that cannot run says."""

    def run(*arguments: str) -> str:
        result = invoke(*arguments)
        assert result.exit_code == 2 and not result.stdout
        assert "Traceback" not in result.stderr
        return result.stderr

    return run


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("command", "more"), [*WITH_CONFIG.items(), *WITH_WEIGHTS.items(), *WITH_RUN.items()]
)
def test_a_run_stands_for_its_config_and_its_weights(
    trained: Path, invoke: Invoke, command: str, more: list[str], name: str
) -> None:
    result = invoke(command, NAMES[name], *more)
    assert result.exit_code == 0, result.stderr
    if command == "train":
        again = Path("runs/small-2/weights.npz").read_bytes()
        assert again == (trained / "weights.npz").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_weights_to_start_from_may_be_named_by_their_run(
    trained: Path, invoke: Invoke, name: str
) -> None:
    result = invoke("train", "small.yaml", "-q", "-o", "next", "--init-weights", NAMES[name])
    assert result.exit_code == 0, result.stderr
    before, after = (Path(run, "results.json").read_text() for run in (trained, "next"))
    assert json.loads(after)["train"]["loss"] < json.loads(before)["train"]["loss"]


def test_a_file_of_the_name_comes_before_a_run(trained: Path, invoke: Invoke) -> None:
    Path("small").write_text(Path("small.yaml").read_text().replace("epochs: 3", "epochs: none"))
    assert 'epochs is "none"' in invoke("validate", "small").stdout


def test_what_has_ended_is_told_of_a_bare_name_too(trained: Path, invoke: Invoke) -> None:
    result = invoke("resume", "small", "--json")
    assert json.loads(result.stdout) == json.loads((trained / "results.json").read_text())


WRONG = {
    "a table for a config": ("train table.csv", "nnctl init table.csv --target COLUMN"),
    "a table for a config to resolve": (
        "summary table.csv",
        "nnctl init table.csv --target COLUMN",
    ),
    "a config for weights": ("predict small.yaml table.csv", "nnctl predict runs/small table.csv"),
    "a config for data": ("evaluate small small.yaml", "nnctl evaluate small table.csv"),
    "a config for a run": ("resume small.yaml", "nnctl resume runs/small"),
    "a config for weights to start from": (
        "train small.yaml -q --init-weights small.yaml",
        "nnctl train small.yaml -q --init-weights runs/small",
    ),
    "a table for weights": (
        "evaluate table.csv table.csv",
        "nnctl evaluate runs/NAME table.csv",
    ),
    "the two the other way": ("predict table.csv small", "nnctl predict small table.csv"),
    "a setting": ("train small.yaml epochs=2 -q", "nnctl train small.yaml --set epochs=2 -q"),
    "settings after a flag": (
        "train small.yaml -q seed=2 epochs=2",
        "nnctl train small.yaml -q --set seed=2 --set epochs=2",
    ),
    "a setting alone": ("train epochs=2", "nnctl train CONFIG --set epochs=2"),
    "settings alone, behind options": (
        "validate --strict seed=2 epochs=2",
        "nnctl validate --strict CONFIG --set seed=2 --set epochs=2",
    ),
    "an option": ("resume small epochs=4", "nnctl resume small --epochs 4"),
    "an option alone": ("resume -q epochs=5", "nnctl resume -q RUN --epochs 5"),
    "an option before an argument": (
        "predict small threshold=0.3",
        "nnctl predict small INPUT --threshold 0.3",
    ),
    "a setting beside one": (
        "validate small.yaml --set seed=2 layers.0.units=2",
        "nnctl validate small.yaml --set seed=2 --set layers.0.units=2",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", WRONG)
def test_the_line_to_type_is_told_and_works(
    trained: Path, invoke: Invoke, said: Said, case: str
) -> None:
    typed, line = WRONG[case]
    text = said(*typed.split())
    assert text.endswith(f"fix: {line}\n")
    meant = {"NAME": "small", "CONFIG": "small.yaml", "RUN": "small", "INPUT": "table.csv"}
    for word, instead in meant.items():
        line = re.sub(rf"\b{word}\b", instead, line)
    if "COLUMN" in line:
        line = line.replace("COLUMN", "label")
        Path("table.yaml").unlink(missing_ok=True)
    result = invoke(*shlex.split(line)[1:])
    assert result.exit_code == 0, result.stderr


def test_a_config_that_was_not_trained_yet_is_to_be_trained(project: Path, said: Said) -> None:
    text = said("predict", "small.yaml", "table.csv")
    assert text == (
        "error: small.yaml\n  this is a config, not weights or a run folder\n"
        "  fix: nnctl train small.yaml\n"
    )


@pytest.mark.parametrize("command", WITH_CONFIG)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PAR1\0\0\0\0", "a Parquet file"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\x89PNG\r\n\x1a\n\0", "a PNG image"),
        (b"PK\x03\x04xl/workbook.xml", "an Excel workbook (a zip file)"),
    ],
    ids=["parquet", "sqlite", "png", "excel"],
)
def test_another_kind_of_file_for_a_config_is_named(
    project: Path, invoke: Invoke, command: str, content: bytes, words: str
) -> None:
    Path("given").write_bytes(content)
    result = invoke(command, "given")
    assert result.exit_code == 2
    assert f"this is {words}, not a config" in (result.stdout or result.stderr)


@pytest.mark.parametrize("given", ["small.yaml", "runs/small", "runs/small/weights.npz"])
def test_data_are_no_config_run_or_weights(trained: Path, said: Said, given: str) -> None:
    for arguments in (["predict", "small", given], ["init", given, "--target", "label"]):
        assert "not a file of data" in said(*arguments)


def test_standard_input_is_for_predict_alone(trained: Path, said: Said, invoke: Invoke) -> None:
    table = Path("table.csv").read_text()
    assert invoke("predict", "runs/small", "-", input=table).exit_code == 0
    for line in (["evaluate", "runs/small", "-"], ["init", "-", "--target", "label"]):
        told = said(*line)
        assert "error: -" in told and "predict alone" in told
    Path("-").write_text(table)  # where there is such a file, it is meant
    assert invoke("evaluate", "runs/small", "-").exit_code == 0


def test_validate_tells_of_the_other_files_besides(trained: Path, invoke: Invoke) -> None:
    found = json.loads(invoke("validate", "table.csv", "small.yaml", "--json").stdout)
    (error,) = found["errors"]
    assert (error["file"], error["fix"]) == ("table.csv", "nnctl init table.csv --target COLUMN")


def test_a_config_may_be_json(project: Path, invoke: Invoke) -> None:
    values = yaml.safe_load(Path("small.yaml").read_text())
    Path("small.json").write_text(json.dumps(values))
    assert invoke("validate", "small.json").stdout.endswith("\nsmall.json: no problems\n")

"""Nothing in a file runs, whatever command is given the file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from nnctl.cli.app import app
from nnctl.system.npz import write_arrays
from tests.hostile.payloads import RAN, YAML, archive, bombs, evaluated, npy, pickled, spoiled
from tests.hostile.projects import CONFIG

WEIGHTS, CHECKPOINT = Path("run/weights.npz"), Path("run/checkpoint.npz")
UNREAD = ("a member outside", "an absolute member")  # arrays that nobody asks for stay in the file
TRAIN = ("train", "config.yaml", "-q", "-o", "new")


@pytest.fixture(autouse=True)
def folder(project):
    return project


def refused(*arguments: str) -> str:
    """Runs a command that must not run anything else; what it says."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert not RAN.exists(), "the payload ran"
    assert not Path("..", RAN).exists()
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert not Path("new").exists()
    return result.stderr


def test_the_payloads_work_where_they_are_unpickled():
    """Or else the tests below would prove nothing."""
    Path("bombs.npy").write_bytes(bombs())
    np.load("bombs.npy", allow_pickle=True)
    assert RAN.is_dir()
    RAN.rmdir()
    with pytest.raises(FileExistsError):  # the constructor runs it again
        RAN.mkdir()
        yaml.unsafe_load(YAML[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("predict", "run", "table.csv"),
        ("evaluate", "run", "table.csv"),
        ("summary", "run"),
        ("predict", "run/weights.npz", "table.csv"),
        (*TRAIN, "--init-weights", "run/weights.npz"),
        ("explain", "config.yaml", "--weights", "run/weights.npz"),
    ],
)
def test_weights(command: Sequence[str]):
    whole = WEIGHTS.read_bytes()
    for what, content in spoiled(whole, "dense_1/kernel").items():
        if "metadata" in what and ("--init-weights" in command or "explain" in command):
            continue  # whose metadata may be anything that is no code
        WEIGHTS.write_bytes(content)
        assert str(WEIGHTS) in refused(*command), what


def test_checkpoints():
    whole = CHECKPOINT.read_bytes()
    for what, content in spoiled(whole, "vector").items():
        if what in UNREAD:
            continue
        CHECKPOINT.write_bytes(content)
        assert "checkpoint.npz" in refused("resume", "run", "--epochs", "2"), what
    CHECKPOINT.write_bytes(whole)
    Path("run/config.yaml").write_text(YAML[0])
    refused("resume", "run", "--epochs", "2")


def test_data():
    with Path("data.npz").open("wb") as file:
        write_arrays(file, {"x": np.arange(6.0).reshape(3, 2), "y": np.array([0, 1, 1])})
    config = {**CONFIG, "data": {"train": "data.npz"}}
    Path("config.yaml").write_text(yaml.safe_dump(config))
    files = spoiled(Path("data.npz").read_bytes())
    files["objects alone"] = archive({"x.npy": bombs((3, 2)), "y.npy": bombs((3,))})
    for what, content in files.items():
        if what in UNREAD:
            continue
        Path("data.npz").write_bytes(content)
        for command in (TRAIN, ("predict", "run", "data.npz"), ("evaluate", "run", "data.npz")):
            assert "data.npz" in refused(*command), what


@pytest.mark.parametrize("content", [bombs(), pickled(), evaluated(), npy(np.zeros((3, 2)))])
def test_data_that_are_called_a_table(content: bytes):
    Path("table.csv").write_bytes(content)
    for command in (TRAIN, ("predict", "run", "table.csv"), ("evaluate", "run", "table.csv")):
        assert "table.csv" in refused(*command)


@pytest.mark.parametrize("text", YAML)
def test_configs(text: str):
    Path("config.yaml").write_text(text)
    for command in (TRAIN, ("summary", "config.yaml"), ("explain", "config.yaml")):
        assert "a tag" in refused(*command)


@pytest.mark.parametrize("value", [line.partition(": ")[2] or line for line in YAML[:3]])
def test_values_on_the_command_line(value: str):
    assert "a tag" in refused(*TRAIN, "--set", f"name={value}")


def test_members_with_names_outside_are_written_nowhere():
    content = archive({f"../{RAN}.npy": npy(np.zeros(1)), "x.npy": npy(np.eye(2))})
    Path("data.npz").write_bytes(content)
    result = CliRunner().invoke(app, ["predict", "run", "data.npz"], catch_exceptions=False)
    assert result.exit_code == 0
    assert sorted(path.name for path in Path("..").glob(f"{RAN}*")) == []

"""Numbers near the largest that there are: no command warns of them in NumPy's words."""

from collections.abc import Callable

import pytest

from nnctl.cli.app import COMMANDS

CONFIG = """\
data: {{train: table.csv, target: y, validation: 0.25}}
dtype: {dtype}
layers:
  - {{type: dense, units: 3, activation: tanh}}
  - {{type: dense, units: 1}}
loss: mean_squared_error
optimizer: {{type: sgd, learning_rate: 1e-300}}
metrics: [mae, mse, rmse, r2]
epochs: 2
tune:
  monitor: loss
  search: {{optimizer.learning_rate: [1e-3, 1e-2]}}
  trials: 2
"""
LINES = {
    "init": "table.csv --target y -o new.yaml",
    "train": "large.yaml",
    "resume": "runs/small --epochs 4",
    "predict": "runs/small table.csv",
    "evaluate": "runs/small table.csv",
    "crossval": "large.yaml --folds 2 --workers 1",
    "tune": "large.yaml --workers 1",
    "report": "runs/small",
    "export": "runs/small out.onnx",
    "importance": "runs/small table.csv",
    "attribution": "runs/small table.csv",
    "runs": "runs",
    "diff": "small small",
    "lr-find": "large.yaml",
    "drift": "runs/small table.csv",
    "validate": "large.yaml",
    "summary": "large.yaml",
    "gradcheck": "large.yaml",
    "explain": "large.yaml",
    "playground": "large.yaml",
    "profile": "large.yaml",
    "derivative": "w**2 --at w=1e200",
}
OTHERS = {"advice", "help", "schema"}  # they read no numbers


def table(largest: float) -> str:
    rows = [(k % 7, (3 * k) % 11, (1 + k % 5) * (-1) ** k) for k in range(40)]
    return "a,b,y\n" + "".join(f"{a},{b},{y / 5 * largest!r}\n" for a, b, y in rows)


@pytest.fixture(params=["float32", "float64"])
def large(request, project, invoke: Callable[..., object]) -> None:
    """A run on small numbers, then a table of large ones, and its config."""
    largest = {"float32": 3e38, "float64": 1e308}[request.param]
    (project / "large.yaml").write_text(CONFIG.format(dtype=request.param))
    (project / "table.csv").write_text(table(1.0))
    done = invoke("train", "large.yaml", "-q", "-o", "runs/small")
    assert done.exit_code == 0, done.stderr
    (project / "table.csv").write_text(table(largest))


def test_every_command_that_reads_numbers_has_a_line_here():
    assert set(LINES) == set(COMMANDS) - OTHERS


@pytest.mark.slow
@pytest.mark.parametrize("command", LINES)
def test_numbers_near_the_largest_raise_no_warning(command, large, invoke):
    result = invoke(command, *LINES[command].split())  # a warning would be raised as an error
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (0, 1, 2)
    assert "Warning" not in result.output

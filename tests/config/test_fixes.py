"""A fix that can be followed mechanically is followed: what it was for is then not said again."""

import copy
import re
from typing import Any

import pytest

from nnctl.config.overrides import segments
from nnctl.config.schema import judge
from nnctl.config.source import Source
from nnctl.config.yaml_lines import compose
from nnctl.errors import Problem

FULL = """\
name: full
seed: 3
dtype: float32
data:
  train: train.csv
  validation: 0.2
  split: random
  test: test.csv
  target: [a, b]
  features: [c, d]
  text: [c]
  scale: {type: rescale, by: 2}
  target_scale: standardize
  missing: mean
  sample_weight: w
  delimiter: ;
  header: true
  memory: 1GB
input_shape: [2, 1]
layers:
  - {type: conv1d, filters: 2, kernel_size: [1], padding: same, use_bias: true, name: first}
  - {type: dense, units: 2, activation: {type: elu, alpha: 0.5}, kernel_initializer: zeros}
  - {type: dropout, rate: 0.5}
loss: {type: huber, delta: 2.0}
optimizer: {type: adam, learning_rate: {type: cosine_decay, initial_learning_rate: 0.1,
  decay_steps: 9}, beta_1: 0.8}
metrics: [mae, r2]
epochs: 5
batch_size: full
shuffle: false
early_stopping: {monitor: val_mae, patience: 3, restore_best: false}
ignore_advice: [linear-hidden]
"""
WRONG: list[Any] = [
    *("3", "20%", "150%", "a,b", "2,3", "yes", "sam", "", "1e400"),
    *(3, 3.0, -1, 10**60, True, float("nan"), [], ["x"], ["3", 4], {}, {"type": "elu"}),
]


def paths_of(values: Any, path: str = "") -> list[str]:
    """The dotted path of every key and item."""
    places = values.items() if isinstance(values, dict) else enumerate(values)
    found = []
    for key, below in places:
        here = f"{path}.{key}".lstrip(".")
        found += [here, *(paths_of(below, here) if isinstance(below, dict | list) else [])]
    return found


def holder_of(values: Any, path: str) -> tuple[Any, Any]:
    """What holds the value at a path, and under which key."""
    *above, last = segments(path)
    for key in above:
        values = values[int(key)] if isinstance(values, list) else values[key]
    return values, int(last) if isinstance(values, list) else last


def follow(values: Any, problem: Problem) -> Any:
    """The values with the problem's fix followed; None where that takes more than following."""
    fixed = copy.deepcopy(values)
    fix, key = problem.fix or "", problem.path.rpartition(".")[2]
    holder, last = holder_of(fixed, problem.path)
    if found := re.fullmatch(r'did you mean "(.+)"\?', fix):
        if f'unknown key "{key}"' in problem.message:
            holder[found[1]] = holder.pop(last)
        else:
            holder[last] = found[1]
    elif found := re.fullmatch(r"write (.+?)(, without quotes|, in quotes)?", fix):
        if "…" in found[1]:
            return None
        holder[last] = compose(found[1]).values
    elif fix == "remove it" or fix.startswith("leave it out"):
        del holder[last]
    elif found := re.fullmatch(r"move it to (.+)", fix):
        value = holder.pop(last)
        section, inner = found[1].split(".")
        below = fixed.get(section) or {}
        fixed[section] = {**(below if isinstance(below, dict) else {"type": below}), inner: value}
    else:
        return None
    return fixed


def problems_with(values: Any) -> list[Problem]:
    """What is wrong with a config of these values."""
    return judge(Source("full.yaml", values))[1]


def follow_all(values: Any) -> int:
    """Follows each fix of the problems by itself; how many could be followed."""
    followed = 0
    for problem in problems_with(values):
        fixed = follow(values, problem)
        if fixed is not None:
            again = [(p.path, p.message) for p in problems_with(fixed)]
            assert (problem.path, problem.message) not in again, problem
            followed += 1
    return followed


def test_the_whole_config_is_right() -> None:
    assert problems_with(compose(FULL).values) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", paths_of(compose(FULL).values))
def test_fixes_of_wrong_values(path: str) -> None:
    wrong = 0
    for value in WRONG:
        values = compose(FULL).values
        holder, last = holder_of(values, path)
        holder[last] = value
        wrong += bool(problems_with(values))
        follow_all(values)
    assert wrong


@pytest.mark.parametrize(
    "path",
    [
        *("lr", "learning_rate", "target", "patience", "validation", "delta", "epoch", "seeds"),
        *("optimizer.lr", "layers.1.unit", "layers.0.kernel", "data.sampleweight", "foo"),
        *("early_stopping.pat", "layers.1.activation.a", "trials", "optimizer.learning_rte"),
    ],
)
def test_fixes_of_unknown_keys(path: str) -> None:
    values = compose(FULL).values
    holder, last = holder_of(values, path)
    holder[last] = 3
    assert follow_all(values)


@pytest.mark.parametrize(
    ("path", "value", "fix"),
    [
        ("metrics", "mae,r2", "write [mae, r2]"),
        ("metrics", "mae, nothing", "write [mae, nothing]"),
        ("input_shape", "2,3", "write [2, 3]"),
        ("input_shape", "2,x", None),
        ("data.text", "c", None),
        ("layers.2.rate", "20%", "write 0.2"),
        ("layers.2.rate", "0.3", "write 0.3, without quotes"),
        ("layers.2.rate", "200%", None),
        ("data.validation", "12.5 %", "write 0.125"),
        ("data.validation", "0.25", "write 0.25, without quotes"),
        ("data.validation", "110%", None),
        ("loss", "mse", 'did you mean "mean_squared_error"?'),
        ("loss", "mae", 'did you mean "mean_absolute_error"?'),
        ("lr", 0.1, "move it to optimizer.learning_rate"),
        ("target", "y", "move it to data.target"),
        ("trials", 3, "move it to tune.trials"),
        ("epoch", 3, 'did you mean "epochs"?'),
        ("optimizer.lr", 0.1, 'did you mean "learning_rate"?'),
        ("nothing_like_it", 3, "remove it"),
    ],
)
def test_the_fix(path: str, value: Any, fix: str | None) -> None:
    values = compose(FULL).values
    holder, last = holder_of(values, path)
    holder[last] = value
    found = [problem.fix for problem in problems_with(values) if problem.path == path]
    assert found in ([fix], [])
    assert bool(found) or fix is None


def test_what_a_section_takes_is_told_once() -> None:
    values = compose(FULL).values
    values["data"] |= {f"x{k}": k for k in range(9)}
    found = problems_with(values)
    assert [problem.path for problem in found] == [f"data.x{k}" for k in range(9)]
    assert [k for k, problem in enumerate(found) if "takes: " in problem.message] == [0]

"""Runs of small models on data of every kind, trained once for all tests here."""

from pathlib import Path

import numpy as np
import pytest

from nnctl.jobs.train import train
from nnctl.report.collecting import RunReport, collect

SCRIPT = "<script>alert('label')</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
CLASSES = (SCRIPT, "b & b", "$c$ 中")
CONFIGS = {
    "hostile": """\
data: {train: hostile.csv, test: hostile-test.csv, target: "<b>target</b>", scale: standardize}
layers: [{type: dense, units: 4, activation: tanh}, {type: dense, units: 3}]
loss: {type: sparse_categorical_crossentropy, from_logits: true}
optimizer: {type: adam, learning_rate: {type: exponential_decay, initial_learning_rate: 0.05, \
decay_steps: 10, decay_rate: 0.9}}
epochs: 6
""",
    "pictures": """\
data: {train: pictures.npz, validation: 0.25}
input_shape: [8, 8, 1]
layers: [{type: conv2d, filters: 3, kernel_size: 3, activation: relu}, flatten, \
{type: dense, units: 1}]
loss: {type: binary_crossentropy, from_logits: true}
optimizer: {type: adam, learning_rate: 0.01}
epochs: 2
""",
    "houses": """\
data: {train: houses.csv, validation: 0.25, target: [price, rent], scale: standardize, \
target_scale: standardize}
layers: [{type: dense, units: 4, activation: tanh}, {type: dense, units: 2}]
loss: mean_squared_error
optimizer: {type: adam, learning_rate: 0.05}
metrics: [mae, r2]
epochs: 12
early_stopping: {patience: 2}
""",
    "labels": """\
data: {train: labels.csv, target: [car, bus]}
layers: [{type: dense, units: 2}]
loss: {type: binary_crossentropy, from_logits: true}
optimizer: adam
metrics: [accuracy, f1]
epochs: 1
""",
    "series": """\
data: {train: series.npz}
layers: [{type: conv1d, filters: 2, kernel_size: 3}, flatten, {type: dense, units: 1}]
loss: {type: binary_crossentropy, from_logits: true}
optimizer: adam
epochs: 1
""",
}


def write_data(folder: Path) -> None:
    """The data files of all configs."""
    draw = np.random.default_rng(5)
    quoted = '"' + IMAGE.replace('"', '""') + '"'
    for name, rows in (("hostile", 60), ("hostile-test", 30)):
        lines = [f"a<i>,{quoted},<b>target</b>"]
        for k, (a, b) in enumerate(draw.normal(size=(rows, 2))):
            lines.append(f"{a + k % 3:.3f},{b - k % 3:.3f},{CLASSES[k % 3]}")
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pictures = draw.integers(0, 50, (40, 8, 8))
    pictures[::2, :, :4] += 200
    np.savez(folder / "pictures.npz", x=pictures, y=np.arange(40) % 2)
    lines = ["rooms,city,price,rent"]
    for rooms in draw.integers(1, 9, 40).tolist():
        city = ("north", "south <sea>")[rooms % 2]
        price = 100_000 * rooms + 50_000 * (rooms % 2) + draw.normal(0, 9000)
        lines.append(f"{rooms},{city},{price:.0f},{price / 200 + draw.normal(0, 50):.0f}")
    (folder / "houses.csv").write_text("\n".join(lines) + "\n")
    rows = draw.normal(size=(30, 2))
    lines = ["u,v,car,bus", *(f"{u:.2f},{v:.2f},{int(u > 0)},{int(v > 0)}" for u, v in rows)]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    np.savez(folder / "series.npz", x=draw.normal(size=(20, 12, 2)), y=np.arange(20) % 2)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The run folder of each config; tests leave them, and the data, as they are."""
    folder = tmp_path_factory.mktemp("report")
    write_data(folder)
    made = {}
    for name, config in CONFIGS.items():
        (folder / f"{name}.yaml").write_text(config)
        made[name] = train(folder / f"{name}.yaml", output=folder / "runs" / name).folder
    return made


@pytest.fixture(scope="session")
def reports(runs: dict[str, Path]) -> dict[str, RunReport]:
    """What is collected of each run."""
    return {name: collect(run, name) for name, run in runs.items()}

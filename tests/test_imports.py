"""Imports point one way: from the command line down to arrays."""

import ast
import sys
from pathlib import Path

import pytest
import yaml

from tests.processes import run

PACKAGE = Path(__file__).parents[1] / "nnctl"
# The floors of the house, from the ground up: a room imports from floors below its own alone.
# The tour in nnctl/docs/read-the-code.md shows the same table.
FLOORS = [
    ["errors", "graph", "rules"],
    ["network", "system"],
    ["calibration", "reading", "training"],
    ["encoding", "insight"],
    ["config", "data", "derivatives", "runs"],
    ["assembly", "tuning"],
    ["advice", "export"],
    ["playground", "report"],
    ["jobs"],
    ["cli"],
    ["__main__"],
]
# What users import by name: doors that only hand on what lives in a room.
DOORS = {door: {"network"} for door in ("activations", "layers", "losses", "optimizers")}
DOORS["__init__"] = {"system", "training"}
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ENGINE = FLOOR["training"]
ENGINE_NEEDS = {"numpy", "threadpoolctl", "nnctl", *sys.stdlib_module_names}
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(file: Path) -> list[str]:
    """The modules that a file imports anywhere, by their full names, type checking apart."""
    tree = ast.parse(file.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names: list[str] = []
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            module = node.module or ""
            names += [f"{module}.{alias.name}" for alias in node.names]
    return names


def room(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported(file: Path) -> set[str]:
    """The other rooms and doors that a file takes something from."""
    names = [name.split(".") for name in imported(file) if name.startswith("nnctl.")]
    return {name[1] for name in names} - {room(file)}


def test_no_import_runs_up():
    arrows = [
        (file, target)
        for file in FILES
        if room(file) in FLOOR
        for target in sorted(rooms_imported(file))
    ]
    assert {room(file) for file, _ in arrows} >= {"cli", "jobs", "network", "training"}
    assert [
        f"{file.relative_to(PACKAGE)} imports {target}"
        for file, target in arrows
        if target not in FLOOR or FLOOR[target] >= FLOOR[room(file)]
    ] == []


def test_a_door_hands_on_what_lives_in_its_rooms():
    doors = {room(file): rooms_imported(file) for file in FILES if room(file) not in FLOOR}
    assert doors == DOORS


def test_the_engine_needs_numpy_alone():
    files = [file for file in FILES if FLOOR.get(room(file), ENGINE) <= ENGINE]
    outside = {
        f"{file.relative_to(PACKAGE)} imports {name}"
        for file in files
        for name in imported(file)
        if name.partition(".")[0] not in ENGINE_NEEDS
    }
    assert files and outside == {"training/mpi.py imports mpi4py.MPI"}  # an extra, when it is used


def test_the_house_has_no_other_rooms():
    assert {room(file) for file in FILES} == set(FLOOR) | set(DOORS)


@pytest.mark.process
@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_load_nothing_heavy(arguments):
    code = (
        "import sys\nfrom nnctl.__main__ import main\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pydantic', 'yaml', 'rich.progress'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = run([sys.executable, "-c", code])
    assert done.returncode == 0, done.stderr


TRAINED = {
    "data": {"train": "table.csv", "target": "y"},
    "layers": [{"type": "dense", "units": 2}],
    "loss": {"type": "sparse_categorical_crossentropy", "from_logits": True},
    "optimizer": "adam",
    "epochs": 1,
}
DENSE = {"type": "dense", "units": 2}
DECAY = {"type": "exponential_decay", "initial_learning_rate": 0.1, "decay_steps": 9}
# What a config may have besides, and the module that training loads for it alone.
LOADED_FOR = {
    "nnctl.network.layers.activation": {
        "layers": [DENSE, {"type": "activation", "activation": "relu"}]
    },
    "nnctl.network.layers.dropout": {"layers": [{"type": "dropout", "rate": 0.1}, DENSE]},
    "nnctl.network.layers.normalization": {"layers": ["layer_normalization", DENSE]},
    "nnctl.network.layers.shaping": {"layers": ["flatten", DENSE]},
    "nnctl.network.optimizers.sgd": {"optimizer": {"type": "sgd", "learning_rate": 0.1}},
    "nnctl.network.decays": {
        "optimizer": {"type": "adam", "learning_rate": {**DECAY, "decay_rate": 0.9}}
    },
    "nnctl.network.penalties": {"layers": [{**DENSE, "kernel_regularizer": "l2"}]},
    "nnctl.encoding.to_normal": {"data": {**TRAINED["data"], "scale": "quantile"}},
    "nnctl.data.special_fitting": {"data": {**TRAINED["data"], "bins": 2}},
    "nnctl.training.monitors": {"early_stopping": {"monitor": "loss", "patience": 1}},
    "nnctl.training.class_weights": {"class_weight": "balanced"},
    "nnctl.training.ensemble": {"ensemble": 2},
}
# What is for other configs and commands, and for a display.
NEVER_LOADED = {
    "nnctl.assembly.trained",
    "nnctl.assembly.answering",
    "nnctl.calibration.cuts",
    "nnctl.calibration.intervals",
    "nnctl.calibration.temperature",
    "nnctl.config.answering",
    "nnctl.config.columns",
    "nnctl.config.threshold",
    "nnctl.config.tuning",
    "nnctl.encoding.dates",
    "nnctl.data.folds",
    "nnctl.encoding.normal",
    "nnctl.data.overview",
    "nnctl.encoding.special",
    "nnctl.network.layers.convolution",
    "nnctl.network.layers.pooling",
    "nnctl.network.optimizers.rmsprop",
    "nnctl.tuning",
    "nnctl.report",
    "nnctl.export",
    "nnctl.derivatives",
    "nnctl.reading.dates",
    "nnctl.reading.typed.cells",
    "numpy.ma",  # which np.unique and what is made of it ask for
    "openpyxl",
    "optuna",
    "pyarrow",
    "rich",
    "sqlite3",
    "statistics",
}
# Prints what a quiet training has loaded, and which of nnctl's dataclasses are no components.
TRAIN = """
import dataclasses, sys
from nnctl.__main__ import main
sys.argv[1:] = ["train", "config.yaml", "-q"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
from nnctl.network.arguments import Component
print(*sys.modules, sep="\\n")
made = {
    each
    for name, module in list(sys.modules.items())
    if name.startswith("nnctl")
    for each in vars(module).values()
    if isinstance(each, type) and each.__module__.startswith("nnctl")
}
assert Component in made
records = [each for each in made if dataclasses.is_dataclass(each)]
print(*(f"record {each}" for each in records if not issubclass(each, Component)), sep="\\n")
"""


def loaded_by_training(folder: Path, changes: dict) -> list[str]:
    """What training a config of the folder prints, whose keys are changed."""
    (folder / "config.yaml").write_text(yaml.safe_dump({**TRAINED, **changes}))
    rows = [f"{k},{k % 3},{k % 2}" for k in range(12)]
    (folder / "table.csv").write_text("\n".join(["a,b,y", *rows]) + "\n")
    done = run([sys.executable, "-c", TRAIN], cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.process
def test_training_loads_and_makes_nothing_that_its_config_does_not_ask_for(tmp_path):
    """Each module and each class takes a fraction of a millisecond; they add up."""
    printed = loaded_by_training(tmp_path, {})
    assert {"nnctl.training.loop", "nnctl.network.layers.dense", "numpy"} <= set(printed)
    assert {*LOADED_FOR, *NEVER_LOADED}.isdisjoint(printed)
    # To make a dataclass takes ten times as long as a plain class, and thrice as a named tuple.
    assert [line for line in printed if line.startswith("record")] == []


@pytest.mark.process
def test_init_loads_nothing_that_trains(tmp_path):
    (tmp_path / "table.csv").write_text("a,y\n" + "1,yes\n2,no\n" * 20)
    code = TRAIN.replace('"train", "config.yaml", "-q"', '"init", "table.csv", "--target", "y"')
    done = run([sys.executable, "-c", code], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[1] for name in done.stdout.splitlines() if name.startswith("nnctl.")}
    assert {"jobs", "data", "reading"} <= loaded
    assert {"advice", "assembly", "insight", "training"}.isdisjoint(loaded)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(("module", "changes"), LOADED_FOR.items(), ids=LOADED_FOR)
def test_training_loads_what_its_config_asks_for(module, changes, tmp_path):
    printed = loaded_by_training(tmp_path, changes)
    assert module in printed
    assert {name for name in LOADED_FOR if name != module}.isdisjoint(printed)
    assert "nnctl.reading.dates" not in printed  # its patterns take as long as ten modules

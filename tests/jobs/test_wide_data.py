"""Runs whose rows are wide: of many classes, or of text of many kinds."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnctl.jobs.crossval import crossval
from nnctl.jobs.evaluate import evaluate
from nnctl.jobs.report import report
from nnctl.jobs.train import train
from tests.processes import run

CLASSES, KINDS = 1200, 3000
LIMIT = 180_000_000  # bytes, of which Python and NumPy take a third
COMMANDS = [
    "train wide.yaml -o new",
    "validate wide.yaml",
    "summary wide.yaml",
    "predict run wide.csv -o out.csv",
    "evaluate run wide.csv",
    "drift run wide.csv",
    "attribution run wide.csv --row 3 --baseline zeros",
    "crossval wide.yaml --folds 2 --workers 1 --predictions p.csv",
    "report run",
]
# One command after another in a process, which tells of the peak of each.
MEASURED = """
import shlex, sys
from pathlib import Path
from nnctl.cli.app import run
for line in sys.argv[1:]:
    Path("/proc/self/clear_refs").write_text("5")  # begins a new peak
    sys.argv[1:] = shlex.split(line)
    try:
        run()
    except SystemExit as ending:
        assert not ending.code, line
    status = Path("/proc/self/status").read_text()
    print("peak", status.split("VmHWM:")[1].split()[0], line, file=sys.stderr)
"""


def write(folder: Path, rows: int, lines: list[str], data: dict, layers: list, loss: dict) -> Path:
    """A config, `wide.yaml`, and its table."""
    folder.mkdir(exist_ok=True)
    (folder / "wide.csv").write_text("\n".join(lines) + "\n")
    config = {
        "data": {"train": "wide.csv", **data},
        "layers": layers,
        "loss": {**loss, "from_logits": True},
        "optimizer": "adam",
        "epochs": 1,
        "batch_size": 256,
    }
    (folder / "wide.yaml").write_text(yaml.safe_dump(config))
    return folder


def of_classes(folder: Path, classes: int, rows: int) -> Path:
    """Two numbers, and one of so many classes."""
    draws = np.random.default_rng(0).normal(size=(rows, 2)).round(3).tolist()
    lines = ["a,b,kind", *(f"{a},{b},c{k % classes:05}" for k, (a, b) in enumerate(draws))]
    layers = [{"type": "dense", "units": classes}]
    loss = {"type": "sparse_categorical_crossentropy"}
    return write(folder, rows, lines, {"target": "kind"}, layers, loss)


def of_kinds(folder: Path, kinds: int, rows: int) -> Path:
    """Three columns of text of so many kinds each, and the answer yes or no."""
    draws = np.random.default_rng(0).integers(0, kinds, (rows, 3)).tolist()
    lines = ["a,b,c,t", *(f"a{a},b{b},c{c},{('no', 'yes')[a % 2]}" for a, b, c in draws)]
    layers = [{"type": "dense", "units": 8, "activation": "relu"}, {"type": "dense", "units": 1}]
    data = {"target": "t", "validation": 0.2}
    return write(folder, rows, lines, data, layers, {"type": "binary_crossentropy"})


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of more classes than are shown in a matrix."""
    folder = of_classes(tmp_path_factory.mktemp("wide") / "classes", CLASSES, 2 * CLASSES)
    train(folder / "wide.yaml", output=folder / "run")
    return folder


@pytest.mark.slow
def test_evaluate_tells_that_there_are_too_many_classes_for_a_matrix(classes: Path) -> None:
    result = evaluate(classes / "run", classes / "wide.csv")
    assert result.rows == 2 * CLASSES and "confusion_matrix" not in result.as_json()
    assert result.confusion is not None and result.confusion.rows.sum() == result.rows
    own, matrix = result.warnings
    assert "trained" in own.message
    assert "of 1,200 classes it has 1,440,000 cells" in matrix.message
    json.dumps(result.as_json())


@pytest.mark.slow
def test_the_report_shows_some_of_the_classes_and_says_so(classes: Path) -> None:
    pytest.importorskip("matplotlib")
    path = report([classes / "run"], output=classes / "r.html").path
    text = path.read_text(encoding="utf-8")
    assert "are of 1,200 classes, too many for a confusion matrix" in text
    assert (
        "The commonest confusions" in text and "data:image" not in text.partition('id="worst"')[0]
    )
    by_class = text[
        text.index("<figcaption>By class, of 1,200 classes the 100 with the most rows") :
    ]
    assert by_class[: by_class.index("</table>")].count('<th scope="row">') == 100
    assert path.stat().st_size < 200_000


@pytest.mark.slow
def test_a_few_of_the_classes_with_few_rows_are_named(classes: Path) -> None:
    told: list[str] = []
    crossval(
        classes / "wide.yaml", folds=3, workers=1, warn=lambda problem: told.append(problem.message)
    )
    assert [message for message in told if "2 rows, fewer than the 3 folds" in message] == told[:5]
    assert told[5:] == ["and 1,195 more classes have as few"]


@pytest.fixture(scope="module", params=["classes", "kinds"])
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows whose numbers, all at once, would take far more than `LIMIT`."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "classes":
        of_classes(folder, 1500, 1500)  # 2,250,000 probabilities, as text 60 bytes each
    else:
        of_kinds(folder, KINDS, 15_000)  # 135,000,000 inputs
    train(folder / "wide.yaml", output=folder / "run")
    return folder


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells the peak in units of 1024 bytes")
def test_memory_does_not_grow_with_the_width(large: Path) -> None:
    pytest.importorskip("matplotlib")
    done = run([sys.executable, "-c", MEASURED, *COMMANDS], cwd=large)
    assert done.returncode == 0, done.stderr
    told = [line.split(" ", 2)[1:] for line in done.stderr.splitlines() if line[:5] == "peak "]
    assert [command for _, command in told] == COMMANDS
    above = [(command, peak) for peak, command in told if 1024 * int(peak) >= LIMIT]
    assert not above, above[0]

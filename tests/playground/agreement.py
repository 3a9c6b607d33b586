"""Whether the numbers that a page shows are those that nnctl tells, to the last digit shown."""

import math
import re

import numpy as np

from nnctl.assembly.predicted import columns_of, predicted_rows
from nnctl.assembly.trained import Trained

DIGITS = 4
WHOLE = (1e4, 1e9)  # between these, numbers are shown to the last digit before the point
NUMBER = r"−?\d+(?:,\d{3})*(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
PLAIN = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789", ",")
ROW_SHOWN = """({
  place: state.model.rows[state.row].place,
  answers: [...find("answer").querySelectorAll("tr")].map(row => [row.className,
    ...[...row.children].slice(0, 2).map(cell => cell.textContent)]),
  nodes: [...find("steps").children].map(row => [...row.children].map(cell => cell.textContent)),
  moment: find("moment").textContent})"""


def numbers_in(text: str) -> list[float]:
    return [float(each.replace("·10", "e").translate(PLAIN)) for each in re.findall(NUMBER, text)]


def agree(shown: float, number: float, scale: float = 0.0) -> bool:
    """Whether `shown` is `number` to its last digit; `scale` is of what it may be a difference."""
    if number == 0 or not math.isfinite(number):
        return shown == number or abs(shown) <= 1e-6 * scale
    whole = WHOLE[0] <= abs(number) < WHOLE[1]
    unit = 1.0 if whole else 10.0 ** (math.floor(math.log10(abs(number))) - DIGITS + 1)
    return abs(shown - number) <= 0.5 * unit * 1.01 + 1e-6 * max(abs(number), scale)


def check_numbers(text: str, told) -> None:
    """What a cell shows is what `explain --json` tells: numbers, or mean and norm of many."""
    scale = told["norm"] if isinstance(told, dict) else np.abs(told).max()
    if isinstance(told, dict):
        shown = numbers_in(text.partition(":")[2])
        assert f"{math.prod(told['shape']):,} numbers" in text
        assert agree(shown[0], told["mean"], scale) and agree(shown[1], told["norm"])
        return
    own = np.ravel(told).tolist()
    if len(own) > 16:
        own = [float(np.mean(own)), float(np.linalg.norm(own))]
        text = text.partition(":")[2]
    shown = numbers_in(text)
    assert len(shown) == len(own), (text, told)
    assert all(map(agree, shown, own, [scale] * len(own))), (text, told)


def told_of(nodes: dict[str, dict], name: str) -> dict | None:
    """A node of `explain --json`, of a small graph put together of its entries."""
    if name in nodes:
        return nodes[name]
    own = [node for key, node in nodes.items() if key.startswith(f"{name}[")]
    if not own:
        return None
    return {key: [node[key] for node in own] for key in ("value", "gradient")}


def check_explained(shown: list[list[str]], told: dict) -> None:
    """The nodes of the page, with their derivatives, and the parameters."""
    nodes = {node["name"]: node for node in told["nodes"]} | told["parameters"]
    found = set()
    for name, _, value, slope in shown:
        node = told_of(nodes, name)
        # A pooling may come before the ReLU of its convolution, which then is no node of explain's.
        before_relu = f"{name[:-1]}z" in [own for own, *_ in shown]
        if node is None or (node.get("op") == "c + b" and before_relu):
            continue
        for text, own in ((value, node["value"]), (slope, node["gradient"])):
            check_numbers(text, own)
        found.add(name)
    assert found > {"J", *told["parameters"]}


def check_predicted(answers: list[list[str]], trained: Trained, x: np.ndarray) -> None:
    """The answers are what predict prints for the example."""
    (cells,) = predicted_rows(trained, x.astype(trained.model.dtype), trained.cuts)
    own = dict(zip(columns_of(trained), map(str, cells), strict=True))
    chosen = [name for kind, name, _ in answers if kind == "chosen"]
    targets = trained.preprocessing.targets
    if targets.task == "regression":
        wanted = own
    elif targets.classes is None:
        wanted = {name: own[f"probability_{name}"] for name in targets.names}
        assert chosen == [name for name in targets.names if own[name] == "1"]
    else:
        assert chosen == [own["prediction"]]
        labels = list(map(str, targets.classes.labels))
        wanted = {label: own.get(f"probability_{label}") for label in labels}
        if targets.task == "binary":
            second = float(own["probability"])
            wanted = {labels[0]: 1 - second, labels[1]: second}
    assert [name for _, name, _ in answers] == list(wanted)
    for _, name, text in answers:
        assert agree(numbers_in(text)[0], float(wanted[name]), 1.0), name

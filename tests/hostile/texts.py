"""A folder in which every name and text holds all that must not reach a terminal."""

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from nnctl.config.dumping import dump_yaml
from nnctl.runs.folder import RESULTS
from nnctl.system.npz import write_arrays
from tests.fuzz.trial import nnctl

# What may not come out: control characters, separators of lines, marks of direction, and what no
# encoding can write. Written here once more, so that the package cannot leave one out unnoticed.
HIDDEN = {
    *range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, 0x2028, 0x2029,
    *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000),
}  # fmt: skip
FORGED = "forged line"  # which would begin one, behind a line break
SEQUENCES = "\x1b[38;5;213m\x1b]0;title\x07[bold]:smile:[/]\\"
TABLE = "".join(map(chr, sorted(HIDDEN - {0, 10, 13} - set(range(0xD800, 0xE000)))))
TABLE += f"{SEQUENCES}\n{FORGED}"  # a table's reader makes this of other line breaks
KEY = f"\0{TABLE}\r{FORGED}\udcff"  # YAML can write any character
PATH = TABLE.replace("/", "") + "\udcff\udc80"  # bytes that are no text, too


def texts(*names: str, of: str = TABLE) -> list[str]:
    return [f"{name}{of}" for name in names]


SIZE, KIND, LABEL, AMOUNT, COPY = texts("size", "kind", "label", "amount", "copy")
RED, BLUE, GREEN = texts("red", "blue", "green")
YES, NO = texts("yes", "no")
ARRAY = TABLE.replace("/", "")  # a name within an archive
DENSE = [{"type": "dense", "units": 3, "activation": "tanh"}, {"type": "dense", "units": 1}]
CONFIG: dict[str, Any] = {
    "data": {"train": f"table{PATH}.csv", "target": LABEL, "features": [SIZE, KIND]},
    "layers": DENSE,
    "loss": {"type": "binary_crossentropy", "from_logits": True},
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "class_weight": {YES: 2.0},
    "epochs": 2,
}


def changed(data: dict[str, Any], **other: Any) -> dict[str, Any]:
    """The config with other keys, those of its data apart."""
    return {**CONFIG, "data": {**CONFIG["data"], **data}, **other}


REGRESSION = changed({"target": AMOUNT}, loss="mean_squared_error", class_weight=None)
CONFIGS: dict[str, dict[str, Any]] = {
    "good": CONFIG,
    "amounts": REGRESSION,
    "several": changed({"target": [f"{AMOUNT}{k}" for k in "01"]}, loss="binary_crossentropy",
        class_weight=None, layers=[{"type": "dense", "units": 2, "activation": "sigmoid"}]),
    "tuned": {**CONFIG, "tune": {"monitor": "loss", "search": {
        "layers.0.activation": ["tanh", "linear"], "class_weight": [{YES: 1.0}, {YES: 3.0}],
    }, "trials": 2}},
    "sought": {**CONFIG, "tune": {"monitor": "loss", "search": {
        f"class_weight.{YES}": [1.0, 3.0], "data.target": [LABEL, COPY],
    }, "trials": 2}},
    "leak": changed({"features": [SIZE, COPY]}),
    "arrays": {**CONFIG, "data": {"train": f"arrays{PATH}.npz"}},
    "column": changed({"features": [SIZE, f"kinds{TABLE}"]}),
    "file": changed({"train": f"gone{PATH}.csv"}),
    "void": changed({"train": f"a{KEY}.csv"}),
    "label": {**CONFIG, "class_weight": {KEY: 2.0}},
    "key": {**CONFIG, KEY: 1, "loss": {"type": KEY}, "name": KEY, "epochs": KEY},
    "keys": changed({KEY: KEY}, optimizer={"type": "adam", KEY: 1}, layers=[{KEY: KEY}, KEY],
        ignore_advice=[KEY], metrics=[KEY], early_stopping={"monitor": KEY, "patience": 1}),
    "scale": changed({"scale": {"type": "rescale", "by": KEY}, "text": [KEY], "delimiter": KEY}),
    "searched": {**CONFIG, "tune": {"monitor": KEY, "search": {KEY: [KEY], "epochs": [KEY]}}},
    "numbers": changed({"target": KIND}, loss="mean_squared_error", class_weight=None),
    "shapes": {**CONFIG, "layers": [{"type": "dense", "units": 2, "name": KEY}]},
}  # fmt: skip


def rows(count: int = 24) -> list[list[object]]:
    """Two features, and what may be a target: a class, three numbers, and the class once more."""
    kinds = (RED, BLUE, GREEN)
    return [
        [k % 7, kinds[k % 3], label, k / 4, k % 2, (k // 2) % 2, label]
        for k, label in enumerate((YES if k % 7 > 3 else NO) for k in range(count))
    ]


HEAD = [SIZE, KIND, LABEL, AMOUNT, f"{AMOUNT}0", f"{AMOUNT}1", COPY]


def write_table(path: Path, head: list[str], lines: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *lines])


def project_of_texts() -> None:
    """Fills the current folder: tables, configs, and the runs of those that train."""
    lines = rows()
    write_table(Path(f"table{PATH}.csv"), HEAD, lines)
    unknown = [[*line[:1], f"violet{TABLE}", *line[2:]] for line in lines]
    write_table(Path(f"unknown{PATH}.csv"), HEAD, unknown)
    write_table(
        Path(f"label{PATH}.csv"), HEAD, [[*a[:2], f"perhaps{TABLE}", *a[3:]] for a in lines]
    )
    write_table(Path(f"text{PATH}.csv"), HEAD, [[f"many{TABLE}", *line[1:]] for line in lines])
    write_table(Path(f"other{PATH}.csv"), [f"sizes{TABLE}", *HEAD[1:]], lines)
    write_table(Path(f"twice{PATH}.csv"), [SIZE, *HEAD], [[1, *line] for line in lines])
    Path(f"ragged{PATH}.csv").write_text(f'"{SIZE}"\n1,2\n', encoding="utf-8", newline="")
    for name, values in CONFIGS.items():
        Path(f"{name}{PATH}.yaml").write_text(dump_yaml(values), encoding="utf-8")
    raw = yaml.safe_dump(CONFIG, allow_unicode=True).replace("adam", "\x1b[38;5;213m")
    Path(f"raw{PATH}.yaml").write_text(raw, encoding="utf-8")
    Path(f"text{PATH}.yaml").write_text(f"a: b: {SEQUENCES[5:]}\u202e", encoding="utf-8")
    for name in ("good", "amounts", "several"):
        status, _, told = nnctl(("train", f"{name}{PATH}.yaml", "-q", "-o", f"{name}{PATH}"))
        assert status == 0, told
    os.mkdir(f"empty{PATH}")
    with Path(f"arrays{PATH}.npz").open("wb") as file:
        write_arrays(file, {f"x{ARRAY}": np.eye(4), "y": np.zeros(4)})
    assert Path(f"good{PATH}", RESULTS).exists()

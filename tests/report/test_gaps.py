"""The worst examples show a gap as a gap, and what was measured as measured."""

import csv
from pathlib import Path

import pytest

from nnctl.jobs.train import train
from nnctl.report.collecting import collect

CONFIG = """\
data:
  train: t.csv
  target: y
  missing: median
  {more}
layers: [{{type: dense, units: 1}}]
loss: mean_squared_error
optimizer: sgd
epochs: 1
"""
# A median that many rows have, too, a mean that none has, a date, and text.
ROWS = [
    {
        "id": f"{k * 1.25 + 0.5:g}",
        "a": "" if k % 3 == 1 else "3",
        "b": "" if k % 5 == 2 else f"{k * 7 % 40}",
        "when": "" if k % 5 == 3 else f"2024-03-{1 + k // 2:02d}T{k % 24:02d}:30",
        "kind": "" if k % 5 == 4 else "rb"[k % 2],
        "y": "" if k == 7 else f"{k}",
    }
    for k in range(40)
]
WAYS = {
    "all that train": "",
    "rows that were drawn": "validation: 0.5",
    "the last rows": "{validation: 0.5, split: last}",
    "a file of their own": "test: t.csv",
    "members' own rows": "validation: 0.3",
    "an indicator": "",
    "rows left out": "validation: 0.5",
}


def written(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_gaps_are_shown_as_gaps(way, tmp_path):
    more = WAYS[way].strip("{}").replace(", ", "\n  ")
    rules = {
        "when": "{type: date}",
        "a": "{indicator: true}" if way == "an indicator" else "{}",
        "b": "{missing: drop}" if way == "rows left out" else "{missing: mean}",
    }
    more += "\n  columns: {" + ", ".join(f"{k}: {v}" for k, v in rules.items() if v != "{}") + "}"
    ensemble = "ensemble: 3\n" if way.startswith("members") else ""
    (tmp_path / "c.yaml").write_text(CONFIG.format(more=more) + ensemble)
    written(tmp_path / "t.csv", ROWS)
    judged = collect(train(tmp_path / "c.yaml", output=tmp_path / "run").folder, "x").judged
    assert judged is not None
    by_id = {row["id"]: row for row in ROWS}
    found = set()
    for worst in judged.worst:
        cells = dict(zip(judged.columns, worst.cells, strict=True))
        row = by_id[cells["id"]]
        assert float(worst.truth) == float(row["y"])
        wanted = {name: value or "(missing)" for name, value in row.items() if name != "y"}
        assert cells == wanted | {"when": wanted["when"].replace("T", " ")}
        found |= {name for name, cell in cells.items() if cell == "(missing)"}
    assert len(judged.worst) == 12
    never = {"rows left out": {"b"}, "the last rows": {"when"}}  # the last by date have one
    assert found == {"a", "b", "when", "kind"} - never.get(way, set())

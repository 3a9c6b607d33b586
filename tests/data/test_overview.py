"""Which column became which inputs, and what it holds."""

from pathlib import Path

from nnctl.data.overview import column_inputs
from nnctl.data.rules import Rule
from nnctl.encoding.scaling import Scale
from tests.data.test_prepare import prepared, write

TEXT = "when,size,kind,t\n" + "".join(
    f"2024-0{k + 1}-03 10:30,{k if k % 4 else ''},{'abc'[k % 3] if k != 2 else ''},{k}\n"
    for k in range(9)
)
RULES = {
    "when": Rule("date", parts=("month", "days")),
    "size": Rule(scale=Scale("log"), indicator=True, bins=3),
}


def test_every_input_belongs_to_a_column(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", TEXT)
    made = prepared(path, target="t", missing="mean", columns=RULES, validation=0.2, split="last")
    inputs = made.preprocessing.inputs
    found = column_inputs(inputs)
    assert [(each.name, each.kind, each.places, each.told) for each in found] == [
        ("when", "date", "0 to 2", "month, days"),
        ("size", "number", "3 to 7", "log, 3 pieces, missing"),
        ("kind", "category", "8 to 11", "4 categories"),
    ]
    assert len(inputs.input_names()) == made.train.x.shape[1] == 12
    assert made.columns == ()


def test_what_the_rows_that_train_hold(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", TEXT)
    options = {"target": "t", "missing": "mean", "validation": 0.2, "split": "last"}
    made = prepared(path, columns=RULES, survey=True, **options)
    assert [(fact.values, fact.missing) for fact in made.columns] == [
        ("2024-01-03 10:30:00 to 2024-07-03 10:30:00", 0), ("1 to 6", 2), ("3 kinds", 1)
    ]  # fmt: skip

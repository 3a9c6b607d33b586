"""An example of a table as the cells that its row had in the data."""

import numpy as np
import pytest

from nnctl.data.inputs import Inputs
from nnctl.data.rules import Rule
from nnctl.encoding.scaling import Scaling
from nnctl.report.example_cells import cells_of
from tests.data.test_prepare import prepared


def test_cells_are_those_of_the_data():
    scaling = Scaling("standardize", np.array([10.0, -1.0]), np.array([4.0, 0.5]))
    categories = {"city": ("north", "south")}
    inputs = Inputs(("rooms", "city", "tax"), (4,), "float32", scaling, categories)
    assert cells_of(inputs, np.array([0.5, 0, 1, 2])) == ["12", "south", "0"]
    assert cells_of(inputs, np.array([-3, 0, 0, -1])) == ["−2", "(not in training)", "−1.5"]
    assert inputs.input_names() == ["rooms", "city = north", "city = south", "tax"]


@pytest.mark.parametrize("scaling", ["robust", "quantile", "log", "standardize"])
def test_cells_of_columns_that_became_several_inputs(tmp_path, scaling):
    rules = {
        "size": Rule(bins=3, indicator=True),
        "sold": Rule("date", indicator=True),
        "shown": Rule("date", parts=("month", "hour")),
        "kind": Rule(min_count=2),
    }
    path = tmp_path / "t.csv"
    rows = [
        f"{k * 1.5},2024-0{1 + k}-05,2023-0{9 - k}-02 1{k}:20,{'aab'[k % 3]},{k}" for k in range(8)
    ]
    path.write_text("size,sold,shown,kind,t\n" + "\n".join(rows) + "\n")
    made = prepared(
        path, target="t", columns=rules, missing="mean", scaling=scaling, dtype="float64"
    )
    cells = [cells_of(made.preprocessing.inputs, row) for row in made.train.x[:]]
    assert cells[2] == ["3", "2024-03-05", "month 7, hour 12", "b"]
    assert [row[0] for row in cells] == [f"{k * 1.5:g}" for k in range(8)]
    assert [row[1] for row in cells] == [f"2024-0{1 + k}-05" for k in range(8)]

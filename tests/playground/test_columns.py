"""The form's fields: what the page must know to make a column's inputs, and where it does not."""

import numpy as np
import pytest

from nnctl.assembly.build import build
from nnctl.config.schema import check
from nnctl.config.source import Source
from nnctl.playground.columns import fields_of

HEAD = "a,b,c,when,<city>,y"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    file = tmp_path_factory.mktemp("columns") / "table.csv"
    lines = [HEAD]
    for k in range(20):
        gap = "" if k % 7 == 3 else k / 2
        lines.append(
            f"{gap},{2 ** (k % 5)},{k - 9},2024-0{1 + k % 9}-11,{'no' if k % 2 else 'so'},{k}"
        )
    file.write_text("\n".join(lines) + "\n")
    return file


def inputs_of(table, **data):
    values = {
        "data": {"train": str(table), "target": "y", "missing": "mean", **data},
        "layers": [{"type": "dense", "units": 1}],
        "loss": "mean_squared_error",
        "optimizer": "sgd",
        "epochs": 1,
    }
    return build(check(Source(str(table), values))).prepared.preprocessing.inputs


def test_a_number_has_its_scale_its_pieces_and_what_fills_it(table):
    special = {"a": {"bins": 4, "indicator": True}, "b": {"scale": "log"}, "when": "date"}
    inputs = inputs_of(table, scale="standardize", columns=special)
    fields = {field["name"]: field for field in fields_of(inputs)}
    a = fields["a"]
    assert (a["kind"], a["scale"], a["indicator"], len(a["edges"])) == (
        "number",
        "standardize",
        True,
        5,
    )
    rows = np.array([k / 2 for k in range(20) if k % 7 != 3])
    assert a["fill"] == pytest.approx(rows.mean()) == a["shift"]
    assert (fields["b"]["scale"], fields["b"]["fill"]) == ("log", pytest.approx(5.85, abs=1))
    assert (
        fields["<city>"]["labels"] == ["(missing)", "no", "so"][-len(fields["<city>"]["labels"]) :]
    )
    assert fields["when"]["kind"] == "fixed" and fields["when"]["why"] == "no dates"
    widths = [(field["at"], field["width"]) for field in fields.values()]
    assert [at for at, _ in widths] == np.cumsum([0, *(width for _, width in widths)]).tolist()[:-1]


def test_a_scale_that_the_page_cannot_compute_fixes_the_column(table):
    fields = fields_of(inputs_of(table, scale="quantile", features=["a", "c"]))
    assert [(field["kind"], field["why"]) for field in fields] == [
        ("fixed", "no scale quantile")
    ] * 2

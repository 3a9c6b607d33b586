"""Numbers in another notation: which keys of a config read them, and that these do."""

from pathlib import Path

import pytest
import yaml

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.data.notations import keys_of_notation, settings_of
from nnctl.errors import NnctlError

WRITTEN = {
    "decimal comma": ("{},5", {"decimal": ","}),
    "thousands too": ("1.{:03d},5", {"decimal": ",", "thousands": "."}),
    "apostrophes": ("1'{:03d}.5", {"thousands": "'"}),
    "a currency": ("${}", {"signs": ["$"]}),
    "a unit": ("{} km", {"signs": ["km"]}),
    "all of it": ("1.{:03d},5 km", {"decimal": ",", "thousands": ".", "signs": ["km"]}),
    "a unit that might be an exponent": ("{} EUR", {}),
    "words": ("no. {} or so", {}),
    "one word": ("{}", {}),
}
CONFIG = """\
data: {train: t.csv, target: y}
layers: [{type: dense, units: 1}]
loss: mean_squared_error
optimizer: sgd
epochs: 1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(CONFIG)
    return tmp_path


def problem_of(*overrides: str):
    with pytest.raises(NnctlError) as caught:
        build(load(Path("c.yaml"), overrides=overrides))
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("case", WRITTEN)
def test_the_keys_are_those_that_read_the_numbers(case):
    form, keys = WRITTEN[case]
    assert keys_of_notation([form.format(k) for k in range(40)]) == keys
    assert keys_of_notation([*(form.format(k) for k in range(40)), "none"]) == {}


def test_settings_are_yaml_that_can_be_followed():
    keys = {"decimal": ",", "thousands": "'", "signs": ["$", "it's"]}
    said = settings_of(keys)
    assert (
        said
        == "set data.decimal: ',' and set data.thousands: '''' and set data.signs: ['$', 'it''s']"
    )
    for part in said.split(" and "):
        ((key, value),) = yaml.safe_load(part.removeprefix("set ")).items()
        assert value == keys[key.removeprefix("data.")]


@pytest.mark.parametrize("case", [case for case in WRITTEN if WRITTEN[case][1]])
def test_a_target_in_another_notation_is_told_and_the_fix_reads_it(case, folder):
    form, keys = WRITTEN[case]
    rows = "".join(f'{k},"{form.format(k)}"\n' for k in range(40))
    (folder / "t.csv").write_text("a,y\n" + rows)
    found = problem_of()
    assert (found.path, found.line) == (f"data.{next(iter(keys))}", 1)
    assert found.message.startswith("the target holds numbers that are written as ")
    settings = [
        part.removeprefix("set ").replace(": ", "=", 1) for part in found.fix.split(" and ")
    ]
    assert len(settings) == len(keys)
    y = build(load(Path("c.yaml"), overrides=settings)).train.y
    assert y[1, 0] - y[0, 0] == 1


def test_a_notation_that_would_spoil_other_columns_is_none_to_set(folder):
    (folder / "t.csv").write_text("a,y\n" + "".join(f'{k}.5,"{k},5"\n' for k in range(40)))
    found = problem_of()
    assert (found.file, found.path) == ("t.csv", "column y")
    assert found.fix == "write them with a point, as other columns have it"


def test_a_unit_that_cannot_be_taken_out_is_to_be_removed(folder):
    (folder / "t.csv").write_text("a,y\n" + "".join(f"{k},{k} EUR\n" for k in range(40)))
    assert problem_of().fix == "write the numbers alone, without EUR"
    (folder / "t.csv").write_text("a,y\n" + "".join(f"{k},row {k}\n" for k in range(40)))
    assert "for classes, choose" in problem_of().fix

"""The config that init writes loads, and means what the table says, for names of any kind."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nnctl.assembly.build import build
from nnctl.config import load
from nnctl.errors.visible import visible_lines
from nnctl.jobs.init import columns_of, init
from nnctl.system.unicode import normal_form

# Text that means something to YAML, to a comment, to a terminal, or to a reader of tables.
ODD = [
    "\x1b[31m", "\x00", "\x85", "\u2028", "\u202e", "\x7f", "\ufeff", "#", " #", ": ", "- ", "? ",
    "'", '"', "\\", "\\n", "\n", "\t", " ", "\u3000", "{", "[", "*", "&", "!", "|", ">", "%", "@",
    "`", "~", "null", "yes", "no", "true", "1e3", "012", "0x1f", "1_000", "12:30", "<<", "=", "---",
    "...", ",", ";", "é", "e\u0301", "日本", "😀", "NA",
]  # fmt: skip
PIECES = st.sampled_from(ODD) | st.text(st.characters(codec="utf-8"), max_size=3)
NAMES = st.lists(PIECES, min_size=1, max_size=4).map("".join)
# A table has no NUL, and one kind of line break; the file of a name has neither NUL nor slash.
WRITTEN = NAMES.map(lambda name: name.replace("\0", "").replace("\r", "\n"))
COLUMNS = st.lists(
    WRITTEN.map(lambda name: f"x{name}"),
    min_size=3,
    max_size=3,
    unique_by=lambda name: normal_form(name).strip(),
)
LABELS = st.lists(WRITTEN.map(lambda name: f"x{name}x"), min_size=2, max_size=2, unique=True)


def written_by_init(
    folder: Path, columns: list[str], labels: list[str], stem: str
) -> tuple[Path, list[str]]:
    """The config for a table of a number, a text that is left out, and a class to be learnt.

    With the names as they are read: accents in one spelling, without blanks around them.
    """
    data = folder / f"{stem}.csv"
    with data.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        table.writerow(columns)
        table.writerows([k * k % 17, f"text {k}", labels[k % 2]] for k in range(60))
    names = columns_of(data)
    assert [name.strip() for name in names] == [normal_form(name).strip() for name in columns]
    result = init(data, names[2], output=folder / "c.yaml", overwrite=True)
    assert list(result.plan.left_out) == [names[1]]
    return result.path, names


@pytest.mark.slow
@given(COLUMNS, LABELS, st.sampled_from(ODD))
@example(["x\x85", "x\x1b", "x\u2028y"], ["x\x1bx", "x\x85x"], "\x1b")
@example(["x: ", "x #y", "x'\"\\"], ["x, 1x", "x\tx"], "a\nb")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_init_writes_means_the_table(tmp_path, columns, labels, stem):
    stem = stem.replace("\0", "-").replace("/", "-")
    path, names = written_by_init(tmp_path, columns, labels, f"t{stem}")
    text = path.read_text(encoding="utf-8")
    assert visible_lines(text) == text
    assert all(line.startswith(" ") or line[0] in "#bdelmor" for line in text.splitlines())
    config = load(path)
    assert config.data.target == names[2]
    assert config.data.features == (names[0],)
    assert config.resolve(str(config.data.train)).samefile(tmp_path / f"t{stem}.csv")
    classes = build(config).prepared.preprocessing.targets.classes
    assert classes is not None and {str(label).strip() for label in classes.labels} == {
        label.strip() for label in labels
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ODD if name.strip(" \t\0")])
def test_a_column_may_have_an_odd_name(name, tmp_path):
    path, names = written_by_init(tmp_path, [name, f"x{name}", f"{name}x"], ["a", "b"], "t")
    config = load(path)
    assert (config.data.features, config.data.target) == ((names[0],), names[2])

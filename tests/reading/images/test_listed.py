"""Images whose paths a table has, with what its other columns say of them."""

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading.files import DataFile
from nnctl.reading.images.format import ImageFormat
from nnctl.reading.source import open_source
from tests.images import pixels, write_image

FORMAT = ImageFormat((3, 2), unreadable="skip")
ROWS = "path,age,w,who\n2.png,7.5,1,x\ngone.png,9,2,y\n0.png,1,3,\n{tmp}/3.png,,4,z\n1.png,4,5,x\n"


@pytest.fixture
def table(tmp_path):
    """A table of five images, of which one is not there and another has no target."""
    for number in range(4):
        write_image(tmp_path / f"{number}.png", pixels(3, 2, number))
    (tmp_path / "t.csv").write_text(ROWS.format(tmp=tmp_path))
    return tmp_path / "t.csv"


def listed(table, target=("age",), image=FORMAT, column="path"):
    return DataFile(table, None, target, image=image, image_column=column)


@pytest.mark.parametrize("numbers_at_once", [1, 40, 1 << 20])
def test_each_image_has_the_columns_of_its_row(table, monkeypatch, numbers_at_once):
    monkeypatch.setattr("nnctl.reading.images.listed.NUMBERS_AT_ONCE", numbers_at_once)
    with open_source(listed(table), weight="w") as source:
        wanted = [*source.feature_names, "age", "w"]
        tables = list(source.tables(wanted, ["file", "who"]))
    assert len(tables) == {1: 4, 40: 2, 1 << 20: 1}[numbers_at_once]
    found = np.concatenate([each.columns(wanted) for each in tables])
    images = [pixels(3, 2, number).reshape(-1) for number in (2, 0, 3, 1)]
    np.testing.assert_array_equal(found[:, :-2], images)
    np.testing.assert_array_equal(found[:, -2:], [[7.5, 1], [1, 3], [np.nan, 4], [4, 5]])
    kept = [
        dict(zip(each.verbatim, row, strict=True))
        for each in tables
        for row in zip(*each.verbatim.values(), strict=True)
    ]
    assert [row["who"] for row in kept] == ["x", "", "z", "x"]
    assert [row["file"] for row in kept] == ["2.png", "0.png", f"{table.parent}/3.png", "1.png"]
    assert np.concatenate([each.lines for each in tables]).tolist() == [2, 4, 5, 6]
    assert all(list(each.verbatim) == ["file", "who"] for each in tables)
    assert source.lacks_targets
    assert source.with_targets.tolist() == [0, 1, 3]


def test_a_fault_in_another_column_is_placed_in_the_table(table):
    table.write_text("path,age,w\n0.png,1,1\n1.png,2,inf\n")
    with open_source(listed(table), weight="w") as source, pytest.raises(NnctlError) as caught:
        list(source.tables([*source.feature_names, "age", "w"]))
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.path) == (str(table), 3, "column w")


def test_a_table_without_rows_has_no_images(table):
    table.write_text("path,age\n")
    with open_source(listed(table)) as source:
        assert list(source.tables([*source.feature_names, "age"])) == []


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("path,age\n", "other", 'no column "other"'),
        ("path,age\na.png,1\n", "path", "it cannot be read"),
        ("path,age\n", None, "neither a folder nor an image"),
        ("path,age\n", "age", "and is the target as well"),
    ],
)
def test_a_table_that_lacks_something_is_refused(table, text, column, words):
    table.write_text(text)
    with pytest.raises(NnctlError, match=words):
        open_source(listed(table, column=column, image=FORMAT._replace(unreadable="error")))


def test_a_column_that_is_called_as_a_pixel_is_told(table):
    table.write_text("path,x_3\n0.png,1\n")
    with pytest.raises(NnctlError, match='a target is called "x_3", as what stands at a position'):
        open_source(listed(table, ("x_3",)))

"""Tests of choosing the reader for a file."""

from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.files import DataFile
from nnctl.reading.reader import TableReader
from nnctl.reading.source import array_pair, open_source


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", "a,b\n1,2\n"), ("a.tsv", "a\tb\n1\t2\n"), ("a.TXT", "a,b\n1,2\n")]
)
def test_text_tables(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with open_source(tmp_path / name) as source:
        assert isinstance(source, TableReader) and source.names == ("a", "b")


def test_arrays_by_the_names_they_were_trained_under(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.ones((2, 1)), y=np.zeros(2), images=np.ones((2, 3)), labels=np.zeros(2))
    with open_source(path, arrays=("images", "labels")) as source:
        assert isinstance(source, ArrayReader) and source.shape == (3,)
    for arrays in (None, ("pictures", "labels")):
        with open_source(path, arrays=arrays) as source:
            assert isinstance(source, ArrayReader) and source.shape == (1,)
    with pytest.raises(NnctlError, match='there is no array "kinds"'):
        open_source(path, arrays=("images", "kinds"))
    with open_source(path, arrays=("images", "kinds"), targets=False) as source:
        assert isinstance(source, ArrayReader) and source.target_names == ()


def test_the_names_of_arrays_in_a_config() -> None:
    file = Path("d.npz")
    assert array_pair(DataFile(file)) == ("x", "y")
    assert array_pair(DataFile(file, ("images",), ("labels",))) == ("images", "labels")
    with pytest.raises(NnctlError, match="names 2 arrays"):
        array_pair(DataFile(file, None, ("a", "b")))

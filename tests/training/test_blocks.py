"""How many rows are made together, and how rows are cut into stretches."""

import pytest

from nnctl.training.blocks import BLOCK_BYTES, rows_by_bytes, slices_of


@pytest.mark.parametrize("row", [1, 1000, 4_000_000, BLOCK_BYTES, 3 * BLOCK_BYTES])
@pytest.mark.parametrize("multiple", [1, 32, 512])
def test_rows_are_chosen_by_their_bytes_in_whole_multiples(row, multiple):
    rows = rows_by_bytes(row, multiple)
    assert rows % multiple == 0 and rows >= multiple
    assert rows * row <= BLOCK_BYTES or rows == multiple
    assert (rows + multiple) * row > BLOCK_BYTES


@pytest.mark.parametrize(("rows", "size"), [(0, 3), (1, 3), (6, 3), (7, 3), (7, 100)])
def test_slices_have_every_row_once(rows, size):
    slices = list(slices_of(rows, size))
    assert [row for part in slices for row in range(rows)[part]] == list(range(rows))
    assert all(part.stop - part.start == size for part in slices[:-1])

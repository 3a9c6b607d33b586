"""What each rank takes of a batch and of the parameters."""

import numpy as np
import pytest

from nnctl.training.shares import LINE, Part, bounds
from tests.training.threaded_ranks import in_ranks

SIZES = [1, 2, 3, 4, 7]


class Alone:
    """A rank of which only its number is asked."""

    def __init__(self, rank, size):
        self.rank, self.size = rank, size


def parts_of(rows, size):
    return [Part.of(rows, Alone(rank, size)) for rank in range(size)]


@pytest.mark.parametrize("rows", [1, 2, 7, 64])
@pytest.mark.parametrize("size", SIZES)
def test_parts_are_whole_and_as_equal_as_can_be(rows, size):
    ends = bounds(rows, size)
    counts = np.diff(ends)
    assert (ends[0], ends[-1]) == (0, rows)
    assert counts.max() - counts.min() <= 1

    parts = parts_of(rows, size)
    assert sum(part.share for part in parts) == pytest.approx(1)
    for part, count in zip(parts, counts, strict=True):
        assert 0 <= part.start < part.stop <= rows
        assert len(part) == max(count, 1)
        assert (part.share == 0) == (count == 0)


@pytest.mark.parametrize("numbers", [0, 1, 15, 16, 17, 40, 1000])
@pytest.mark.parametrize("size", SIZES)
def test_stretches_cover_the_vector_and_begin_at_cache_lines(numbers, size):
    stretches = [part.own(numbers) for part in parts_of(8, size)]
    covered = np.concatenate([np.arange(numbers)[stretch] for stretch in stretches])
    assert covered.tolist() == list(range(numbers))
    assert all(s.start % LINE == 0 for s in stretches if s.start < s.stop)
    assert parts_of(8, size)[0].stretches(numbers) == stretches


@pytest.mark.parametrize("rows", [1, 5, 8])
def test_the_outputs_of_whole_batches_are_gathered_in_their_order(rows):
    whole = np.arange(2 * rows * 3.0).reshape(2, rows, 3)

    def gathered(ranks):
        part = Part.of(rows, ranks)
        return part.gathered(whole[:, part.rows])

    for found in in_ranks(3, gathered):
        assert found.tolist() == whole.tolist()

"""A step takes no more calls, arithmetic and memory than was recorded."""

import json

import pytest

from tests.benchmarks.counts import RECORDED, TRAINED, counts


@pytest.mark.parametrize("workload", TRAINED, ids=lambda workload: workload.name)
def test_a_step_is_what_was_recorded(workload):
    assert counts(workload) == json.loads(RECORDED.read_text())[workload.name]

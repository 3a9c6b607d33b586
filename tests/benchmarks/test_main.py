"""The command line of the benchmark: without a name it measures all there is."""

import pytest

from tests.benchmarks.__main__ import parsed
from tests.benchmarks.processes import RACES
from tests.benchmarks.workloads import WORKLOADS


def test_without_a_name_everything_is_measured():
    assert parsed([]).workloads == [*WORKLOADS, *RACES]
    assert parsed(["W3", "csv", "--rounds", "1"]).workloads == ["W3", "csv"]


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit):
        parsed(["W99"])
    assert "there is no W99; there are W1, W2" in capsys.readouterr().err

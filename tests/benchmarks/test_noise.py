"""What the rounds come to: the table of a workload, and the one of all."""

import pytest

from tests.benchmarks.noise import Spread, fastest, ratio, summary, table
from tests.benchmarks.workloads import WORKLOADS


def rounds(*seconds: float, loss: float = 0.5) -> list[dict[str, float]]:
    return [{"seconds": each * 1e-6, "loss": loss, "limit": 2e-5} for each in seconds]


FOUND = {
    "nnctl": rounds(90, 120, 100),
    "torch": rounds(400, 500, 600),
    "torch compiled": rounds(300, 200, 350, loss=0.6),
    "jax step": rounds(80, 80, 200),
    "sklearn": rounds(900, 900, 900),
}


def test_the_spread_of_rounds_is_the_median_the_least_and_the_most() -> None:
    assert Spread.of([3.0, 1.0, 9.0, 4.0]) == (3.5, 1.0, 9.0)


def test_the_fastest_is_that_of_the_least_median_and_never_nnctl() -> None:
    assert fastest(FOUND) == "jax step"
    assert fastest({"nnctl": FOUND["nnctl"], "torch": FOUND["torch"]}) == "torch"
    assert fastest(FOUND, ["torch", "torch compiled"]) == "torch compiled"
    assert fastest({"nnctl": FOUND["nnctl"]}) == "nnctl"


def test_a_ratio_is_that_of_medians_and_spreads_as_single_rounds_do() -> None:
    assert ratio(FOUND, "nnctl", "jax step") == pytest.approx((1.25, 0.5, 1.5))


def test_the_table_tells_how_far_rounds_lie_apart() -> None:
    lines = {
        line.split("  ")[0]: line.split() for line in table(WORKLOADS["W1"], FOUND).split("\n")
    }
    told = ["100.0", "90.0", "120.0", "1.25", "0.50", "to", "1.50", "20%", "0.5000"]
    assert lines["nnctl"] == ["nnctl", *told]
    assert lines["torch compiled"][-1] == "+20%"
    assert lines["sklearn"][-2:] == ["(another", "start)"]


def test_the_summary_has_each_library_in_its_faster_way() -> None:
    heads, _, row = summary({"W1": FOUND}).splitlines()[-3:]
    told = dict(
        zip(*([each.strip() for each in line.split("|")] for line in (heads, row)), strict=True)
    )
    assert told["nnctl"] == "100 (30%)"
    assert told["PyTorch"] == "300 (50%)"
    assert told["JAX"] == "80 (150%)"
    assert told["Keras"] == ""
    assert (told["fastest"], told["nnctl to it"]) == ("jax step", "1.25")
    assert told["in one round"] == "0.50 to 1.50"

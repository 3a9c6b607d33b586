"""What is asked of answers, and what must stand beside it."""

import pytest

from nnctl.config import resolved

BINARY = "loss=binary_crossentropy"
ROWS = "data.calibration=0.1"


@pytest.mark.parametrize(
    ("asked", "path", "message", "fix"),
    [
        (["calibrate=true", BINARY], "calibrate", "needs rows that have not", 'calibration: 0.1"'),
        (["calibrate=true", ROWS], "calibrate", "is for probabilities", "remove it"),
        (["intervals=0.9"], "intervals", "need rows that have not", 'add "calibration: 0.1" to'),
        (["threshold=0.3"], "threshold", "those of this loss are numbers", "remove it"),
        (
            ["threshold=0.3", "loss=sparse_categorical_crossentropy"],
            "threshold",
            "the likeliest is taken",
            "binary_crossentropy",
        ),
        (["threshold={recall: 0.9}", BINARY], "threshold", "there are none", "calibration: 0.1"),
        (
            ["threshold={recall: 0.9}", BINARY, "data.validation=0.2", "ensemble=3"],
            "threshold",
            "each member validates on rows of its own",
            "split: shared",
        ),
        (["threshold={recall: 1.5}", BINARY, ROWS], "threshold.recall", "1.5", None),
        (["threshold=1.5", BINARY], "threshold", "threshold is 1.5", None),
        (
            ["threshold=f1", BINARY],
            "threshold",
            "a number in (0, 1), or a mapping with the keys cost, maximize, positive, precision",
            None,
        ),
        (["threshold={}", BINARY, ROWS], "threshold", "there is no aim", "maximize: f1"),
        (
            ["threshold={recall: 0.9, precision: 0.8}", BINARY, ROWS],
            "threshold.precision",
            "several aims, recall and precision",
            "remove all but one",
        ),
        (
            ["threshold={cost: {false_negative: 3}}", BINARY, ROWS],
            "threshold.cost.false_positive",
            "false_positive is missing",
            None,
        ),
        (["threshold={maximize: auc}", BINARY, ROWS], "threshold.maximize", "auc", None),
        (["intervals=1", ROWS], "intervals", "intervals is 1", None),
        (["data.calibration=10%"], "data.calibration", "which is text", "0.1"),
        (["data.calibration=1.5"], "data.calibration", "calibration is 1.5", None),
    ],
)
def test_mistakes(problems, asked, path, message, fix):
    (problem,) = problems(*asked)
    assert problem.path == path
    assert message in problem.message
    assert fix is None or fix in problem.fix


@pytest.mark.parametrize(
    "asked",
    [
        [BINARY, ROWS, "calibrate=true", "threshold={maximize: f1}", "intervals=0.9"],
        [BINARY, "threshold=0.3"],
        [BINARY, "threshold={precision: 0.9, positive: 1}", "data.validation=0.2"],
        [BINARY, "threshold={recall: 0.9}", "data.validation=0.2", "data.split=last", "ensemble=3"],
        [
            BINARY,
            "threshold={cost: {false_negative: 10, false_positive: 1}}",
            "data.validation=0.2",
            "ensemble={members: 3, split: shared}",
        ],
        ["data.calibration=rows.csv", "intervals=0.5"],
    ],
)
def test_what_goes_together(right, asked):
    config = right(*asked)
    assert config.asks_of_answers
    assert right(*asked) == config


def test_what_is_not_asked_is_not_spoken_of_unless_it_is_wanted(right):
    plain = resolved(right())
    assert not {"calibrate", "threshold", "intervals"} & plain.keys()
    assert "calibration" not in plain["data"]
    whole = resolved(right(), unasked=True)
    assert (whole["calibrate"], whole["threshold"], whole["intervals"]) == (False, None, None)
    asked = resolved(right(ROWS, "intervals=0.9"))
    assert asked["intervals"] == 0.9 and asked["data"]["calibration"] == 0.1

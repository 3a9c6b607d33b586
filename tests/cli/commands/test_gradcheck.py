"""`nnctl gradcheck`: the table in any width, the entries that disagree, JSON, statuses."""

import io
import json

import pytest
from rich.console import Console

import nnctl.jobs.gradcheck as job
from nnctl.cli.printing import gradcheck_table
from nnctl.derivatives.gradcheck import CaseResult, Entry

LONG = "loss sparse_categorical_crossentropy logits after an activation of a long name"
PASSED = CaseResult(LONG, 41, 2.5e-15, True, moved=3)
ZERO = CaseResult("dense_1/bias", 3, 0.0, True, zero=True)
FAILED = CaseResult("dense_1/kernel", 7, 0.5, False, worst=(Entry((1, 2), 0.25, 0.5, 0.5),))


@pytest.fixture
def faked(monkeypatch):
    """Puts verdicts in place of the job's."""

    def fake(*cases):
        result = job.GradcheckResult("complex-step", cases)
        monkeypatch.setattr(job, "gradcheck", lambda *_, **__: result)

    return fake


def test_the_model_of_a_config_passes(project, invoke):
    for method in ("complex-step", "central"):
        result = invoke("gradcheck", "small.yaml", "--method", method)
        assert (result.exit_code, result.stderr) == (0, "")
        lines = result.stdout.splitlines()
        assert [line.split()[0] for line in lines[1:-1]] == [
            *("dense_1/kernel", "dense_1/bias", "dense_2/kernel", "dense_2/bias")
        ]
        assert lines[-1].startswith("all passed: 4 cases, ")
        assert f"by {method}" in lines[-1]


def test_names_are_whole_where_there_is_no_terminal(faked, invoke):
    faked(PASSED, ZERO)
    result = invoke("gradcheck", env={"COLUMNS": "40"})
    header, first, second, summary = result.stdout.splitlines()
    assert header.split("  ")[0] == "case"
    assert first.split() == [*LONG.split(), "41", "2.5e-15", "3", "passed"]
    assert second.split() == ["dense_1/bias", "3", "0.0e+00", "passed", "(all", "zero)"]
    assert summary.startswith("all passed: 2 cases, 44 derivatives")


def test_a_failure_is_status_1_and_shows_the_worst_entries(faked, invoke):
    faked(PASSED, FAILED)
    result = invoke("gradcheck")
    assert result.exit_code == 1
    assert "FAILED" in result.stdout
    shown = result.stdout.partition("dense_1/kernel: the entries that disagree most\n")[2]
    head, entry, summary = shown.splitlines()
    assert head.split() == ["entry", "analytic", "numeric", "relative", "error"]
    assert entry.split() == ["[1,", "2]", "0.25", "0.5", "5.0e-01"]
    assert summary.startswith("1 of 2 cases failed: ")


def test_json(faked, invoke):
    faked(ZERO, FAILED)
    result = invoke("gradcheck", "--json")
    assert result.exit_code == 1
    printed = json.loads(result.stdout)
    assert (printed["passed"], printed["method"]) == (False, "complex-step")
    assert printed["cases"] == [
        {"name": "dense_1/bias", "checked": 3, "max_relative_error": 0.0, "passed": True},
        {"name": "dense_1/kernel", "checked": 7, "max_relative_error": 0.5, "passed": False},
    ]


def drawn(width: int, *cases: CaseResult) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    console.print(gradcheck_table(cases, width))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_the_table_fits_and_keeps_names_and_verdicts(width):
    lines = drawn(width, PASSED, FAILED)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    assert "…" not in text
    for cell in ("case", "checked", "error", "2.5e-15", "passed", "5.0e-01", "FAILED"):
        assert cell in text
    column = lines[0].index("checked") if width > 100 else min(map(len, lines))
    names = "".join(line[:column] for line in lines) if width > 100 else text
    for word in LONG.split() if width > 100 else ("dense_1/kernel",):
        assert word in names


@pytest.mark.parametrize("option", ["--seed=-1", "--set=epochs=2", "--init-weights=w.npz"])
def test_without_a_config_options_that_mean_nothing_are_refused(option, invoke):
    result = invoke("gradcheck", option)
    assert (result.exit_code, result.stdout) == (2, "")
    assert option.partition("=")[0] in result.stderr


@pytest.mark.parametrize("width", [40, 200])
def test_moved_points_have_a_column_where_there_is_room(width):
    assert ("moved" in drawn(width, PASSED)[0]) == (width == 200)

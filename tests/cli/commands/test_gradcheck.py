"""`nnctl gradcheck`: the table in any width, the entries that disagree, JSON, statuses."""

import io
import itertools
import json

import numpy as np
import pytest
from rich.console import Console

import nnctl.jobs.gradcheck as job
from nnctl.cli.proof import case_cells, part_cells, verdict_table
from nnctl.derivatives.gradcheck import CaseResult, Entry, builtin_cases, parts_of
from nnctl.network.activations import ACTIVATIONS
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES

LONG = "loss sparse_categorical_crossentropy logits after an activation of a long name"
PASSED = CaseResult(LONG, 41, 2.5e-15, True, moved=3)
ZERO = CaseResult("dense_1/bias", 3, 0.0, True, zero=True)
FAILED = CaseResult("dense_1/kernel", 7, 0.5, False, worst=(Entry((1, 2), 0.25, 0.5, 0.5),))


@pytest.fixture
def faked(monkeypatch):
    """Puts verdicts in place of the job's."""

    def fake(*cases, by_part=False):
        parts = tuple(job.by_part(cases)) if by_part else ()
        result = job.GradcheckResult("complex-step", cases, parts)
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
    head = ("case", "checked", "error", "moved", "verdict")
    console.print(verdict_table(head, [case_cells(case) for case in cases], (3,), width))
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


def case(name: str, error: float = 1e-15, passed: bool = True) -> CaseResult:
    return CaseResult(name, 10, error, passed, worst=() if passed else (Entry(None, 1, 2, error),))


PACKAGE = (
    case("operation sum of rows", 3e-15),
    case("dense tanh mean_squared_error"),
    case("dense relu huber", 2e-15),
    case("flatten tanh huber sample_weight", 4e-15),
    case("regularizer l1_l2"),
)


def test_of_the_package_each_part_has_a_line_with_its_worst_error(faked, invoke):
    faked(*PACKAGE, by_part=True)
    *lines, summary = filter(None, invoke("gradcheck").stdout.splitlines())
    head = ["cases", "checked", "worst", "error", "verdict"]
    assert [line.split() for line in lines] == [
        ["layer", *head],
        ["dense", "2", "20", "2.0e-15", "passed"],
        ["flatten", "1", "10", "4.0e-15", "passed"],
        ["activation", *head],
        ["tanh", "2", "20", "4.0e-15", "passed"],
        ["relu", "1", "10", "2.0e-15", "passed"],
        ["loss", *head],
        ["mean_squared_error", "1", "10", "1.0e-15", "passed"],
        ["huber", "2", "20", "4.0e-15", "passed"],
        ["regularizer", *head],
        ["l1_l2", "1", "10", "1.0e-15", "passed"],
        ["operation", *head],
        ["sum", "of", "rows", "1", "10", "3.0e-15", "passed"],
    ]
    assert summary.startswith("all passed: 5 cases, 50 derivatives")


def test_verbose_tells_of_every_case(faked, invoke):
    faked(*PACKAGE, by_part=True)
    lines = invoke("gradcheck", "--verbose").stdout.splitlines()
    assert [line.split("  ")[0] for line in lines[1:-1]] == [each.name for each in PACKAGE]


def test_what_fails_makes_every_part_of_it_fail_and_few_cases_are_shown(faked, invoke):
    failed = [case(f"dense tanh huber {k}", 0.5, passed=False) for k in range(12)]
    faked(*PACKAGE, *failed, by_part=True)
    result = invoke("gradcheck")
    assert result.exit_code == 1
    wrong = [line.split()[0] for line in result.stdout.splitlines() if line.endswith("FAILED")]
    assert wrong == ["dense", "tanh", "huber"]
    assert result.stdout.count("disagree most") == 10
    assert "and 2 more cases; --verbose shows all" in result.stdout
    assert invoke("gradcheck", "--verbose").stdout.count("disagree most") == 12


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_table_of_parts_fits(width):
    (part, *_) = job.by_part(
        [case("global_average_pooling2d tanh sparse_categorical_crossentropy")]
    )
    console = Console(width=width, file=io.StringIO())
    head = ("layer", "cases", "checked", "worst error", "verdict")
    console.print(verdict_table(head, [part_cells(part)], (1, 2), width))
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert ("cases" in lines[0]) == (width >= 60)
    assert "verdict" in lines[0] and "1.0e-15" in lines[1]


def test_the_parts_of_every_case_are_those_that_the_package_has():
    names = (name for name, _ in itertools.islice(builtin_cases(np.random.default_rng(0)), 120))
    parts = {part for name in names for part in parts_of(name)}
    known = {"layer": LAYERS, "activation": ACTIVATIONS, "loss": LOSSES}
    assert {kind for kind, _ in parts} == {*known, "operation"}
    assert all(name in known[kind] for kind, name in parts if kind in known)

"""How commands end: statuses, closed pipes, full disks, streams that are not there."""

import json
import os
import sys

import pytest

pytestmark = pytest.mark.process
full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
FAILING = """
import sys
import nnctl.jobs.gradcheck as job
from nnctl.derivatives.gradcheck import CaseResult
case = CaseResult("a long name of a case", 1, 1.0, False)
job.gradcheck = lambda *_, **__: job.GradcheckResult("central", (case,) * 2000)
sys.argv = ["nnctl", "gradcheck"]
from nnctl.cli.app import run
run()
"""


TERMINATED = """
import os
import signal
import sys
import nnctl.cli.app as app
app.load_command = lambda name: os.kill(os.getpid(), signal.SIGTERM)
sys.argv = ["nnctl", "gradcheck"]
app.run()
"""


@pytest.mark.parametrize("buffered", ["", pytest.param("1", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "command",
    ["predict runs/small table.csv", "validate small.yaml", "gradcheck small.yaml", "--version"],
)
def test_a_reader_that_leaves_ends_it_quietly(command, buffered, trained, process):
    line = f"nnctl {command} | true; exit ${{PIPESTATUS[0]}}"
    result = process(shell=line, PYTHONUNBUFFERED=buffered)
    assert result.stderr == ""
    assert result.returncode == 0 or (command, buffered) == ("--version", "1")


def test_a_reader_that_leaves_early_gets_what_it_read(trained, process):
    result = process(shell="nnctl predict runs/small table.csv | head -1; echo ${PIPESTATUS[0]}")
    assert (result.stdout, result.stderr) == ("prediction,probability\n0\n", "")


def test_a_reader_that_leaves_does_not_turn_no_into_yes(process, tmp_path):
    (tmp_path / "failing.py").write_text(FAILING)
    script = f'"{sys.executable}" "{tmp_path / "failing.py"}"'
    result = process(shell=f"{script} | head -1; exit ${{PIPESTATUS[0]}}")
    assert (result.returncode, result.stderr) == (1, "")


@full
@pytest.mark.parametrize(
    "command",
    ["predict runs/small table.csv", "validate small.yaml", "gradcheck small.yaml", "--version"],
)
def test_a_full_disk_is_status_1_with_a_message(command, trained, process):
    result = process(shell=f"nnctl {command} > /dev/full")
    assert result.returncode == 1
    assert result.stderr.startswith("error: standard output\n  the disk is full")
    assert "Traceback" not in result.stderr and "Exception ignored" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_status(closed, trained, process):
    assert process(shell=f"nnctl predict runs/small table.csv {closed}").returncode == 0
    result = process(shell=f"nnctl predict runs/small missing.csv {closed}")
    assert (result.returncode, result.stdout) == (2, "")


def test_several_problems_are_counted_and_printed_once_each(project, invoke):
    (project / "small.yaml").write_text("epochs: 0\ncolour: red\n")
    result = invoke("train", "small.yaml")
    problems = result.stderr.count("small.yaml:")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {problems} problems\n")
    assert problems > 2
    assert not (project / "runs").exists()


def test_text_that_the_encoding_lacks_is_escaped(project, process):
    result = process("train", "small.yaml", "-o", "größe", PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "gr\\xf6\\xdfe" in result.stdout
    result = process("train", "small.yaml", "-o", "länge", "--json", PYTHONIOENCODING="ascii")
    assert json.loads(result.stdout)["run"] == "länge"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM of this kind")
def test_sigterm_has_its_status_from_the_start(process, tmp_path):
    (tmp_path / "terminated.py").write_text(TERMINATED)
    result = process(shell=f'"{sys.executable}" "{tmp_path / "terminated.py"}"')
    assert (result.returncode, result.stdout) == (143, "")
    assert "Traceback" not in result.stderr

"""How commands end: statuses, closed pipes, full disks, streams that are not there."""

import errno
import json
import os
import sys

import pytest

from nnctl.cli.exits import run_to_end
from tests import loaded
from tests.loaded import LoadedProcess
from tests.processes import run

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


@pytest.mark.slow
@pytest.mark.parametrize("buffered", ["", pytest.param("1", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "command",
    [
        "predict runs/small table.csv",
        "predict runs/small table.csv -o /dev/stdout",
        "validate small.yaml",
        "gradcheck small.yaml",
        "--version",
    ],
)
def test_a_reader_that_leaves_ends_it_quietly(command, buffered, trained, process):
    line = f"nnctl {command} | true; exit ${{PIPESTATUS[0]}}"
    result = process(shell=line, PYTHONUNBUFFERED=buffered)
    assert result.stderr == ""
    assert result.returncode == 0


@pytest.mark.slow
def test_a_reader_that_leaves_early_gets_what_it_read(trained, process):
    result = process(shell="nnctl predict runs/small table.csv | head -1; echo ${PIPESTATUS[0]}")
    assert (result.stdout, result.stderr) == ("prediction,probability\n0\n", "")


@pytest.mark.slow
def test_a_reader_that_leaves_does_not_turn_no_into_yes(process, tmp_path):
    (tmp_path / "failing.py").write_text(FAILING)
    script = f'"{sys.executable}" "{tmp_path / "failing.py"}"'
    result = process(shell=f"{script} | head -1; exit ${{PIPESTATUS[0]}}")
    assert (result.returncode, result.stderr) == (1, "")


@pytest.mark.slow
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
@pytest.mark.parametrize("command", ["predict runs/small table.csv", "--version"])
def test_a_closed_stdout_is_status_1_with_a_message(command, trained, process):
    result = process(shell=f"nnctl {command} >&-")
    assert result.returncode == 1
    assert result.stderr.startswith("error: standard output\n  it is closed")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that is used")
@pytest.mark.parametrize(
    "command",
    ["train small.yaml", "train {}/small.yaml", "init {}/table.csv --target label", "report small"],
)
def test_a_folder_that_was_deleted_is_told_as_that(command, project, process):
    line = f"mkdir gone && cd gone && rmdir ../gone && nnctl {command.format(project)}"
    result = process(shell=line)
    assert (result.returncode, result.stdout) == (2, "")
    assert "the current folder does not exist any more" in result.stderr
    assert "standard output" not in result.stderr


@pytest.mark.slow
def test_what_does_not_depend_on_a_deleted_folder_works_in_it(trained, project, process):
    line = f"predict {project}/runs/small {project}/table.csv"
    result = process(shell=f"mkdir gone && cd gone && rmdir ../gone && nnctl {line}")
    assert (result.returncode, result.stderr) == (0, "")
    result = process(shell=f"mkdir gone && cd gone && rmdir ../gone && nnctl {line}.gone")
    assert result.returncode == 2 and "current folder" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"), [("ENOSPC", 1), ("EDQUOT", 1), ("EFBIG", 1), ("EIO", 2)]
)
@pytest.mark.parametrize("file", [None, "a file"])
def test_a_disk_that_is_full_is_status_1_whoever_meets_it(number, status, file, capsys):
    def command() -> None:
        raise OSError(getattr(errno, number), "why", *([] if file is None else [file]))

    assert run_to_end(command) == status
    assert "(why)" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not loaded.IS_POSSIBLE, reason="needs a process that sets itself a limit")
@pytest.mark.parametrize("limit", [0, 8])  # kB that a file may have
@pytest.mark.parametrize(
    "line",
    [
        "init table.csv --target label -o out",
        "train small.yaml -o out",
        "resume runs/small --epochs 5",
        "predict runs/small table.csv -o out",
        "crossval small.yaml --folds 2 --workers 1 --predictions out",
        "tune tune.yaml -o out --workers 1",
        "tune tune.yaml -o out --workers 1 --storage out.log",
        "tune tune.yaml -o out --workers 2",
        "report runs/small -o out",
        "export runs/small out",
    ],
)
def test_files_that_have_no_room_are_status_1(line, limit, trained, project, environment, invoke):
    (project / "tune.yaml").write_text(
        (project / "small.yaml").read_text()
        + "tune: {monitor: loss, search: {layers.0.units: [1, 2]}, trials: 2}\n"
    )
    variables = {**environment, "PYTHONDONTWRITEBYTECODE": "1"}
    given = {"env": variables, "largest_file": limit * 1024}
    result = run(line.split(), start=LoadedProcess, **given)
    assert result.returncode in ((1,) if limit == 0 else (0, 1)), result.stderr
    if result.returncode == 1:
        assert result.stdout == ""
        assert "File too large" in result.stderr or "no room" in result.stderr
        assert "Traceback" not in result.stderr
        assert invoke(*line.split()).exit_code == 0  # once there is room again


WARNING = """
import sys
import warnings
import nnctl.jobs.advice as job
import numpy as np
def advice(code):
    warnings.warn("something old", FutureWarning)
    np.square(np.float32(1e30))
    return []
job.advice = advice
sys.argv = ["nnctl", "advice", "--json"]
from nnctl.cli.app import run
run()
"""


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["", "-W default"])
def test_warnings_of_libraries_reach_whoever_asks_for_them(asked, process, tmp_path):
    (tmp_path / "warning.py").write_text(WARNING)
    result = process(shell=f'"{sys.executable}" {asked} "{tmp_path / "warning.py"}"')
    assert (result.returncode, result.stdout) == (0, '{"rules": []}\n')
    for told in ("FutureWarning: something old", "RuntimeWarning: overflow"):
        assert (told in result.stderr) == bool(asked)
    assert bool(result.stderr) == bool(asked)


@pytest.mark.slow
def test_several_problems_are_counted_and_printed_once_each(project, invoke):
    (project / "small.yaml").write_text("epochs: 0\ncolour: red\n")
    result = invoke("train", "small.yaml")
    problems = result.stderr.count("small.yaml:")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {problems} problems\n")
    assert problems > 2
    assert not (project / "runs").exists()


@pytest.mark.slow
def test_text_that_the_encoding_lacks_is_escaped(project, process):
    result = process("train", "small.yaml", "-o", "größe", PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "gr\\xf6\\xdfe" in result.stdout
    result = process("train", "small.yaml", "-o", "länge", "--json", PYTHONIOENCODING="ascii")
    assert json.loads(result.stdout)["run"] == "länge"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM of this kind")
def test_sigterm_has_its_status_from_the_start(process, tmp_path):
    (tmp_path / "terminated.py").write_text(TERMINATED)
    result = process(shell=f'"{sys.executable}" "{tmp_path / "terminated.py"}"')
    assert (result.returncode, result.stdout) == (143, "")
    assert "Traceback" not in result.stderr

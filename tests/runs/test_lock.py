"""One process at a time writes a folder, and the dead hold nothing."""

import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from nnctl.errors import NnctlError
from nnctl.runs.lock import require_unheld, writing
from tests.processes import begun

HOLDER = """
import sys, time
from pathlib import Path
from nnctl.runs.lock import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_folder_is_held_until_the_end_and_not_longer(tmp_path: Path):
    with writing(tmp_path):
        with pytest.raises(NnctlError) as caught:
            require_unheld(tmp_path)
        (problem,) = caught.value.problems
        assert problem.file == str(tmp_path)
        assert problem.fix is not None
    require_unheld(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_others_are_not_held(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with writing(tmp_path / "a"):
        require_unheld(tmp_path / "b")


@pytest.mark.process
@pytest.mark.parametrize("end", [Popen.terminate, Popen.kill])
def test_a_process_holds_a_folder_while_it_lives(tmp_path: Path, end):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with begun(command, stdout=PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(NnctlError, match="another process is writing"):
            require_unheld(tmp_path)
        end(holder)
        holder.wait(timeout=30)
        require_unheld(tmp_path)

"""`nnctl predict`: to stdout, to a file, from stdin; nothing left behind on an error."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from tests.processes import begun


def test_stdout_file_and_stdin_give_the_same_rows(trained, invoke):
    printed = invoke("predict", "runs/small", "table.csv")
    assert (printed.exit_code, printed.stderr) == (0, "")
    lines = printed.stdout.splitlines()
    assert (len(lines), lines[0]) == (41, "prediction,probability")
    assert {line.split(",")[0] for line in lines[1:]} <= {"no", "yes"}

    written = invoke("predict", "runs/small/weights.npz", "table.csv", "-o", "out.csv")
    assert (written.exit_code, written.stdout, written.stderr) == (0, "", "")
    assert Path("out.csv").read_text() == printed.stdout

    piped = invoke("predict", "runs/small", "-", input=Path("table.csv").read_bytes())
    assert piped.stdout == printed.stdout


def test_threshold_moves_the_boundary(trained, invoke):
    for threshold, label in (("0", "yes"), ("1", "no")):
        printed = invoke("predict", "runs/small", "table.csv", "--threshold", threshold).stdout
        assert {line.split(",")[0] for line in printed.splitlines()[1:]} == {label}


def test_a_threshold_that_is_no_probability_is_refused(trained, invoke):
    for threshold in ("1.5", "nan", "half"):
        result = invoke("predict", "runs/small", "table.csv", "--threshold", threshold)
        assert (result.exit_code, result.stdout) == (2, "")


def test_a_faulty_row_leaves_no_file(trained, invoke):
    Path("faulty.csv").write_text("a,b\n1,2\n3,four\n")
    before = sorted(os.listdir())
    result = invoke("predict", "runs/small", "faulty.csv", "-o", "out.csv")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: faulty.csv:3 ")
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    "name", ["out.xlsx", "out.parquet", "out.db", "out.csv.gz", "out.jsonl.gz"]
)
def test_a_name_of_another_format_is_refused(trained, invoke, name):
    result = invoke("predict", "small", "table.csv", "-o", name)
    assert result.exit_code == 2 and "end the name in .csv or .jsonl" in result.stderr
    assert not Path(name).exists()


def test_a_header_alone_gives_a_header(trained, invoke):
    Path("header.csv").write_text("a,b\n")
    result = invoke("predict", "runs/small", "header.csv")
    assert (result.exit_code, result.stdout) == (0, "prediction,probability\n")


@pytest.mark.slow
@pytest.mark.process
def test_predictions_are_utf8_whatever_the_terminal_speaks(project, process):
    table = Path("table.csv").read_text(encoding="utf-8").replace("yes", "æble")
    Path("table.csv").write_text(table, encoding="utf-8")
    assert process("train", "small.yaml", "-q").returncode == 0
    arguments = ("predict", "runs/small", "table.csv", "--threshold", "0")
    result = process(*arguments, PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\næble," in result.stdout


@pytest.mark.slow
@pytest.mark.process
def test_a_row_that_comes_is_predicted_before_the_next_one(trained, environment):
    command = [sys.executable, "-m", "nnctl", "predict", "runs/small", "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with begun(command, env=environment, bufsize=0, **pipes) as process:
        late = Timer(30, process.stdin.close)
        late.start()
        process.stdin.write(b"a,b\n1,2\n")
        assert process.stdout.readline() == b"prediction,probability\n"
        first = process.stdout.readline()
        process.stdin.write(b"1,2\n")
        assert process.stdout.readline() == first
        late.cancel()
        process.stdin.close()
        assert process.stdout.read() == b""
    assert process.returncode == 0

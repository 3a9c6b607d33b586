"""`nnctl report`: what it prints, statuses, and that it leaves nothing behind when it fails."""

import sys

import pytest


@pytest.mark.slow
def test_it_says_what_it_wrote(trained, invoke):
    result = invoke("report", "runs/small")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("wrote    runs/small/report.html  (")
    assert (trained / "report.html").is_file()


def test_it_says_what_it_had_to_do_without(trained, invoke, project):
    (project / "table.csv").unlink()
    result = invoke("report", "runs/small", "-o", "elsewhere.html")
    assert result.exit_code == 0
    assert "without  data of small: table.csv: there is no such file" in result.stdout
    assert "there is no such file" in (project / "elsewhere.html").read_text(encoding="utf-8")


def test_errors_are_status_2(trained, invoke, project):
    for arguments, message in (
        ((), "RUN"),
        (("gone",), "no such run folder"),
        (("runs/small", "runs/small"), "-o comparison.html"),
        (("runs/small", "-o", "gone/report.html"), "make the folder first"),
    ):
        result = invoke("report", *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert message in result.stderr
    assert not list(project.rglob("report.html"))


def test_without_the_extra_it_says_what_to_install(trained, invoke, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    result = invoke("report", "runs/small")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pip install 'nnctl[report]'" in result.stderr


@pytest.mark.slow
@pytest.mark.process
def test_nothing_of_the_extra_is_loaded_by_other_commands(trained, process):
    code = "import sys; from nnctl.__main__ import main; sys.argv[1:] = ['summary', 'runs/small']"
    after = "assert not {'matplotlib', 'jinja2', 'nnctl.report'} & set(sys.modules)"
    shell = f'"{sys.executable}" -c "{code}\ntry: main()\nexcept SystemExit: pass\n{after}"'
    done = process(shell=shell)
    assert done.returncode == 0, done.stderr

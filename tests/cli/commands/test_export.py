"""`nnctl export`: what it prints, statuses, and that it leaves nothing behind when it fails."""

import json
import sys

import pytest

PRINTED = """\
        name           type     shape
input   features       float32  (rows, 2)
output  label          string   (rows)
output  probabilities  float32  (rows, 2)
"""


def test_it_says_what_goes_in_and_what_comes_out(trained, invoke, project):
    result = invoke("export", "runs/small", "small.onnx")
    assert (result.exit_code, result.stderr) == (0, "")
    first, _, rest = result.stdout.partition("\n\n")
    assert first.startswith("wrote small.onnx  (") and first.endswith(" kB, opset 20)")
    assert rest == PRINTED
    assert (project / "small.onnx").is_file()


def test_as_json_and_quietly(trained, invoke):
    result = invoke("export", "runs/small", "a.onnx", "--json", "--opset", "19")
    told = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert told["inputs"] == [{"name": "features", "dtype": "float32", "shape": ["rows", 2]}]
    assert [port["name"] for port in told["outputs"]] == ["label", "probabilities"]
    assert (told["path"], told["opset"]) == ("a.onnx", 19)
    result = invoke("export", "runs/small", "b.onnx", "-q", "--input-dtype", "float64")
    assert (result.exit_code, result.output) == (0, "")


def test_errors_are_status_2(trained, invoke, project):
    (project / "there.onnx").write_text("")
    for arguments, message in (
        ((), "WEIGHTS"),
        (("runs/small",), "OUT.onnx"),
        (("gone", "a.onnx"), "there is no such file"),
        (("runs/small", "there.onnx"), "this file exists already"),
        (("runs/small", "gone/a.onnx"), "make the folder first"),
        (("runs/small", "a.onnx", "--opset", "9"), "it must be 18 to 22"),
        (
            ("runs/small", "a.onnx", "--input-dtype", "float16"),
            '--input-dtype is "float16"; it must be float32 or float64',
        ),
    ):
        result = invoke("export", *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert message in result.stderr
    assert [path.name for path in project.rglob("*.onnx")] == ["there.onnx"]


def test_a_full_disk_is_status_1(trained, invoke):
    result = invoke("export", "runs/small", "/dev/full", "--overwrite")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the disk is full" in result.stderr


def test_without_the_extra_it_says_what_to_install(trained, invoke, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    result = invoke("export", "runs/small", "small.onnx")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pip install 'nnctl[onnx]'" in result.stderr


@pytest.mark.slow
@pytest.mark.process
def test_nothing_of_the_extra_is_loaded_by_other_commands(trained, process):
    code = "import sys; from nnctl.__main__ import main; sys.argv[1:] = ['summary', 'runs/small']"
    after = "assert not {'onnx', 'nnctl.export', 'google.protobuf'} & set(sys.modules)"
    shell = f'"{sys.executable}" -c "{code}\ntry: main()\nexcept SystemExit: pass\n{after}"'
    done = process(shell=shell)
    assert done.returncode == 0, done.stderr

"""A wrong command line is told in the style of every other error, with what to type instead."""

import pytest

WRONG = [
    ("trian", 'there is no command "trian"', 'did you mean "train"? nnctl help lists them all'),
    ("zzz", 'there is no command "zzz"', "nnctl help lists them all"),
    ("help trian", 'there is no command "trian"', 'did you mean "train"? nnctl help'),
    ("a.yaml", 'there is no command "a.yaml"', "nnctl train a.yaml trains it"),
    ("--verison", 'nnctl has no option "--verison"', 'did you mean "--version"?'),
    ("--set a=1", 'nnctl has no option "--set"', "nnctl COMMAND --set"),
    ("train", "nnctl train needs CONFIG", "nnctl train [OPTIONS] CONFIG"),
    ("predict w.npz", "nnctl predict needs INPUT", "nnctl predict [OPTIONS] WEIGHTS INPUT"),
    ("train a b c", 'nnctl train takes CONFIG; there is more: "b", "c"', "[OPTIONS] CONFIG"),
    ("schema a", 'nnctl schema takes no argument; there is more: "a"', "nnctl schema [OPTIONS]"),
    ("train a --epoch 3", 'nnctl train has no option "--epoch"', 'did you mean "--epochs"?'),
    ("train a -x", 'nnctl train has no option "-x"', "nnctl help train lists all"),
    ("train a --epochs", "--epochs needs a value", "write --epochs N"),
    ("train a --json=1", "--json takes no value", "write --json alone"),
    ("train a --epochs many", '--epochs is "many"; it must be a whole number', "nnctl help"),
    ("train a --threads=0", '--threads is "0"; it must be a whole number at least 1', "help"),
    ("predict a b --threshold 2", '--threshold is "2"; it must be a number from 0 to 1', "help"),
    (
        "gradcheck --method centre",
        '--method is "centre"; it must be complex-step or central',
        'did you mean "central"?',
    ),
]


@pytest.mark.parametrize(("line", "message", "fix"), WRONG, ids=[line for line, _, _ in WRONG])
def test_a_wrong_line_is_an_error_like_others(line, message, fix, invoke):
    result = invoke(*line.split())
    assert (result.exit_code, result.stdout) == (2, "")
    told, *advice = result.stderr.splitlines()
    assert told == f"error: {message}"
    assert len(advice) == 1 and advice[0].startswith("fix: ") and fix in advice[0]


def test_what_is_quoted_is_visible(invoke):
    for line in (("tra\x1b[31min",), ("train", "a", "b\x1b[2J"), ("train", "a", "--ep\u202e")):
        result = invoke(*line)
        assert result.exit_code == 2
        assert "\x1b" not in result.output and "\u202e" not in result.output


def test_the_words_of_another_line_are_forgotten(invoke):
    assert '--epochs is "many"' in invoke("train", "a", "--epochs", "many").stderr
    assert 'nnctl has no option "--fast"' in invoke("--fast").stderr

"""`ignore_advice`: codes of rules, and nothing else."""

import pytest

from nnctl.config import dump_yaml, load, resolved


def test_codes_are_taken(right):
    config = right("ignore_advice=[linear-hidden, rare-class]")
    assert config.ignore_advice == ("linear-hidden", "rare-class")
    assert right().ignore_advice == ()


def test_codes_survive_writing_and_reading(right, write):
    config = right("ignore_advice=[linear-hidden]")
    again = load(write(dump_yaml(resolved(config)), "again.yaml"))
    assert again == config


def test_an_unknown_code_names_the_nearest(problems):
    (problem,) = problems(old="epochs: 5\n", new="epochs: 5\nignore_advice: [rare-class, linear]\n")
    assert (problem.path, problem.line) == ("ignore_advice.1", 10)
    assert 'no advice has the code "linear"; there are: activation-on-logits, ' in problem.message
    assert problem.fix == 'did you mean "linear-hidden"?'


@pytest.mark.parametrize("given", ["linear-hidden", "[3]", "{linear-hidden: true}"])
def test_what_is_no_list_of_codes_is_refused(problems, given):
    (problem,) = problems(f"ignore_advice={given}")
    assert problem.path.startswith("ignore_advice")
    assert "codes of advice" in problem.message or "a code of advice" in problem.message

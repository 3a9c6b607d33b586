"""Packages that are loaded when they are needed, and what is said where they are not there."""

import json

import pytest

from nnctl.errors import NnctlError
from nnctl.system.extras import load_driver, load_extra


@pytest.mark.parametrize("load", [load_extra, load_driver])
def test_a_package_that_is_there_is_loaded(load):
    assert load("json", "any") is json


@pytest.mark.parametrize(
    "load, message, fix",
    [
        (
            lambda package: load_extra(package, "report"),
            "this command needs the package no_such_package, which is not installed",
            "pip install 'nnctl[report]'",
        ),
        (
            lambda package: load_driver(package, "redis://", "one", "two"),
            "a storage at redis:// needs the package no_such_package, which is not installed",
            "pip install one two",
        ),
    ],
)
def test_a_package_that_is_not_there_is_named_with_the_command_that_installs_it(load, message, fix):
    with pytest.raises(NnctlError) as refused:
        load("no_such_package")
    (problem,) = refused.value.problems
    assert (problem.message, problem.fix) == (message, fix)

"""Advice: what a config says that trains without an error, and is still a mistake.

`nnctl/rules` explains each rule; the checks here look for what breaks it.
"""

from collections.abc import Iterable

from nnctl.advice.advice import Advice, Finding
from nnctl.advice.class_checks import CLASS_CHECKS
from nnctl.advice.column_checks import COLUMN_CHECKS
from nnctl.advice.data_checks import EXAMPLE_CHECKS
from nnctl.advice.monitor_checks import MONITOR_CHECKS
from nnctl.advice.network_checks import network_findings
from nnctl.advice.output_checks import output_findings
from nnctl.advice.row_checks import ROW_CHECKS
from nnctl.assembly.build import Built
from nnctl.config import Config

CONFIG_CHECKS = (network_findings, output_findings)
DATA_CHECKS = (*EXAMPLE_CHECKS, *CLASS_CHECKS, *COLUMN_CHECKS, *ROW_CHECKS, *MONITOR_CHECKS)


def advice_for(built: Built) -> tuple[Advice, ...]:
    """The advice on a config and its data, but for what its `ignore_advice` names, by line."""
    found = [finding for check in CONFIG_CHECKS for finding in check(built.config)]
    found += [finding for check in DATA_CHECKS for finding in check(built)]
    return advice_from(found, built.config)


def advice_on(config: Config) -> tuple[Advice, ...]:
    """The advice on a config alone, whose data cannot be read, say."""
    return advice_from((finding for check in CONFIG_CHECKS for finding in check(config)), config)


def advice_from(findings: Iterable[Finding], config: Config) -> tuple[Advice, ...]:
    """The findings as advice, without those that the config ignores."""
    wanted = [finding for finding in findings if finding.rule.code not in config.ignore_advice]
    advice = [Advice.of(finding, config) for finding in wanted]
    return tuple(sorted(advice, key=lambda each: each.line or 0))


__all__ = ["Advice", "advice_for", "advice_on"]

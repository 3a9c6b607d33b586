"""`nnctl advice`: the rules of advice, all of them in brief or one at length."""

from nnctl.errors import ArgumentError, did_you_mean
from nnctl.rules import RULES, Rule


def advice(code: str | None = None) -> tuple[Rule, ...]:
    """The rule with that code, or all of them. Raises `ArgumentError` for an unknown code."""
    if code is None:
        return tuple(RULES.values())
    if code not in RULES:
        message = f'no advice has the code "{code}"'
        fix = did_you_mean(code, list(RULES)) or "nnctl advice lists the codes"
        raise ArgumentError(message, fix)
    return (RULES[code],)

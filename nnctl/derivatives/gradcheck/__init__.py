"""Proof of the derivatives: the graph that training lowers, against an independent derivative."""

from nnctl.derivatives.gradcheck.builtin import builtin_cases, parts_of
from nnctl.derivatives.gradcheck.check import (
    Case,
    CaseResult,
    Entry,
    Method,
    check,
    model_case,
    point_of,
)

__all__ = [
    "Case",
    "CaseResult",
    "Entry",
    "Method",
    "builtin_cases",
    "check",
    "model_case",
    "parts_of",
    "point_of",
]

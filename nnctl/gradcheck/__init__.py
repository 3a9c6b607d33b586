"""Proof of the derivatives: the graph that training lowers, against an independent derivative."""

from nnctl.gradcheck.builtin import builtin_cases
from nnctl.gradcheck.check import Case, CaseResult, Entry, Method, check, model_case, point_of

__all__ = [
    "Case",
    "CaseResult",
    "Entry",
    "Method",
    "builtin_cases",
    "check",
    "model_case",
    "point_of",
]

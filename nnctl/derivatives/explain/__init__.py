"""The course's computation graph of one example: its nodes, their derivatives, the ε-experiment."""

from nnctl.derivatives.explain.drawing import Drawing
from nnctl.derivatives.explain.experiment import FEW, Experiment, Finding, Work, entries_of

__all__ = ["FEW", "Drawing", "Experiment", "Finding", "Work", "entries_of"]

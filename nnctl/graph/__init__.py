"""The tracer: formulas recorded as a graph, derived by it, lowered to a program.

`values` records, `operations` are what can be recorded, `names` what they are called, `parts` those
that sum over the parts of a batch, `gradients` derives, `memory` plans where values live and
`program` lowers. It knows nothing of networks, nor of what computes the other parts.
"""

from nnctl.graph.gradients import gradients, with_derivative
from nnctl.graph.names import Name
from nnctl.graph.numpy_calls import Array
from nnctl.graph.operations import UFUNCS, Kind, Operation, Shape, join
from nnctl.graph.program import Program
from nnctl.graph.values import Graph, Value

__all__ = [
    "UFUNCS",
    "Array",
    "Graph",
    "Kind",
    "Name",
    "Operation",
    "Program",
    "Shape",
    "Value",
    "gradients",
    "join",
    "with_derivative",
]

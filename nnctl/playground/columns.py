"""How the page's form makes inputs of what is typed: the columns of a table, one by one."""

from typing import Any

from nnctl.data.inputs import Inputs
from nnctl.encoding.words import FILLING
from nnctl.errors.visible import visible

EDITABLE = frozenset({"none", "standardize", "minmax", "rescale", "robust", "log"})


def fields_of(inputs: Inputs) -> list[dict[str, Any]]:
    """A form's field for each column of the data, in their order.

    Of kind `number`, `category`, or `fixed`: then the page cannot compute its inputs, and says why.
    """
    shift, divisor = inputs.scaling.by_column(len(inputs.scaled))
    scales = dict(
        zip(inputs.places_scaled(), inputs.scaling.wanted(len(inputs.scaled)), strict=True)
    )
    statistics = dict(zip(inputs.places_scaled(), zip(shift, divisor, strict=True), strict=True))
    fills = {} if inputs.fills is None else dict(zip(inputs.numeric, inputs.fills, strict=True))
    found = []
    for name, at, width in zip(inputs.names, inputs.starts().values(), inputs.widths, strict=True):
        field: dict[str, Any] = {"name": visible(name), "at": at, "width": width}
        kind = inputs.kind(name)
        filled = inputs.missing_of(name) in FILLING
        special = inputs.special(name)
        if kind == "category":
            labels = inputs.categories[name]
            field |= {"kind": kind, "labels": [visible(label) for label in labels]}
        elif kind == "date":
            field |= {"kind": "fixed", "why": "no dates"}
        elif scales[at].type not in EDITABLE:
            field |= {"kind": "fixed", "why": f"no scale {scales[at].type}"}
        else:
            field |= {
                "kind": kind,
                "scale": scales[at].type,
                "clip": scales[at].clip,
                "shift": float(statistics[at][0]),
                "divisor": float(statistics[at][1]),
                "edges": None if special.edges is None else special.edges.tolist(),
                "indicator": special.indicator,
                "fill": float(fills[name]) if filled else None,
            }
        found.append(field)
    return found

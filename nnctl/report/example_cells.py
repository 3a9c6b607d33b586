"""An example of a table as the cells that its row had in the data."""

from nnctl.data.inputs import Inputs
from nnctl.graph import Array
from nnctl.report.wording import typeset

UNSEEN = "(not in training)"  # a category that no training row has


def cells_of(inputs: Inputs, example: Array) -> list[str]:
    """What the data had in each column of an example, as text; a number to six digits."""
    flat = example.reshape(-1)
    starts = inputs.starts()
    own = dict(zip(inputs.numbers, inputs.own_numbers(example[None])[0].tolist(), strict=True))
    numbers = inputs.numbers_behind(example[None])[0].tolist()
    behind = dict(zip(inputs.places_scaled(), numbers, strict=True))
    cells = []
    for name in inputs.names:
        dates, start = inputs.special(name).dates, starts[name]
        if name in own:
            cells.append(typeset(f"{own[name]:.6g}"))
        elif dates is not None:
            values = [
                behind.get(start + k, float(flat[start + k])) for k in range(dates.starts[-1])
            ]
            cells.append(dates.text_of(values))
        else:
            labels = inputs.categories[name]
            marked = flat[start : start + len(labels)]
            cells.append(labels[int(marked.argmax())] if marked.any() else UNSEEN)
    return cells

"""A small stretch of a file, for tests of tables."""

import numpy as np

from nnctl.reading.table import LabelColumn, Table, TextColumn


def table(first: int, *labels: str) -> Table:
    """Rows from the line `first` on: three numbers, and a text that is a label, too."""
    rows = len(labels)
    known = sorted(set(labels))
    codes = np.array([known.index(label) if label else -1 for label in labels], dtype=np.int32)
    return Table(
        "t.csv",
        ("a", "b", "c"),
        np.arange(3.0 * rows).reshape(rows, 3),
        {"s": TextColumn(codes, tuple(known))},
        lines=np.arange(first, first + rows),
        labels={"y": LabelColumn(codes, tuple(known))},
    )

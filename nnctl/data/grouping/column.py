"""The column of groups as it is read: what stands there is a group's name, whatever it is."""

from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

from nnctl.data.grouping.dealing import Groups
from nnctl.reading.table import Faults, Table


class GroupColumn:
    """The groups of rows, stretch by stretch; none, where no column is named."""

    def __init__(self, name: str | None, missing: Set[str]) -> None:
        self.name, self.missing = name, missing
        self._codes: dict[str, int] = {}
        self._parts: list[NDArray[np.intp]] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The column, if there is one."""
        return () if self.name is None else (self.name,)

    def add(self, table: Table, faults: Faults) -> None:
        """The groups of further rows; a fault for each row that has none."""
        if self.name is None:
            return
        cells = [cell.strip() for cell in table.verbatim[self.name]]
        for row, cell in enumerate(cells):
            if cell in self.missing:
                fix = "name its group, or take the row out"
                faults.add(table.problem(row, self.name, "the row belongs to no group", fix))
        codes = self._codes
        found = [codes.setdefault(cell, len(codes)) for cell in cells]
        self._parts.append(np.array(found, dtype=np.intp))

    def whole(self) -> Groups | None:
        """The groups of all rows, numbered as they appear first."""
        return None if self.name is None else np.concatenate(self._parts)

"""Images whose paths a table has: their pixels are the features, its columns all else."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.array_types import Mask
from nnctl.reading.arrays import NUMBERS_AT_ONCE, check_names
from nnctl.reading.files import IMAGE_NAME, DataFile
from nnctl.reading.images.decoded import ImageSet
from nnctl.reading.images.format import ImageFormat
from nnctl.reading.images.listing import Listing
from nnctl.reading.images.reader import ImageReader, read_images
from nnctl.reading.reader import TableReader
from nnctl.reading.table import Table
from nnctl.system.unicode import normal_form


class ListedReader(ImageReader):
    """The images whose paths stand in the column `column` of a table, in its order.

    `table` opens it. Its other columns are the targets, the weights, the groups, and what is asked
    for as it is written. `readable` (rows of the table,) tells which images could be decoded, and
    `lacking` (images,) which of these have no target.
    """

    def __init__(
        self,
        file: str,
        found: ImageSet,
        table: Callable[[], TableReader],
        column: str,
        readable: Mask,
        lacking: Mask,
        targets: tuple[str, ...],
        weight: str | None,
    ) -> None:
        super().__init__(file, found, None)
        self._table_reader, self._column, self._readable = table, column, readable
        self.lacking, self.target_names, self.weight_name = lacking, targets, weight
        weights = () if weight is None else (weight,)
        check_names(file, {"a target": targets, "the weight": weights}, self.feature_names)

    @property
    def lacks_targets(self) -> bool:
        return bool(self.lacking.any())

    @property
    def with_targets(self) -> NDArray[np.intp]:
        return np.flatnonzero(~self.lacking)

    def require_columns(self, weight: str | None, group: str | None) -> None:
        keys = {"data.sample_weight": weight, "data.group": group}
        with self._table_reader() as source:
            source.require_keys({key: (name,) for key, name in keys.items() if name is not None})

    def tables(
        self, wanted: Sequence[str], verbatim: Sequence[str] = (), **told: Any
    ) -> Iterator[Table]:
        """The rows of the images that could be decoded, some megabytes of them at a time.

        The columns of the table are read as those of any other.
        """
        pixels = frozenset(self.feature_names)
        own = [name for name in wanted if name not in pixels]
        asked = dict.fromkeys([*(name for name in verbatim if name != IMAGE_NAME), self._column])
        for kind in {"text", "numbers", "labels"} & told.keys():
            told[kind] = {*told[kind]}.intersection(own)
        row = image = 0
        with self._table_reader() as source:
            for table in source.tables(own, tuple(asked), **told):
                readable = self._readable[row : row + len(table)]
                row += len(table)
                for part in self._parts(table, np.flatnonzero(readable)):
                    made = self._with_pixels(part, image)
                    cells = {name: made.verbatim[name] for name in verbatim}
                    yield made.changed(verbatim=cells)
                    image += len(part)

    def _parts(self, table: Table, rows: NDArray[np.intp]) -> Iterator[Table]:
        """Those rows of a table, as many at a time as their pixels allow."""
        step = max(1, NUMBERS_AT_ONCE // len(self.feature_names))
        for start in range(0, len(rows), step):
            chosen = np.zeros(len(table), dtype=np.bool_)
            chosen[rows[start : start + step]] = True
            yield table.rows(chosen)

    def _with_pixels(self, table: Table, image: int) -> Table:
        """Rows of the table with the pixels of their images, of which the first is given."""
        images = slice(image, image + len(table))
        numbers = np.concatenate([self._x[images], table.numbers], axis=1, dtype=np.float64)
        return table.changed(
            number_names=(*self.feature_names, *table.number_names),
            numbers=numbers,
            verbatim={**table.verbatim, IMAGE_NAME: list(self.found.files[images])},
        )


def listed_reader(
    file: DataFile,
    column: str,
    wanted: ImageFormat,
    table: Callable[[], TableReader],
    targets: bool,
    weight: str | None,
) -> ListedReader:
    """A reader of the images whose paths a table has, beginning at its own folder.

    The weights are those of the column `weight`, where there is one.
    """
    names = (file.targets or ()) if targets else ()
    name = str(file.path)
    if targets and not names:
        message = "data.target is missing: which column of this file is to be learnt?"
        raise NnctlError(Problem(message, "add it", name, setting=Setting("data.target")))
    if column in names:
        message = f'column "{column}" has the paths of the images, and is the target as well'
        setting = Setting("data.target")
        raise NnctlError(Problem(message, "name another column", name, setting=setting))
    with table() as source:
        source.require_keys({"data.target": names, "data.train.images": (column,)})
        own = None if weight is None or not targets else normal_form(weight)
        weights = own if own in source.names else None
        files: list[str] = []
        lacking: list[Mask] = []
        for rows in source.tables(names, (column,), labels=names):
            files += rows.verbatim[column]
            lacking.append(rows.missing(names))
    found = read_images(Listing(file.path.parent, tuple(files), None), wanted)
    lost = {problem.file for problem in found.unreadable}
    readable = np.array([str(found.root / path) not in lost for path in files], dtype=np.bool_)
    without = np.concatenate([np.zeros(0, np.bool_), *lacking])[readable]
    return ListedReader(name, found, table, column, readable, without, names, weights)

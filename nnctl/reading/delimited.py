"""Text tables with a header: CSV, plain or gzip."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from nnctl.reading.block import Tabular
from nnctl.reading.bytestream import opened
from nnctl.reading.fields import Fields, blocks_of_fields
from nnctl.reading.files import PLAIN, TextFormat
from nnctl.reading.header import first_row, stated_format
from nnctl.reading.reader import TableReader, placing
from nnctl.reading.shards import Shards
from nnctl.reading.table import Faults


class DelimitedFile(Tabular):
    """A text table, open for one pass over its rows.

    `source` is a path, a binary stream, or several files as one; `name` is what messages call it.
    Without a header the columns are named by their places from 0 on. `text_format` becomes that
    which its first line may state. Raises `NnctlError` for a file that cannot be opened, that is
    empty or no text, or whose header has no name, or numbers alone.
    """

    def __init__(
        self, source: str | Path | BinaryIO | Shards, name: str | None, text_format: TextFormat
    ) -> None:
        self.file = name or str(source)
        self._opened = source if isinstance(source, Shards) else opened(source)
        stream = self._opened.__enter__()
        if isinstance(source, Shards):  # whose text is ready
            self.place = source.spot
            text_format = text_format._replace(encoding=None)
        try:
            with placing(self.file, self.place):
                self._blocks = text_format.blocks(stream, self.file)
                self.text_format = stated_format(self._blocks, text_format)
                self.header = first_row(self._blocks, self.text_format, self.file)
        except BaseException:
            self.close()
            raise
        self.notation, self.separator = self.text_format.notation, self.text_format.separator

    def blocks(self, names: Sequence[str], faults: Faults) -> Iterator[Fields]:
        width, marks = self.header.width, self.notation.missing
        return blocks_of_fields(self._blocks, self.separator, width, faults, marks)

    def close(self) -> None:
        self._opened.__exit__(None, None, None)


class DelimitedReader(TableReader):
    """A reader of a text table, opened as `DelimitedFile` does."""

    def __init__(
        self,
        source: str | Path | BinaryIO | Shards,
        name: str | None = None,
        text_format: TextFormat = PLAIN,
    ) -> None:
        super().__init__(DelimitedFile(source, name, text_format))

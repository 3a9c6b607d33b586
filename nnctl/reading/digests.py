"""Hashes of data files, by which a run knows them again."""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Thread

from nnctl.errors import NnctlError
from nnctl.reading.bytestream import sha256
from nnctl.reading.files import DataFile, TextFormat, files_of


def digest_of(path: str | Path) -> str:
    """The SHA-256 of a file; of several, that of the list of theirs, as `sha256sum` writes it.

    Of a folder of images it is that of what they show. Raises `NnctlError` where one cannot be
    read.
    """
    files = files_of(Path(path))
    if files == (Path(path),):
        if not os.path.isdir(path):  # as of a name that no file can have
            return sha256(path)
        from nnctl.reading.images.decoded import digest_of_folder  # few data are images

        return digest_of_folder(Path(path))
    listed = "".join(f"{sha256(file)}  {file.name}\n" for file in files)
    return hashlib.sha256(listed.encode()).hexdigest()


def digest_of_listed(file: DataFile, table: str, text_format: TextFormat) -> str:
    """The SHA-256 of a table of images, whose own is `table`, together with what they show.

    Raises `NnctlError` where one cannot be read.
    """
    from nnctl.reading.images.reader import ImageReader  # few data are images
    from nnctl.reading.source import open_source

    with open_source(file, text_format=text_format, targets=False) as source:
        assert isinstance(source, ImageReader)
        return hashlib.sha256(f"{table}  {source.found.digest}".encode()).hexdigest()


class Digests:
    """`digest_of` some files, worked out beside other work: on another core while they are read."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files, self._found = dict.fromkeys(files), dict[str, str]()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        for file in self._files:
            # What is wrong with a file is told to whoever asks; of a pipe nothing may be taken.
            with suppress(NnctlError, OSError):
                if all(path.is_file() for path in files_of(Path(file))):
                    self._found[file] = digest_of(file)

    def __call__(self, file: str) -> str:
        """The digest of a file, once it is there. Raises `NnctlError` where it cannot be read."""
        if file in self._files:
            self._thread.join()
        return self._found.get(file) or digest_of(file)

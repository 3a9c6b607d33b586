"""A disk that counts what a job does to it, and refuses one operation or all from some on."""

import errno
import io
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

from nnctl.system import atomic

TAKING_SPACE = {"open", "write", "flush", "mkdir"}  # what a full disk goes on refusing
ALL = {*TAKING_SPACE, "rename", "link"}
NAMING = {"open", "mkdir", "rename", "link"}  # what needs a right in the folder


class Disk:
    """Counts operations by kind, and makes the `at`-th of them fail (from 1; 0 for none).

    All later ones of the kinds in `lasting` fail, too.
    """

    def __init__(
        self, at: int = 0, number: int = errno.ENOSPC, lasting: Collection[str] = ()
    ) -> None:
        self.at, self.number, self.lasting = at, number, lasting
        self.operations: list[str] = []

    def passes(self, kind: str, path: object = None) -> None:
        """Counts an operation. Raises `OSError`, with the `path` as the system does, if it fails.

        A refusal of rights can only be one of `NAMING`; the next of these fails then.
        """
        self.operations.append(kind)
        if not self.at or len(self.operations) < self.at:
            return
        if self.number == errno.EACCES and kind not in NAMING:
            self.at += len(self.operations) == self.at
            return
        if len(self.operations) == self.at or kind in self.lasting:
            where = () if path is None else (os.fspath(path),)  # type: ignore[call-overload]
            raise OSError(self.number, os.strerror(self.number), *where)

    @contextmanager
    def mounted(self) -> Iterator["Disk"]:
        """What the package does to files in this context is counted, and may fail."""
        with ExitStack() as stack:
            for name, kind in (
                ("mkdir", "mkdir"),
                ("replace", "rename"),
                ("rename", "rename"),
                ("link", "link"),
            ):
                stack.enter_context(patch.object(os, name, self.counted(getattr(os, name), kind)))
            stack.enter_context(patch.object(os, "fsync", self.flushed))
            stack.enter_context(patch.object(os, "open", self.opening(os.open)))
            stack.enter_context(patch.object(atomic, "open", self.handle, create=True))
            yield self

    def flushed(self, descriptor: int) -> None:
        """What `os.fsync` does, but for the waiting."""
        self.passes("flush")

    def counted(self, call: Callable[..., Any], kind: str) -> Callable[..., Any]:
        def replaced(first: Any, *rest: Any, **options: Any) -> Any:
            self.passes(kind, first)
            return call(first, *rest, **options)

        return replaced

    def opening(self, call: Callable[..., int]) -> Callable[..., int]:
        def replaced(path: Any, flags: int, *rest: Any, **options: Any) -> int:
            if flags & os.O_CREAT:
                self.passes("open", path)
            return call(path, flags, *rest, **options)

        return replaced

    def handle(self, file: int | Path, mode: str, **options: Any) -> IO[Any]:
        """What `open` gives, over a file that may refuse to be written."""
        binary = io.BufferedWriter(_Counting(file, mode, self))
        return binary if "b" in mode else io.TextIOWrapper(binary, **options)


class _Counting(io.FileIO):
    def __init__(self, file: int | Path, mode: str, disk: Disk) -> None:
        super().__init__(file, mode.replace("b", ""))
        self.disk = disk

    def write(self, data: Any) -> int:
        self.disk.passes("write")
        return super().write(data)

"""The standard streams: printing never fails; what stdout could not take is known at the end."""

import errno
import io
import os
import sys
import warnings
from typing import Any, TextIO

from nnctl.errors import NnctlError, Problem

RESULTS = "standard output"


class LossyStream(io.RawIOBase):
    """The bytes of a standard stream, of which those are lost that it cannot take.

    `failure` is why, once there is a reason: a reader that has left, a full disk. From then on all
    is lost, so that what has come out is the beginning of what was printed.
    """

    def __init__(self, stream: Any):
        self._stream = stream  # which would close what is below it if nobody held it
        self._raw = getattr(stream.buffer, "raw", stream.buffer)
        self.failure: OSError | None = None

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def isatty(self) -> bool:
        return bool(self._raw.isatty())

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Writes all of it, or as much as can be; the number of bytes is that of `data`."""
        rest = memoryview(data).cast("B")
        count = len(rest)
        try:
            while rest and self.failure is None:
                written = self._raw.write(rest)
                if written is None:  # it does not wait by itself for a reader that is slow
                    import select  # rarely needed

                    select.select((), (self,), ())
                rest = rest[written or 0 :]
        except OSError as error:
            self.failure = error
        return count


def open_streams() -> None:
    """Makes the standard streams what printing may rely on: there, and never failing.

    Of those that the process was started without, stdin is empty, stderr goes nowhere, and stdout
    fails when something is printed. Names that the terminal's encoding lacks are printed with
    escapes.
    """
    # In this order, each gets the number of the stream that is not there. Into what is opened to
    # be read nothing can be written: that is how a closed stdout fails, too.
    for name, flags, mode in (
        ("stdin", os.O_RDONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),
        ("stderr", os.O_WRONLY, "w"),
    ):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, flags), mode))  # noqa: SIM115 (to the end)
    sys.stdout, sys.stderr = lossy(sys.stdout), lossy(sys.stderr)


def lossy(stream: Any) -> TextIO:
    """The same text stream on the same descriptor, but that what it cannot take is lost."""
    raw: Any = LossyStream(stream)
    return io.TextIOWrapper(
        raw if stream.write_through else io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def failure_of(stream: Any) -> OSError | None:
    """Why a stream has lost some of what was printed to it so far, if it has."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    return raw.failure if isinstance(raw, LossyStream) else None


def takes_results() -> bool:
    """Whether stdout has taken all that was printed so far: if not, more is of no use."""
    sys.stdout.flush()
    return failure_of(sys.stdout) is None


def loss_of_results() -> NnctlError | None:
    """That stdout has not taken all results, and why; None too where a reader has left."""
    from nnctl.system.atomic import write_problem

    failure = failure_of(sys.stdout)
    if failure is None or isinstance(failure, ConnectionError):
        return None
    if failure.errno == errno.EBADF:
        fix = "leave it open, or send it to a file"
        return NnctlError(Problem("it is closed; the results went nowhere", fix, RESULTS))
    return write_problem(failure, RESULTS)


def silence_libraries() -> None:
    """Keeps the warnings of Python, NumPy and others to themselves: nnctl's own say what to do.

    So do the processes that are started from this one. Whoever asks Python for warnings gets them.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        sys.warnoptions.append("ignore")  # which multiprocessing hands on

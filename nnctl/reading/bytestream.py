"""The bytes of a text table, from a file, a gzip file or a pipe, in blocks of whole lines."""

import codecs
import gzip
import hashlib
import os
import re
import select
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from nnctl.errors import NnctlError, Problem, Setting, nearest
from nnctl.reading.kinds import foreign_problem

BLOCK = 1 << 19  # large enough to spread NumPy's overhead, small enough for the cache
JSON_BLOCKS = 4  # that are taken together where most bytes are the names of columns
LONGEST_LINE = 1 << 28
LONGEST_HEADER = 1 << 24  # bytes of the first line, or what stands in its place
PAUSE = 0.005  # seconds without a byte from a pipe, after which the lines that came are handed on
_GZIP_MAGIC = b"\x1f\x8b"
_BLANKS = rb"[ \t]+"
_BLANKS_OR_QUOTED = rb'("[^"]*")|[ \t]+'
_OUTER_BLANKS = rb"(?m)^ | $"


@contextmanager
def reading(file: str | Path) -> Iterator[None]:
    """Turns what goes wrong when `file` is opened or read into an `NnctlError`."""
    name = str(file)
    try:
        yield
    except FileNotFoundError:
        raise NnctlError(Problem("there is no such file", _similar_file(name), name)) from None
    except IsADirectoryError:
        raise NnctlError(Problem("this is a folder; a file is needed", None, name)) from None
    except EOFError:
        message = "the gzip data ends too early: the file was cut short"
        raise NnctlError(Problem(message, "copy or download it again", name)) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        message = f"the gzip data is damaged ({error})"
        raise NnctlError(Problem(message, "copy or download it again", name)) from None
    except OSError as error:
        message = f"it cannot be read ({error.strerror or error})"
        raise NnctlError(Problem(message, None, name)) from None


def sha256(path: str | Path) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises `NnctlError` where it cannot be read."""
    with reading(path), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def opened(source: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    """The unpacked bytes of a path, or of a binary stream that is open already."""
    with ExitStack() as stack:
        file: Any = source
        with reading(source if isinstance(source, str | Path) else "stdin"):
            if isinstance(source, str | Path):
                file = stack.enter_context(open(source, "rb"))
            # A pipe could not be wound back.
            packed = hasattr(file, "peek") and file.peek(2)[:2] == _GZIP_MAGIC
        yield stack.enter_context(gzip.open(file)) if packed else file  # type: ignore[misc]


def require_file(path: str | Path) -> None:
    """Raises `NnctlError` for a pipe or a device, where what is read has to be read again."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        message = "this is a pipe or a device, and can be read only once; a file is needed"
        raise NnctlError(Problem(message, "write what it gives to a file first", str(path)))


def pipe_of(stream: Any) -> int | None:
    """The descriptor of a pipe or terminal, whose bytes come bit by bit; None for anything else."""
    if isinstance(stream, gzip.GzipFile):  # it holds bytes back itself
        return None
    try:
        descriptor = stream.fileno()
        return None if stat.S_ISREG(os.fstat(descriptor).st_mode) else descriptor
    except (AttributeError, OSError):
        return None


class Readable(Protocol):
    """What gives its bytes piece by piece."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, up to `size` of them; none at the end."""
        ...


class LineBlocks:
    """Blocks of whole lines of a stream; every line ends with `\\n`, the last one too.

    `\\r\\n` and `\\r` become `\\n`, and a byte order mark is dropped. `line` is the number of the
    next block's first line, from 1. Where bytes come bit by bit, a block is what is there: no line
    waits for the next one to come. Iterating raises `NnctlError` for bytes that are not of the
    `encoding` (by default UTF-8), for what is no text at all, and for a line without end. With
    `squeeze`, a space stands for any run of spaces and tabs, and lines neither begin nor end so.
    `is_json` says that the lines are JSON, and no text table.
    """

    def __init__(
        self,
        stream: Readable,
        name: str,
        encoding: str | None = None,
        squeeze: bool = False,
        *,
        is_json: bool = False,
    ) -> None:
        read = getattr(stream, "read1", stream.read)  # what one look at the system gives
        self._read = read if encoding is None else Recoded(read, encoding, name).read
        self._squeeze, self._is_json = squeeze, is_json
        self._block = BLOCK * JSON_BLOCKS if is_json else BLOCK
        self._pipe = pipe_of(stream)
        self._name = name
        self._rest = b""
        self._started = self._ended = self._checked = False
        self.line = 1

    def __iter__(self) -> Iterator[bytes]:
        while block := self.next_block():
            yield block

    def put_back(self, block: bytes) -> None:
        """Makes `block`, the end of the last block, the beginning of the next."""
        self._rest = block + self._rest
        self.line -= block.count(b"\n")

    def next_block(self) -> bytes:
        """The next whole lines, at least one; empty at the end."""
        parts = [self._rest]
        size = len(self._rest)
        self._rest = b""
        while not any(b"\n" in part for part in (parts[0], parts[-1])) or self._goes_on(size):
            with reading(self._name):
                part = b"" if self._ended else self._read(BLOCK)
            if not part:
                self._ended = True
                return self._finished(b"".join(parts))
            self._check_kind(part)
            parts.append(part)
            size += len(part)
            longest = LONGEST_LINE if self._started else LONGEST_HEADER
            if size > longest:
                message = f"a line is longer than {longest:,} bytes; this is no text table"
                raise NnctlError(Problem(message, None, self._name, self.line))
        data = b"".join(parts)
        cut = data.rindex(b"\n") + 1
        self._rest = data[cut:]
        return self._clean(data[:cut])

    def _check_kind(self, part: bytes) -> None:
        """Raises `NnctlError` where the first bytes are those of another kind of file."""
        if self._checked:
            return
        self._checked = True
        if problem := foreign_problem(part, self._name, is_json=self._is_json):
            raise NnctlError(problem)

    def _goes_on(self, size: int) -> bool:
        """Whether a block of so many bytes, with a whole line in it, is to become larger."""
        if size >= self._block or self._pipe is None:
            return size < self._block
        try:
            return bool(select.select([self._pipe], [], [], PAUSE)[0])
        except (OSError, ValueError):  # Windows cannot tell
            return False

    def _finished(self, data: bytes) -> bytes:
        if data and not data.endswith((b"\n", b"\r")):
            data += b"\n"
        return self._clean(data) if data else b""

    def _clean(self, block: bytes) -> bytes:
        if not self._started:
            self._started = True
            if block.startswith((b"\xff\xfe", b"\xfe\xff")):
                message, fix = "the file is UTF-16, not UTF-8", "save it as UTF-8"
                setting = Setting(fix=f"{fix}, or set data.encoding: utf-16")
                raise NnctlError(Problem(message, fix, self._name, 1, setting=setting))
            block = block.removeprefix(b"\xef\xbb\xbf")
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not block.isascii():
            self._check_encoding(block)
        if self._squeeze:
            block = squeezed(block)
        self.line += block.count(b"\n")
        return block

    def _check_encoding(self, block: bytes) -> None:
        try:
            block.decode()
        except UnicodeDecodeError as error:
            line = self.line + block.count(b"\n", 0, error.start)
            message = f"byte 0x{block[error.start]:02x} is not UTF-8 text"
            fix = "save the file as UTF-8"
            setting = Setting(fix=f"{fix}, or name its encoding, such as data.encoding: latin-1")
            problem = Problem(message, fix, self._name, line, setting=setting)
            raise NnctlError(problem) from None


class Recoded:
    """The text of a stream in another encoding, as UTF-8."""

    def __init__(self, read: Callable[[int], bytes], encoding: str, name: str) -> None:
        self._read, self._encoding, self._name = read, encoding, name
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._lines, self._started = 1, False

    def read(self, size: int) -> bytes:
        """Some of the text, nothing at the end. Raises `NnctlError` for bytes that are none."""
        while True:
            part = self._read(size)
            kind = None if self._started else foreign_problem(part, self._name, encoded=True)
            if kind is not None:
                raise NnctlError(kind)
            self._started = True
            try:
                text = self._decoder.decode(part, not part)
            except UnicodeError as error:
                raise NnctlError(self._problem(part, error)) from None
            self._lines += text.count("\n")
            if text or not part:
                return text.encode("utf-8", "replace").removeprefix(b"\xef\xbb\xbf")

    def _problem(self, part: bytes, error: UnicodeError) -> Problem:
        """Where the bytes are no text in the encoding, as far as the codec tells."""
        line, message = self._lines, f"it is no {self._encoding} text ({error})"
        if isinstance(error, UnicodeDecodeError):
            line += part.count(b"\n", 0, error.start)
            message = f"byte 0x{error.object[error.start]:02x} is not {self._encoding} text"
        fix, setting = "save the file in it", Setting("data.encoding", fix="name another")
        return Problem(message, fix, self._name, line, setting=setting)


def squeezed(block: bytes) -> bytes:
    """Lines with a space for each run of spaces and tabs out of quotes, and none at their ends."""
    if b'"' in block:
        block = re.sub(_BLANKS_OR_QUOTED, lambda found: found[1] or b" ", block)
    else:
        block = re.sub(_BLANKS, b" ", block)
    return re.sub(_OUTER_BLANKS, b"", block)


def _similar_file(name: str) -> str | None:
    folder = Path(name).parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist either"
    close = nearest(Path(name).name, (entry.name for entry in folder.iterdir()))
    return None if close is None else f'did you mean "{folder / close}"?'

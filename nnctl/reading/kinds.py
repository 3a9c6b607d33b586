"""Kinds of files that are no text tables, by the bytes that they begin with."""

from nnctl.errors import Problem

_TABLE = "save the table as CSV"
_ARRAYS = "save the arrays with numpy.savez, and name the file FILE.npz"
_NAMED = "name the file FILE"
_IMAGES = "put the images of a class into a folder, and name the folder that holds such folders"
_PIXELS = "save its pixels as PNG; an image is no table"
JSON = "JSON"
_UNPACK = "unpack it, and name the file in it"
# What a file begins with, what it then is, and what to do with it.
_KINDS = (
    (b"PAR1", "a Parquet file", f"{_NAMED}.parquet"),
    (b"SQLite format 3\0", "an SQLite database", f"{_NAMED}.db"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word document", _TABLE),
    (b"\x89PNG\r\n\x1a\n", "a PNG image", _IMAGES),
    (b"\xff\xd8\xff", "a JPEG image", _IMAGES),
    (b"GIF8", "a GIF image", _PIXELS),
    (b"II*\0", "a TIFF image", _PIXELS),
    (b"MM\0*", "a TIFF image", _PIXELS),
    (b"\x93NUMPY", "a NumPy array", f"{_NAMED}.npy"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _ARRAYS),
    (b"%PDF-", "a PDF document", _TABLE),
    (b"ARROW1", "an Arrow (Feather) file", _TABLE),
    (b"\xfd7zXZ\0", "an xz archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"\x1f\x8b", "a gzip file within a gzip file", _UNPACK),
)
_WITHIN = {b"WEBP": "a WebP image", b"heic": "an HEIC image", b"avif": "an AVIF image"}  # at 8
_MARKUP = (b"<!doc", b"<html", b"<?xml", b"<table")
_ZIP = b"PK\x03\x04"
_PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
_IDX_TYPES = b"\x08\x09\x0b\x0c\x0d\x0e"


def foreign_kind(start: bytes) -> tuple[str, str] | None:
    """What a file is that begins so and is no text table, and what to do; None for text."""
    for magic, what, fix in _KINDS:
        if start.startswith(magic):
            return what, fix
    if start.startswith(_ZIP):
        return _zip_kind(start)
    if (start.startswith(b"RIFF") or start[4:8] == b"ftyp") and start[8:12] in _WITHIN:
        return _WITHIN[start[8:12]], _PIXELS
    if start.startswith(_PICKLES):
        return "a pickle of Python objects", f"load it in Python, and {_ARRAYS}"
    if len(start) >= 4 and start[:2] == b"\0\0" and start[2] in _IDX_TYPES:
        return "an IDX file", "name it with its targets: {features: FILE, target: FILE}"
    if start.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] in (b"{", b"[") and _is_json(start):
        return JSON, f"{_NAMED}.jsonl, if it has an object a line; else save the table as CSV"
    if start.lstrip(b" \t\r\n\xef\xbb\xbf")[:6].lower().startswith(_MARKUP):
        return "a web page (HTML or XML)", "download the table itself"
    return None


def foreign_problem(
    start: bytes, file: str, encoded: bool = False, *, is_json: bool = False
) -> Problem | None:
    """The problem of a file that begins so, where a text table is needed.

    Text that is `encoded`, other than in UTF-8, may hold bytes of 0.
    """
    kind = foreign_kind(start)
    if kind is not None and not (is_json and kind[0] == JSON):
        what, fix = kind
        if fix.startswith(_NAMED) and file.endswith(fix[len(_NAMED) :]):
            fix = _TABLE  # it has that name, and a text table is needed all the same
        return Problem(f"this is {what}, not a text table", fix, file)
    if b"\0" in start and not encoded and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        line = start.count(b"\n", 0, start.index(b"\0")) + 1
        message = "it holds bytes of 0, which no text has"
        return Problem(message, "name a text table, or save it as UTF-8", file, line)
    return None


def unlike_its_name(start: bytes, wanted: str, file: str) -> Problem:
    """The problem of a file that begins so, where its name says that it is what is wanted."""
    kind = foreign_kind(start)
    if kind is None:
        return Problem(f"this is not {wanted}, as its name says", "name it for what it is", file)
    return Problem(f"this is {kind[0]}, not {wanted}", kind[1], file)


def _zip_kind(start: bytes) -> tuple[str, str]:
    """What an archive holds, as far as the names of its first members tell."""
    if b"[Content_Types].xml" in start or b"xl/" in start or b"_rels/.rels" in start:
        return "an Excel workbook (a zip file)", f"{_NAMED}.xlsx"
    if b"mimetypeapplication/vnd.oasis" in start:
        return "an OpenDocument file (a zip file)", _TABLE
    if b".npy" in start:
        return "a NumPy archive", f"{_NAMED}.npz"
    return "a zip archive", _UNPACK


def _is_json(start: bytes) -> bool:
    """Whether brackets begin a value of JSON, and not a column's name."""
    after = start.lstrip(b" \t\r\n\xef\xbb\xbf")[1:].lstrip()
    return after[:1] in (b'"', b"{", b"[", b"]", b"}")

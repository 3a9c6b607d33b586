"""Files that claim too much, with the commands and what they say of them.

`python -m tests.hostile.sizes` runs them all in one process with little memory, in the current
folder, and prints what came of each.
"""

import gzip
import io
import json
import resource
import shutil
import sqlite3
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.fuzz.trial import nnctl
from tests.hostile.bombs import GIB, gzip_bomb, npy_header, zip_bomb, zip_of
from tests.hostile.payloads import archive
from tests.hostile.projects import CONFIG, project_in

MEMORY = 3 * GIB // 2  # that a process may map, its libraries included
PREDICT = ("predict", "run", "bomb.npz")
TRAIN = ("train", "config.yaml", "-q", "-o", "new")
PIXELS = bytes([0, 0, 8, 2])  # an IDX file of bytes, with two axes
HUGE = 10**12
Case = tuple[Callable[[], object], tuple[str, ...], str]


def config(**changes: object) -> None:
    Path("config.yaml").write_text(yaml.safe_dump({**CONFIG, **changes}))


def table(name: str, write: Callable[[Path], object]) -> None:
    write(Path(name))
    config(data={"train": name, "target": "c"})


def idx(write: Callable[[Path], object]) -> None:
    write(Path("images"))
    Path("labels").write_bytes(bytes([0, 0, 8, 1]) + struct.pack(">I", 1) + b"\0")
    config(data={"train": {"features": "images", "target": "labels"}})


def zipped_digits(path: Path) -> None:
    with gzip.open(path, "wb", 1) as file:
        file.write(b"a,b,c\n" + b"1" * (1 << 24) + b",1,0\n")


def aliases() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for name, before in zip("bcdefghijkl", "abcdefghijk", strict=True):
        lines.append(f"{name}: &{name} [{','.join(['*' + before] * 9)}]")
    Path("config.yaml").write_text("\n".join(lines))


def kinds(path: Path) -> None:
    path.write_text("a,b,c\n" + "".join(f"t{k},1,{k % 2}\n" for k in range(40_000)))


def database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (1)")


def workbook(path: Path, part: str) -> None:
    """A sheet of one row, with two gigabytes of blanks in a part of it."""
    import openpyxl

    made = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["a", "b", "c"])
    book.save(made)
    with (
        zipfile.ZipFile(made) as before,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as after,
    ):
        for name in {*before.namelist(), part}:
            content = before.read(name) if name in before.namelist() else b"<sst/>"
            with after.open(name, "w", force_zip64=True) as stream:
                stream.write(content[:-8])
                if name == part:
                    stream.writelines(b" " * (1 << 26) for _ in range(3))
                stream.write(content[-8:])


def layers(*given: object) -> Callable[[], None]:
    return lambda: config(layers=[*given, {"type": "dense", "units": 1}])


CASES: dict[str, Case] = {
    "a zip bomb": (
        lambda: zip_bomb(Path("bomb.npz"), "x.npy", 2 * GIB),
        PREDICT,
        'array "x": it is compressed, and takes',
    ),
    "weights that are a zip bomb": (
        lambda: zip_bomb(Path("bomb.npz"), "dense_1/kernel.npy", 2 * GIB),
        ("summary", "bomb.npz"),
        'array "dense_1/kernel": there is not enough memory for it',
    ),
    "a member that claims more than can be packed": (
        lambda: zip_of(Path("bomb.npz"), "x.npy", b"\3\0" * 1000, 1 << 50),
        PREDICT,
        f"claims {1 << 50:,} bytes, more than the file holds",
    ),
    "an array that claims more rows than there are": (
        lambda: Path("bomb.npz").write_bytes(
            archive({"x.npy": npy_header("<f8", f"({HUGE}, 2)") + bytes(64)})
        ),
        PREDICT,
        f"its header claims {16 * HUGE:,} bytes of data, the file has 64",
    ),
    "a line of ten gigabytes": (
        lambda: table("bomb.csv.gz", lambda path: gzip_bomb(path, b"a,b,c\n", 10 * GIB)),
        TRAIN,
        "bomb.csv.gz:2\n  it holds bytes of 0, which no text has",
    ),
    "a number of millions of digits": (
        lambda: table("bomb.csv.gz", zipped_digits),
        TRAIN,
        f'"{"1" * 37}…" is not a finite number',
    ),
    "a quote that does not end": (
        lambda: table("bomb.csv", lambda path: path.write_text('a,b,c\n"' + "1,2,3\n" * 10**6)),
        TRAIN,
        "the quotes do not match",
    ),
    "a header of a million columns": (
        lambda: table("bomb.csv", lambda path: path.write_text(",".join(["c"] * 10**6))),
        TRAIN,
        '1000000 columns are named "c"',
    ),
    "an object of a list of millions": (
        lambda: table("bomb.jsonl", lambda path: path.write_text(f'{{"a": [{"0," * 2**22}0]}}')),
        TRAIN,
        "the line is longer than",
    ),
    "an object that is nested without end": (
        lambda: table("bomb.jsonl", lambda path: path.write_text('{"a":' * (8 * 10**5))),
        TRAIN,
        "many deep",
    ),
    "a query for a cell of a gigabyte": (
        lambda: table("bomb.db", database),
        ("predict", "run", "bomb.db", "--table", "SELECT zeroblob(1e9) a FROM t ORDER BY rowid"),
        "too big",
    ),
    "a workbook whose texts unpack to gigabytes": (
        lambda: table("bomb.xlsx", lambda path: workbook(path, "xl/sharedStrings.xml")),
        TRAIN,
        "xl/sharedStrings.xml in it unpacks to",
    ),
    "a workbook with a row of gigabytes": (
        lambda: table("bomb.xlsx", lambda path: workbook(path, "xl/worksheets/sheet1.xml")),
        TRAIN,
        "a row of the sheet is longer than",
    ),
    "a text column of as many kinds as rows": (
        lambda: table("bomb.csv", kinds),
        (*TRAIN, "--set", "data.memory=16MB"),
        "256 rows need 41 MB, more than data.memory",
    ),
    "an IDX file that claims a terabyte": (
        lambda: idx(lambda path: path.write_bytes(PIXELS + struct.pack(">II", 1 << 20, 1 << 20))),
        TRAIN,
        f"takes {1 << 40:,} bytes; the file holds 0",
    ),
    "a gzip file that would unpack to a terabyte": (
        lambda: idx(
            lambda path: gzip_bomb(path, PIXELS + struct.pack(">II", 1 << 20, 1 << 20), GIB)
        ),
        TRAIN,
        f"its array needs {1 << 40:,} bytes; this computer has",
    ),
    "an IDX file of a hundred axes": (
        lambda: idx(
            lambda path: path.write_bytes(
                bytes([0, 0, 8, 100]) + struct.pack(">100I", *[1] * 100) + b"\0"
            )
        ),
        TRAIN,
        "it has 100 axes",
    ),
    "aliases of aliases": (aliases, TRAIN, "its aliases stand for more than 10000 values"),
    "bottomless nesting": (
        lambda: Path("config.yaml").write_text("[" * 200_000),
        TRAIN,
        "more than 50 levels of nesting",
    ),
    "a config of a hundred megabytes": (
        lambda: Path("config.yaml").write_text("a: " + "x" * 10**8),
        TRAIN,
        "the file is larger than a config may be",
    ),
    "a path of thousands of keys": (
        config, (*TRAIN, "--set", ".".join(["a"] * 30_000) + "=1"), "more than 50 levels"
    ),
    "more units than bytes of memory": (
        layers({"type": "dense", "units": HUGE}), TRAIN, "parameters need 16,000,000,000,004 bytes"
    ),
    "more units than this process may have": (
        layers({"type": "dense", "units": 10**8}), TRAIN, "there is not enough memory"
    ),
    "units beyond any whole number of the machine": (
        layers({"type": "dense", "units": 10**40}), TRAIN, "at least 1 (up to 2^53)"
    ),
    "the most units that a config may have": (
        layers({"type": "dense", "units": 2**53}), TRAIN, "parameters need"
    ),
    "an example of a hundred axes": (
        layers({"type": "reshape", "target_shape": [2] + [1] * 100}, "flatten"),
        TRAIN,
        "its output has 101 axes",
    ),
    "windows beyond any whole number of the machine": (
        layers(
            {"type": "reshape", "target_shape": [2, 1]},
            {"type": "conv1d", "filters": 1, "kernel_size": 2, "strides": 10**22},
            "flatten",
        ),
        TRAIN,
        "(up to 2^53)",
    ),
    "the largest windows that a config may have": (
        layers(
            {"type": "reshape", "target_shape": [2, 1]},
            {"type": "conv1d", "filters": 1, "kernel_size": 2, "strides": 2**53},
            "flatten",
        ),
        TRAIN,
        "are too large",
    ),
}  # fmt: skip


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    found = {}
    for name, (write, arguments, _) in CASES.items():
        shutil.rmtree("case", ignore_errors=True)
        with project_in(Path("case")):
            write()
            began = time.perf_counter()
            found[name] = (*nnctl(arguments), Path("new").exists(), time.perf_counter() - began)
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""Files that would run code, if anything in them were unpickled, constructed or followed.

Each payload would make the file `ran` in the current folder.
"""

import gzip
import io
import json
import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

RAN = Path("ran")


class Bomb:
    """What makes `ran` as soon as it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(RAN),)


def pickled() -> bytes:
    return pickle.dumps(Bomb())


def npy(array: np.ndarray) -> bytes:
    """An `.npy` file, pickled where the array holds objects."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def bombs(shape: tuple[int, ...] = (4,)) -> bytes:
    """An `.npy` file of bombs."""
    array = np.empty(shape, object)
    array[...] = Bomb()
    return npy(array)


def evaluated() -> bytes:
    """An `.npy` file whose header is an expression, not a literal."""
    plain = npy(np.zeros((4, 2)))
    header = f"__import__('os').mkdir('{RAN}')".encode()
    return plain[:10] + header.ljust(len(plain) - 10 - 64) + b"\n" + bytes(64)


def archive(members: Mapping[str, bytes]) -> bytes:
    """An `.npz` file of those members, by their whole names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()


def members(content: bytes) -> dict[str, bytes]:
    """The members of an `.npz` file, by their whole names."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def spoiled(content: bytes, array: str | None = None) -> dict[str, bytes]:
    """Versions of an `.npz` file that nnctl wrote, by what is wrong with them.

    `array` is the name of one of its arrays, or None where it has no metadata.
    """
    whole = members(content)
    name = f"{array or 'x'}.npy"
    shape = np.load(io.BytesIO(whole[name])).shape
    versions = {
        "objects": {**whole, name: bombs(shape)},
        "an expression for a header": {**whole, name: evaluated()},
        "a pickle for an array": {**whole, name: pickled()},
        "a member outside": {**whole, f"../{RAN}.npy": npy(np.zeros(1))},
        "an absolute member": {**whole, f"{RAN.absolute()}.npy": npy(np.zeros(1))},
        "a member that is no array": {**whole, "code.py": b"raise SystemExit"},
    }
    if array is not None:
        for what, metadata in {
            "pickled metadata": bombs(()),
            "deep metadata": npy(np.array("[" * 100_000)),
            "deep but whole metadata": npy(np.array('{"a":' * 900 + "1" + "}" * 900)),
            "a number for metadata": npy(np.array(3)),
            "a list for metadata": npy(np.array(json.dumps([1]))),
        }.items():
            versions[what] = {**whole, "metadata.npy": metadata}
        versions["text for numbers"] = {**whole, name: npy(np.full(shape, "a"))}
        versions["complex numbers"] = {**whole, name: npy(np.zeros(shape, complex))}
    files = {what: archive(version) for what, version in versions.items()}
    files["a pickle"] = pickled()
    files["gzipped"] = gzip.compress(content)
    return files


YAML = [
    f"data: !!python/object/apply:os.mkdir ['{RAN}']",
    f"!!python/object/apply:os.mkdir ['{RAN}']",
    f"name: !!python/object/new:os.mkdir ['{RAN}']",
    f"layers: !!python/object/apply:builtins.exec [\"import os; os.mkdir('{RAN}')\"]",
    f"? !!python/object/apply:os.mkdir ['{RAN}']\n: 1",
    "name: !!python/module:this",
    "name: !!python/name:os.system",
]

"""`nnctl export`: a trained model as an ONNX file, for other programs to predict with."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nnctl.assembly.trained import load_trained
from nnctl.errors import ArgumentError, NnctlError, Problem
from nnctl.jobs.finding import find_weights
from nnctl.system.atomic import atomic_file
from nnctl.system.extras import load_extra

OLDEST, USUAL, NEWEST = 18, 20, 22  # ONNX's operators, of the end of 2022, 2023 and 2024
DTYPES = ("float32", "float64")
MOST_BYTES = 2**31 - 2**20  # of the weights: no protobuf message is larger than 2 GB


@dataclass(frozen=True)
class Signature:
    """An input or output of the exported model; `shape` begins with the rows, of any number."""

    name: str
    dtype: str
    shape: tuple[str | int, ...]


@dataclass(frozen=True)
class ExportResult:
    """The file that was written, its size in bytes, and what goes in and comes out."""

    path: Path
    size: int
    opset: int
    inputs: tuple[Signature, ...]
    outputs: tuple[Signature, ...]

    def as_json(self) -> dict[str, Any]:
        """The self as plain data."""
        return {**asdict(self), "path": str(self.path)}


def export(
    weights: Path,
    output: Path,
    *,
    opset: int = USUAL,
    input_dtype: str | None = None,
    overwrite: bool = False,
) -> ExportResult:
    """Writes the model of a weights file or run folder to `output`, whole or not at all.

    The same weights give the same bytes. `input_dtype` is that of the inputs that are numbers;
    without it, what keeps `predict`'s digits. Raises `NnctlError` where the package onnx is not
    installed, for weights that cannot be read, for a file that exists already unless `overwrite`,
    and for a model that ONNX cannot hold.
    """
    load_extra("onnx", "onnx")
    if not OLDEST <= opset <= NEWEST:
        raise ArgumentError(f"--opset is {opset}; it must be {OLDEST} to {NEWEST}")
    if input_dtype not in (None, *DTYPES):
        raise ArgumentError(f"--input-dtype is {input_dtype}; allowed are: {', '.join(DTYPES)}")
    if output.is_file() and not overwrite:
        fix = "choose another, or replace it with --overwrite"
        raise NnctlError(Problem("this file exists already", fix, str(output)))
    trained = load_trained(find_weights(weights))
    if (size := sum(member.vector.nbytes for member in trained.members)) > MOST_BYTES:
        message = f"its weights take {size:,} bytes; an ONNX file holds up to {MOST_BYTES:,}"
        raise NnctlError(Problem(message, None, trained.file))
    from nnctl.export.model import as_onnx, write_graph

    writer = write_graph(trained, opset, input_dtype)
    content = as_onnx(writer, trained).SerializeToString(deterministic=True)
    with atomic_file(output) as file:
        file.write(content)
    return ExportResult(
        output, len(content), opset, signatures(writer.inputs), signatures(writer.outputs)
    )


def signatures(ports: Sequence[Any]) -> tuple[Signature, ...]:
    return tuple(Signature(port.name, port.dtype, port.full_shape) for port in ports)

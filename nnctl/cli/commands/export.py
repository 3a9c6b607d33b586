"""`nnctl export`"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnctl.cli import completion, options
from nnctl.errors.visible import visible

if TYPE_CHECKING:
    from nnctl.jobs.export import ExportResult


class Precision(StrEnum):
    """Of the inputs that are numbers."""

    FLOAT32 = "float32"
    FLOAT64 = "float64"


def command(
    weights: options.Weights,
    output: Annotated[
        Path,
        typer.Argument(
            metavar="OUT.onnx", help="Write here.", autocompletion=completion.onnx_files
        ),
    ],
    opset: Annotated[
        int, typer.Option(metavar="VERSION", help="The version of ONNX's operators, 18 to 22.")
    ] = 20,
    input_dtype: Annotated[
        Precision | None,
        typer.Option(
            help="What the inputs that are numbers are of.",
            show_default="float64 where a scaling subtracts, else the model's",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it exists.")
    ] = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Export a trained model to ONNX, preparation of rows and all.

    It takes rows as the table has them: scaling, encoding and filling are part of the model, and
    so are the classes, and the target's own unit.

    Example: nnctl export runs/mnist mnist.onnx
    """
    from nnctl.cli.printing import print_json
    from nnctl.jobs.export import export

    result = export(
        weights,
        output,
        opset=opset,
        input_dtype=input_dtype and input_dtype.value,
        overwrite=overwrite,
    )
    if json:
        print_json(result.as_json())
    elif not quiet:
        print_export(result)


def print_export(result: "ExportResult") -> None:
    """The file, then what goes in and what comes out."""
    from nnctl.cli.printing import print_columns

    path = visible(str(result.path))
    print(f"wrote {path}  ({result.size / 1000:,.0f} kB, opset {result.opset})\n")
    ports = [("input", port) for port in result.inputs]
    ports += [("output", port) for port in result.outputs]
    rows = [
        [kind, port.name, port.dtype, f"({', '.join(map(str, port.shape))})"]
        for kind, port in ports
    ]
    print_columns(["", "name", "type", "shape"], rows, left=4)

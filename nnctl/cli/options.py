"""The options that several commands take, declared once.

A run is its folder, or the bare name of that under `runs/`.
"""

from pathlib import Path
from typing import Annotated

import typer

from nnctl.cli import completion

Config = Annotated[
    Path,
    typer.Argument(
        metavar="CONFIG", help="A YAML config, or a run.", autocompletion=completion.configs
    ),
]
OptionalConfig = Annotated[
    Path | None,
    typer.Argument(
        metavar="CONFIG",
        help="A YAML config, or a run.",
        show_default=False,
        autocompletion=completion.configs,
    ),
]
Weights = Annotated[
    Path,
    typer.Argument(
        metavar="WEIGHTS", help="A weights.npz, or a run.", autocompletion=completion.weights
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Give a config key another value, as in layers.0.units=64; repeatable.",
        autocompletion=completion.settings,
        show_default=False,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", help="The seed, in place of the config's.", show_default=False),
]
Epochs = Annotated[
    int | None,
    typer.Option("--epochs", help="The epochs, in place of the config's.", show_default=False),
]
FailUnder = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-under",
        metavar="METRIC=VALUE",
        help="Exit 1 if the metric is below; repeatable.",
        autocompletion=completion.lower_bounds,
        show_default=False,
    ),
]
FailOver = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-over",
        metavar="METRIC=VALUE",
        help="Exit 1 if loss, mae, mse or rmse is above; repeatable.",
        autocompletion=completion.upper_bounds,
        show_default=False,
    ),
]
InitWeights = Annotated[
    Path | None,
    typer.Option(
        "--init-weights",
        metavar="FILE.npz",
        help="Start from the arrays of this file, or of a run folder.",
        autocompletion=completion.weights,
        show_default=False,
    ),
]
Features = Annotated[
    list[str] | None,
    typer.Option(
        "--features",
        metavar="NAME",
        help="The array, or the columns, that the file has for the model's features; repeatable. "
        "Of a table of images, the column of their paths.",
        show_default=False,
        autocompletion=completion.columns,
    ),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="NAME",
        help="The array, the columns, or the IDX or .npy file of the targets; repeatable.",
        show_default=False,
        autocompletion=completion.columns,
    ),
]
Table = Annotated[
    str | None,
    typer.Option(
        "--table",
        metavar="NAME",
        help="Of a database the table, or a query, SELECT … ORDER BY …; of a workbook the sheet.",
        show_default=False,
    ),
]
Member = Annotated[
    int | None,
    typer.Option(
        "--member",
        metavar="K",
        help="Which member of an ensemble to take, counted from 1.",
        show_default="the first",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        envvar="NNCTL_THREADS",
        show_envvar=False,
        help="How many cores it may use (also NNCTL_THREADS).",
        show_default="all",
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print errors and warnings only.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Threshold = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="The probability above which the second class is predicted.",
        show_default="as kept with the weights, or 0.5",
    ),
]

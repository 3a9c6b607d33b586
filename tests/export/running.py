"""An exported model as others run it: by ONNX Runtime, fed with a table's cells."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import onnxruntime

from nnctl.assembly.trained import Trained
from nnctl.data.inputs import Inputs
from nnctl.data.preprocessing import Preprocessing
from nnctl.data.targets import Targets
from nnctl.export.model import as_onnx, write_graph
from nnctl.graph import Array
from nnctl.jobs.predict import predict
from nnctl.network.layers import LAYERS
from nnctl.training.sequential import Sequential

DATASETS = Path(__file__).parents[2] / "datasets"
ABSENT = ("", "NA", "N/A", "nan", "NaN", "null")
DTYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(string)": object}
Cells = Mapping[str, Array]


def session_of(content: bytes) -> onnxruntime.InferenceSession:
    """ONNX Runtime with the model, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


@cache
def cells_of(path: Path) -> Cells:
    """The columns of a CSV file: of numbers, or of text as it is written."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt") as file:
        header, *rows = csv.reader(file)
    return {name: column([row[k] for row in rows]) for k, name in enumerate(header)}


def column(cells: Sequence[str]) -> Array:
    """Cells as numbers, nan where missing; or, where that fails, as text."""
    try:
        return np.array([float("nan" if cell in ABSENT else cell) for cell in cells])
    except ValueError:
        return np.array(cells, dtype=object)


def run(content: bytes, cells: Mapping[str, Any]) -> dict[str, Array]:
    """What ONNX Runtime makes of a table's columns, by output; they are converted, no more."""
    session = session_of(content)
    names = json.loads(session.get_modelmeta().custom_metadata_map["features"])
    given = {}
    for port in session.get_inputs():
        dtype = DTYPES[port.type]
        alone = port.name in names and len(names) == len(session.get_inputs())
        columns = [port.name] if alone else names
        rows = np.column_stack([np.asarray(cells[name], dtype) for name in columns])
        given[port.name] = rows.reshape(len(rows), *port.shape[1:])
    return outputs(session, given)


def outputs(session: onnxruntime.InferenceSession, given: Mapping[str, Array]) -> dict[str, Array]:
    names = [port.name for port in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(given)), strict=True))


def printed(weights: Path, data: Path) -> dict[str, Array]:
    """What `predict` prints, by column."""
    text = "".join(predict(weights, data).chunks())
    header, *rows = csv.reader(io.StringIO(text))
    return {name: column([row[k] for row in rows]) for k, name in enumerate(header)}


def assert_same(made: Mapping[str, Array], expected: Cells, tolerance: float = 1e-5) -> None:
    """The outputs say what `predict` prints: labels alike, numbers to within the tolerance.

    Probabilities differ by up to the tolerance, other numbers by that share of the greatest.
    """
    if "predictions" in made:
        numbers = np.column_stack(list(expected.values()))
        atol = tolerance * np.abs(numbers).max()
        np.testing.assert_allclose(made["predictions"], numbers, rtol=0, atol=atol)
        assert made["predictions"].shape == numbers.shape
        return
    assert list(made) == ["label", "probabilities"]
    named = {name for name in expected if name.startswith("probability")}
    probabilities = np.column_stack([expected[name] for name in expected if name in named])
    labels = np.column_stack([expected[name] for name in expected if name not in named])
    if named == {"probability"}:
        probabilities = np.column_stack([1 - probabilities, probabilities])
    assert made["probabilities"].shape == probabilities.shape
    np.testing.assert_allclose(made["probabilities"], probabilities, rtol=0, atol=tolerance)
    decided = np.abs(probabilities - 0.5) > tolerance  # the others are a matter of rounding
    if made["label"].ndim == 1:
        labels = labels[:, 0]
        ordered = np.sort(np.column_stack([np.zeros(len(labels)), probabilities]), axis=1)
        decided = ordered[:, -1] - ordered[:, -2] > 2 * tolerance
    assert made["label"].shape == labels.shape
    assert decided.mean() > 0.9
    assert (made["label"] == labels)[decided].all()


def built(
    layers: Sequence[tuple[str, Mapping[str, Any]]],
    shape: Sequence[int],
    dtype: str = "float32",
    loss: Any = "mean_squared_error",
) -> Sequential:
    """A model of layers by name, with their arguments; its loss leaves its output as it is."""
    made = [LAYERS[name](**arguments) for name, arguments in layers]
    model = Sequential(made, dtype=dtype)
    model.compile("sgd", loss)
    model.build(shape)
    return model


def trained(
    model: Sequential, features: Sequence[str] = (), targets: Targets | None = None, **inputs: Any
) -> Trained:
    """A model as a weights file would give it, with inputs and targets as they are."""
    size, dtype = int(np.prod(model.input_shape)), model.dtype.name
    names = tuple(features) or tuple(map(str, range(size)))
    columns = tuple(map(str, range(int(np.prod(model.output_shape)))))
    preparation = Preprocessing(
        Inputs(names, model.input_shape, dtype, **inputs),
        targets or Targets(columns, "regression", dtype),
    )
    config: Any = SimpleNamespace(name="a model")
    return Trained("weights.npz", config, model, preparation)


def exported(given: Trained, opset: int = 20, input_dtype: str | None = None) -> onnx.ModelProto:
    """The ONNX model."""
    return as_onnx(write_graph(given, opset, input_dtype), given)


def operators(model: onnx.ModelProto | bytes) -> list[str]:
    """The operators of the nodes, in their order."""
    model = onnx.load_from_string(model) if isinstance(model, bytes) else model
    return [node.op_type for node in model.graph.node]


def with_random_weights(model: Sequential, generator: np.random.Generator) -> Sequential:
    """The model with other weights than those it starts from, none of them trivial."""
    arrays = {
        name: generator.normal(0, 0.5, array.shape) for name, array in model.named_arrays().items()
    }
    for name in arrays:
        if name.endswith("variance"):
            arrays[name] = np.abs(arrays[name]) + 0.1
    model.load_arrays(arrays)
    return model


def images() -> Array:
    """Handwritten digits, (200, 28, 28, 1), from 0 to 1."""
    cells = cells_of(DATASETS / "mnist-test.csv.gz")
    rows = np.column_stack([column for name, column in cells.items() if name != "label"])
    return rows[:200].reshape(-1, 28, 28, 1) / 255


def heartbeats() -> Array:
    """Heartbeats, (900, 100, 1), in millivolts."""
    cells = cells_of(DATASETS / "heartbeats.csv.gz")
    rows = np.column_stack([column for name, column in cells.items() if name != "abnormal"])
    return rows[:, :, None]

"""The inputs of the fuzz test: sound ones to begin with, most of them changed a little."""

import gzip
import io
import json
import sqlite3
import struct
import zipfile
from typing import Any

import numpy as np
import openpyxl
import yaml
from hypothesis import strategies as st

from nnctl.system.npz import write_arrays
from tests.formats.mutations import sealed
from tests.fuzz.mutations import DRAW, changed, damaged, odd_table
from tests.fuzz.trial import Input

HEADER = ["a", "b", "c", "d", "yes", "kind", "price", "p", "q", "w"]
COLOURS = ("red", "green", "blue")
ROWS = [
    [repr(k / 4 - 3), str((7 * k) % 11), COLOURS[k * k % 3], repr(1e4 * k), ("no", "yes")[k % 2],
     str(k % 3), repr(k * 2.5 + 1), str(k % 2), str(k // 2 % 2), repr(1 + k % 4)]
    for k in range(18)
]  # fmt: skip
ACTIVATIONS = ["linear", "sigmoid", "tanh", "relu", "elu", "gelu", "silu", "softplus", "softmax"]
OPTIMIZERS = ["sgd", "adam", "adamw", "rmsprop", "adagrad", "gradient_descent"]
RATES = [0.01, 0.1, 1, {"type": "exponential_decay", "initial_learning_rate": 0.1,
         "decay_steps": 5, "decay_rate": 0.5}, {"type": "cosine_decay",
         "initial_learning_rate": 0.1, "decay_steps": 9}, {"type": "piecewise_constant",
         "boundaries": [2, 4], "values": [0.1, 0.01, 0.001]}]  # fmt: skip
TASKS: dict[str, tuple[Any, int, list[Any], list[str]]] = {
    "binary": ("yes", 1, ["binary_crossentropy"], ["accuracy", "auc", "f1", "precision"]),
    "multiclass": (
        "kind", 3, ["sparse_categorical_crossentropy", "categorical_crossentropy"],
        ["accuracy", "top_k_accuracy", "recall", "f1"],
    ),
    "regression": (
        "price", 1, ["mean_squared_error", "mean_absolute_error", "huber",
                     "half_mean_squared_error"], ["mae", "mse", "rmse", "r2"],
    ),
    "labels": (["p", "q"], 2, ["binary_crossentropy"], ["accuracy", "f1", "auc"]),
}  # fmt: skip


def one_of(draw: DRAW, *values: Any) -> Any:
    return draw(st.sampled_from(values))


def network(draw: DRAW, units: int) -> tuple[list[Any], list[int] | None]:
    """Layers for the columns a, b, d and price or yes, and the input shape they need."""
    layers: list[Any] = []
    shape = None
    if draw(st.integers(0, 4)) == 0:
        one = draw(st.booleans())
        shape = [4, 1] if one else [2, 2, 1]
        kind, size = ("1d", 2) if one else ("2d", 2)
        conv = {"type": f"conv{kind}", "filters": 2, "kernel_size": size, "padding": "same"}
        layers.append({**conv, "activation": one_of(draw, *ACTIVATIONS)})
        pool = one_of(draw, f"max_pooling{kind}", f"average_pooling{kind}", "dropout")
        layers.append({"type": pool, "rate": 0.5} if pool == "dropout" else pool)
        layers.append(one_of(draw, "flatten", f"global_average_pooling{kind}"))
    for _ in range(draw(st.integers(0, 2))):
        dense = {"type": "dense", "units": one_of(draw, 1, 2, 4)}
        dense["activation"] = one_of(draw, *ACTIVATIONS)
        if draw(st.booleans()):
            dense["kernel_regularizer"] = one_of(draw, "l2", {"type": "l1", "l1": 0.1})
            dense["kernel_initializer"] = one_of(draw, "he_normal", "zeros", "random_normal")
        layers.append(dense)
        more = one_of(draw, None, "batch_normalization", "layer_normalization", "dropout", "tanh")
        if more == "dropout":
            layers.append({"type": "dropout", "rate": 0.5})
        elif more == "tanh":
            layers.append({"type": "activation", "activation": "tanh"})
        elif more:
            layers.append(more)
    layers.append({"type": "dense", "units": units})
    return layers, shape


def sound_config(draw: DRAW) -> dict[str, Any]:
    """A config that trains on `data.csv`."""
    task = one_of(draw, *TASKS)
    target, units, losses, metrics = TASKS[task]
    layers, shape = network(draw, units)
    loss: Any = one_of(draw, *losses)
    if "crossentropy" in loss:
        loss = {"type": loss, "from_logits": True}
    data: dict[str, Any] = {"train": "data.csv", "target": target}
    if shape or draw(st.booleans()):
        data["features"] = ["a", "b", "d", "w"]
    optimizer: dict[str, Any] = {"type": one_of(draw, *OPTIMIZERS)}
    optimizer["learning_rate"] = one_of(draw, *RATES)
    config: dict[str, Any] = {
        "data": data, "layers": layers, "loss": loss, "optimizer": optimizer, "epochs": 1,
    }  # fmt: skip
    if shape:
        config["input_shape"] = shape
    extras: list[tuple[dict[str, Any], str, Any]] = [
        (data, "scale", one_of(draw, "standardize", "minmax", {"type": "rescale", "by": 255})),
        (data, "validation", one_of(draw, 0.2, 0.5)),
        (data, "missing", one_of(draw, "drop", "mean")),
        (data, "sample_weight", "w"),
        (data, "test", "data.csv"),
        (data, "text", ["kind"]),
        (config, "batch_size", one_of(draw, 4, 7, "full")),
        (config, "dtype", "float64"),
        (config, "seed", 3),
        (config, "shuffle", False),
        (config, "metrics", [one_of(draw, *metrics)]),
        (config, "early_stopping", {"monitor": "loss", "patience": 1}),
        (config, "reduce_lr_on_plateau", {"monitor": "loss", "patience": 1}),
        (optimizer, "clipnorm", 1.0),
    ]
    if task == "regression":
        extras.append((data, "target_scale", "standardize"))
    if task in ("binary", "multiclass"):
        extras.append((config, "class_weight", "balanced"))
    chosen = draw(st.sets(st.integers(0, len(extras) - 1), max_size=4))
    for place in sorted(chosen):
        holder, key, value = extras[place]
        holder[key] = value
    if "features" in data and data.get("sample_weight"):
        del data["sample_weight"]  # a weight is no feature
    return config


def table_bytes(rows: list[list[str]]) -> bytes:
    return ("\n".join(",".join(row) for row in rows) + "\n").encode("utf-8", "surrogatepass")


TABLE = table_bytes([HEADER, *ROWS])


def few(draw: DRAW) -> int:
    """How many changes: often none, seldom many."""
    return draw(st.sampled_from([0, 0, 0, 1, 1, 2]))


def dumped(config: Any) -> bytes:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(config, Dumper=dumper, allow_unicode=True)
    return text.encode("utf-8", "surrogatepass")


TRAIN = ("train", "config.yaml", "-q", "-o", "run")
CROSSVAL = ("crossval", "config.yaml", "--folds", "2", "--workers", "1", "--predictions", "p.csv")


@st.composite
def with_odd_config(draw: DRAW) -> Input:
    text = dumped(changed(draw, sound_config(draw), few(draw)))
    if draw(st.integers(0, 9)) == 0:
        text = damaged(draw, text, draw(st.integers(1, 3)))
    arguments = TRAIN
    if draw(st.integers(0, 9)) == 0:
        key = one_of(
            draw, "epochs", "layers.0.units", "layers", "data", "optimizer.x.y", "", "a..b"
        )
        value = one_of(draw, "1", "{}", "[", "!!python/none", "1e400", "dense", "*a", "nan")
        arguments = (*TRAIN, "--set", f"{key}={value}")
    command = one_of(
        draw, *["train"] * 20, "validate", "summary", "gradcheck", "explain", "crossval"
    )
    if command == "crossval":
        arguments = CROSSVAL
    elif command != "train":
        arguments = (command, "config.yaml")
    return Input(arguments, {"config.yaml": text, "data.csv": TABLE})


@st.composite
def with_odd_table(draw: DRAW) -> Input:
    text = table_bytes(odd_table(draw, [HEADER, *ROWS], few(draw)))
    if draw(st.integers(0, 6)) == 0:
        text = damaged(draw, text, draw(st.integers(1, 2)))
    how = one_of(draw, *["plain"] * 16, "\r\n", "\r", "bom", "gzip", "cut gzip", "utf-16")
    if how in ("\r\n", "\r"):
        text = text.replace(b"\n", how.encode())
    elif how == "bom":
        text = b"\xef\xbb\xbf" + text
    elif how == "utf-16":
        text = text.decode("utf-8", "replace").encode("utf-16")
    elif "gzip" in how:
        text = gzip.compress(text, 1, mtime=0)
        text = text[: len(text) // 2] if how == "cut gzip" else damaged(draw, text, few(draw) // 2)
    config = sound_config(draw)
    target = one_of(draw, *HEADER)
    command = one_of(draw, *[TRAIN] * 10, CROSSVAL, ("init", "data.csv", "--target", target))
    return Input(command, {"config.yaml": dumped(config), "data.csv": text})


def typed_tables() -> dict[str, bytes]:
    """The rows in files that tell numbers from text, by their names."""
    words = ("c", "yes")
    rows = [
        tuple(
            cell if name in words else float(cell) for name, cell in zip(HEADER, row, strict=True)
        )
        for row in ROWS
    ]
    lines = [json.dumps(dict(zip(HEADER, row, strict=True))) for row in rows]
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t ({', '.join(HEADER)})")
    connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(HEADER))})", rows)
    connection.commit()
    made, book = io.BytesIO(), openpyxl.Workbook()
    for row in [HEADER, *rows]:
        book.active.append(row)
    book.save(made)
    files = {"t.jsonl": ("\n".join(lines) + "\n").encode(), "t.db": connection.serialize()}
    connection.close()
    return {**files, "t.xlsx": made.getvalue()}


TYPED_TABLES = typed_tables()
QUERIES = ["SELECT * FROM t ORDER BY a", "SELECT * FROM t ORDER BY d, kind LIMIT 9", "SELECT 1"]


@st.composite
def with_odd_typed_table(draw: DRAW) -> Input:
    name = one_of(draw, *TYPED_TABLES)
    content = damaged(draw, TYPED_TABLES[name], few(draw))
    if name == "t.xlsx" and draw(st.booleans()):
        content = with_odd_part(draw, TYPED_TABLES[name])
    config = sound_config(draw)
    config["data"]["train"] = name
    if name == "t.db" and draw(st.booleans()):
        query = damaged(draw, one_of(draw, *QUERIES).encode(), few(draw)).decode("utf-8", "replace")
        config["data"]["train"] = {"file": name, "query": query}
    init = ("init", name, "--target", one_of(draw, *HEADER))
    command = one_of(draw, *[TRAIN] * 10, init)
    return Input(command, {"config.yaml": dumped(config), name: content})


def with_odd_part(draw: DRAW, content: bytes) -> bytes:
    """A workbook with one of its parts damaged; all are packed again."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(made, "w") as after:
        odd = one_of(draw, *before.namelist())
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, damaged(draw, part, 1) if name == odd else part)
    return made.getvalue()


FEATURES = np.arange(54).reshape(18, 3) % 7
ARRAYS = {"x": FEATURES / 7, "y": FEATURES[:, 0] % 3}
DTYPES = ["i1", "u2", "i8", "?", "f2", "f4", ">f8", "c8", "U3", "S3", "M8[s]", "i4,f4", "V3", "f16"]
SHAPES = [(18,), (18, 1), (18, 3), (0, 3), (), (18, 1, 3), (1, 54), (54,), (18, 0), (2, 3, 3, 3)]


def as_npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


@st.composite
def with_odd_arrays(draw: DRAW) -> Input:
    arrays = dict(ARRAYS)
    for _ in range(few(draw)):
        name = one_of(draw, *arrays) if arrays else "x"
        array = arrays.get(name, FEATURES)
        how = one_of(draw, "dtype", "shape", "value", "drop", "rename", "object")
        if how == "dtype":
            with np.errstate(all="ignore"):
                arrays[name] = np.zeros(array.shape, one_of(draw, *DTYPES))
        elif how == "shape":
            shape = one_of(draw, *SHAPES)
            arrays[name] = np.resize(array, shape)
        elif how == "value" and array.size and array.dtype.kind == "f":
            array = array.copy()
            array.flat[0] = one_of(draw, np.nan, np.inf, -np.inf, 1e308, -1, 5e-324)
            arrays[name] = array
        elif how == "object":
            arrays[name] = np.array([{}] * 18)
        elif how == "rename":
            arrays[one_of(draw, "y", "x", "z", "../x", "metadata")] = array
        elif name in arrays:
            del arrays[name]
    content = archive(draw, arrays)
    if draw(st.integers(0, 2)) == 0:
        content = damaged(draw, content, draw(st.integers(1, 3)))
    config = array_config("data.npz")
    config["data"]["scale"] = one_of(draw, "none", "standardize", "minmax")
    return Input(TRAIN, {"config.yaml": dumped(config), "data.npz": content})


def archive(draw: DRAW, arrays: dict[str, np.ndarray]) -> bytes:
    """An `.npz` file of arrays, whose headers may claim what is not so."""
    stream = io.BytesIO()
    how = one_of(draw, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
    with zipfile.ZipFile(stream, "w", how) as file:
        for name, array in arrays.items():
            npy = as_npy(array)
            claim = one_of(draw, *[b""] * 9, b"(9999999999, 3)", b"(-1,)", b"[18]", b"(18, 3, )")
            if claim:
                npy = npy.replace(b"(18, 3)", claim)[: len(npy)]
            info = zipfile.ZipInfo(f"{name}.npy")
            info.compress_type = how
            file.writestr(info, npy)
    return stream.getvalue()


def array_config(train: Any) -> dict[str, Any]:
    return {
        "data": {"train": train}, "layers": [{"type": "dense", "units": 3}], "epochs": 1,
        "loss": {"type": "sparse_categorical_crossentropy", "from_logits": True},
        "optimizer": {"type": "sgd", "learning_rate": 0.1},
    }  # fmt: skip


def as_idx(array: np.ndarray, code: int) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, code, array.ndim]) + sizes + array.tobytes()


@st.composite
def with_odd_idx(draw: DRAW) -> Input:
    images, labels = as_idx(FEATURES.astype("u1"), 8), as_idx(ARRAYS["y"].astype("u1"), 8)
    if draw(st.booleans()):
        images = as_idx(FEATURES.astype(">f4"), 0x0D)
    which = draw(st.integers(0, 2))
    if which != 1:
        images = damaged(draw, images, few(draw))
    if which:
        labels = damaged(draw, labels, few(draw))
    config = array_config({"features": "images", "target": "labels"})
    if draw(st.booleans()):
        images = gzip.compress(images, 1, mtime=0)
    return Input(TRAIN, {"config.yaml": dumped(config), "images": images, "labels": labels})


REPORTED = ["run/history.csv", "run/results.json", "run/config.yaml"]


@st.composite
def with_odd_run(draw: DRAW, arrays: dict[str, dict[str, Any]], files: dict[str, bytes]) -> Input:
    """A run whose weights or checkpoint are changed, below the checksums of the file, or its data
    or what else a report reads.

    `arrays` are those of the two files, by file and name; `files` the run's and its data.
    """
    name = one_of(draw, *["run/weights.npz", "run/checkpoint.npz", "data.csv"] * 3, *REPORTED)
    if name in REPORTED:
        given = {**files, name: damaged(draw, files[name], draw(st.integers(1, 3)))}
        if draw(st.booleans()):
            del given["run/checkpoint.npz"]
        return Input(("report", "run"), given)
    if name == "data.csv":
        table = table_bytes(odd_table(draw, [HEADER, *ROWS], draw(st.integers(1, 3))))
        command = one_of(draw, ("predict", "run", name), ("evaluate", "run", name, "--json"))
        return Input(command, {**files, name: damaged(draw, table, draw(st.integers(0, 1)))})
    mine = dict(arrays[name])
    if draw(st.booleans()):
        metadata = json.loads(str(mine["metadata"]))
        del metadata["checksum"]
        mine["metadata"] = np.array(sealed(changed(draw, metadata, draw(st.integers(1, 2)))))
    else:
        which = one_of(draw, *mine)
        value = mine.pop(which)
        how = one_of(draw, "drop", "dtype", "shape", "rename", "nan")
        if how == "dtype":
            mine[which] = np.zeros(value.shape, one_of(draw, *DTYPES))
        elif how == "shape":
            mine[which] = (
                np.resize(value, one_of(draw, *SHAPES)) if value.size else np.zeros((2, 2))
            )
        elif how == "rename":
            mine[one_of(draw, "a", "dense_1/kernel", "../a")] = value
        elif how == "nan" and value.dtype.kind == "f":
            mine[which] = np.full_like(value, one_of(draw, np.nan, np.inf, 1e30, -1e30))
    stream = io.BytesIO()
    write_arrays(stream, mine)
    commands: list[tuple[str, ...]] = [
        ("resume", "run", "-q"),
        ("resume", "run", "--epochs", "3", "-q"),
        ("report", "run"),
    ]
    if name == "run/weights.npz":
        commands = [
            ("predict", "run", "data.csv"), ("evaluate", "run", "data.csv"), ("summary", "run"),
            ("report", "run"), ("export", "run", "out.onnx"),
            (*TRAIN[:-1], "new", "--init-weights", "run/weights.npz"),
        ]  # fmt: skip
    return Input(one_of(draw, *commands), {**files, name: stream.getvalue()})

"""The trainings whose results are compared with Keras: what is trained, on which numbers.

Used by `make_keras.py`, which asks Keras, and by `test_keras.py`, which asks nnctl. Both build the
same model from a case, start from the same arrays, and train without shuffling in float64.

Keras rounds learning rates, and one over a batch of three rows, to float32: so all rates here are
powers of two, and the short last batch holds two rows.
"""

from typing import Any

import numpy as np

ROWS, FEATURES, UNITS, CLASSES = 10, 4, 5, 3
EPOCHS, BATCH_SIZE = 3, 4  # the last batch holds two rows

Case = dict[str, Any]


def dense(units: int, activation: Any = "linear", **options: Any) -> dict[str, Any]:
    return {"type": "dense", "units": units, "activation": activation, **options}


def case(layers: list[dict[str, Any]], loss: dict[str, Any], optimizer: Any, **more: Any) -> Case:
    return {"layers": layers, "loss": loss, "optimizer": optimizer, **more}


REGRESSION = {"type": "mean_squared_error"}
SGD = {"type": "sgd", "learning_rate": 0.125}
ADAM = {"type": "adam", "learning_rate": 0.015625}
SPARSE = {"type": "sparse_categorical_crossentropy", "from_logits": True}
BINARY = {"type": "binary_crossentropy", "from_logits": True}


def network(activation: Any, loss: Any, optimizer: Any, **more: Any) -> Case:
    """One hidden layer with the activation, and the outputs that the loss takes."""
    kind = loss["type"]
    outputs = CLASSES if "categorical" in kind else 2 if "error" in kind or kind == "huber" else 1
    last = "linear"
    if "crossentropy" in kind and not loss.get("from_logits"):
        last = "softmax" if "categorical" in kind else "sigmoid"
    return case([dense(UNITS, activation), dense(outputs, last)], loss, optimizer, **more)


def regularized(regularizer: Any) -> Case:
    layers = [dense(UNITS, "sigmoid", kernel_regularizer=regularizer), dense(2)]
    return case(layers, REGRESSION, SGD)


CATEGORICAL = {"type": "categorical_crossentropy", "from_logits": True}
SMOOTHED = {"label_smoothing": 0.125}
ACTIVATIONS: dict[str, Any] = {
    "linear": "linear",
    "relu": "relu",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "tanh": "tanh",
    "leaky_relu": {"type": "leaky_relu", "negative_slope": 0.25},
    "elu": {"type": "elu", "alpha": 0.75},
    "gelu": "gelu",
    "gelu approximate": {"type": "gelu", "approximate": True},
    "silu": "silu",
    "softplus": "softplus",
}
LOSSES: dict[str, dict[str, Any]] = {
    "mean_squared_error": REGRESSION,
    "mean_absolute_error": {"type": "mean_absolute_error"},
    "huber": {"type": "huber", "delta": 0.5},
    "binary_crossentropy": {"type": "binary_crossentropy"},
    "binary_crossentropy logits": BINARY,
    "binary_crossentropy smoothed": {"type": "binary_crossentropy", **SMOOTHED},
    "binary_crossentropy logits smoothed": {**BINARY, **SMOOTHED},
    "categorical_crossentropy": {"type": "categorical_crossentropy"},
    "categorical_crossentropy logits": CATEGORICAL,
    "categorical_crossentropy smoothed": {"type": "categorical_crossentropy", **SMOOTHED},
    "categorical_crossentropy logits smoothed": {**CATEGORICAL, **SMOOTHED},
    "sparse_categorical_crossentropy": {"type": "sparse_categorical_crossentropy"},
    "sparse_categorical_crossentropy logits": SPARSE,
}
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": SGD,
    "sgd momentum": {**SGD, "momentum": 0.75},
    "sgd nesterov": {**SGD, "momentum": 0.75, "nesterov": True},
    "adam": ADAM,
    "adam betas": {**ADAM, "beta_1": 0.75, "beta_2": 0.875, "epsilon": 0.0009765625},
    "adamw": {"type": "adamw", "learning_rate": 0.015625},
    "adamw decay": {"type": "adamw", "learning_rate": 0.015625, "weight_decay": 0.0625},
    "rmsprop": {"type": "rmsprop", "learning_rate": 0.03125},
    "rmsprop momentum centered": {
        "type": "rmsprop", "learning_rate": 0.015625, "momentum": 0.5, "centered": True,
    },
    "adagrad": {"type": "adagrad", "learning_rate": 0.125},
    "adagrad accumulator": {
        "type": "adagrad", "learning_rate": 0.125, "initial_accumulator_value": 0.5,
    },
    "clipnorm": {**SGD, "clipnorm": 0.125},
    "global_clipnorm": {**SGD, "global_clipnorm": 0.125},
    "clipvalue": {**SGD, "clipvalue": 0.03125},
}  # fmt: skip
SCHEDULES: dict[str, dict[str, Any]] = {
    "exponential_decay": {
        "type": "exponential_decay", "initial_learning_rate": 0.125, "decay_steps": 4,
        "decay_rate": 0.5,
    },
    "exponential_decay staircase": {
        "type": "exponential_decay", "initial_learning_rate": 0.125, "decay_steps": 4,
        "decay_rate": 0.5, "staircase": True,
    },
    "piecewise_constant": {
        "type": "piecewise_constant", "boundaries": [2, 5], "values": [0.25, 0.125, 0.0625],
    },
    "cosine_decay": {
        "type": "cosine_decay", "initial_learning_rate": 0.125, "decay_steps": 8, "alpha": 0.25,
    },
    "cosine_decay warmup": {
        "type": "cosine_decay", "initial_learning_rate": 0.0, "decay_steps": 4,
        "warmup_target": 0.25, "warmup_steps": 4,
    },
}  # fmt: skip
L1, L2 = {"type": "l1", "l1": 0.0625}, {"type": "l2", "l2": 0.0625}
REGULARIZERS: dict[str, dict[str, Any]] = {
    "l1": L1,
    "l2": L2,
    "l1_l2": {"type": "l1_l2", "l1": 0.03125, "l2": 0.0625},
}
SERIES, IMAGE = (7, 2), (6, 5, 2)
CONV1D = {"type": "conv1d", "filters": 3, "kernel_size": 3, "activation": "tanh"}
CONV2D = {"type": "conv2d", "filters": 3, "kernel_size": 3, "activation": "tanh"}
EACH_PLACE = {"conv1d": {**CONV1D, "padding": "same"}, "conv2d": {**CONV2D, "padding": "same"}}
BATCH = {"type": "batch_normalization", "momentum": 0.75}
LAYER = {"type": "layer_normalization"}


def spatial(shape: tuple[int, ...], *layers: Any) -> Case:
    """Layers on a series or an image, then what makes two numbers of it."""
    ends = [{"type": "flatten"}, dense(2)]
    return case([*layers, *ends], REGRESSION, {**SGD, "learning_rate": 0.03125}, shape=shape)


def pooled(shape: tuple[int, ...], kind: str, **options: Any) -> Case:
    """Pooling between a convolution, whose gradient has to come through it, and the end."""
    axes = f"{len(shape) - 1}d"
    return spatial(shape, EACH_PLACE[f"conv{axes}"], {"type": f"{kind}_pooling{axes}", **options})


WINDOWS: dict[str, dict[str, Any]] = {
    "": {"pool_size": 2},
    "overlapping": {"pool_size": 3, "strides": 2},
    "with gaps": {"pool_size": 2, "strides": 3},
    "same": {"pool_size": 2, "padding": "same"},
    "same overlapping": {"pool_size": 3, "strides": 2, "padding": "same"},
    "same every place": {"pool_size": 3, "strides": 1, "padding": "same"},
}
LAYERS: dict[str, Case] = {
    "conv1d": spatial(SERIES, CONV1D),
    "conv1d strides": spatial(SERIES, {**CONV1D, "strides": 3}),
    "conv1d dilation": spatial(SERIES, {**CONV1D, "dilation_rate": 2}),
    "conv1d same": spatial(SERIES, {**CONV1D, "kernel_size": [4], "padding": "same"}),
    "conv1d same strides": spatial(SERIES, {**CONV1D, "strides": 2, "padding": "same"}),
    "conv1d causal": spatial(SERIES, {**CONV1D, "padding": "causal", "dilation_rate": 2}),
    "conv1d causal strides": spatial(SERIES, {**CONV1D, "padding": "causal", "strides": 2}),
    "conv1d twice": spatial(SERIES, CONV1D, {**CONV1D, "filters": 4, "strides": 2}),
    "conv2d": spatial(IMAGE, CONV2D),
    "conv2d strides": spatial(IMAGE, {**CONV2D, "kernel_size": [2, 3], "strides": [2, 1]}),
    "conv2d dilation": spatial(IMAGE, {**CONV2D, "dilation_rate": [2, 1]}),
    "conv2d same": spatial(IMAGE, {**CONV2D, "kernel_size": [4, 3], "padding": "same"}),
    "conv2d same strides": spatial(IMAGE, {**CONV2D, "strides": 2, "padding": "same"}),
    "conv2d same dilation": spatial(IMAGE, {**CONV2D, "dilation_rate": 2, "padding": "same"}),
    "conv2d without bias": spatial(IMAGE, {**CONV2D, "use_bias": False}),
    "conv2d regularized": spatial(IMAGE, {**CONV2D, "kernel_regularizer": L2}),
    "conv2d twice": spatial(IMAGE, CONV2D, {**CONV2D, "filters": 4, "padding": "same"}),
    "conv2d twice with strides": spatial(
        IMAGE, {**CONV2D, "strides": 2, "padding": "same"}, {**CONV2D, "strides": [1, 2]}
    ),
    **{
        f"{kind} pooling {len(shape) - 1}d {name}".strip(): pooled(shape, kind, **options)
        for kind in ("max", "average")
        for shape in (SERIES, IMAGE)
        for name, options in WINDOWS.items()
    },
    "max pooling 2d of its own size": pooled(IMAGE, "max", pool_size=[2, 3], strides=[1, 2]),
    "average pooling 2d of its own size": pooled(
        IMAGE, "average", pool_size=[2, 3], strides=[1, 2]
    ),
    **{
        f"global average pooling {len(shape) - 1}d keepdims {keepdims}": pooled(
            shape, "global_average", keepdims=keepdims
        )
        for shape in (SERIES, IMAGE)
        for keepdims in (False, True)
    },
    "reshape": spatial(IMAGE, {"type": "reshape", "target_shape": [10, -1]}, CONV1D),
    "dense on each place": spatial(IMAGE, dense(3, "tanh")),
    "activation": spatial(
        SERIES, {**CONV1D, "activation": "linear"}, {"type": "activation", "activation": "sigmoid"}
    ),
    "batch normalization": spatial((4,), dense(5), {"type": "batch_normalization"}, dense(3)),
    "batch normalization of an image": spatial(IMAGE, CONV2D, BATCH),
    "batch normalization of a series": spatial(SERIES, BATCH, CONV1D),
    "batch normalization without scale": spatial(IMAGE, CONV2D, {**BATCH, "scale": False}),
    "batch normalization without center": spatial(IMAGE, CONV2D, {**BATCH, "center": False}),
    "batch normalization epsilon": spatial(IMAGE, CONV2D, {**BATCH, "epsilon": 0.25}),
    "batch normalization regularized": spatial(
        IMAGE, CONV2D, {**BATCH, "gamma_regularizer": L2, "beta_regularizer": L1}
    ),
    "layer normalization": spatial((4,), dense(8), LAYER, dense(3)),
    "layer normalization of an image": spatial(IMAGE, {**CONV2D, "filters": 4}, LAYER),
    "layer normalization without scale": spatial(IMAGE, CONV2D, {**LAYER, "scale": False}),
    "layer normalization without center": spatial(
        IMAGE, CONV2D, {**LAYER, "center": False, "epsilon": 0.25}
    ),
    "layer normalization regularized": spatial(
        SERIES, {**LAYER, "gamma_regularizer": L1, "beta_regularizer": L2}
    ),
}
CASES: dict[str, Case] = {
    **{f"layer {name}": given for name, given in LAYERS.items()},
    **{
        f"activation {name}": network(activation, REGRESSION, SGD, metrics=["mae", "mse"])
        for name, activation in ACTIVATIONS.items()
    },
    **{f"loss {name}": network("sigmoid", loss, SGD) for name, loss in LOSSES.items()},
    **{
        f"optimizer {name}": network("sigmoid", SPARSE, optimizer)
        for name, optimizer in OPTIMIZERS.items()
    },
    **{
        f"schedule {name}": network("sigmoid", SPARSE, {"type": "sgd", "learning_rate": schedule})
        for name, schedule in SCHEDULES.items()
    },
    **{f"regularizer {name}": regularized(given) for name, given in REGULARIZERS.items()},
    "multi-label": case([dense(UNITS, "sigmoid"), dense(3)], BINARY, ADAM),
    "without bias": case([dense(UNITS, "sigmoid", use_bias=False), dense(2)], REGRESSION, SGD),
    "full batch": case([dense(CLASSES)], SPARSE, SGD, batch_size=ROWS),
    "class weight": network("sigmoid", SPARSE, SGD, class_weight={0: 0.5, 2: 3.0}),
    "class weight of one-hot": network("sigmoid", CATEGORICAL, SGD, class_weight={0: 0.5, 2: 3.0}),
    "class weight binary": network("sigmoid", BINARY, SGD, class_weight={0: 0.5, 1: 2.0}),
    "sample weight": network("sigmoid", REGRESSION, SGD, sample_weight=True),
    "metrics sparse": network(
        "sigmoid", {"type": "sparse_categorical_crossentropy"}, SGD,
        metrics=["accuracy", {"type": "top_k_accuracy", "k": 2}],
    ),
    "metrics binary": network(
        "sigmoid", {"type": "binary_crossentropy"}, SGD, metrics=["accuracy", "precision", "recall"]
    ),
    "metrics regression": network("sigmoid", REGRESSION, SGD, metrics=["mae", "mse", "rmse", "r2"]),
}  # fmt: skip


def input_shape(case: Case) -> tuple[int, ...]:
    shape: tuple[int, ...] = case.get("shape", (FEATURES,))
    return shape


def data(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs, targets and sample weights of a case."""
    generator = np.random.default_rng(7)
    x = generator.standard_normal((ROWS, *input_shape(case)))
    outputs = case["layers"][-1]["units"]
    kind = case["loss"]["type"]
    if kind == "sparse_categorical_crossentropy":
        y = generator.integers(0, CLASSES, ROWS)
    elif kind == "categorical_crossentropy":
        y = np.eye(CLASSES)[generator.integers(0, CLASSES, ROWS)]
    elif kind == "binary_crossentropy":
        y = generator.integers(0, 2, (ROWS, outputs)).astype(float)
    else:
        y = generator.standard_normal((ROWS, outputs))
    return x, y, generator.integers(4, 17, ROWS) / 8


def initial(case: Case, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    """The arrays that training starts from, biases included; variances are positive."""
    generator = np.random.default_rng(11)
    has_variance = any(layer["type"] == "batch_normalization" for layer in case["layers"])
    return [generator.uniform(0.1 if has_variance else -0.7, 0.7, shape) for shape in shapes]

"""Configs that make one mistake each, by the code of its rule."""

HIDDEN = "{type: dense, units: 4, activation: relu}"
REGRESSION = "mean_squared_error"
BINARY = "{type: binary_crossentropy, from_logits: true}"
SLIDING = "{type: conv2d, filters: 4, kernel_size: 3, padding: same, activation: relu}"
FLAT = "{type: flatten}"
PICTURE = "input_shape: [1, 6, 6]\n"
PATIENTS = ", scale: standardize, columns: {patientId: {bins: 4}}"
PIECES = ", bins: 4, scale: standardize"
SPARSE = "{type: sparse_categorical_crossentropy, from_logits: true}"


def config(
    table: str,
    target: str,
    *layers: str,
    loss: str = REGRESSION,
    optimizer: str = "adam",
    data: str = "",
    more: str = "",
) -> str:
    listed = "\n".join(f"  - {layer}" for layer in layers)
    return (
        f"data: {{train: {table}.csv, target: {target}{data}}}\nlayers:\n{listed}\nloss: {loss}\n"
        f"optimizer: {optimizer}\nepochs: 3\n{more}"
    )


def dense(units: int, activation: str = "linear", more: str = "") -> str:
    return f"{{type: dense, units: {units}, activation: {activation}{more}}}"


def numbers(*layers: str, **given: str) -> str:
    return config("numbers", "price", *layers, **given)


SOUND = {
    "regression": numbers(HIDDEN, dense(1)),
    "relu output of positive numbers": config("positive", "price", HIDDEN, dense(1, "relu")),
    "sigmoid output of shares": config("share", "share", HIDDEN, dense(1, "sigmoid")),
    "binary": config("answers", "answer", HIDDEN, dense(1), loss=BINARY),
    "classes": config("kinds", "kind", HIDDEN, dense(3), loss=SPARSE),
    "labels": config("labels", "[car, bus]", HIDDEN, dense(2), loss=BINARY),
    "logistic regression": config("answers", "answer", dense(1), loss=BINARY),
    "zeros in the output layer": numbers(dense(1, more=", kernel_initializer: zeros")),
    "an initializer that literal weights overrule": numbers(
        dense(2, "relu", ", kernel_initializer: zeros, weights: {kernel: [[1, 2], [2, 1]]}"),
        dense(1),
    ),
    "two sigmoid layers": numbers(dense(4, "sigmoid"), dense(4, "sigmoid"), dense(1)),
    "sigmoids under normalization": numbers(
        *[dense(4, "sigmoid"), "batch_normalization"] * 3, dense(1)
    ),
    "an activation layer": numbers(
        dense(4), "{type: activation, activation: relu}", "{type: dropout, rate: 0.1}", dense(1)
    ),
    "normalized inputs": config("large", "price", "layer_normalization", HIDDEN, dense(1)),
    "standardized inputs": config("large", "price", HIDDEN, dense(1), data=", scale: standardize"),
    "rare, with f1": config(
        "rare", "answer", HIDDEN, dense(1), loss=BINARY, more="metrics: [accuracy, f1]\n"
    ),
    "class weights that are taken back": config(
        "rare",
        "answer",
        HIDDEN,
        dense(1),
        loss=BINARY,
        data=", calibration: 0.3",
        more="metrics: [accuracy, f1]\nclass_weight: balanced\ncalibrate: true\n",
    ),
    "labels from 1": config("from_one", "digit", HIDDEN, dense(4), loss=SPARSE),
    "a monitored figure that is defined": config(
        "kinds",
        "kind",
        HIDDEN,
        dense(3),
        loss=SPARSE,
        data=", validation: 0.2",
        more="metrics: [auc]\nearly_stopping: {monitor: val_auc, patience: 3}\n",
    ),
    "a validation file": numbers(HIDDEN, dense(1), data=", validation: others.csv"),
    "text that means categories": config("units", "price", HIDDEN, dense(1), data=", text: [size]"),
    "a column of type category": config(
        "units", "price", HIDDEN, dense(1), data=", columns: {size: category}"
    ),
    "whole numbers that mean something": config(
        "visitors", "price", HIDDEN, dense(1), data=", scale: standardize"
    ),
    "a warm start": numbers(
        HIDDEN,
        dense(1),
        optimizer="{type: adam, learning_rate: {type: cosine_decay, initial_learning_rate: 0, "
        "decay_steps: 9, warmup_target: 0.01, warmup_steps: 3}}",
    ),
}

FAULTY = [
    ("linear-hidden", numbers(dense(4), dense(1))),
    ("linear-hidden", numbers(dense(4), "{type: dropout, rate: 0.1}", HIDDEN, dense(1))),
    ("saturating-hidden", numbers(*[dense(4, "sigmoid")] * 3, dense(1))),
    (
        "saturating-hidden",
        numbers(*[dense(4), "{type: activation, activation: tanh}"] * 4, dense(1)),
    ),
    ("equal-units", numbers(dense(4, "relu", ", kernel_initializer: zeros"), dense(1))),
    (
        "equal-units",
        numbers(dense(4, "relu", ", kernel_initializer: {type: constant, value: 0.1}"), dense(1)),
    ),
    (
        "equal-units",
        numbers(
            dense(4, "relu", ", kernel_initializer: {type: random_normal, stddev: 0}"), dense(1)
        ),
    ),
    (
        "equal-units",
        numbers(dense(2, "relu", ", weights: {kernel: [[1, 1], [2, 2]]}"), dense(1)),
    ),
    ("learning-rate", numbers(HIDDEN, dense(1), optimizer="{type: adam, learning_rate: 1}")),
    ("learning-rate", numbers(HIDDEN, dense(1), optimizer="{type: sgd, learning_rate: 1e-8}")),
    (
        "learning-rate",
        numbers(
            HIDDEN,
            dense(1),
            optimizer="{type: sgd, learning_rate: "
            "{type: piecewise_constant, boundaries: [5], values: [0.1, 100]}}",
        ),
    ),
    (
        "probabilities-as-logits",
        config("kinds", "kind", HIDDEN, dense(3, "softmax"), loss=SPARSE),
    ),
    (
        "probabilities-as-logits",
        config("answers", "answer", HIDDEN, dense(1, "sigmoid"), loss=BINARY),
    ),
    (
        "probabilities-as-logits",
        config("kinds", "kind", dense(3), "{type: activation, activation: softmax}", loss=SPARSE),
    ),
    (
        "logits-as-probabilities",
        config("answers", "answer", HIDDEN, dense(1), loss="binary_crossentropy"),
    ),
    (
        "logits-as-probabilities",
        config("kinds", "kind", HIDDEN, dense(3, "relu"), loss="categorical_crossentropy"),
    ),
    ("activation-on-logits", config("answers", "answer", HIDDEN, dense(1, "relu"), loss=BINARY)),
    (
        "rounded-probabilities",
        config("answers", "answer", HIDDEN, dense(1, "sigmoid"), loss="binary_crossentropy"),
    ),
    (
        "rounded-probabilities",
        config(
            "kinds", "kind", HIDDEN, dense(3, "softmax"), loss="sparse_categorical_crossentropy"
        ),
    ),
    (
        "sigmoid-for-classes",
        config(
            "kinds", "kind", HIDDEN, dense(3, "sigmoid"), loss="sparse_categorical_crossentropy"
        ),
    ),
    (
        "softmax-for-labels",
        config("labels", "[car, bus]", HIDDEN, dense(2, "softmax"), loss="binary_crossentropy"),
    ),
    (
        "softmax-of-one",
        config("answers", "answer", HIDDEN, dense(1, "softmax"), loss="binary_crossentropy"),
    ),
    ("softmax-of-one", numbers(HIDDEN, dense(1, "softmax"))),
    ("squashed-numbers", numbers(HIDDEN, dense(1, "sigmoid"))),
    ("squashed-numbers", numbers(HIDDEN, dense(1, "tanh"))),
    ("relu-below-zero", numbers(HIDDEN, dense(1, "relu"))),
    (
        "relu-below-zero",
        config("positive", "price", HIDDEN, dense(1, "relu"), data=", target_scale: standardize"),
    ),
    ("unscaled-inputs", config("large", "price", HIDDEN, dense(1))),
    ("unscaled-inputs", config("tiny", "price", HIDDEN, dense(1))),
    ("squared-error-on-classes", config("digits", "digit", HIDDEN, dense(1))),
    ("squared-error-on-classes", config("from_one", "digit", HIDDEN, dense(1, "relu"))),
    (
        "squared-error-on-classes",
        config("digits", "digit", HIDDEN, dense(1), data=", target_scale: standardize"),
    ),
    ("squared-error-on-classes", config("labels", "[car, bus]", HIDDEN, dense(2))),
    ("spare-units", config("kinds", "kind", HIDDEN, dense(5), loss=SPARSE)),
    ("spare-units", config("from_one", "digit", HIDDEN, dense(5), loss=SPARSE)),
    ("rare-class", config("rare", "answer", HIDDEN, dense(1), loss=BINARY)),
    ("rare-class", config("rare_kind", "kind", HIDDEN, dense(3), loss=SPARSE)),
    ("rare-class", config("rare_labels", "[car, bus]", HIDDEN, dense(2), loss=BINARY)),
    ("shared-rows", numbers(HIDDEN, dense(1), data=", validation: first_rows.csv")),
    ("shared-rows", numbers(HIDDEN, dense(1), data=", calibration: first_rows.csv")),
    ("shared-rows", numbers(HIDDEN, dense(1), data=", test: numbers.csv")),
    (
        "weighted-probabilities",
        config(
            "rare",
            "answer",
            HIDDEN,
            dense(1),
            loss=BINARY,
            more="metrics: [accuracy, f1]\nclass_weight: balanced\n",
        ),
    ),
    (
        "weighted-probabilities",
        config("kinds", "kind", HIDDEN, dense(3), loss=SPARSE, more="class_weight: {red: 9}\n"),
    ),
    (
        "undefined-monitor",
        numbers(
            HIDDEN,
            dense(1),
            data=", validation: 0.02",
            more="metrics: [r2]\nearly_stopping: {monitor: val_r2, patience: 3}\n",
        ),
    ),
    (
        "undefined-monitor",
        config(
            "kinds",
            "kind",
            HIDDEN,
            dense(3),
            loss=SPARSE,
            data=", validation: 0.02, split: last",
            more="metrics: [auc]\nreduce_lr_on_plateau: {monitor: val_auc, patience: 3}\n",
        ),
    ),
    (
        "undefined-monitor",
        numbers(
            HIDDEN,
            dense(1),
            data=", validation: 0.02",
            more="metrics: [r2]\ntune: {trials: 2, search: {epochs: [1, 2]}, monitor: val_r2}\n",
        ),
    ),
    ("target-in-features", config("copied", "price", HIDDEN, dense(1))),
    (
        "target-in-features",
        config(
            "copied",
            "price",
            HIDDEN,
            dense(1),
            data=", scale: standardize, target_scale: standardize",
        ),
    ),
    ("target-in-features", config("coded", "kind", HIDDEN, dense(3), loss=SPARSE)),
    ("target-in-features", config("named", "kind", HIDDEN, dense(3), loss=SPARSE)),
    ("target-in-features", config("parted", "answer", HIDDEN, dense(1), loss=BINARY)),
    ("target-in-features", config("converted", "price", HIDDEN, dense(1))),
    ("text-numbers", config("units", "price", HIDDEN, dense(1))),
    (
        "unseen-class",
        config(
            "sorted", "kind", HIDDEN, dense(3), loss=SPARSE, data=", validation: 0.3, split: last"
        ),
    ),
    (
        "channels-first",
        config("pixels", "kind", SLIDING, FLAT, dense(3), loss=SPARSE, more=PICTURE),
    ),
    (
        "channels-first",
        config("pixels", "kind", "random_flip", SLIDING, FLAT, dense(3), loss=SPARSE, more=PICTURE),
    ),
    ("identifier", config("people", "price", HIDDEN, dense(1))),
    ("identifier", config("patients", "price", HIDDEN, dense(1), data=", scale: standardize")),
    ("identifier", config("counted", "price", HIDDEN, dense(1), data=", scale: standardize")),
    (
        "identifier",
        config("counted", "price", HIDDEN, dense(1), data=", scale: minmax, validation: 0.2"),
    ),
    ("identifier", config("customers", "price", HIDDEN, dense(1))),
    ("identifier", config("customers", "price", HIDDEN, dense(1), data=", text: [customer]")),
    ("identifier", config("orders", "price", HIDDEN, dense(1), data=", scale: minmax")),
    *(
        ("identifier", config("patients", "price", HIDDEN, dense(1), data=PATIENTS + features))
        for features in ("", ", features: [patientId, a, b]")
    ),
    ("target-in-features", config("copied", "price", HIDDEN, dense(1), data=PIECES)),
]

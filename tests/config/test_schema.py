"""The keys of a config: defaults, ranges, names; and every mistake with its place and words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nnctl.config import Config, Source, load, make
from nnctl.config.schema import check
from nnctl.errors import ExitStatus, NnctlError, Problem
from nnctl.layers import Dense
from nnctl.losses import MeanSquaredError
from nnctl.network.optimizers import OPTIMIZERS
from nnctl.optimizers import Adam

TOP = (
    "batch_size, calibrate, class_weight, data, dtype, early_stopping, ensemble, epochs, "
    "ignore_advice, input_shape, intervals, "
    "layers, loss, metrics, name, optimizer, reduce_lr_on_plateau, seed, shuffle, threshold, tune"
)


def test_defaults(right: Callable[..., Config]) -> None:
    config = right()
    assert (config.name, config.seed, config.dtype) == ("right", 0, "float32")
    assert (config.epochs, config.batch_size, config.shuffle) == (5, 32, True)
    assert config.input_shape is None
    assert (config.data.train, config.data.target) == ("train.csv", "y")
    assert (config.data.validation, config.data.test, config.data.features) == (None, None, None)
    assert config.data.scale.type == "none"
    assert [metric.type for metric in config.metrics] == ["mae"]
    assert [layer.name for layer in config.layers] == ["dense_1", "dense_2"]


def test_entries_make_the_engine_objects(right: Callable[..., Config]) -> None:
    config = right()
    made = make(config.layers[0])
    assert isinstance(made, Dense)
    assert (made.units, made.name) == (3, "dense_1")
    assert type(make(config.loss)) is MeanSquaredError
    assert make(config.optimizer).arguments() == Adam().arguments()
    assert config.optimizer.learning_rate == 0.001


def test_an_alias_keeps_the_name_the_user_wrote(right: Callable[..., Config]) -> None:
    config = right("optimizer={type: gradient_descent, learning_rate: 0.5}")
    assert config.optimizer.type == "gradient_descent"
    assert type(make(config.optimizer)) is OPTIMIZERS["sgd"]


@pytest.mark.parametrize("size", ["2000", "0.5MB", "1 GB", "640kB"])
def test_sizes_are_bytes_or_have_a_unit(right: Callable[..., Config], size: str) -> None:
    given = right(f"data.memory={size}").data.memory
    assert given == (2000 if size == "2000" else size)


@pytest.mark.parametrize("size", ["0", "1.5", "2 TB", "-1MB", "MB", "true", "[1]"])
def test_what_is_no_size(right: Callable[..., Config], size: str) -> None:
    with pytest.raises(NnctlError, match=r"data\.memory[^$]*a size such as 512MB"):
        right(f"data.memory={size}")


def test_a_config_is_frozen(right: Callable[..., Config]) -> None:
    with pytest.raises(ValueError, match="frozen"):
        right().epochs = 6


@pytest.mark.parametrize(
    ("loss", "metric"),
    [
        ("binary_crossentropy", "accuracy"),
        ("{type: sparse_categorical_crossentropy, from_logits: true}", "accuracy"),
        ("half_mean_squared_error", "mae"),
    ],
)
def test_metrics_by_task(right: Callable[..., Config], loss: str, metric: str) -> None:
    assert [each.type for each in right(f"loss={loss}").metrics] == [metric]
    assert right(f"loss={loss}", "metrics=[]").metrics == ()


def test_null_means_not_given(right: Callable[..., Config]) -> None:
    nothing = ["seed", "dtype", "metrics", "name", "data.scale", "data.validation", "batch_size"]
    assert right(*(f"{key}=null" for key in nothing)) == right()


def test_arrays_have_names_of_their_own(right: Callable[..., Config]) -> None:
    data = right("data={train: digits.npz}").data
    assert (data.features, data.target) == ("x", "y")
    data = right("data={train: digits.NPZ, features: X, target: labels}").data
    assert (data.features, data.target) == ("X", "labels")


def test_columns(right: Callable[..., Config]) -> None:
    data = right("data.features=age", "data.target=[a, b]").data
    assert (data.features, data.target) == (("age",), ("a", "b"))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my config.yaml", "my-config"),
        ("mnist.v2.yaml", "mnist.v2"),
        (".hidden.yaml", "hidden"),
        ("été.yaml", "t"),
        ("metadata.yaml", "run"),
        ("é.yaml", "run"),
    ],
)
def test_the_default_name_is_the_stem(write: Callable[..., str], file: str, name: str) -> None:
    assert load(write(name=file)).name == name


def test_layers_are_counted_within_their_type(right: Callable[..., Config]) -> None:
    new = "  - {type: dense, units: 3, name: first}\n  - {type: activation, activation: relu}"
    config = right(old="  - {type: dense, units: 3, activation: relu}", new=new)
    assert [layer.name for layer in config.layers] == ["first", "activation_1", "dense_2"]


def test_paths_start_at_the_configs_folder(write: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    config = load(write(name="configs/a.yaml"))
    assert config.resolve("../train.csv") == Path("configs/../train.csv")
    assert config.resolve("/data/train.csv") == Path("/data/train.csv")


def test_later_stages_place_their_problems(right: Callable[..., Config]) -> None:
    config = right("epochs=7")
    assert config.problem("layers.1.units", "too many", "use 2") == Problem(
        "too many", "use 2", "right.yaml", 6, "layers.1.units"
    )
    assert config.problem("epochs", "too many").source == "--set epochs=7"
    assert config.source.line("data.test") == 1


WHOLE = "it must be a whole number at least 1"
WHOLES = "must be a list of whole numbers at least 1, not empty"
COLUMNS = "it must be the name of a column, or a list of columns, not empty"
FRACTION = "it must be a number in (0, 1), or a file"
NAME = "it must be of letters, digits, _ . and -, and not start with . or -"
SCALINGS = "allowed are: log, minmax, none, quantile, rescale, robust, standardize"
DATA = (
    "data takes: bins, calibration, columns, decimal, delimiter, encoding, features, group, "
    "header, image, memory, missing, missing_values, sample_weight, scale, signs, split, "
    "target, target_scale, test, text, thousands, train, validation"
)
NEEDED = "a config needs it: a whole number at least 1"

ONE_CHANGE = [
    (
        "epochs: 5",
        'epochs: "2"',
        9,
        "epochs",
        f'epochs is "2"; {WHOLE}',
    ),
    (
        "epochs: 5",
        "epochs: true",
        9,
        "epochs",
        f"epochs is true; {WHOLE}",
    ),
    (
        "epochs: 5",
        "epochs: 0",
        9,
        "epochs",
        f"epochs is 0; {WHOLE}",
    ),
    (
        "epochs: 5",
        "epochs: 1e3",
        9,
        "epochs",
        f"epochs is 1000.0; {WHOLE}",
    ),
    (
        "epochs: 5",
        "",
        1,
        "epochs",
        f"epochs is missing; {NEEDED}",
    ),
    (
        "epochs: 5",
        "epochs:",
        9,
        "epochs",
        f"epochs is missing; {NEEDED}",
    ),
    (
        "epochs: 5",
        "epoch: 5",
        9,
        "epoch",
        f'unknown key "epoch"; a config takes: {TOP}',
    ),
    (
        "epochs",
        "early_stoping: {patience: 1}\nepochs",
        9,
        "early_stoping",
        f'unknown key "early_stoping"; a config takes: {TOP}',
    ),
    (
        "epochs",
        "seed: -1\nepochs",
        9,
        "seed",
        "seed is -1; it must be a whole number in [0, 2^64]",
    ),
    (
        "epochs",
        "dtype: float16\nepochs",
        9,
        "dtype",
        'dtype is "float16"; it must be "float32" or "float64"',
    ),
    (
        "epochs",
        "batch_size: 0\nepochs",
        9,
        "batch_size",
        f'batch_size is 0; {WHOLE}, or "full"',
    ),
    (
        "epochs",
        "batch_size: all\nepochs",
        9,
        "batch_size",
        f'batch_size is "all"; {WHOLE}, or "full"',
    ),
    (
        "epochs",
        "shuffle: no\nepochs",
        9,
        "shuffle",
        'shuffle is "no"; it must be true or false',
    ),
    (
        "epochs",
        "input_shape: 784\nepochs",
        9,
        "input_shape",
        f"input_shape is 784; it {WHOLES}",
    ),
    (
        "epochs",
        "input_shape:\n  - 28\n  - 0\nepochs",
        11,
        "input_shape.1",
        f"input_shape.1 is 0; input_shape {WHOLES}",
    ),
    (
        "epochs",
        "input_shape: []\nepochs",
        9,
        "input_shape",
        f"input_shape is []; it {WHOLES}",
    ),
    (
        "epochs",
        "name: 3\nepochs",
        9,
        "name",
        "name is 3; it must be text",
    ),
    (
        "epochs",
        "name: a/b\nepochs",
        9,
        "name",
        f'the name is "a/b"; {NAME}',
    ),
    (
        "epochs",
        "name: metadata\nepochs",
        9,
        "name",
        'the name "metadata" is kept for the weights file\'s own entry',
    ),
    (
        "epochs",
        "metrics: mae\nepochs",
        9,
        "metrics",
        'metrics is "mae"; it must be a list of metrics',
    ),
    (
        "epochs",
        "metrics: [mae, mae]\nepochs",
        9,
        "metrics.1",
        'the metric "mae" is listed twice',
    ),
    (
        "  train: train.csv\n",
        "",
        1,
        "data.train",
        "train is missing; data needs it: a file, or {file, features, target}",
    ),
    (
        "  train",
        "  validation: 1\n  train",
        2,
        "data.validation",
        f"validation is 1; {FRACTION}",
    ),
    (
        "  train",
        "  validation: 0.0\n  train",
        2,
        "data.validation",
        f"validation is 0.0; {FRACTION}",
    ),
    (
        "  train",
        "  splitt: last\n  train",
        2,
        "data.splitt",
        f'unknown key "splitt"; {DATA}',
    ),
    (
        "  target: y",
        "  target: []",
        3,
        "data.target",
        f"target is []; {COLUMNS}",
    ),
    (
        "  target: y",
        "  target: 0.5",
        3,
        "data.target",
        f"target is 0.5; {COLUMNS}",
    ),
    (
        "  target: y",
        "",
        1,
        "data.target",
        "target is missing; a table needs the column, or the list of columns, to predict",
    ),
    (
        "  target: y",
        "  target: y\n  features: [a, b, a]",
        4,
        "data.features.2",
        'the column "a" is listed twice',
    ),
    (
        "  target: y",
        "  target: y\n  scale: standardise",
        4,
        "data.scale",
        f'unknown scaling "standardise"; {SCALINGS}',
    ),
    (
        "  target: y",
        "  target: y\n  scale: rescale",
        4,
        "data.scale.by",
        "by is missing; a rescale scaling needs it: a number greater than 0",
    ),
    (
        "  target: y",
        "  target: y\n  scale: {type: rescale, by: 0}",
        4,
        "data.scale.by",
        "by is 0; it must be a number greater than 0",
    ),
    (
        "units: 3",
        "units: 0",
        5,
        "layers.0.units",
        f"units is 0; {WHOLE}",
    ),
    (
        "units: 3, ",
        "",
        5,
        "layers.0.units",
        "units is missing; a dense layer needs it: a whole number at least 1",
    ),
    (
        "units: 3",
        "units: 3, name: dense_2",
        6,
        "layers.1.name",
        'the name "dense_2" is that of layers.0 too',
    ),
    (
        "units: 3",
        "units: 3, name: .x",
        5,
        "layers.0.name",
        f'the name is ".x"; {NAME}',
    ),
    (
        "type: dense, units: 1",
        "dense: {units: 1}",
        6,
        "layers.1.type",
        None,
    ),
    (
        "{type: dense, units: 1}",
        "",
        6,
        "layers.1",
        None,
    ),
    (
        "optimizer: adam",
        "optimizer:\n  type: adam\n  learning_rate: 0",
        10,
        "optimizer.learning_rate",
        "learning_rate is 0; it must be a number greater than 0, or a schedule",
    ),
    (
        "optimizer: adam",
        "optimizer: {type: adam, learning_rate: 1e400}",
        8,
        "optimizer.learning_rate",
        "learning_rate is .inf; it must be a finite number greater than 0, or a schedule",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "path", "message"), ONE_CHANGE)
def test_one_mistake_is_one_problem(
    problems: Callable[..., tuple[Problem, ...]],
    old: str,
    new: str,
    line: int,
    path: str,
    message: str | None,
) -> None:
    (problem,) = problems(old=old, new=new)
    assert (problem.file, problem.line, problem.path) == ("right.yaml", line, path)
    if message is not None:
        assert problem.message == message


def test_a_metric_must_go_with_the_loss(problems: Callable[..., tuple[Problem, ...]]) -> None:
    (problem,) = problems("metrics=[accuracy]")
    assert problem.path == "metrics.0"
    assert problem.message.startswith("accuracy does not go with a regression loss; metrics that")


def test_sections_of_the_wrong_kind(problems: Callable[..., tuple[Problem, ...]]) -> None:
    found = problems("data=3", "layers=dense", "loss=[1]")
    assert [problem.path for problem in found] == ["data", "layers", "loss"]
    assert found[0].message.startswith("3 stands here; data is a mapping with the keys bins")
    assert found[1].message == 'layers is "dense"; it must be a list of layers, not empty'


SEVEN = """\
data:
  train: train.csv
  target: y
  validation: 1.5
seed: 1
layers:
  - {type: dense, unit: 3}
  - {type: dens, units: 3}
  - {type: dense, units: 1, activation: rely}
loss: mean_squared_eror
optimizer: {type: adam, learning_rate: "1e-3"}
epochs: 2.0
seed: 2
"""


def test_seven_mistakes_at_once_sorted_by_line(write: Callable[..., str]) -> None:
    with pytest.raises(NnctlError) as caught:
        load(write(SEVEN, "seven.yaml"))
    assert caught.value.status is ExitStatus.COULD_NOT_RUN
    assert [(p.line, p.path, p.fix) for p in caught.value.problems] == [
        (4, "data.validation", None),
        (7, "layers.0.unit", 'did you mean "units"?'),
        (8, "layers.1.type", 'did you mean "dense"?'),
        (9, "layers.2.activation", 'did you mean "relu"?'),
        (10, "loss", 'did you mean "mean_squared_error"?'),
        (11, "optimizer.learning_rate", "write 1e-3, without quotes"),
        (12, "epochs", "write 2"),
        (13, "seed", "keep one of the two"),
    ]


def test_the_words_users_never_read(write: Callable[..., str]) -> None:
    with pytest.raises(NnctlError) as caught:
        load(write(SEVEN))
    text = str(caught.value).lower()
    assert "did you mean" in text
    assert not [word for word in ("invalid", "could not interpret", "please") if word in text]
    assert "input should" not in text


@pytest.mark.parametrize(
    ("override", "path", "words"),
    [
        ("data.missing_values=3", "data.missing_values", "it must be a list of texts of cells"),
        ("data.missing_values={only: 3}", "data.missing_values.only", "it must be a list"),
        ("data.decimal=x", "data.decimal", 'it must be "." or ","'),
        ("data.thousands=.", "data.thousands", 'decimal and thousands are both "."'),
        ("data.thousands=x", "data.thousands", 'thousands is "x"'),
        ("data.encoding=utf-99", "data.encoding", "there is no encoding 'utf-99'"),
        ("data.encoding=hex", "data.encoding", "there is no encoding 'hex'"),
        ("data.delimiter=blanks", "data.delimiter", "or whitespace"),
        ('data.signs=["1"]', "data.signs.0", "signs must be a list of signs"),
    ],
)
def test_ways_to_write_a_table(
    problems: Callable[..., tuple[Problem, ...]], override: str, path: str, words: str
) -> None:
    (problem,) = problems(override)
    assert problem.path == path and words in problem.message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("layers", "\ud800"),
        ("shuffle", "\udcff"),
        ("optimizer", {"type": "adam", "learning_rate": "\udfff"}),
        ("optimizer", {"type": "adam", "x\udc80": 1}),
        ("\udcff", 1),
    ],
)
def test_text_that_is_no_unicode_is_told_as_any(key: str, value: object) -> None:
    """YAML has none, but an argument or the metadata of a weights file may."""
    values = {
        "data": {"train": "t.csv", "target": "y"}, "layers": [{"type": "dense", "units": 1}],
        "loss": "mean_squared_error", "optimizer": "adam", "epochs": 1,
    }  # fmt: skip
    with pytest.raises(NnctlError) as caught:
        check(Source("w.npz", {**values, key: value}))
    told = str(caught.value)
    assert "\\ud" in told or "\\xff" in told  # which is how a byte is shown that is no text
    assert str(caught.value).encode()

"""What must agree between keys: monitors with figures, scaling with losses, names of data."""

import pytest

VALIDATED = "data.validation=0.2"


def test_sections_of_callbacks_have_kerass_defaults(right):
    config = right("early_stopping={patience: 3}", "reduce_lr_on_plateau={}", VALIDATED)
    assert config.early_stopping.arguments() == {
        "monitor": "val_loss", "min_delta": 0.0, "patience": 3, "restore_best": True,
    }  # fmt: skip
    assert config.reduce_lr_on_plateau.arguments() == {
        "monitor": "val_loss", "min_delta": 1e-4, "factor": 0.1, "patience": 10, "cooldown": 0,
        "min_lr": 0.0,
    }  # fmt: skip
    assert right().early_stopping is None


@pytest.mark.parametrize(
    ("section", "path", "message"),
    [
        ("early_stopping={}", "early_stopping.patience", "patience is missing; early_stopping"),
        ("early_stopping=true", "early_stopping", "true stands here"),
        ("early_stopping={patience: -1}", "early_stopping.patience", "patience is -1; it must be"),
        ("early_stopping={patience: 1, mode: max}", "early_stopping.mode", 'unknown key "mode"'),
        (
            "reduce_lr_on_plateau={factor: 1.0}",
            "reduce_lr_on_plateau.factor",
            "factor is 1.0; it must be a number in (0, 1)",
        ),
    ],
)
def test_mistakes_in_them(problems, section, path, message):
    (problem,) = problems(section, VALIDATED)
    assert problem.path == path
    assert problem.message.startswith(message)


def test_a_monitor_must_be_a_figure_of_the_run(problems, right):
    (problem,) = problems("early_stopping={patience: 1}")
    assert problem.path == "early_stopping.monitor"
    assert problem.message == 'monitor is "val_loss"; this run computes: loss, mae'
    assert problem.fix == "add data.validation, or monitor a figure of the training rows"
    (problem,) = problems("reduce_lr_on_plateau={monitor: val_mse}", VALIDATED)
    assert "this run computes: loss, mae, val_loss, val_mae" in problem.message
    right("early_stopping={patience: 1, monitor: val_mae}", VALIDATED)
    right("early_stopping={patience: 1, monitor: loss}")


def test_a_schedule_leaves_no_plateau_to_act_on(problems):
    schedule = "{type: exponential_decay, initial_learning_rate: 1, decay_steps: 1, decay_rate: 1}"
    (problem,) = problems(
        f"optimizer={{type: adam, learning_rate: {schedule}}}", "reduce_lr_on_plateau={}", VALIDATED
    )
    assert problem.path == "reduce_lr_on_plateau"


def test_scaled_targets_are_for_numbers(problems, right):
    assert right("data.target_scale=standardize").data.target_scale.type == "standardize"
    (problem,) = problems("data.target_scale=standardize", "loss=binary_crossentropy")
    assert problem.path == "data.target_scale"
    (problem,) = problems("data.target_scale=minmax")
    assert problem.message.startswith('unknown scaling of targets "minmax"; allowed are: none, sta')


def test_columns_may_look_like_numbers(right):
    config = right("data.target=4", "data.header=false", "data.features=[0, 1]", "data.text=1")
    assert (config.data.target, config.data.features) == ("4", ("0", "1"))
    assert config.data.text == ("1",)


@pytest.mark.parametrize("delimiter", [";", '"|"', '"\\t"', '" "', '","'])
def test_delimiters(right, delimiter):
    assert len(right(f"data.delimiter={delimiter}").data.delimiter) == 1


@pytest.mark.parametrize("delimiter", [";;", '""', "a", "7", "é", "'\"'", '"\\n"'])
def test_what_is_no_delimiter(problems, delimiter):
    (problem,) = problems(f"data.delimiter={delimiter}")
    assert 'it must be one character such as ";", no letter or digit' in problem.message


def test_the_forms_of_a_data_file(right, problems):
    config = right("data.train={file: d.npz}", "data.target=null")
    assert config.data.train.file == "d.npz"
    right("data.train={features: a, target: b}", "data.target=null")
    (problem,) = problems("data.train={file: d.csv}", "data.target=null")
    assert problem.path == "data.target"
    (problem,) = problems("data.test={features: a}")
    assert problem.path == "data.test"
    assert problem.message.startswith("there is no file; a data file is {file, features, target}")
    (problem,) = problems("data.train={fil: d.csv}")
    assert problem.path == "data.train.fil" and problem.fix == 'did you mean "file"?'

"""`Sequential`: the three steps of Keras, and what they promise."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnctl import Sequential
from nnctl.activations import softmax
from nnctl.errors import ArgumentError, NnctlError
from nnctl.graph import Graph
from nnctl.layers import Activation, Conv2D, Dense, Reshape
from nnctl.losses import BinaryCrossentropy, MeanSquaredError, SparseCategoricalCrossentropy
from nnctl.optimizers import SGD, Adam
from nnctl.system import machine
from nnctl.training import evaluation, step


def data(rows=30):
    generator = np.random.default_rng(1)
    x = generator.standard_normal((rows, 4))
    return x, (x[:, 0] + x[:, 1] > 0).astype(int) + (x[:, 2] > 1)


def classifier(**options):
    model = Sequential([Dense(8, "relu"), Dense(3)], **options)
    model.compile(Adam(0.05), SparseCategoricalCrossentropy(from_logits=True), ["accuracy"])
    return model


def test_it_learns_what_can_be_learnt():
    x, y = data(200)
    model = classifier()
    history = model.fit(x, y, epochs=60, verbose=0).history
    assert sorted(history) == ["accuracy", "loss"]
    assert len(history["loss"]) == 60
    assert history["loss"][-1] < 0.1 * history["loss"][0]
    probabilities = softmax(model(x))
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-6)
    assert (probabilities.argmax(1) == y).mean() > 0.97


def test_fit_goes_on_where_it_stood():
    x, y = data()
    whole, parts = classifier(), classifier()
    whole.fit(x, y, epochs=4, verbose=0)
    for _ in range(4):
        history = parts.fit(x, y, epochs=1, verbose=0)
    assert whole.vector.tobytes() == parts.vector.tobytes()
    assert (history.epoch, len(history.history["loss"])) == ([0], 1)


def test_seeds_decide_the_weights():
    one, same, other = (classifier(seed=seed) for seed in (1, 1, 2))
    for model in (one, same, other):
        model.build((4,))
    assert one.vector.tobytes() == same.vector.tobytes()
    assert one.vector.tobytes() != other.vector.tobytes()


def test_a_layer_at_the_end_leaves_the_start_values_before_it():
    short, long = Sequential([Dense(5)]), Sequential([Dense(5), Dense(2)])
    for model in (short, long):
        model.build((4,))
    assert short.get_weights()[0].tobytes() == long.get_weights()[0].tobytes()


def test_what_comes_out_is_the_callers_own():
    x, y = data()
    model = classifier()
    model.fit(x, y, verbose=0)
    for array in [model(x), model.predict(x), *model.get_weights()]:
        assert not np.shares_memory(array, model.vector)
        before = model.vector.copy()
        array[...] = 99
        assert model.vector.tobytes() == before.tobytes()
    assert not np.shares_memory(model(x), model(x))


def test_a_row_predicted_alone_or_among_others_is_the_same():
    x, y = data(1100)
    model = classifier()
    model.fit(x, y, verbose=0)
    together = model(x)
    for row in (0, 511, 512, 1099):
        assert model(x[row : row + 1]).tobytes() == together[row : row + 1].tobytes()


def test_blocks_that_run_at_once_give_what_they_give_alone(monkeypatch):
    x, y = data(5000)
    model = classifier()
    model.fit(x, y, verbose=0)
    alone, figures = model(x), model.evaluate(x, y)
    monkeypatch.setattr(evaluation, "MULTIPLY_ADDS_WORTH_A_WORKER", 0)
    monkeypatch.setattr(machine, "available_threads", lambda: 3)
    assert len(list(model._predictor.blocks(x))) == 10
    assert len(model._predictor._programs[None]) == 3
    assert model(x).tobytes() == alone.tobytes()
    assert model.evaluate(x, y) == figures


@pytest.mark.parametrize("layers", [[Dense(40), Dense(2)], [Reshape((30, 30, 1)), Conv2D(2, 3)]])
def test_a_large_block_read_where_it_lies_gives_what_its_copy_gives(layers, monkeypatch):
    model = Sequential(layers)
    x = np.random.default_rng(3).standard_normal((1100, 900)).astype(np.float32)
    found = model.predict(x)
    monkeypatch.setattr(step, "BYTES_WORTH_REBINDING", 1 << 60)
    assert found.tobytes() == model.predict(x).tobytes()


def test_weights_are_written_and_read_back(tmp_path):
    x, _ = data()
    model, other = classifier(seed=1), classifier(seed=2)
    for each in (model, other):
        each.build((4,))
    path = tmp_path / "weights.npz"
    model.save_weights(path)
    other.load_weights(path)
    assert model(x).tobytes() == other(x).tobytes()
    other.set_weights([w * 2 for w in model.get_weights()])
    assert list(other.named_arrays()) == [
        "dense_1/kernel", "dense_1/bias", "dense_2/kernel", "dense_2/bias",
    ]  # fmt: skip


def test_arrays_that_do_not_fit_are_all_named():
    model = classifier()
    model.build((4,))
    arrays = model.named_arrays()
    del arrays["dense_1/bias"]
    arrays["dense_2/bias"] = np.zeros(7)
    arrays["dense_9/bias"] = np.zeros(7)
    with pytest.raises(NnctlError) as error:
        model.load_arrays(arrays)
    assert [problem.message for problem in error.value.problems] == [
        'there is no array "dense_1/bias"',
        '"dense_2/bias" has shape (7,), not (3,)',
        'the model has no array "dense_9/bias"',
    ]


def test_validation_split_takes_the_last_rows():
    x, y = data()
    split, given = classifier(), classifier()
    a = split.fit(x, y, validation_split=0.2, epochs=2, verbose=0).history
    b = given.fit(x[:24], y[:24], validation_data=(x[24:], y[24:]), epochs=2, verbose=0).history
    assert a == b


def test_evaluate_gives_loss_and_metrics_as_keras_does():
    x, y = data()
    model = classifier()
    model.build((4,))
    loss = float(SparseCategoricalCrossentropy(from_logits=True)(y, model(x)))
    values = model.evaluate(x, y, verbose=0)
    assert values == [pytest.approx(loss, rel=1e-6), (model(x).argmax(1) == y).mean()]
    assert model.evaluate(x, y, return_dict=True) == dict(
        zip(["loss", "accuracy"], values, strict=True)
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert isinstance(model.evaluate(x, y), float)


def test_lists_and_integers_are_taken():
    model = Sequential([Dense(1, "sigmoid")])
    model.compile(loss=BinaryCrossentropy())
    model.fit([[0, 1], [1, 0], [1, 1]], [0, 1, 1], epochs=2, verbose=0)
    assert model.predict([[1, 2]]).shape == (1, 1)
    assert model.predict([[1, 2]]).dtype == np.float32


def test_dense_acts_on_the_last_axis_of_any_rank():
    generator = np.random.default_rng(0)
    x, y = generator.standard_normal((6, 5, 4)), generator.standard_normal((6, 5, 2))
    model = Sequential([Dense(3, "tanh"), Dense(2)], dtype="float64")
    model.compile(SGD(0.1), MeanSquaredError())
    losses = model.fit(x, y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    kernel, bias = model.get_weights()[:2]
    hidden = np.tanh(x @ kernel + bias)
    np.testing.assert_allclose(model(x), hidden @ model.get_weights()[2] + model.get_weights()[3])


@pytest.mark.parametrize(
    ("attempt", "says"),
    [
        (lambda: Sequential([]), "at least one layer"),
        (lambda: Sequential([Dense(1)], dtype="float16"), "allowed are: float32, float64"),
        (lambda: Sequential([Dense(1)]).fit([[1.0]], [[1.0]]), "call model.compile"),
        (lambda: classifier().compile("adma", "huber"), 'did you mean "adam"'),
        (lambda: classifier().compile("adam", "hubber"), 'did you mean "huber"'),
        (lambda: classifier().compile("adam", "huber", ["accuracy"]), "not for regression"),
        (lambda: classifier().fit(np.ones((3, 4)), [0, 1, 3]), "label 3 is not a class index"),
        (lambda: classifier().fit(np.ones((3, 4)), [0, 1]), "3 inputs, but 2 targets"),
        (lambda: Sequential([Dense(2, name="a"), Dense(2, name="a")]), 'named "a"'),
        (lambda: Dense(2, weights={"kernel": [[1.0]]}).build((3,)), r"\(1, 1\), but the layer's"),
        (
            lambda: Dense(2, weights={"kernle": [[1.0]]}).build((3,)),
            'no weights are named "kernle"',
        ),
        (lambda: Dense(0), "at least 1"),
        (lambda: Dense(2.5), "whole number"),
        (lambda: Dense(2, "rleu"), 'did you mean "relu"'),
        (lambda: Activation(3), "not the name"),
        (lambda: Adam(learning_rate=-1), "greater than 0"),
        (lambda: SGD(clipnorm=1.0, clipvalue=1.0), "clipped in 2 ways"),
    ],
)
def test_mistakes_are_named(attempt, says):
    with pytest.raises(ArgumentError, match=says) as error:
        attempt()
    assert isinstance(error.value, ValueError)


def test_another_input_shape_is_refused():
    model = classifier()
    model.build((4,))
    with pytest.raises(ArgumentError, match=r"shape \(2, 5\); the model takes \(rows, 4\)"):
        model(np.zeros((2, 5)))


def test_literal_weights_are_the_start_values():
    layer = Dense(2, weights={"kernel": [[1, 2], [3, 4]], "bias": [5, 6]})
    model = Sequential([layer])
    assert model.layers == [layer]
    model.build((2,))
    assert model([[1, 1]]).tolist() == [[9, 12]]


def test_the_summary_lists_layers_and_parameters():
    model = classifier()
    model.build((4,))
    lines: list[str] = []
    model.summary(lines.append)
    assert lines[1].split() == ["dense_1", "(8,)", "40"]
    assert lines[-1].split() == ["total", "67"]


# All that a model offers, and what must have been called before. What takes data builds for it.
X, Y = np.ones((3, 4)), np.array([0, 1, 2])
EXAMPLES = step.Examples(np.ones((3, 4), np.float32), np.array([0, 1, 2]), None)


NEEDS: dict[str, tuple[set[str], Callable[[Sequential, Any], Any]]] = {
    "__call__": (set(), lambda model, path: model(X)),
    "build": (set(), lambda model, path: model.build((4,))),
    "compile": (set(), lambda model, path: model.compile(loss="mean_squared_error")),
    "leave_ranks": (set(), lambda model, path: model.leave_ranks()),
    "predict": (set(), lambda model, path: model.predict(X)),
    "evaluate": ({"compile"}, lambda model, path: model.evaluate(X, Y)),
    "examples": ({"compile"}, lambda model, path: model.examples(X, Y)),
    "fit": ({"compile"}, lambda model, path: model.fit(X, Y, verbose=0)),
    "loss": ({"compile"}, lambda model, path: model.loss),
    "metrics": ({"compile"}, lambda model, path: model.metrics),
    "optimizer": ({"compile"}, lambda model, path: model.optimizer),
    "parameter_counts": ({"build"}, lambda model, path: model.parameter_counts()),
    "forward": ({"build"}, lambda model, path: forward(model)),
    "get_weights": ({"build"}, lambda model, path: model.get_weights()),
    "input_shape": ({"build"}, lambda model, path: model.input_shape),
    "layout": ({"build"}, lambda model, path: model.layout),
    "load_arrays": ({"build"}, lambda model, path: model.load_arrays(ARRAYS)),
    "load_weights": ({"build"}, lambda model, path: model.load_weights(path)),
    "named_arrays": ({"build"}, lambda model, path: model.named_arrays()),
    "output_shape": ({"build"}, lambda model, path: model.output_shape),
    "penalty": ({"build"}, lambda model, path: model.penalty(Graph())),
    "outputs": ({"build"}, lambda model, path: list(model.outputs(X))),
    "places": ({"build"}, lambda model, path: model.places),
    "rows_by_bytes": ({"build"}, lambda model, path: model.rows_by_bytes()),
    "save_weights": ({"build"}, lambda model, path: model.save_weights(path)),
    "set_weights": ({"build"}, lambda model, path: model.set_weights([*ARRAYS.values()])),
    "shapes": ({"build"}, lambda model, path: model.shapes),
    "summary": ({"build"}, lambda model, path: model.summary(lambda line: None)),
    "vector": ({"build"}, lambda model, path: model.vector),
    "evaluator": ({"build", "compile"}, lambda model, path: model.evaluator),
    "scorer": ({"build", "compile"}, lambda model, path: model.scorer),
    "state": ({"build", "compile"}, lambda model, path: model.state()),
    "step": ({"build", "compile"}, lambda model, path: model.step(EXAMPLES, 3)),
    "training": (
        {"build", "compile"},
        lambda model, path: model.training(EXAMPLES, epochs=1, batch_size=2),
    ),
}
STATES = [set(), {"build"}, {"compile"}, {"build", "compile"}]
ARRAYS = {"dense_1/kernel": np.ones((4, 3)), "dense_1/bias": np.ones(3)}


def forward(model):
    graph = Graph()
    parameters = {p: graph.leaf(p.name, p.shape) for p in model.layers[0].parameters}
    graph.parameters.update(parameters)
    return model.forward(graph, graph.leaf("x", (3, 4)))


def test_the_table_of_needs_has_all_that_a_model_offers():
    attributes = {"built", "compiled", "dtype", "firsts", "layer_names", "layers", "member"}
    attributes |= {"ranks", "seed"}
    offered = {name for name in dir(Sequential([Dense(1)])) if not name.startswith("_")}
    assert offered | {"__call__"} == {*NEEDS} | attributes


@pytest.mark.parametrize("done", STATES, ids=lambda done: " and ".join(sorted(done)) or "nothing")
@pytest.mark.parametrize("name", NEEDS)
def test_what_comes_too_early_says_what_to_call_first(name, done, tmp_path):
    needed, call = NEEDS[name]
    path = tmp_path / "weights.npz"
    save_weights(path)
    before = path.read_bytes()
    model = Sequential([Dense(3)])
    if "build" in done:
        model.build((4,))
    if "compile" in done:
        model.compile(loss={"type": "sparse_categorical_crossentropy", "from_logits": True})
    missing = needed - done
    if not missing:
        call(model, path)
        return
    with pytest.raises(ArgumentError) as error:
        call(model, path)
    (problem,) = error.value.problems
    adjectives = {"build": "built", "compile": "compiled"}
    assert problem.message.startswith("the model is not ")
    for each, adjective in adjectives.items():
        assert (adjective in problem.message) == (each in missing)
        assert (f"model.{each}(" in str(problem.fix)) == (each in missing)
    assert (model.built, model.compiled) == ("build" in done, "compile" in done)
    assert path.read_bytes() == before


def save_weights(path):
    with open(path, "wb") as file:
        np.savez(file, **ARRAYS)


@pytest.mark.parametrize("x", [3.0, np.empty((0, 4)), []])
def test_data_without_rows_build_nothing(x):
    model = Sequential([Dense(3)])
    with pytest.raises(ArgumentError, match=r"the model takes \(rows, …\)"):
        model.predict(x)
    assert model.predict(X).shape == (3, 3)


def test_a_refused_compile_leaves_the_one_before():
    model = classifier()
    before = model.loss, model.optimizer, model.metrics
    with pytest.raises(ArgumentError, match="not for regression"):
        model.compile("sgd", "huber", ["accuracy"])
    assert (model.loss, model.optimizer, model.metrics) == before


def test_fit_prints_a_line_an_epoch_unless_told_not_to(capsys):
    x, y = data()
    classifier().fit(x, y, epochs=2)
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [
        ["epoch", "1/2"], ["epoch", "2/2"],
    ]  # fmt: skip
    classifier().fit(x, y, epochs=2, verbose=0)
    assert capsys.readouterr().out == ""


def test_figures_of_rows_that_come_one_after_another_are_those_of_all(generator):
    x, y = generator.normal(size=(40, 3)), generator.integers(0, 2, (40, 1))
    model = Sequential([Dense(1, kernel_regularizer="l2")], dtype="float64")
    model.compile("sgd", "mean_squared_error", ["mae", "rmse"])
    parts = [model.examples(x[rows], y[rows]) for rows in (slice(0, 7), slice(7, 40))]
    wanted = model.evaluator.figures(model.examples(x, y))
    assert model.evaluator.figures_of_all(parts) == pytest.approx(wanted, rel=1e-12)
    assert model.evaluator.figures_of_all(parts[:1]) == model.evaluator.figures(parts[0])

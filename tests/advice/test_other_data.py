"""Advice on models and data of other kinds: arrays, pictures, one-hot columns, missing values."""

import numpy as np
import pytest

from nnctl.advice import advice_on
from nnctl.config import load
from tests.advice.cases import HIDDEN, SPARSE, config, dense, numbers

PICTURES = """\
data: {{train: pictures.npz, validation: 0.2{data}}}
layers:
  - {{type: conv2d, filters: 2, kernel_size: 3, activation: {activation}}}
  - max_pooling2d
  - flatten
  - {{type: dense, units: {units}}}
loss: {{type: sparse_categorical_crossentropy, from_logits: true}}
optimizer: adam
epochs: 1
"""


@pytest.fixture
def pictures(folder):
    generator = np.random.default_rng(1)
    x = generator.integers(0, 256, (50, 8, 8, 1)).astype(np.uint8)
    np.savez(folder / "pictures.npz", x=x, y=np.arange(50) % 3)


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"activation": "relu", "units": 3, "data": ", scale: {type: rescale, by: 255}"}, []),
        # The pooling behind it bends, so the convolution may be linear.
        ({"activation": "linear", "units": 3, "data": ", scale: standardize"}, []),
        ({"activation": "relu", "units": 4, "data": ""}, ["unscaled-inputs", "spare-units"]),
    ],
)
def test_pictures(given, codes, pictures, advise):
    advice = advise(PICTURES.format(**given))
    assert [each.code for each in advice] == codes
    if codes:
        assert advice[0].change == "data.scale: {type: rescale, by: 255}"
        assert advice[1].change == "layers.3.units: 3"


def test_test_rows_from_arrays_that_train_has(pictures, advise):
    given = {"activation": "relu", "units": 3, "data": ", scale: standardize, test: pictures.npz"}
    (advice,) = advise(PICTURES.format(**given))
    assert (advice.code, advice.path) == ("shared-rows", "data.test")
    assert "40 of the 50 test rows are in train" in advice.message


BLOCKS = """\
data: {{train: {train}, memory: 6kB{data}}}
layers: [{{type: dense, units: 4, activation: relu}}, {{type: dense, units: 1}}]
loss: mean_squared_error
optimizer: adam
epochs: 1
"""


def test_inputs_in_blocks(folder, advise):
    draws = np.random.default_rng(0)
    x = np.vstack([draws.normal(size=(1000, 2)), draws.normal(size=(1000, 2)) * 1000])
    np.savez(folder / "d.npz", x=x, y=draws.normal(size=2000))
    (advice,) = advise(BLOCKS.format(train="d.npz", data=""))
    assert advice.code == "unscaled-inputs" and "the inputs of 1,000 rows are" in advice.message
    assert not advise(BLOCKS.format(train="d.npz", data=", scale: standardize"))


VECTORS = """\
data: {{train: {train}, scale: standardize, memory: {memory}}}
layers: [{{type: dense, units: 4, activation: relu}}, {{type: dense, units: 1}}]
loss: {loss}
optimizer: adam
epochs: 1
"""
LOGITS = "{type: binary_crossentropy, from_logits: true}"


@pytest.mark.slow
@pytest.mark.parametrize("memory", ["256MB", "9kB"])
@pytest.mark.parametrize("kind", ["npz", "npy", "features of another name"])
def test_what_gives_the_target_away_in_arrays_is_told(kind, memory, folder, advise):
    draws = np.random.default_rng(0)
    x = draws.normal(size=(2000, 4)).astype(np.float32)
    y = (x[:, 2] > 0.3).astype(int)
    x[:, 1] = draws.permutation(2000)
    train, name = "d.npz", "x"
    if kind == "npz":
        np.savez(folder / train, x=x, y=y)
    elif kind == "npy":
        np.save(folder / "x.npy", x)
        np.save(folder / "y.npy", y)
        train = "{features: x.npy, target: y.npy}"
    else:
        name = "inputs"
        np.savez(folder / train, inputs=x, y=y)
        train = "{file: d.npz, features: inputs}"
    text = VECTORS.format(train=train, memory=memory, loss=LOGITS)
    first, second = sorted(advise(text), key=lambda each: each.code)
    line = f"leave it out: {name} = numpy.delete({name}, [1, 2], axis=1)"
    assert first.message.startswith(f"{name}[:, 1] has another whole number in each row; {line}")
    told = f'{name}[:, 2] tells the target "y" in every row, by a threshold alone; {line}'
    assert second.message.startswith(told)
    assert [(each.code, each.path) for each in (first, second)] == [
        ("identifier", "data.train"), ("target-in-features", "data.train")
    ]  # fmt: skip
    left = advise(f"{text}{first.change}\n")
    assert [each.code for each in left] == ["target-in-features"]
    assert "numpy.delete(" + name + ", 2, axis=1)" in left[0].message  # of one, its place


def test_a_pixel_that_gives_the_class_away_is_told(folder, advise):
    draws = np.random.default_rng(0)
    x, y = draws.integers(0, 256, (200, 8, 8, 1)), draws.integers(0, 3, 200)
    x[:, 0, 7, 0] = 40 * y + 9
    np.savez(folder / "pictures.npz", x=x.astype(np.uint8), y=y)
    scaled = ", scale: {type: rescale, by: 255}"
    (advice,) = advise(PICTURES.format(activation="relu", units=3, data=scaled))
    told = 'x[:, 0, 7, 0] tells the target "y" in every row, by its values alone'
    assert advice.message.startswith(f"{told}; leave it out: x[:, 0, 7, 0] = 0")


@pytest.mark.slow
@pytest.mark.parametrize("same", [True, False])
def test_a_target_among_inputs_in_blocks(same, folder, advise, monkeypatch):
    monkeypatch.setattr("nnctl.advice.samples.NUMBERS_AT_ONCE", 200)
    draws = np.random.default_rng(0)
    copied = draws.normal(size=2000)
    t = copied.copy()
    t[1001] += 0 if same else 1  # the sample of rows does not have it
    rows = zip(draws.normal(size=2000).tolist(), copied.tolist(), t.tolist(), strict=True)
    text = "".join(f"{a!r},{b!r},{c!r}\n" for a, b, c in rows)
    (folder / "t.csv").write_text("a,b,t\n" + text)
    advice = advise(BLOCKS.format(train="t.csv", data=", target: t"))
    assert [each.code for each in advice] == (["target-in-features"] if same else [])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", ["none", "standardize"])
def test_equal_rows_are_found_in_either_precision(dtype, scale, advise):
    given = {"data": f", validation: first_rows.csv, scale: {scale}", "more": f"dtype: {dtype}\n"}
    (advice,) = advise(numbers(HIDDEN, dense(1), **given))
    assert "10 of the 10 validation rows are in train" in advice.message


def test_one_hot_columns(folder, advise):
    rows = "".join(f"{k % 7},{k % 5},{int(k > 1)},{int(k < 2)}\n" for k in range(40))
    (folder / "columns.csv").write_text("a,b,often,seldom\n" + rows)
    loss = "{type: categorical_crossentropy, from_logits: true}"
    (advice,) = advise(config("columns", "[often, seldom]", HIDDEN, dense(2), loss=loss))
    assert advice.code == "rare-class"
    assert 'always answering "often" has accuracy 0.95' in advice.message


def test_missing_text_is_no_category_of_its_own(folder, advise):
    lines = (folder / "units.csv").read_text().replace("30 km", "").splitlines()
    (folder / "gaps.csv").write_text("\n".join(lines) + "\n")
    (advice,) = advise(config("gaps", "price", HIDDEN, dense(1), data=", missing: mean"))
    assert advice.code == "text-numbers"
    assert advice.change == "data.signs: [km]\ndata.scale: standardize"
    assert 'the column "size" holds numbers such as "31 km"; ' in advice.message


def test_features_named_with_the_file_are_changed_there(folder, advise):
    text = config("people", "price", HIDDEN, dense(1)).replace(
        "train: people.csv", "train: {file: people.csv, features: [a, person, b]}"
    )
    (advice,) = advise(text)
    assert advice.path == "data.train.features"
    assert advise(text, [advice.change.replace(": ", "=", 1)]) == ()


@pytest.mark.parametrize("label", ["z95838", "2020-01-05", "12a 34b", "v1.2.3", "10.0.0.1"])
def test_codes_that_hold_digits_are_no_numbers(label, folder, advise):
    lines = (folder / "units.csv").read_text().splitlines()
    changed = [line.replace(" km", label) for line in lines]
    (folder / "codes.csv").write_text("\n".join(changed) + "\n")
    assert advise(config("codes", "price", HIDDEN, dense(1))) == ()


def test_numbers_with_many_letters_are_no_quantities(folder, advise):
    lines = (folder / "units.csv").read_text().splitlines()
    changed = [line.replace(" km", "abcdefgh"[k % 8]) for k, line in enumerate(lines)]
    (folder / "houses.csv").write_text("\n".join(changed) + "\n")
    assert "text-numbers" not in {
        each.code for each in advise(config("houses", "price", HIDDEN, dense(1)))
    }


def test_zero_and_minus_zero_are_the_same(folder, advise):
    rows = [f"{k},0,{k + 0.5}" for k in range(8)]
    (folder / "zero.csv").write_text("\n".join(["a,b,price", *rows]) + "\n")
    changed = [row.replace(",0,", ",-0.0,") for row in rows]
    (folder / "minus.csv").write_text("\n".join(["a,b,price", *changed]) + "\n")
    text = config("zero", "price", HIDDEN, dense(1), data=", validation: minus.csv")
    (advice,) = advise(text)
    assert "8 of the 8 validation rows are in train" in advice.message


@pytest.mark.parametrize("number", ["{} km", "${}", "{},5", "{}.000,25", "1,{}0", "{} %", "-{}C"])
def test_numbers_in_words_are_told(number, folder, advise):
    lines = (folder / "units.csv").read_text().splitlines()
    cells = [line.replace(",", ";").split(";") for line in lines]
    for row in cells[1:]:
        row[2] = number.format(row[2].removesuffix(" km"))
    (folder / "words.csv").write_text("\n".join(";".join(row) for row in cells) + "\n")
    (advice,) = advise(config("words", "price", HIDDEN, dense(1), data=', delimiter: ";"'))
    assert advice.code == "text-numbers"


def test_a_model_without_weights_gets_no_advice_on_them(folder):
    text = config("kinds", "kind", "{type: activation, activation: softmax}", loss=SPARSE)
    (folder / "config.yaml").write_text(text)
    assert advice_on(load("config.yaml")) == ()


def test_what_follows_the_output_is_left_alone(folder):
    text = config("kinds", "kind", dense(3, "softmax"), "layer_normalization", loss=SPARSE)
    (folder / "config.yaml").write_text(text)
    assert advice_on(load("config.yaml")) == ()


NOTATIONS = {
    "decimal comma": ("{},5", "data.decimal: ','"),
    "thousands": ("1,{}0,000", 'data.thousands: ","'),
    "currency": ("${}", "data.signs: [$]"),
}


@pytest.mark.parametrize("name", NOTATIONS)
def test_numbers_in_words_are_told_of_a_single_column(name, folder, advise):
    number, change = NOTATIONS[name]
    rows = [f"{number.format(10 + k)};{k % 7}" for k in range(40)]
    (folder / "one.csv").write_text("\n".join(["size;price", *rows]) + "\n")
    text = config("one", "price", HIDDEN, dense(1), data=', delimiter: ";"')
    (advice,) = advise(text)
    assert advice.code == "text-numbers"
    assert advice.change.splitlines()[0].replace("'", '"') == change.replace("'", '"')
    assert advise(text, [line.replace(": ", "=", 1) for line in advice.change.splitlines()]) == ()


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_class_that_only_another_file_has_is_told(part, folder, advise):
    rows = [f"{k % 7 / 7},{k % 5 / 5},{k % 2}" for k in range(40)]
    (folder / "codes.csv").write_text("\n".join(["a,b,digit", *rows]) + "\n")
    (folder / "more.csv").write_text("a,b,digit\n0.1,0.2,2\n0.2,0.1,0\n")
    text = config("codes", "digit", HIDDEN, dense(3), loss=SPARSE, data=f", {part}: more.csv")
    unseen = [each for each in advise(text) if each.code == "unseen-class"]
    assert [each.path for each in unseen] == [f"data.{part}"]
    assert f"1 {part} row is of a class that no row that trains has (2)" in unseen[0].message


def test_signs_of_several_columns_are_one_change(folder, advise):
    """As lists of one each, the second would undo what the first has done."""
    rows = "".join(f"${k % 25},{k % 30}%,{k % 7}\n" for k in range(60))
    (folder / "signs.csv").write_text("price,share,t\n" + rows)
    text = config("signs", "t", HIDDEN, dense(1))
    changes = {each.change for each in advise(text) if each.code == "text-numbers"}
    assert changes == {"data.signs: [$, '%']\ndata.scale: standardize"}
    settings = [line.replace(": ", "=", 1) for line in changes.pop().splitlines()]
    assert "text-numbers" not in {each.code for each in advise(text, settings)}
    half = advise(text, ["data.signs=[$]"])
    assert [each.change.split("\n")[0] for each in half if each.code == "text-numbers"] == [
        "data.signs: [$, '%']"
    ]

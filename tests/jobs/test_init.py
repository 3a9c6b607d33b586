"""`init`: what it makes of tables, and that its configs train as they stand."""

import csv
import gzip
import os
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from nnctl.assembly.build import build
from nnctl.cli.app import app
from nnctl.config import load, resolved
from nnctl.errors import ArgumentError, NnctlError
from nnctl.jobs.init import init
from nnctl.jobs.planning import planned
from nnctl.jobs.predict import predict
from nnctl.jobs.recipe import recipe_for
from nnctl.jobs.train import train
from nnctl.jobs.validate import validate
from nnctl.reading.files import DataFile

DATASETS = Path(__file__).parents[2] / "datasets"
ONE = ["ensemble=1"]  # the first of the members, where one shows what is to be seen


def table(path, columns):
    """Writes columns of equal length as a table."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def rows(count, **columns):
    """Columns of some kinds that tables have, besides those given."""
    kinds = {
        "size": [f"{1 + k % 7}.{k % 3}" for k in range(count)],
        "colour": [["red", "green", "blue"][k % 3] for k in range(count)],
    }
    return {**kinds, **columns}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "target", "task"),
    [
        ("iris.csv", "species", "multiclass"),
        ("breast-cancer.csv", "diagnosis", "binary"),
        ("sacramento.csv", "price", "regression"),
    ],
)
def test_real_tables_train_as_they_stand(tmp_path, name, target, task):
    result = init(DATASETS / name, target, output=tmp_path / "c.yaml")
    assert result.plan.task == task
    assert validate([result.path]).errors == ()
    made = train(result.path, output=tmp_path / "run", processes=1).results
    if task == "regression":
        assert made["validation"]["r2"] > 0.5
    else:
        assert made["validation"]["accuracy"] > 0.9


@pytest.mark.parametrize(
    ("values", "task", "units"),
    [
        (["yes" if k % 2 else "no" for k in range(60)], "binary", 1),
        ([k % 2 for k in range(60)], "binary", 1),
        ([k % 3 for k in range(60)], "multiclass", 3),
        (["abc"[k % 3] for k in range(60)], "multiclass", 3),
        ([k * 0.5 for k in range(60)], "regression", 1),
        ([k % 30 for k in range(60)], "regression", 1),
        ([f"{k % 2}.0" if k % 3 else k % 2 for k in range(60)], "binary", 1),
        (["a\nb" if k % 2 else "no" for k in range(60)], "binary", 1),
        (["12" if k % 3 else "x1" for k in range(60)], "binary", 1),
    ],
)
def test_the_task_follows_the_target(tmp_path, values, task, units):
    data = table(tmp_path / "d.csv", rows(60, t=values))
    result = init(data, "t", output=tmp_path / "c.yaml")
    config = load(result.path)
    assert result.plan.task == task
    assert config.layers[-1].units == units
    train(result.path, output=tmp_path / "run", overrides=ONE, epochs=2)


TWO_WAYS = 'its dates can be read in 2 ways; say in data.columns which: "%d/%m/%y" or "%m/%d/%y"'
TOO_LARGE = "its numbers are too large, or too far apart, for a mean or a scale"
NOT_ALIKE = "it holds dates such as {}, and {}, which is none of that form; write all as 2024-02-29"
UNKNOWN = (
    "it holds dates such as 1.1.2024 um 9; say in data.columns how they are written, with format"
)
SOME = "it holds dates, and in 6 rows something else"


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ([1] * 60, "it has one value in all rows"),
        (["", *["x"] * 58, ""], "it has one value in all rows but 2, which have none"),
        ([7, *[""] * 59], "it has one value in all rows but 59, which have none"),
        (["2024-01-05", ""] * 30, "it has one value in all rows but 30, which have none"),
        ([f"{k % 7}e{200 + k % 3}" for k in range(60)], TOO_LARGE),
        ([1e307 + k * 1e300 for k in range(60)], TOO_LARGE),
        ([""] * 60, "it has no values"),
        (list(range(60)), "it numbers the rows"),
        ([f"{1 + k % 12}/7/24" for k in range(60)], TWO_WAYS),
        (
            ["2024-01-05" if k % 2 else f"{1 + k % 28}.2.2024" for k in range(60)],
            NOT_ALIKE.format("1.2.2024", "2024-01-05"),
        ),
        ([f"202{k // 20}-02-29" for k in range(60)], NOT_ALIKE.format("2020-02-29", "2021-02-29")),
        ([f"{1 + k % 9}.1.2024 um 9" for k in range(60)], UNKNOWN),
        ([f"2024-01-{1 + k % 28:02}" if k % 10 else "later" for k in range(60)], SOME),
        ([f"name {k}" for k in range(60)], "it holds text of 60 kinds in 60 rows"),
        ([f"name {k // 2}" for k in range(60)], "it holds text of 30 kinds in 60 rows"),
        ([f"{k},5" for k in range(60)], "it holds numbers written as text, such as 0,5"),
        ([f"1,{k:03}\n$" for k in range(60)], "it holds numbers written as text, such as 1,000 $"),
    ],
)
def test_columns_of_no_use_are_left_out_and_the_reason_is_written(tmp_path, column, reason):
    data = table(tmp_path / "d.csv", rows(60, odd=column, t=[k % 2 for k in range(60)]))
    result = init(data, "t", output=tmp_path / "c.yaml")
    assert result.plan.left_out == {"odd": reason}
    assert f"#   odd: {reason}" in result.path.read_text()
    assert load(result.path).data.features == ("size", "colour")


@pytest.mark.parametrize("size", [1e-300, 1e-20, 1, 1e20, 1e150])
def test_numbers_of_any_size_that_double_precision_can_scale_are_kept(tmp_path, size):
    numbers = [size * (1 + k % 7) for k in range(60)]
    data = table(tmp_path / "d.csv", rows(60, odd=numbers, t=[k % 2 for k in range(60)]))
    result = init(data, "t", output=tmp_path / "c.yaml")
    assert result.plan.left_out == {} and validate([result.path]).errors == ()


@pytest.mark.parametrize("value", ["x", "1", "01", "-2.5"])
def test_what_is_there_or_not_is_a_category(tmp_path, value):
    cells = [value if k % 3 == 0 else "" for k in range(60)]
    data = table(tmp_path / "d.csv", rows(60, odd=cells, t=[k % 2 for k in range(60)]))
    result = init(data, "t", output=tmp_path / "c.yaml")
    assert result.plan.left_out == {}
    assert [column.name for column in result.plan.numbers] == ["size"]
    built = build(load(result.path))
    assert built.prepared.preprocessing.inputs.categories["odd"] == ("(missing)", value)
    why = "# odd: one value in 20 rows, and none in 40; whether there is one is all it tells"
    assert (why in result.path.read_text()) == (value != "x")


def test_a_class_is_no_gap_of_another_column(tmp_path):
    gaps = [["unknown", "?", "1.5", "2.5"][k % 4] for k in range(60)]
    mine = ["unknown" if k % 7 == 0 else k / 2 for k in range(60)]
    classes = [["yes", "no", "unknown"][k % 3] for k in range(60)]
    data = table(tmp_path / "d.csv", rows(60, mine=mine, marks=gaps, t=classes))
    result = init(data, "t", output=tmp_path / "c.yaml")
    reason = '"unknown" among its numbers is a class of t, too'
    assert result.plan.left_out == {"mine": reason, "marks": reason}
    built = build(load(result.path))
    assert built.prepared.preprocessing.targets.classes.labels == ("no", "unknown", "yes")
    assert len(built.train) + len(built.validation) == 60


def test_it_is_said_where_words_mean_that_there_is_none(tmp_path):
    one = ["<5" if k % 11 == 0 else 5 + k * 1.5 for k in range(60)]
    two = ["?" if k % 7 == 0 else k % 9 for k in range(60)]
    left = ["#N/A" if k % 7 == 0 else 3 for k in range(2)] + [3] * 58
    target = ["-" if k % 13 == 0 else k / 4 for k in range(60)]
    data = table(tmp_path / "d.csv", rows(60, one=one, two=two, left=left, t=target))
    result = init(data, "t", output=tmp_path / "c.yaml")
    assert result.plan.marks == ("-", "<5", "?")
    lines = result.path.read_text().splitlines()
    place = lines.index("  # Among the values of t, one, two, these mean that there is none:")
    assert "missing_values" in lines[place + 1]
    assert validate([result.path]).errors == ()


@pytest.mark.parametrize("word", ["unknown", "-", "0000-00-00", "00.00.0000"])
@pytest.mark.parametrize("every", [2, 3, 30])
def test_a_word_among_dates_is_a_gap(tmp_path, word, every):
    dates = [word if k % every == 0 else f"{1 + k % 28:02}.05.202{k % 3}" for k in range(60)]
    data = table(tmp_path / "d.csv", rows(60, day=dates, t=[k % 2 for k in range(60)]))
    result = init(data, "t", output=tmp_path / "c.yaml")
    found = {"day": dates.count(word)} if every > 2 else {}
    assert {column.name: column.missing for column in result.plan.dates} == found
    assert result.plan.marks == ((word,) if found else ())
    assert ("day" in result.plan.left_out) == (not found)
    assert validate([result.path]).errors == ()


@pytest.mark.parametrize("kind", ["a picture", "a database", "a pickle"])
def test_a_file_of_another_kind_is_named_though_its_bytes_are_no_utf_8(tmp_path, kind):
    starts = {"a picture": b"\x89PNG\r\n\x1a\n", "a database": b"SQLite format 3\0"}
    data = tmp_path / "d.dat"
    data.write_bytes(starts.get(kind, b"\x80\x04") + b"\xff\xfe,\n1,2\n" * 20)
    with pytest.raises(NnctlError, match="not a text table"):
        init(data, "t", output=tmp_path / "c.yaml")


def test_a_text_of_many_kinds_is_kept_where_each_has_rows_enough(tmp_path):
    towns = [f"town {k % 1500}" for k in range(6000)]
    data = table(tmp_path / "d.csv", {"town": towns, "t": [k % 1500 / 7 for k in range(6000)]})
    assert [column.name for column in planned(DataFile(data), "t").features] == ["town"]


def test_american_times_are_read(tmp_path):
    times = [datetime(2024, 3, 12, 7) + timedelta(hours=k) for k in range(60)]
    cells = [f"{t.month}/{t.day}/{t:%Y} {t.hour % 12 or 12}:{t:%M %p}" for t in times]
    data = table(tmp_path / "d.csv", rows(60, when=cells, t=[t.hour for t in times]))
    path = init(data, "t", output=tmp_path / "c.yaml").path
    config = load(path)
    assert config.data.split == "last"
    plain = table(tmp_path / "e.csv", rows(60, when=times, t=[t.hour for t in times]))
    ours, theirs = (
        build(load(path, overrides=overrides)).train.x
        for overrides in ([], [f"data.train={plain}", "data.columns.when.format=null"])
    )
    np.testing.assert_array_equal(ours, theirs)


def test_whole_numbers_without_a_repeat_are_an_id_only_by_name(tmp_path):
    numbers = [7 * k for k in range(60)]
    data = table(tmp_path / "d.csv", rows(60, house_id=numbers, price=numbers, t=[0, 1] * 30))
    assert planned(DataFile(data), "t").left_out == {"house_id": "it numbers the rows"}


def test_an_id_is_known_among_any_number_of_rows(tmp_path):
    count = 3000
    columns = {"PassengerId": [3 * k for k in range(count)], "no": list(range(count))}
    data = table(tmp_path / "d.csv", rows(count, **columns, t=[0, 1] * (count // 2)))
    assert set(planned(DataFile(data), "t").left_out) == set(columns)


@pytest.mark.slow
def test_a_table_of_many_columns(tmp_path):
    names = [f"pixel {k:010}" for k in range(9000)]
    lines = [",".join([*names, "t"]), *(f"{k}," * 9000 + str(k % 2) for k in (5, 3, 9, 4))]
    (tmp_path / "d.csv").write_text("\n".join(lines))
    assert len(planned(DataFile(tmp_path / "d.csv"), "t").features) == 9000


@pytest.mark.parametrize(("count", "numbers"), [(60, 1), (8000, 1), (60, 200)])
def test_the_network_suits_the_table(tmp_path, count, numbers):
    columns = {
        f"n{k}": [f"{row * (k + 1) % 997 / 8 + 0.3:g}" for row in range(count)]
        for k in range(numbers)
    }
    columns |= {"colour": ["red" if row % 3 else "blue" for row in range(count)]}
    columns |= {"y": [f"{row % 991 / 4}" for row in range(count)]}
    path = init(table(tmp_path / "t.csv", columns), "y", output=tmp_path / "c.yaml").path
    config = load(path)
    recipe = recipe_for(count, numbers, 2)
    widths = [layer["units"] for layer in resolved(config)["layers"] if "units" in layer]
    assert widths == [*recipe.hidden, 1]
    assert (config.batch_size, config.members) == (recipe.batch_size, recipe.members)
    assert (config.data.bins or 0) == recipe.bins
    assert (config.reduce_lr_on_plateau is not None) == recipe.is_wide
    assert ("# No bins: pieces of 200 numbers" in path.read_text()) == (numbers == 200)


def test_gaps_mixtures_and_rare_classes(tmp_path):
    gaps = ["" if k % 9 == 0 else k for k in range(100)]
    codes = ["12" if k % 2 else "x1" for k in range(100)]
    columns = rows(100, gap=gaps, code=codes, t=["rare" if k < 6 else "usual" for k in range(100)])
    result = init(table(tmp_path / "d.csv", columns), "t", output=tmp_path / "c.yaml")
    config = load(result.path)
    assert config.data.missing == "mean" and config.data.text == ("code",)
    assert config.class_weight is None  # which would bend the probabilities
    assert [metric.type for metric in config.metrics] == ["accuracy", "auc"]
    train(result.path, output=tmp_path / "run", overrides=ONE, epochs=2)


@pytest.mark.slow
@pytest.mark.parametrize(("few", "many"), [("a", "b"), ("b", "a")])
def test_the_metric_of_a_rare_class_sees_it_whichever_name_comes_first(tmp_path, few, many):
    """A model that has learnt nothing may not look good by it, as it does by f1 of the common."""
    columns = rows(200, t=[few if k % 25 == 0 else many for k in range(200)])
    path = init(table(tmp_path / "d.csv", columns), "t", output=tmp_path / "c.yaml").path
    made = train(path, output=tmp_path / "r", epochs=20, processes=1).results
    assert made["validation"]["accuracy"] > 0.9
    (own,) = set(made["validation"]) - {"loss", "accuracy"}
    assert made["validation"][own] < 0.9
    (advice,) = validate([path], overrides=["metrics=[accuracy]"]).advice
    assert advice.change == f"metrics: [accuracy, {own}]"


@pytest.mark.parametrize("rare", [3, 15, 24, 36, 60])
def test_what_it_writes_gets_no_advice_on_rare_classes(tmp_path, rare):
    columns = rows(150, t=["rare" if k % 150 < rare else "usual" for k in range(150)])
    result = init(table(tmp_path / "d.csv", columns), "t", output=tmp_path / "c.yaml")
    assert validate([result.path]).advice == ()
    metrics = [metric.type for metric in load(result.path).metrics]
    assert ("auc" in metrics) == (rare < 30)
    alone = validate([result.path], overrides=["metrics=[accuracy]"]).advice
    assert ([each.code for each in alone] == ["rare-class"]) == (rare < 30)


@pytest.mark.parametrize("gaps", [0, 20])
def test_rows_without_a_target_are_left_out_and_gaps_in_features_filled(tmp_path, gaps):
    columns = rows(60, t=["" if k < 3 else k % 2 for k in range(60)])
    columns["size"] = [*[""] * gaps, *columns["size"][gaps:]]
    result = init(table(tmp_path / "d.csv", columns), "t", output=tmp_path / "c.yaml")
    assert load(result.path).data.missing == "mean"
    assert "3 of 60 rows have no t; left out" in result.plan.warnings
    prepared = build(load(result.path)).prepared
    assert len(prepared.train) + len(prepared.validation) == 57
    train(result.path, output=tmp_path / "run", overrides=ONE, epochs=1)
    (tmp_path / "new.csv").write_text("size,colour\n,red\n1,\n,\n")  # gaps that come tomorrow
    text = "".join(predict(tmp_path / "run", tmp_path / "new.csv").chunks())
    assert len(text.splitlines()) == 4 and ",," not in text


@pytest.mark.parametrize("name", ["d.tsv.csv", "D.TSV", "d.csv.gz"])
def test_a_delimiter_is_named_unless_the_ending_says_it(tmp_path, name):
    data = table(tmp_path / "d", rows(20, t=[0, 1] * 10))
    text = data.read_text().replace(",", "\t").encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    result = init(tmp_path / name, "t", output=tmp_path / "c.yaml")
    assert load(result.path).data.delimiter == (None if name == "D.TSV" else "\t")
    train(result.path, output=tmp_path / "run", overrides=ONE, epochs=1)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_odd_names_and_gzip(tmp_path, delimiter):
    names = ["first: #1", "no", "t = x"]
    lines = [delimiter.join(names), *(delimiter.join(["1.5", str(k % 5), "ab"[k % 2]])
             for k in range(40))]  # fmt: skip
    data = tmp_path / "my data.csv.gz"
    data.write_bytes(gzip.compress("\n".join(lines).encode()))
    result = init(data, "t = x", output=tmp_path / "c.yaml")
    assert load(result.path).data.delimiter == delimiter
    assert result.plan.left_out == {"first: #1": "it has one value in all rows"}
    train(result.path, output=tmp_path / "run", overrides=ONE, epochs=1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1] * 20, "it has one value in all rows, so there is nothing to learn"),
        ([1e200 * (k % 7) / 3 for k in range(20)], TOO_LARGE),
        ([f"n{k}" for k in range(20)], "20 kinds in 20 rows; that is too many for classes"),
        ([f"{k}k" for k in range(20)], "it holds numbers written as text, such as 0k"),
        ([f"2024-01-{k + 1:02}" for k in range(20)], "it holds dates, and a target is a number"),
        ([0, 1, *[""] * 18], "it has a value in 2 rows; at least 3 are needed"),
    ],
)
def test_targets_that_cannot_be_learnt(tmp_path, values, message):
    data = table(tmp_path / "d.csv", rows(20, t=values))
    with pytest.raises(NnctlError, match=message):
        init(data, "t", output=tmp_path / "c.yaml")
    assert not (tmp_path / "c.yaml").exists()


def test_what_is_refused(tmp_path):
    data = table(tmp_path / "d.csv", rows(20, t=[0, 1] * 10))
    with pytest.raises(ArgumentError, match='there is no column "T"') as caught:
        init(data, "T", output=tmp_path / "c.yaml")
    assert caught.value.problems[0].fix == 'did you mean "t"?'
    (tmp_path / "c.yaml").write_text("mine")
    with pytest.raises(NnctlError, match="this file exists already"):
        init(data, "t", output=tmp_path / "c.yaml")
    with pytest.raises(NnctlError) as caught:
        init(data, "T", output=tmp_path / "c.yaml")
    assert [problem.fix for problem in caught.value.problems] == [
        'did you mean "t"?', "choose another with -o, or replace it with --overwrite",
    ]  # fmt: skip
    assert (tmp_path / "c.yaml").read_text() == "mine"
    init(data, "t", output=tmp_path / "c.yaml", overwrite=True)
    assert load(tmp_path / "c.yaml").name == "c"
    (tmp_path / "e.csv").write_text("a,t\n1,2\n3\n")
    with pytest.raises(NnctlError, match="the row has 1 field; the table has 2 columns"):
        init(tmp_path / "e.csv", "t", output=tmp_path / "x.yaml")


def test_a_pipe_cannot_be_looked_at(tmp_path):
    with pytest.raises(NnctlError, match="this is a pipe or a device"):
        init(Path(os.devnull), "t", output=tmp_path / "c.yaml")


def test_the_command_writes_here_and_asks_where_it_may(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "d.csv", rows(20, t=[0, 1] * 10))
    result = CliRunner().invoke(app, ["init", "d.csv"])
    assert result.exit_code == 2
    assert "which column is to be learnt? They are: size, colour, t" in result.stderr
    result = CliRunner().invoke(app, ["init", "d.csv", "--target", "t"])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "wrote    d.yaml  (binary, 2 features)", "next     nnctl train d.yaml",
    ]  # fmt: skip
    assert load(tmp_path / "d.yaml").data.train == "d.csv"
    result = CliRunner().invoke(app, ["init", "d.csv"])  # which cannot be written, whoever answers
    assert (result.exit_code, result.stdout) == (2, "")
    assert "this file exists already" in result.stderr


@pytest.mark.parametrize(
    ("kinds", "count", "kept"),
    [(150, 3000, True), (787, 3000, True), (3000, 12_000, True), (20, 60, True)],
)
def test_text_that_says_something_of_other_rows_is_kept(tmp_path, kinds, count, kept):
    chance = np.random.default_rng(0).integers(0, 2, count).tolist()
    columns = rows(count, shop=[f"shop {k % kinds}" for k in range(count)], t=chance)
    result = init(table(tmp_path / "d.csv", columns), "t", output=tmp_path / "c.yaml")
    assert ("shop" in [column.name for column in result.plan.features]) == kept
    assert validate([result.path]).advice == ()


NOTATIONS = {
    "decimal comma": ("a;t\n", "{k},5;{t}\n", {"delimiter": ";", "decimal": ","}),
    "thousands": ("a,t\n", '"{k},{m:03}",{t}\n', {"thousands": ","}),
    "both": ("a;t\n", "{k}.{m:03},5;{t}\n", {"decimal": ",", "thousands": "."}),
    "money": ("a,t\n", '"${k},{m:03}",{t}\n', {"thousands": ",", "signs": ("$",)}),
    "share": ("a,t\n", "{k}.5%,{t}\n", {"signs": ("%",)}),
    "aligned": ("  a    t\n", "  {k}.5    {t}\n", {"delimiter": "whitespace"}),
    "latin-1": ("größe,t\n", "{k}.5,{t}\n", {"encoding": "cp1252"}),
    "utf-16": ("größe,t\n", "{k}.5,{t}\n", {"encoding": "utf-16"}),
    "row index": (",a,t\n", "{k},{k}.5,{t}\n", {}),
    "delimiters at the end": ("a,t,\n", "{k}.5,{t},\n", {}),
    "a word for a gap": ("a,b,t\n", "{g},{k}.5,{t}\n", {"missing_values": ("unknown",)}),
}


@pytest.mark.parametrize("name", NOTATIONS)
def test_other_notations_are_recognised_and_written(tmp_path, name):
    header, row, expected = NOTATIONS[name]
    lines = [
        row.format(k=k + 1, m=37 * k % 1000, t="ab"[k % 2], g="unknown" if k == 7 else k / 4)
        for k in range(60)
    ]
    encoding = expected.get("encoding", "utf-8")
    (tmp_path / "d.csv").write_bytes("".join([header, *lines]).encode(encoding))
    result = init(tmp_path / "d.csv", "t", output=tmp_path / "c.yaml")
    data = load(result.path).data
    assert {key: getattr(data, key) for key in expected} == expected
    built = build(load(result.path))
    assert built.prepared.preprocessing.inputs.categories == {}
    assert result.plan.left_out == {} and result.plan.warnings == ()
    assert validate([result.path]).advice == ()


@pytest.mark.parametrize(
    ("dates", "split"),
    [
        ([f"2024-{1 + k // 28:02}-{1 + k % 28:02}" for k in range(60)], "last"),
        ([f"{1 + k % 28:02}.{1 + k // 28:02}.2024" for k in range(60)], "last"),
        ([f"{1 + k // 28}/{1 + k % 28}/2024" for k in range(60)], "last"),
        ([f"{datetime(2024, 1 + k // 28, 1 + k % 28):%d %b %Y}" for k in range(60)], "last"),
        ([f"2024-01-{28 - k % 28:02}" for k in range(60)], "random"),
        ([f"2024-{12 - k // 28:02}-{28 - k % 28:02}" for k in range(60)], "random"),
        (["2024-01-01"] * 60, "random"),
    ],
)
def test_rows_in_the_order_of_dates_validate_by_the_last(tmp_path, dates, split):
    columns = rows(60, day=dates, t=[k % 2 for k in range(60)])
    result = init(table(tmp_path / "d.csv", columns), "t", output=tmp_path / "c.yaml")
    assert load(result.path).data.split == split
    assert ("day" in result.plan.left_out) == (len(set(dates)) == 1)


@pytest.mark.parametrize(
    ("dates", "pattern"),
    [
        ([f"2024-{1 + k % 12:02}-05" for k in range(60)], None),
        ([f"2024-03-05T{k % 24:02}:00:00+01:00" for k in range(60)], None),
        (
            [f"{1 + k % 28:02}.{1 + k % 12:02}.2024 {k % 24:02}:30" for k in range(60)],
            "%d.%m.%Y %H:%M",
        ),
        ([f"{1 + k % 12}/{1 + k % 28}/24" for k in range(60)], "%m/%d/%y"),
        ([f"2024/{1 + k % 12:02}/05" if k % 7 else "" for k in range(60)], "%Y/%m/%d"),
        ([f"{datetime(2024, 1 + k % 12, 5):%d-%b-%Y}" for k in range(60)], "%d-%b-%Y"),
        ([f"{datetime(2024, 5 - k % 2, 5):%B %d, %Y}" for k in range(60)], "%B %d, %Y"),
        ([f"May {1 + k % 28}, 2024" for k in range(60)], "%b %d, %Y"),
        ([f"2024年{1 + k % 12}月5日" for k in range(60)], "%Y年%m月%d日"),
        ([f"2024-01-{1 + k % 28:02} 10:30:00 UTC" for k in range(60)], "%Y-%m-%d %H:%M:%S UTC"),
    ],
)
def test_dates_are_features_and_their_format_is_written(tmp_path, dates, pattern):
    columns = rows(60, **{"sold: on": dates}, t=[k % 2 for k in range(60)])
    result = init(table(tmp_path / "d.csv", columns), "t", output=tmp_path / "c.yaml")
    assert result.plan.left_out == {} and [column.name for column in result.plan.dates] == [
        "sold: on"
    ]
    config = load(result.path)
    rule = config.data.column_rules()["sold: on"]
    assert (rule.type, rule.format) == ("date", pattern)
    inputs = build(config).prepared.preprocessing.inputs
    assert inputs.kind("sold: on") == "date" and validate([result.path]).errors == ()


@pytest.mark.slow
def test_shops_and_dates_are_learnt_from_as_init_writes_it(tmp_path):
    """The table of three thousand sales: without dates R2 is 0.46 at best."""
    draws = np.random.default_rng(0)
    count = 3000
    worth = draws.normal(size=787)
    shops = draws.integers(0, 787, count)
    x = draws.lognormal(size=count)
    start = datetime(2024, 1, 1)
    when = [start + timedelta(hours=7 * k) for k in range(count)]
    wave = np.array([np.sin(2 * np.pi * date.hour / 24) for date in when])
    y = worth[shops] + 1.5 * wave + 0.5 * np.log(x) + draws.normal(size=count) / 10
    columns = {
        "shop": [f"shop{k:04}" for k in shops],
        "when": [f"{date:%Y-%m-%d %H:%M}" for date in when],
        "x": x.tolist(),
        "y": y.tolist(),
    }
    result = init(table(tmp_path / "shops.csv", columns), "y", output=tmp_path / "c.yaml")
    assert result.plan.left_out == {}
    trained = train(result.path, output=tmp_path / "run", overrides=ONE)
    assert trained.results["validation"]["r2"] > 0.75


@pytest.mark.parametrize("others", [True, False])
def test_a_class_may_be_called_na(tmp_path, others):
    columns = rows(60, t=["NA" if k % 3 else "EU" for k in range(60)])
    if others:
        columns["size"][5] = "NA"
    path = table(tmp_path / "d.csv", columns)
    if others:  # the word means a gap elsewhere, so it does here
        with pytest.raises(NnctlError, match="one value in all rows"):
            init(path, "t", output=tmp_path / "c.yaml")
        return
    result = init(path, "t", output=tmp_path / "c.yaml")
    assert '"NA" is taken for a class of t, in 40 rows' in result.plan.warnings[0]
    classes = build(load(result.path)).prepared.preprocessing.targets.classes
    assert classes.labels == ("EU", "NA")


def test_a_table_of_which_most_is_left_out_is_told_of(tmp_path):
    text = {f"n{k}": [f"name {j}" for j in range(60)] for k in range(3)}
    plan = planned(DataFile(table(tmp_path / "d.csv", rows(60, **text, t=[0, 1] * 30))), "t")
    assert any("3 of 5 columns are left out" in warning for warning in plan.warnings)
    plan = planned(DataFile(table(tmp_path / "d.csv", rows(60, n=text["n0"], t=[0, 1] * 30))), "t")
    assert plan.warnings == ()


def test_a_table_without_a_useful_column_is_refused_with_the_reasons(tmp_path):
    columns = {"a": list(range(60)), "b": [1] * 60, "t": [0, 1] * 30}
    with pytest.raises(NnctlError) as caught:
        planned(DataFile(table(tmp_path / "d.csv", columns)), "t")
    (problem,) = caught.value.problems
    assert problem.message == "no column is left to learn from"
    assert problem.details == ("a: it numbers the rows", "b: it has one value in all rows")
    fix = "if a is a quantity, leave it and t alone in the table: the only column is kept"
    assert problem.fix == fix
    del columns["b"]
    planned(DataFile(table(tmp_path / "d.csv", columns)), "t")


def test_the_only_column_is_kept_though_it_numbers_the_rows(tmp_path):
    data = table(tmp_path / "d.csv", {"a": [1, 2, 3, 4], "y": [3, 5, 7, 9]})
    result = init(data, "y", output=tmp_path / "c.yaml")
    assert [column.name for column in result.plan.features] == ["a"]
    assert result.plan.left_out == {} and load(result.path).data.features is None
    assert result.plan.warnings == (
        "a numbers the rows; it is kept because there is no other column",
    )
    assert train(result.path, output=tmp_path / "run", overrides=ONE, epochs=1).weights.exists()


@pytest.mark.parametrize("kind", ["constant", "names"])
def test_the_only_column_is_not_kept_for_other_reasons(tmp_path, kind):
    column = {"constant": [1] * 60, "names": [f"name {k}" for k in range(60)]}[kind]
    data = table(tmp_path / "d.csv", {"a": column, "t": [0, 1] * 30})
    with pytest.raises(NnctlError, match="no column is left to learn from") as caught:
        planned(DataFile(data), "t")
    assert caught.value.problems[0].fix.startswith("give a table with a column that says")


def cells_of_codes(count, kinds, first="0"):
    """Five digits each, which begin with that one in every other kind."""
    return [f"{first if code % 2 else '9'}{code:04}" for code in (k % kinds for k in range(count))]


@pytest.mark.parametrize("late", [False, True])
def test_codes_with_zeros_before_them_are_categories_and_the_reason_is_said(
    tmp_path, late, monkeypatch
):
    codes = cells_of_codes(600, 40)
    if late:  # in other blocks than the first
        monkeypatch.setattr("nnctl.reading.bytestream.BLOCK", 256)
        monkeypatch.setattr("nnctl.data.codes.NUMBERS_AT_ONCE", 100)
        codes.sort(reverse=True)
    codes[77] = ""
    columns = rows(600, plz=codes, t=[k % 11 % 2 for k in range(600)])
    result = init(table(tmp_path / "d.csv", columns), "t", output=tmp_path / "c.yaml")
    assert [column.name for column in result.plan.codes] == ["plz"]
    assert "# plz: 40 codes of as many digits; zeros before them, as in 0" in (
        result.path.read_text()
    )
    assert load(result.path).data.column_rules()["plz"].type == "category"
    inputs = build(load(result.path)).prepared.preprocessing.inputs
    assert set(inputs.categories["plz"]) <= {*codes, "(missing)"} - {""}
    assert len(inputs.categories["plz"]) > 35
    assert validate([result.path]).advice == ()


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (cells_of_codes(600, 300), None),
        ([f"{k:03}" for k in range(600)], "it numbers the rows"),
    ],
)
def test_codes_that_say_nothing_of_other_rows_are_left_out(tmp_path, cells, reason):
    data = table(tmp_path / "d.csv", rows(600, plz=cells, t=[k % 2 for k in range(600)]))
    left_out = planned(DataFile(data), "t").left_out
    assert left_out == {"plz": reason or "it holds codes of 300 kinds, such as 00001, in 600 rows"}


def test_a_target_in_digits_stays_what_it_is(tmp_path):
    data = table(tmp_path / "d.csv", rows(600, t=[f"0{1 + k % 3}" for k in range(600)]))
    plan = planned(DataFile(data), "t")
    assert (plan.task, plan.target.distinct) == ("multiclass", 3)
    result = init(data, "t", output=tmp_path / "c.yaml")
    assert build(load(result.path)).prepared.preprocessing.targets.classes.labels == (1, 2, 3)


def test_names_that_two_columns_have_are_left_out(tmp_path):
    lines = ["a,x,b,x,t", *(f"{k % 7},1,{k % 5},2,{k % 2}" for k in range(60))]
    (tmp_path / "d.csv").write_text("\n".join(lines))
    result = init(tmp_path / "d.csv", "t", output=tmp_path / "c.yaml")
    assert result.plan.left_out == {"x": "2 columns have this name"}
    build(load(result.path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mark", "suffix"), [(",", "csv"), ("\t", "tsv"), (" ", "txt"), (";", "csv")]
)
def test_a_table_with_names_of_rows_that_the_header_lacks(mark, suffix, tmp_path):
    draws = np.random.default_rng(0)
    cells = [['"x"', '"city"', '"y"']]
    for row in range(60):
        city, y = ("new york", "rome")[row % 2], ("no", "yes")[int(draws.integers(2))]
        cells.append([f'"row {row}"', f"{draws.normal():.4f}", f'"{city}"', f'"{y}"'])
    data = tmp_path / f"d.{suffix}"
    data.write_text("\n".join(mark.join(row) for row in cells) + "\n")
    result = init(data, "y", output=tmp_path / "c.yaml")
    assert [column.name for column in result.plan.features] == ["x", "city"]
    assert result.plan.warnings[0].startswith("the first line names one column less")
    told = []
    run = train(result.path, output=tmp_path / "run", overrides=ONE, epochs=1, warn=told.append)
    assert [each.message for each in told] == [result.plan.warnings[0]]
    lines = "".join(predict(run.folder, data, warn=told.append).chunks()).splitlines()
    assert len(lines) == 61 and len(told) == 2
    plain = tmp_path / f"plain.{suffix}"
    plain.write_text("\n".join(mark.join(row[-3:]) for row in cells) + "\n")
    assert "".join(predict(run.folder, plain).chunks()).splitlines() == lines

"""`evaluate` as it prints: confusions that a terminal has room for."""

import json

import pytest

from nnctl.cli.confusions import MOST_CLASSES, MOST_PAIRS


@pytest.mark.parametrize("classes", [MOST_CLASSES, MOST_CLASSES + 1])
def test_of_many_classes_the_commonest_confusions_are_printed(classes, project, invoke):
    rows = [f"{k % 7},{k % 5},c{k % classes:03}" for k in range(3 * classes)]
    (project / "table.csv").write_text("\n".join(["a,b,label", *rows]) + "\n")
    loss = "{type: sparse_categorical_crossentropy, from_logits: true}"
    changes = [f"layers=[{{type: dense, units: {classes}}}]", f"loss={loss}", "data.scale=none"]
    sets = [word for change in changes for word in ("--set", change)]
    assert invoke("train", "small.yaml", "-q", "-o", "run", *sets).exit_code == 0
    done = invoke("evaluate", "run", "table.csv")
    assert done.exit_code == 0
    counts = json.loads(invoke("evaluate", "run", "table.csv", "--json").stdout)["confusion_matrix"]
    wrong = sorted((n for k, row in enumerate(counts) for j, n in enumerate(row) if j != k))[::-1]
    _, printed, sure = done.stdout.split("\n\n")
    assert sure.startswith("probabilities are 0.")
    head, *lines = printed.splitlines()
    if classes == MOST_CLASSES:
        assert head == "rows are the true classes, columns the predicted ones"
        assert lines[0].split()[-3:] == ["prec.", "recall", "f1"]
        assert [[int(cell) for cell in line.split()[1:-3]] for line in lines[1:]] == counts
        return
    assert head == f"of {classes} classes, the {MOST_PAIRS} that are confused most often"
    found = [line.split() for line in lines[1:]]
    assert [int(rows) for *_, rows in found] == wrong[:MOST_PAIRS]
    for truth, guess, rows in found:
        assert counts[int(truth[1:])][int(guess[1:])] == int(rows)

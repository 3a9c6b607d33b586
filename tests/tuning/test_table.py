"""`trials.csv`: what is written is read again."""

from nnctl.runs.study_folder import StudyFolder
from nnctl.tuning.table import read_table, write_table
from nnctl.tuning.trial import TrialRow

VALUES = [0.1, 1e-30, 3, "tanh", "3", "true", True, {"type": "sgd"}, [1, 2], "a, b", "", None]


def test_trials_are_read_as_they_were_written(tmp_path):
    rows = [
        TrialRow(k, "complete", 0.1 * k, k, 1.25, {"epochs": value, "seed": 4})
        for k, value in enumerate(VALUES, 1)
    ]
    rows.append(
        TrialRow(20, "failed", None, 3, 0.5, {"epochs": 2, "seed": 5}, "the loss is nan, as, said")
    )
    rows.append(TrialRow(21, "pruned", 2.5, 3, 0.5, {"epochs": 1, "seed": 5}, same_as=3))
    folder = StudyFolder(tmp_path)
    write_table(folder, "loss", ("epochs", "seed"), rows)
    assert read_table(folder, ("epochs", "seed")) == rows


def test_before_the_first_trial_is_over_there_are_none(tmp_path):
    assert read_table(StudyFolder(tmp_path), ("epochs",)) == []

"""The files that a config names, wherever they stand."""

from nnctl.config.data_files import named_files, with_files

DATA = {
    "train": {"file": "d.npz", "features": "a", "target": ["b"]},
    "validation": 0.2,
    "test": {"file": None, "features": "images", "target": "labels"},
    "features": ["c"],
}


def test_files_by_their_paths():
    assert named_files(DATA) == {
        "train.file": "d.npz",
        "test.features": "images",
        "test.target": "labels",
    }
    assert named_files({"train": "a.csv", "validation": "b.csv", "test": None}) == {
        "train": "a.csv",
        "validation": "b.csv",
    }


def test_files_changed_and_nothing_else():
    changed = with_files(DATA, str.upper)
    assert changed == {
        **DATA,
        "train": {"file": "D.NPZ", "features": "a", "target": ["b"]},
        "test": {"file": None, "features": "IMAGES", "target": "LABELS"},
    }
    assert DATA["train"]["file"] == "d.npz"

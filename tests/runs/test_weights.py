"""Tests of weights files: exact round trips, stable bytes, and checks on reading."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl.errors import NnctlError
from nnctl.runs.weights import FORMAT_VERSION, load_weights, save_weights

ARRAYS = {
    "dense_1/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "dense_1/bias": np.array([1e-45, np.pi, -0.0], dtype=np.float32),
}


def raw(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_arrays_and_metadata_come_back(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    save_weights(path, ARRAYS, {"classes": ["é", 1], "scale": 0.1 + 0.2})
    read = load_weights(path)
    assert read.metadata == {
        "format_version": FORMAT_VERSION,
        "classes": ["é", 1],
        "scale": 0.1 + 0.2,
    }
    assert read.file == str(path)
    assert list(read.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert read.arrays[name].dtype == np.float32
        assert read.arrays[name].tobytes() == array.tobytes()
    with np.load(path, allow_pickle=False) as loaded:
        stated = json.loads(str(loaded["metadata"]))
        assert list(stated) == [*read.metadata, "checksum"]
        assert {**read.metadata, "checksum": stated["checksum"]} == stated


plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.slow
@given(plain_data)
def test_any_plain_metadata_comes_back(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    path = tmp_path_factory.mktemp("weights") / "weights.npz"
    save_weights(path, {}, {"value": value})
    assert load_weights(path).metadata["value"] == value


def test_the_same_contents_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_weights(tmp_path / "a.npz", ARRAYS, {"seed": 1})
    monkeypatch.setattr("time.time", lambda: 2e9)
    save_weights(tmp_path / "b.npz", ARRAYS, {"seed": 1})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_run_folder_stands_for_its_weights(tmp_path: Path) -> None:
    with pytest.raises(NnctlError, match=r"holds no weights\.npz"):
        load_weights(tmp_path)
    save_weights(tmp_path / "weights.npz", ARRAYS, {})
    assert load_weights(tmp_path).file == str(tmp_path / "weights.npz")


def test_a_run_that_has_not_ended_is_to_be_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.npz").touch()
    with pytest.raises(NnctlError) as caught:
        load_weights(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}\n  the run in this folder has not ended, so it holds no weights.npz yet\n"
        f"  fix: go on with it: nnctl resume {tmp_path}"
    )


def test_a_run_that_has_diverged_is_not_to_be_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.npz").touch()
    (tmp_path / "results.json").write_text('{"status": "diverged"}')
    with pytest.raises(NnctlError, match=r"has diverged, so it holds no weights\.npz\n") as caught:
        load_weights(tmp_path)
    assert "resume" not in str(caught.value)


def test_plain_arrays_only_where_they_are_allowed(tmp_path: Path) -> None:
    path = raw(tmp_path / "a.npz", **ARRAYS)
    read = load_weights(path, plain=True)
    assert read.metadata == {} and list(read.arrays) == list(ARRAYS)
    with pytest.raises(NnctlError, match='it has no "metadata"'):
        load_weights(path)


@pytest.mark.parametrize(
    "metadata",
    [
        np.array("{"),
        np.array("[]"),
        np.array("{}"),
        np.array('{"format_version": "1"}'),
        np.array('{"format_version": true}'),
        np.array('{"format_version": 1.0}'),
        np.array('{"format_version": 0}'),
        np.array('{"format_version": -1}'),
        np.array('{"format_version": 1, "format_version": 1}'),
        np.array('{"format_version": 1, "a": {"b": 1, "b": 1}}'),
        np.array('{"format_version": 1, "a": NaN}'),
        np.array('{"format_version": 1, "a": {"\\ud800": 1}}'),
        np.array('{"format_version": 1, "a": [-Infinity]}'),
        np.array('{"format_version": 1, "a": ' + "9" * 5000 + "}"),
        np.array("[" * 100_000),
        np.array(["{}"]),
        np.array(1.0),
    ],
)
def test_garbled_metadata(tmp_path: Path, metadata: Any) -> None:
    path = raw(tmp_path / "a.npz", metadata=metadata)
    for plain in (False, True):
        with pytest.raises(NnctlError) as caught:
            load_weights(path, plain=plain)
        assert str(caught.value) == f'{path}\n  its "metadata" is not what nnctl writes'


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    text = json.dumps({"format_version": FORMAT_VERSION + 1, "nnctl": "9.0"})
    path = raw(tmp_path / "a.npz", metadata=np.array(text))
    with pytest.raises(NnctlError) as caught:
        load_weights(path)
    assert str(caught.value) == (
        f"{path}\n  its format_version is {FORMAT_VERSION + 1} (9.0); "
        f"this nnctl reads {FORMAT_VERSION}\n  fix: update nnctl: pip install --upgrade nnctl"
    )


def test_numbers_that_json_does_not_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        save_weights(tmp_path / "a.npz", {}, {"loss": float("nan")})
    with pytest.raises(ValueError, match="metadata"):
        save_weights(tmp_path / "a.npz", {"metadata": np.zeros(1)}, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", [{"scale": 0.25}, {"classes": []}, {"more": 1}, {"checksum": 1}])
def test_metadata_other_than_their_checksum_says_are_refused(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    save_weights(tmp_path / "a.npz", ARRAYS, {"classes": ["a"], "scale": 0.5})
    with np.load(tmp_path / "a.npz", allow_pickle=False) as loaded:
        stated = {**json.loads(str(loaded["metadata"])), **change}
    path = raw(tmp_path / "b.npz", metadata=np.array(json.dumps(stated)))
    with pytest.raises(NnctlError, match="has changed since it was written: its checksum differs"):
        load_weights(path)


def test_the_first_files_had_no_checksum(tmp_path: Path) -> None:
    path = raw(tmp_path / "a.npz", metadata=np.array('{"format_version": 1, "a": 2}'))
    assert load_weights(path).metadata == {"format_version": 1, "a": 2}

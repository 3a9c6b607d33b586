"""Images as arrays, with their classes or with what a table says of them."""

import errno
import time
from io import FileIO
from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.reading.digests import digest_of
from nnctl.reading.files import DataFile
from nnctl.reading.images import decoded, decoding
from nnctl.reading.images.format import ImageFormat
from nnctl.reading.images.listing import list_images
from nnctl.reading.source import open_source
from nnctl.system.atomic import DiskFullError
from nnctl.system.waiting import waiting_told_to
from tests.images import pixels, write_folder, write_image

FORMAT = ImageFormat((3, 2))


def tables_of(file, targets=True, verbatim=()):
    with open_source(file, targets=targets) as source:
        wanted = [*source.feature_names, *source.target_names]
        return source, list(source.tables(wanted, verbatim))


def test_images_come_in_order_with_their_classes_and_names(tmp_path):
    root = write_folder(tmp_path / "photos", {"dark": 3, "light": 2})
    source, (table,) = tables_of(DataFile(root, image=FORMAT), verbatim=["file"])
    assert (source.shape, source.stored.dtype) == ((3, 2, 3), np.uint8)
    names = ["dark/0.jpg", "dark/1.png", "dark/2.jpg", "light/0.jpg", "light/1.png"]
    assert table.verbatim == {"file": names}
    column = table.text["y"]
    assert [column.labels[code] for code in column.codes] == ["dark"] * 3 + ["light"] * 2
    means = table.columns(source.feature_names).mean(1)
    assert means[:3].max() < 60 < 180 < means[3:].min()


def test_names_stay_with_their_images_block_by_block(tmp_path, monkeypatch):
    monkeypatch.setattr("nnctl.reading.arrays.NUMBERS_AT_ONCE", 40)
    root = write_folder(tmp_path / "photos", {"dark": 3, "light": 4})
    file = DataFile(root, image=FORMAT)
    source, tables = tables_of(file, verbatim=["file"])
    assert [len(table) for table in tables] == [2, 2, 2, 1]
    assert tuple(name for table in tables for name in table.verbatim["file"]) == source.found.files


def test_a_folder_without_targets_may_have_no_classes_and_one_image_is_a_folder(tmp_path):
    image = write_image(tmp_path / "new/1.png", pixels(3, 2))
    for path in (tmp_path / "new", image):
        file = DataFile(path, image=FORMAT)
        source, (table,) = tables_of(file, targets=False, verbatim=["file"])
        assert table.verbatim == {"file": ["1.png"]}
        found = table.columns(source.feature_names).reshape(3, 2, 3)
        np.testing.assert_array_equal(found, pixels(3, 2))


def test_all_that_cannot_be_read_is_told_at_once_or_left_out(tmp_path):
    root = write_folder(tmp_path / "photos", {"a": 2, "b": 2})
    (root / "a/text.jpg").write_text("hello")
    (root / "b/nothing.png").write_text("")
    (root / "empty").mkdir()
    with pytest.raises(NnctlError) as caught:
        tables_of(DataFile(root, image=FORMAT))
    told = {problem.file for problem in caught.value.problems}
    assert told == {str(root / name) for name in ("a/text.jpg", "b/nothing.png", "empty")}
    assert "data.image.unreadable: skip" in (caught.value.problems[-1].fix or "")
    source, (table,) = tables_of(DataFile(root, image=FORMAT._replace(unreadable="skip")))
    assert len(table) == 4
    (note,) = source.notes
    assert note.message == "3 images cannot be read; left out"
    assert len(note.details) == 3


def test_a_folder_has_no_column_to_learn(tmp_path):
    root = write_folder(tmp_path / "photos", {"a": 1, "b": 1})
    with pytest.raises(NnctlError, match="the names of their folders, and no column") as caught:
        tables_of(DataFile(root, None, ("age",), image=FORMAT))
    assert caught.value.problems[0].setting.key == "data.target"
    with pytest.raises(NnctlError, match="the pixels are learnt from") as caught:
        tables_of(DataFile(root, ("age",), image=FORMAT))
    assert caught.value.problems[0].setting.key == "data.features"


def test_images_are_decoded_once_for_as_long_as_they_stay(tmp_path, monkeypatch):
    root = write_folder(tmp_path / "photos", {"a": 2, "b": 2})
    (root / "a/gone.png").symlink_to(root / "nowhere.png")
    skipping, calls = FORMAT._replace(unreadable="skip"), []
    decode = decoded.decode
    monkeypatch.setattr(decoded, "decode", lambda *given: calls.append(given) or decode(*given))
    told = []
    with waiting_told_to(lambda *each: told.append(each)):
        for _ in range(2):
            tables_of(DataFile(root, image=skipping))
    assert told == [("images decoded", done, 4) for done in (1, 2, 3, 4)]
    first = digest_of(root)
    monkeypatch.chdir(tmp_path)
    assert digest_of("photos") == first
    tables_of(DataFile(Path("photos"), image=skipping))
    assert len(calls) == 4
    write_image(root / "a/0.jpg", pixels(30, 30))
    tables_of(DataFile(root, image=skipping))
    assert len(calls) == 8
    assert digest_of(root) != first


def test_threads_change_neither_order_nor_bytes(tmp_path, monkeypatch):
    listing = list_images(write_folder(tmp_path / "photos", {"a": 9, "b": 8}), classes=True)
    threads, found = iter((1, 4)), []
    monkeypatch.setattr(decoded.machine, "available_threads", lambda: next(threads))
    monkeypatch.setattr(decoded, "decode", lambda *given: unevenly(decode, *given))
    decode = decoding.decode
    for _ in range(2):
        each = decoded.decode_all(listing, FORMAT)
        found.append((each.files, each.digest, each.pixels[:].tobytes()))
    assert found[0] == found[1]


def unevenly(decode, path, wanted):
    """An image, decoded sooner or later than those before it."""
    time.sleep(0.001 * (len(path.name) + path.stat().st_size) % 0.004)
    return decode(path, wanted)


def test_a_digest_is_of_pixels_and_classes_and_not_of_files(tmp_path):
    image = pixels(5, 5)
    for name in ("one/a/1.png", "two/a/other.png", "three/b/1.png"):
        write_image(tmp_path / name, image)
    assert (
        digest_of(tmp_path / "one") == digest_of(tmp_path / "two") != digest_of(tmp_path / "three")
    )


def test_pillow_is_asked_for_where_it_is_missing(tmp_path, monkeypatch):
    root = write_folder(tmp_path / "photos", {"a": 1, "b": 1})

    def missing(*_):
        raise ModuleNotFoundError

    monkeypatch.setattr("nnctl.system.extras.importlib.import_module", missing)
    with pytest.raises(NnctlError, match=r"(?s)needs the package Pillow.*nnctl\[images\]"):
        decoding.pillow()
    with pytest.raises(NnctlError, match="Pillow"):
        digest_of(root)


def test_a_disk_that_images_fill_is_told_without_advice_about_memory(tmp_path, monkeypatch):
    root = write_folder(tmp_path / "photos", {"a": 2, "b": 2})

    class Full(FileIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nnctl.reading.storage.FileIO", Full)
    with pytest.raises(DiskFullError, match="no room for the images") as caught:
        tables_of(DataFile(root, image=FORMAT))
    assert "memory" not in str(caught.value) and "TMPDIR" in str(caught.value)

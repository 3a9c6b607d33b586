"""All images of a folder, decoded once: their pixels on the disk, what they were, and a hash."""

import hashlib
import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from nnctl.errors import NnctlError, Problem
from nnctl.reading.images.decoding import Decoded, decode, pillow
from nnctl.reading.images.format import ImageFormat, UnreadableImage
from nnctl.reading.images.listing import Listing, list_images
from nnctl.reading.storage import Scratch, StoredArray
from nnctl.system import machine
from nnctl.system.atomic import DiskFullError
from nnctl.system.waiting import tell_waiting

AHEAD = 4  # images a thread that may be decoded before they are written
KEPT = 4  # folders, of which a command reads up to three, once to train and once to hash
SHOWN = 1000  # problems
SKIPPING = "mend or remove such files; data.image.unreadable: skip in the config leaves them out"

Signature = tuple[tuple[str, int, int], ...]


class ImageSet(NamedTuple):
    """The images of a folder that could be decoded.

    `pixels` (images, height, width, channels) are bytes on the disk; `sizes` are (height, width) of
    the files, `modes` count what their pixels were. `unreadable` tells what was left out.
    """

    root: Path
    files: tuple[str, ...]
    labels: tuple[str, ...] | None
    pixels: StoredArray
    sizes: tuple[tuple[int, int], ...]
    modes: Counter[str]
    digest: str
    unreadable: tuple[Problem, ...]
    others: int = 0
    loose: int = 0

    def require_all(self) -> None:
        """Raises `NnctlError` that tells of everything that could not be decoded."""
        if not self.unreadable:
            return
        more = len(self.unreadable) - SHOWN
        shown = list(self.unreadable[:SHOWN])
        if more > 0:
            shown.append(Problem(f"and {more:,} more", None, str(self.root)))
        if self.files and shown[-1].fix is None:
            shown[-1] = shown[-1]._replace(fix=SKIPPING)
        raise NnctlError(shown)


class Kept:
    """The sets that were decoded last, by their listing and format, for as long as files stay."""

    def __init__(self) -> None:
        self._sets: dict[tuple[Listing, ImageFormat], tuple[Signature, ImageSet]] = {}
        self._turn = Lock()

    def get(self, listing: Listing, wanted: ImageFormat) -> ImageSet:
        """The set of a listing; what is there already is not decoded again."""
        key = (from_anywhere(listing), wanted._replace(unreadable="error"))
        signature = signature_of(listing)
        with self._turn:
            before, found = self._sets.pop(key, (None, None))
            if found is None or before != signature:
                found = decode_all(listing, wanted)
            self._sets[key] = signature, found
            while len(self._sets) > KEPT:
                self._sets.pop(next(iter(self._sets)))
        return found

    def digest(self, listing: Listing, wanted: ImageFormat | None) -> str:
        """The digest of a listing, in whatever format it is decoded.

        It is decoded in the `wanted` one, if there is one, in which it is then kept.
        """
        own, signature = from_anywhere(listing), signature_of(listing)
        with self._turn:
            known = [(key, *held) for key, held in self._sets.items()]
        for (other, _), before, found in known:
            if other == own and before == signature:
                return found.digest
        if wanted is not None:
            return self.get(listing, wanted).digest
        return decode_all(listing, ImageFormat((1, 1))).digest


KEEPER = Kept()


def digest_of_folder(root: Path, wanted: ImageFormat | None = None) -> str:
    """The SHA-256 of the pixels and classes of a folder's images, whatever their files are.

    They are kept where they are `wanted` in a format, to be read afterwards. Raises `NnctlError`
    for a folder of none.
    """
    pillow()
    try:
        listing = list_images(root, classes=True)
    except NnctlError:
        listing = list_images(root, classes=False)
    return KEEPER.digest(listing, wanted)


def from_anywhere(listing: Listing) -> Listing:
    """The same listing by absolute paths, which a command may have been given or not."""
    problems = tuple(
        each._replace(file=os.path.abspath(each.file or "")) for each in listing.problems
    )
    return listing._replace(root=Path(os.path.abspath(listing.root)), problems=problems)


def signature_of(listing: Listing) -> Signature:
    """What tells whether files are still the same: their sizes, and when they were written."""
    found = []
    for file in listing.files:
        try:
            facts = os.stat(listing.root / file)
        except OSError:
            found.append((file, -1, -1))
            continue
        found.append((file, facts.st_size, facts.st_mtime_ns))
    return tuple(found)


@contextmanager
def wanting_room_for_images() -> Iterator[None]:
    """Has a full disk tell what is to be put there, and how it fits: memory has no part in it."""
    try:
        yield
    except DiskFullError as error:
        (problem,) = error.problems
        message = (
            "there is no room for the images, which are kept on the disk once they are decoded"
        )
        fix = "free some space, or let TMPDIR name a folder on another disk"
        raise DiskFullError(problem._replace(message=message, fix=fix)) from None


@wanting_room_for_images()
def decode_all(listing: Listing, wanted: ImageFormat) -> ImageSet:
    """Decodes the images of a listing, several at a time, into a file of bytes.

    Raises `NnctlError` where Pillow is missing or the disk is full.
    """
    pillow()
    scratch = Scratch()
    digest = hashlib.sha256()
    kept: list[int] = []
    sizes: list[tuple[int, int]] = []
    modes: Counter[str] = Counter()
    unreadable = list(listing.problems)
    paths = [listing.root / file for file in listing.files]
    for place, found in enumerate(in_order(paths, wanted)):
        tell_waiting("images decoded", place + 1, len(paths))
        if isinstance(found, UnreadableImage):
            unreadable.append(Problem(str(found), None, str(paths[place])))
            continue
        label, _, _ = listing.files[place].rpartition("/")
        digest.update(found.digest + os.fsencode(label.partition("/")[0]) + b"\0")
        scratch.append(found.pixels)
        kept.append(place)
        sizes.append(found.size)
        modes[found.mode] += 1
    pixels = StoredArray(scratch, 0, (len(kept), *wanted.shape), np.dtype(np.uint8))
    labels = listing.labels
    return ImageSet(
        listing.root,
        tuple(listing.files[place] for place in kept),
        None if labels is None else tuple(labels[place] for place in kept),
        pixels,
        tuple(sizes),
        modes,
        digest.hexdigest(),
        tuple(unreadable),
        listing.others,
        listing.loose,
    )


def in_order(paths: Iterable[Path], wanted: ImageFormat) -> Iterator[Decoded | UnreadableImage]:
    """The images in their order, or why one cannot be read; a few are decoded ahead."""
    threads = machine.available_threads()
    waiting: deque[Future[Decoded | UnreadableImage]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for path in paths:
                waiting.append(pool.submit(try_to_decode, path, wanted))
                if len(waiting) > AHEAD * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def try_to_decode(path: Path, wanted: ImageFormat) -> Decoded | UnreadableImage:
    """An image, or why it cannot be read."""
    try:
        return decode(path, wanted)
    except UnreadableImage as error:
        return error

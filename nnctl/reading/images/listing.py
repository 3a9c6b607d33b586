"""Which images a folder holds, and of which class each is."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.files import IN_A_FOLDER
from nnctl.system.unicode import normal_form

IMAGES = (".png", ".jpg", ".jpeg")
OTHER_IMAGES = (".bmp", ".gif", ".heic", ".tif", ".tiff", ".webp")
FOLDER = Setting("data.train")  # where a config says so; or that of another part
PARTS = {"train": ("train",), "validation": ("validation", "val", "valid"), "test": ("test",)}


class Listing(NamedTuple):
    """The images of a folder, in the order of their names, whatever order the system has.

    `files` are their names below the folder, by "/", and `labels` their classes, where each stands
    in the folder of one; `problems` tell what in the folder is none, and cannot be taken.
    `others` counts images of kinds that are not read, and `loose` those in no folder of a class.
    """

    root: Path
    files: tuple[str, ...]
    labels: tuple[str, ...] | None
    problems: tuple[Problem, ...] = ()
    others: int = 0
    loose: int = 0


def is_image(path: Path) -> bool:
    """Whether a file is named as an image is."""
    return path.suffix.lower() in IMAGES


def is_image_folder(path: Path) -> bool:
    """Whether a folder may hold images: it holds no parts of a table."""
    return os.path.isdir(path) and not any(path.glob(IN_A_FOLDER))


def shows_images(path: Path) -> bool:
    """Whether a folder has images in folders of it, or of these."""
    levels = ("*/*", "*/*/*") if os.path.isdir(path) else ()
    return any(is_image(file) for level in levels for file in path.glob(level))


def images_in_words(path: Path) -> str | None:
    """What a path is, where that is an image, or a folder of some; None for all else."""
    if is_image(path):
        return "an image"
    if is_image_folder(path) and (any(map(is_image, path.glob("*"))) or shows_images(path)):
        return "a folder of images"
    return None


def parts_of(folder: Path) -> dict[str, Path]:
    """The folders of the training, validation and test images, where a folder is divided so."""
    found = {}
    for part, names in PARTS.items():
        own = next((folder / name for name in names if os.path.isdir(folder / name)), None)
        if own is not None:
            found[part] = own
    return found if "train" in found and len(found) > 1 else {}


def list_images(root: Path, classes: bool) -> Listing:
    """The images below a folder, of which each has a class if `classes` says so; or one image.

    A class is a folder, with all below it; names that begin with a dot, and files that are no
    images by their names, are passed over. Raises `NnctlError` for a folder of none, and for one
    without classes where there must be some.
    """
    if os.path.isfile(root):
        return Listing(root.parent, (root.name,), None)
    if not os.path.isdir(root):
        kind = "file" if is_image(root) else "folder"
        raise NnctlError(Problem(f"there is no such {kind}", None, str(root), setting=FOLDER))
    walk = Walk(root)
    found = sorted(walk.files())
    if not classes:
        if not found:
            message = "there is no PNG or JPEG in this folder"
            raise NnctlError(Problem(message, None, str(root), setting=FOLDER))
        return walk.listing(found, None)
    inside = [parts for parts in found if len(parts) > 1]
    kinds = {parts[0] for parts in inside}
    if not kinds:
        message = "this is a folder without folders of images, of which each class is one"
        fix = "name a file; or put the images of a class into a folder that is named after it"
        raise NnctlError([Problem(message, fix, str(root), setting=FOLDER), *walk.problems])
    for name in sorted(filter(is_no_text, kinds)):
        message = "the name of this class is no UTF-8"
        walk.problems.append(Problem(message, "rename the folder", str(root / name)))
    for name in sorted(walk.folders - kinds):
        message = "there is no PNG or JPEG in the folder of this class"
        walk.problems.append(Problem(message, "remove the folder", str(root / name)))
    loose = len(found) - len(inside)
    inside = [parts for parts in inside if not is_no_text(parts[0])]
    labels = [normal_form(parts[0]) for parts in inside]
    return walk.listing(inside, labels)._replace(loose=loose)


def is_no_text(name: str) -> bool:
    """Whether a name of a file cannot be written down."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return True
    return False


class Walk:
    """A way through a folder: what is met besides images."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.others: Counter[str] = Counter()
        self.folders: set[str] = set()

    def files(self) -> Iterator[tuple[str, ...]]:
        """The images below the root, as the parts of their names; in the order of the system."""
        left: list[tuple[str, ...]] = [()]
        while left:  # not by recursion: folders may lie a thousand deep
            above = left.pop()
            for entry in self._entries(self.root.joinpath(*above)):
                if entry.is_dir(follow_symlinks=False):
                    left.append((*above, entry.name))
                elif is_image(Path(entry.name)):
                    yield (*above, entry.name)
                elif (suffix := Path(entry.name).suffix.lower()) in OTHER_IMAGES:
                    self.others[suffix] += 1
            if len(above) == 1:
                self.folders.update(above)

    def _entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        """What is in a folder, but for what is hidden and for links that lead elsewhere."""
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            message = f"it cannot be read ({error.strerror or error})"
            self.problems.append(Problem(message, None, str(folder)))
            return
        for entry in entries:
            if entry.name.startswith("."):
                continue
            problem = self._of_link(Path(entry.path)) if entry.is_symlink() else None
            if problem is None:
                yield entry
            else:
                self.problems.append(problem)

    def _of_link(self, link: Path) -> Problem | None:
        """What is wrong with a link, if anything: it may lead to a file in the folder alone."""
        fix = "put the images themselves there, or remove the link"
        try:
            end = link.resolve(strict=True)
        except (OSError, RuntimeError):
            return Problem("this is a link to nothing, or to itself", fix, str(link))
        if end.is_dir():
            return Problem("this is a link to a folder, which is not followed", fix, str(link))
        if is_image(link) and not end.is_relative_to(self.root.resolve()):
            return Problem("this is a link that leads out of the folder", fix, str(link))
        return None

    def listing(self, found: list[tuple[str, ...]], labels: list[str] | None) -> Listing:
        """What was found."""
        files = tuple("/".join(parts) for parts in found)
        kinds = None if labels is None else tuple(labels)
        problems = tuple(sorted(self.problems, key=lambda problem: problem.file or ""))
        return Listing(self.root, files, kinds, problems, self.others.total())

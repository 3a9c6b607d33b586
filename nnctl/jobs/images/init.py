"""`nnctl init` of a folder of images: a first config, made from their sizes and colours."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnctl.data.classes import listed
from nnctl.errors import NnctlError, Problem
from nnctl.errors.visible import shell_line
from nnctl.jobs.finding import find_data
from nnctl.jobs.init import (
    comment,
    config_path,
    existing_file,
    indented,
    plain,
    reasoned,
    schema_address,
)
from nnctl.reading.images.decoded import KEEPER, ImageSet
from nnctl.reading.images.decoding import GREY
from nnctl.reading.images.format import ImageFormat
from nnctl.reading.images.listing import list_images, parts_of
from nnctl.system.atomic import atomic_file

MOST_SIDE = 64  # pixels: more take longer than a first look is worth
SMALLEST_MAP = 8  # places along a side, of which pooling leaves half
FILTERS = (16, 32, 64)
FEWEST = 2  # images of a class
LOOKED_AT = ImageFormat((1, 1))


@dataclass(frozen=True)
class ImagePlan:
    """What a folder of images holds, by the part of the data that its images are for."""

    parts: dict[str, ImageSet]
    folders: dict[str, Path]

    @property
    def train(self) -> ImageSet:
        """The images to learn from."""
        return self.parts["train"]

    @property
    def classes(self) -> list[str]:
        """Their classes, in order."""
        return sorted(set(self.train.labels or ()))

    @property
    def are_grey(self) -> bool:
        """Whether none of them has a colour."""
        return all(mode in GREY or mode.startswith("I") for mode in self.train.modes)

    @property
    def size(self) -> tuple[int, int]:
        """The size (height, width) to learn from: their own, if all are alike and small."""
        sizes = set(self.train.sizes)
        if len(sizes) == 1 and max(max(size) for size in sizes) <= MOST_SIDE:
            return sizes.pop()
        short = sorted(min(size) for size in self.train.sizes)
        side = min(MOST_SIDE, max(SMALLEST_MAP, short[len(short) // 2]))
        return side, side

    @property
    def unreadable(self) -> list[Problem]:
        """What cannot be read."""
        return [problem for found in self.parts.values() for problem in found.unreadable]


@dataclass(frozen=True)
class ImageInitResult:
    """The config that was written, and what it says."""

    path: Path
    plan: ImagePlan

    def as_json(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "config": str(self.path),
            "task": "binary" if len(self.plan.classes) == 2 else "multiclass",
            "images": {part: len(found.files) for part, found in self.plan.parts.items()},
            "classes": self.plan.classes,
            "warnings": [str(problem) for problem in self.plan.unreadable],
        }


def init_images(
    data: Path, *, output: Path | None = None, overwrite: bool = False
) -> ImageInitResult:
    """Writes a config for a folder of images: `NAME.yaml` in the current folder, or `output`.

    Raises `NnctlError` for a folder without images of two classes, and for a config that is there
    already, unless `overwrite`.
    """
    data = find_data(data)
    path = config_path(data.resolve(), output)
    if refused := existing_file(path, overwrite):
        raise refused
    plan = plan_of(data)
    with atomic_file(path, "w") as file:
        file.writelines(f"{line}\n" for line in config_lines(plan, data, path))
    return ImageInitResult(path, plan)


def plan_of(data: Path) -> ImagePlan:
    """What a folder holds. Raises `NnctlError` where there is nothing to learn."""
    folders = parts_of(data) or {"train": data}
    parts = {
        part: KEEPER.get(list_images(folder, classes=True), LOOKED_AT)
        for part, folder in folders.items()
    }
    plan = ImagePlan(parts, folders)
    if not plan.train.files:
        plan.train.require_all()
    labels = plan.train.labels or ()
    if len(plan.classes) == 1:
        message = f"all images are of one class, {plan.classes[0]}; there is nothing to learn"
        raise NnctlError(Problem(message, "add a folder of images of another", str(data)))
    if few := [label for label in plan.classes if labels.count(label) < FEWEST]:
        message = f"of the class {few[0]} there is one image; at least {FEWEST} are needed"
        raise NnctlError(Problem(message, "add some, or remove its folder", str(data)))
    return plan


def config_lines(plan: ImagePlan, data: Path, path: Path) -> Iterator[str]:
    """The config, with comments on what was found."""
    count, kinds = len(plan.train.files), listed(plan.classes)
    name = data.resolve().name
    yield comment(f"Learns which of {len(plan.classes)} classes ({kinds}) an image is of, from")
    yield comment(f"{count:,} images of {name}.")
    yield comment(f"Train it:  {shell_line(['nnctl', 'train', path.name])}")
    yield f"# yaml-language-server: $schema={schema_address()}"
    yield "data:"
    for part, folder in plan.folders.items():
        yield from indented(plain(part, os.path.relpath(folder, path.parent)))
    if "validation" not in plan.parts:
        yield reasoned("  validation: 0.2", "a fifth of the images, to see what was learnt")
    yield reasoned("  scale: {type: rescale, by: 255}", "bytes 0 to 255 become 0 to 1")
    yield from image_lines(plan)
    yield from layer_lines(plan)
    yield "optimizer: {type: adam, learning_rate: 0.001}"
    yield "metrics: [accuracy]"
    yield f"batch_size: {8 if count < 400 else 32}"
    yield reasoned("epochs: 200", "at most: it stops where validation gets no better")
    yield "early_stopping: {monitor: val_loss, patience: 30}"


def image_lines(plan: ImagePlan) -> Iterator[str]:
    """The section `image`."""
    height, width = plan.size
    yield "  image:"
    yield reasoned(f"    image_size: [{height}, {width}]", f"of images {size_words(plan.train)}")
    colour = "none has a colour" if plan.are_grey else "some have colours"
    yield reasoned(f"    color_mode: {'grayscale' if plan.are_grey else 'rgb'}", colour)
    if unreadable := len(plan.unreadable):
        told = "1 cannot be read" if unreadable == 1 else f"{unreadable:,} cannot be read"
        yield reasoned("    unreadable: skip", f"{told}; the others are taken")


def size_words(found: ImageSet) -> str:
    """Of which sizes the images are, in words."""
    heights, widths = zip(*found.sizes, strict=True)
    spans = [
        f"{min(sides)}" if min(sides) == max(sides) else f"{min(sides)} to {max(sides)}"
        for sides in (heights, widths)
    ]
    return f"{spans[0]} high and {spans[1]} wide"


def layer_lines(plan: ImagePlan) -> Iterator[str]:
    """Augmentation, convolutions that halve the image, and the loss."""
    yield "layers:"
    yield "  # Each epoch sees each image otherwise. Take out what would make another class of one:"
    yield "  # a letter mirrored is none, and a 6 turned by half is a 9."
    yield "  - {type: random_flip, mode: horizontal}"
    yield "  - {type: random_rotation, factor: 0.05}"
    yield "  - {type: random_translation, height_factor: 0.1, width_factor: 0.1}"
    yield "  - {type: random_contrast, factor: [0.2, 0.2], value_range: [0, 1]}"
    side = min(plan.size)
    for filters in FILTERS:
        if side < SMALLEST_MAP and filters != FILTERS[0]:
            break
        yield f"  - {{type: conv2d, filters: {filters}, kernel_size: 3, activation: relu}}"
        yield "  - {type: max_pooling2d}"
        side = (side - 2) // 2
    yield "  - {type: flatten}"
    yield reasoned("  - {type: dropout, rate: 0.3}", "against learning the images by heart")
    binary = len(plan.classes) == 2
    units = 1 if binary else len(plan.classes)
    yield f"  - {{type: dense, units: {units}, activation: linear}}"
    loss = "binary_crossentropy" if binary else "sparse_categorical_crossentropy"
    yield f"loss: {{type: {loss}, from_logits: true}}"

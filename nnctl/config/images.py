"""What a config says of images: `data.image`, and what a folder of them says by itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import Strict, model_validator

from nnctl.config.constraints import Limits
from nnctl.config.problems import detail, errors
from nnctl.config.types import Section
from nnctl.reading.images.format import ColorMode, ImageFormat, Resizing, Unreadable
from nnctl.reading.images.listing import is_image_folder, parts_of

Side = Annotated[int, Limits(1, 4096)]


class ImageConfig(Section):
    """What becomes of images before they are examples."""

    noun: ClassVar[str] = "images"
    image_size: tuple[Side, Side] = (64, 64)
    color_mode: ColorMode = "rgb"
    crop_to_aspect_ratio: Annotated[bool, Strict()] = False
    pad_to_aspect_ratio: Annotated[bool, Strict()] = False
    interpolation: Resizing = "bilinear"
    unreadable: Unreadable = "error"

    @model_validator(mode="after")
    def _keeps_its_shape_in_one_way(self) -> Self:
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            message = "an image cannot be both cropped and padded to the shape of image_size"
            raise errors(detail(message, "remove one of the two", ("pad_to_aspect_ratio",)))
        return self

    @property
    def format(self) -> ImageFormat:
        """The same, as readers of images take it."""
        return ImageFormat(
            self.image_size,
            self.color_mode,
            self.crop_to_aspect_ratio,
            self.pad_to_aspect_ratio,
            self.interpolation,
            self.unreadable,
        )


def with_image_keys(values: Mapping[Any, Any], folder: Path) -> dict[Any, Any]:
    """The values with `data.image`, where the data are images, and the parts of a divided folder.

    A folder of `train`, `validation` and `test` stands for the three of them where they are not
    named. `folder` is the one that names of files begin at.
    """
    data = values.get("data")
    if not isinstance(data, Mapping):
        return dict(values)
    found = dict(data)
    train = found.get("train")
    if isinstance(train, str) and "\0" not in train and is_image_folder(folder / train):
        for part, own in parts_of(folder / train).items():
            if part == "train" or found.get(part) is None:
                found[part] = str(Path(train) / own.name)
    elif not (isinstance(train, Mapping) and train.get("images") is not None):
        return dict(values)
    if found.get("image") is None:
        found["image"] = {}
    return {**values, "data": found}

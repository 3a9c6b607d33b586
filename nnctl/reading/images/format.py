"""What becomes of an image before it is an example."""

from typing import Literal, NamedTuple

MOST_PIXELS = 100_000_000  # as many as large cameras have; three bytes each

ColorMode = Literal["grayscale", "rgb"]
Resizing = Literal["bilinear", "nearest", "area"]
Unreadable = Literal["error", "skip"]


class ImageFormat(NamedTuple):
    """The size (height, width) and the channels of all images, and how they come to them.

    By default an image is stretched to the size; or what does not fit its shape is cropped, or
    padded with black. Images that cannot be read are an error, or left out.
    """

    size: tuple[int, int] = (64, 64)
    color_mode: ColorMode = "rgb"
    crop: bool = False
    pad: bool = False
    interpolation: Resizing = "bilinear"
    unreadable: Unreadable = "error"

    @property
    def shape(self) -> tuple[int, int, int]:
        """That of one example: height, width, channels."""
        return (*self.size, 1 if self.color_mode == "grayscale" else 3)


class UnreadableImage(Exception):
    """Why an image cannot be read, in words."""


def check_pixels(count: int, what: str = "") -> None:
    """Raises `UnreadableImage` where an image, or `what` is made of it, has too many pixels."""
    if count > MOST_PIXELS:
        raise UnreadableImage(f"it has {count:,} pixels{what}; at most {MOST_PIXELS:,} are taken")

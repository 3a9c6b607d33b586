"""What layers over places have in common: steps, or height and width, with the channels last."""

import math
from typing import Any, ClassVar

from nnctl.errors import ArgumentError
from nnctl.graph import Shape
from nnctl.network.annotations import PositiveInt
from nnctl.network.layers.base import Layer
from nnctl.network.layers.windows import Padding, Windows

One = PositiveInt | tuple[PositiveInt]
Two = PositiveInt | tuple[PositiveInt, PositiveInt]
MOST_CELLS = 1 << 31
STEPS, HEIGHT_WIDTH = ("steps",), ("height", "width")


class Spatial(Layer):
    """Base of layers that act on examples `(*axes, channels)`."""

    axes: ClassVar[tuple[str, ...]]
    window: ClassVar[str] = "kernel_size"  # the argument that says how large a window is

    def along_axes(self, given: Any) -> tuple[int, ...]:
        """One number for each axis: those given, or the one given for all."""
        return tuple(given) if isinstance(given, tuple) else (given,) * len(self.axes)

    def require_axes(self, shape: Shape) -> None:
        """Raises `ArgumentError` unless the input has these axes and channels."""
        if len(shape) == len(self.axes) + 1:
            return
        rank, names = len(self.axes) + 1, ", ".join([*self.axes, "channels"])
        # Axes that are there already want no more than their channel.
        channels = [*shape, 1] if len(shape) == len(self.axes) else None
        example = channels or likely_shape(math.prod(shape), len(self.axes))
        raise ArgumentError(
            f"{self.type_name} needs an input of rank {rank} ({names}), not {shape}",
            f"set input_shape: {example or f'[{names}]'}, or reshape to that before this layer",
        )

    def windows(
        self, shape: Shape, kernel: Any, strides: Any, padding: Padding, dilation: Any = 1
    ) -> list[Windows]:
        """The windows along each axis of an input of that shape.

        Raises `ArgumentError` where the input has other axes or is too small for a window.
        """
        self.require_axes(shape)
        numbers = zip(
            shape[:-1],
            self.along_axes(kernel),
            self.along_axes(strides),
            self.along_axes(dilation),
            strict=True,
        )
        found = [Windows(*sizes, padding=padding) for sizes in numbers]
        for place, (axis, windows) in enumerate(zip(self.axes, found, strict=True)):
            argument = self.window if windows.dilation == 1 else self._at_fault(windows)
            given = getattr(self, argument)
            path = f"{argument}.{place}" if isinstance(given, tuple) else argument
            # Before their table is made, which would not fit into memory.
            if max(windows.reach, windows.stride) > MOST_CELLS:
                raise ArgumentError(
                    f"windows of {windows.reach} cells, {windows.stride} apart, are too large",
                    path="strides" if windows.reach <= MOST_CELLS else path,
                )
            if windows.count < 1:
                raise ArgumentError(
                    f"a window of {windows.reach} does not fit into an input of {axis} "
                    f"{windows.size} (input shape {shape}, padding valid)",
                    f"a window of at most {windows.size} fits; or pad with padding: same",
                    path,
                )
        return found

    def _at_fault(self, windows: Windows) -> str:
        """The argument that makes windows too large: how many cells, or how far apart they are."""
        return self.window if windows.kernel > windows.size else "dilation_rate"


def likely_shape(size: int, axes: int) -> list[int] | None:
    """The shape that so many numbers of one example probably have: a series, a square image."""
    if axes == 1:
        return [size, 1]
    # 784 numbers are 28 x 28 of one channel; 3,072 are no square, but 32 x 32 of three.
    for channels in (1, 3):
        side = math.isqrt(size // channels)
        if side > 1 and side * side * channels == size:
            return [side, side, channels]
    return None

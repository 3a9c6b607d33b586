"""The order of an array's axes: numbers that keep their order may not change their axes."""

from collections.abc import Sequence


def transposition(found: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...] | None:
    """The axes of `found`, in the order that gives `wanted`; None where no axis has to move.

    A picture of (3, 28, 28) numbers is one of (28, 28, 3) once axis 0 is moved to the end: (1, 2,
    0). To reshape it would mix its pixels. Shapes of other sizes are no matter of the axes' order,
    and an axis of one number may stand anywhere, or be left out.
    """
    if sorted(_long(found)) != sorted(_long(wanted)) or _long(found) == _long(wanted):
        return None
    left = list(range(len(found)))
    order = []
    for size in wanted if len(found) == len(wanted) else _long(wanted):
        axis = next(axis for axis in left if found[axis] == size)
        left.remove(axis)
        order.append(axis)
    return (*order, *left)


def transpose_call(order: Sequence[int]) -> str:
    """The line of NumPy that moves the axes of all examples so."""
    return f"x = x.transpose({', '.join(map(str, (0, *(axis + 1 for axis in order))))})"


def _long(shape: Sequence[int]) -> list[int]:
    return [size for size in shape if size != 1]
